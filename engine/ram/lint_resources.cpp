// Resources: the fields of an ARN. And the texts of a policy as such.

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/ram/lint_view.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram::lint {
namespace {

constexpr std::size_t kFields = 5;
constexpr std::size_t kAccountDigits = 16;
constexpr std::string_view kArnRepair = "write `acs:service:region:account:relative-id`, or `*`";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// What authors leave in where an account id belongs.
bool is_placeholder(std::string_view account) {
  const std::string lower = to_lower(account);
  return lower.find("**") != std::string::npos || lower.find("xxx") != std::string::npos ||
         lower.find_first_of("<>{}$[]") != std::string::npos || lower == "uid" || lower == "account-id" ||
         lower == "accountid" || lower == "account_id" || lower == "your-account-id";
}

void check_account(const Job& job, const Place& place, std::string_view account) {
  if (account.empty() || account == "*" || account == "system") return;
  if (is_placeholder(account)) {
    job.report.add(20, place, "account id " + quoted(account) + " is a placeholder",
                   "write the account's id of 16 digits, or `*`");
    return;
  }
  if (has_wildcard(account)) return;
  if (account.size() == kAccountDigits && std::all_of(account.begin(), account.end(), is_digit)) return;
  job.report.add(20, place, "account id " + quoted(account) + ", expected 16 digits", "write the account's id, or `*`");
}

void check_region(const Job& job, const Place& place, std::string_view service_lower, std::string_view region) {
  if (region.empty() || takes_everything(region) || is_placeholder(region)) return;
  if (job.index.is_global(service_lower)) {
    job.report.add(21, place,
                   "region " + quoted(region) + " in an ARN of " + quoted(service_lower) + ", which has no regions",
                   "leave the region empty or write `*`");
    return;
  }
  // OSS spells its regions `oss-cn-hangzhou` as well.
  std::string_view name = region;
  if (service_lower == "oss" && name.starts_with("oss-")) name.remove_prefix(4);
  if (job.tables.regions.empty() || job.index.fits_region(name)) return;
  job.report.add(21, place,
                 "region " + quoted(region) + " is not known" +
                     (has_wildcard(name) ? "" : did_you_mean(job.index.nearest_region(name))),
                 "write a region's id such as `cn-hangzhou`, or `*`");
}

// `role/Name`, `user/Name` of RAM.
void check_name_case(const Job& job, const Place& place, std::string_view service_lower, std::string_view relative) {
  if (service_lower != "ram") return;
  const std::size_t slash = relative.find('/');
  if (slash == std::string_view::npos) return;
  const std::string_view type = relative.substr(0, slash);
  const std::string_view name = relative.substr(slash + 1);
  if ((type != "role" && type != "user" && type != "assumed-role") || !has_upper(name)) return;
  job.report.add(
      22, place,
      "name " + quoted(name) + " of a " + std::string(type) + " with upper case; ARNs of roles are in lower case",
      "write " + quoted(to_lower(name)));
}

void check_arn(const Job& job, const Place& place, std::string_view arn) {
  const auto fields = arn_fields(arn);
  const std::string service = fields.size() > 1 ? to_lower(fields[1]) : std::string{};
  if (fields.size() < kFields) return;
  check_region(job, place, service, fields[2]);
  check_account(job, place, fields[3]);
  check_name_case(job, place, service, fields[4]);
}

void check_resource(const Job& job, const StatementView& statement, const Word& word) {
  if (takes_everything(word.text)) return;
  const Place place = place_of(statement, statement.resource, word);
  const std::string_view text = word.text;
  const std::size_t colon = text.find(':');
  const std::string_view head = text.substr(0, colon);
  if (head != "acs") {
    if (has_wildcard(head)) return;  // it may stand for the start of an ARN
    std::string message = "resource " + quoted(text);
    if (text.starts_with("arn:aws") || head == "arn") {
      message += " begins as an ARN of another cloud, expected `acs:`";
    } else if (head == "qcs") {
      message += " begins as a resource of Tencent Cloud, expected `acs:`";
    } else if (equals_ignore_case(head, "acs")) {
      message += ", expected `acs:` in lower case";
    } else {
      message += ", expected `*` or an ARN that begins with `acs:`";
    }
    job.report.add(14, place, std::move(message), std::string(kArnRepair));
    return;
  }
  const auto fields = arn_fields(text);
  if (fields.size() >= 2 && fields[1].empty() && fields.size() > 2) {
    job.report.add(15, place, "resource " + quoted(text) + " has no service: a double colon after `acs`",
                   std::string(kArnRepair));
    return;
  }
  if (fields.size() < kFields || fields[kFields - 1].empty()) {
    // `acs:oss:*` reaches over the fields that are missing.
    if (fields.size() < kFields && fields.back().ends_with('*')) return;
    job.report.add(15, place,
                   "ARN " + quoted(text) +
                       (fields.size() < kFields ? " has " + std::to_string(fields.size()) + " fields, expected 5"
                                                : " has an empty relative id"),
                   std::string(kArnRepair));
    return;
  }
  check_arn(job, place, text);
}

void check_resource_types(const Job& job, const StatementView& statement) {
  const auto check = [&](const JsonValue& value, std::int32_t index) {
    if (value.is(JsonType::kString) && !value.text.empty()) return;
    const Word word{value.text, "", value.offset, index};
    job.report.add(15, place_of(statement, statement.resource, word),
                   quoted(statement.resource.name) +
                       (value.is(JsonType::kString) ? " holds an empty string" : " holds something else than strings"),
                   std::string(kArnRepair));
  };
  const JsonValue& json = statement.resource.member->value;
  if (!json.is(JsonType::kArray)) return check(json, -1);
  for (std::size_t i = 0; i < json.items.size(); ++i) check(json.items[i], static_cast<std::int32_t>(i));
}

// Calls `use` with every string of the value and its place.
template <class Use>
void each_string(const JsonValue& value, const Place& place, const Use& use) {
  if (value.is(JsonType::kString)) return use(value.text, Place{value.offset, place.pointer});
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (value.items[i].is(JsonType::kString)) {
      use(value.items[i].text, Place{value.items[i].offset, place.pointer + '/' + std::to_string(i)});
    }
  }
}

template <class Use>
void each_principal(const StatementView& statement, const Use& use) {
  if (statement.principal == nullptr) return;
  const Place place = place_of(statement, *statement.principal);
  const JsonValue& json = statement.principal->value;
  each_string(json, place, use);
  for (const JsonMember& member : json.members) {
    Place inner = place;
    append_pointer(inner.pointer, member.key);
    each_string(member.value, inner, use);
  }
}

struct Mark {
  std::string_view bytes;
  std::string_view name;
  std::string_view instead;
};
constexpr std::array kMarks = {
    Mark{"\xc2\xa0", "a no-break space", "a plain character"},
    Mark{"\xe2\x80\x8b", "a zero-width space", "nothing"},
    Mark{"\xe2\x80\x8c", "a zero-width non-joiner", "nothing"},
    Mark{"\xe2\x80\x8d", "a zero-width joiner", "nothing"},
    Mark{"\xe2\x81\xa0", "a word joiner", "nothing"},
    Mark{"\xef\xbb\xbf", "a byte order mark", "nothing"},
    Mark{"\xe3\x80\x80", "an ideographic space", "nothing"},
    Mark{"\xef\xbc\x9a", "a full-width colon", "`:`"},
    Mark{"\xef\xbc\x8c", "a full-width comma", "`,`"},
    Mark{"\xef\xbc\x8a", "a full-width asterisk", "`*`"},
    Mark{"\xef\xbc\x8f", "a full-width slash", "`/`"},
    Mark{"\xef\xbc\x9f", "a full-width question mark", "`?`"},
    Mark{"\xef\xbc\x8e", "a full-width full stop", "`.`"},
    Mark{"\xe3\x80\x82", "an ideographic full stop", "`.`"},
    Mark{"\xe2\x80\x9c", "a typographic quote", "`\"` around the value"},
    Mark{"\xe2\x80\x9d", "a typographic quote", "`\"` around the value"},
    Mark{"\xe2\x80\x98", "a typographic quote", "`\"` around the value"},
    Mark{"\xe2\x80\x99", "a typographic quote", "`\"` around the value"},
};

void check_text(const Job& job, std::string_view text, const Place& place) {
  const std::size_t variable = text.find("${");
  if (variable != std::string_view::npos && text.find('}', variable) != std::string_view::npos) {
    const std::string_view shown = text.substr(variable, text.find('}', variable) + 1 - variable);
    job.report.add(62, place, quoted(shown) + ": RAM has no variables, so it is compared as this very text",
                   "write the value itself; a template has to be filled in before the policy is written");
  }
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) {
    job.report.add(63, place,
                   "value " + quoted(text) + (is_blank(text.front()) ? " begins" : " ends") +
                       " with a blank, which is compared too",
                   "take the blank out");
  }
  for (const Mark& mark : kMarks) {
    if (text.find(mark.bytes) == std::string_view::npos) continue;
    job.report.add(63, place, "value holds " + std::string(mark.name) + ", which is compared as it is",
                   "write " + std::string(mark.instead) + " instead");
    break;
  }
}

}  // namespace

void lint_resources(const Job& job) {
  for (const StatementView& statement : job.view.statements) {
    if (statement.resource.present()) {
      check_resource_types(job, statement);
      for (const Word& word : statement.resource.words) check_resource(job, statement, word);
    }
    each_principal(statement, [&](std::string_view text, const Place& place) {
      if (text.starts_with("acs:")) check_arn(job, place, text);
    });
    for (const ConditionEntry& entry : statement.conditions) {
      if (entry.key_lower != "acs:principalarn") continue;
      for (const ConditionValue& value : entry.values) {
        if (value.json->is(JsonType::kString) && value.json->text.starts_with("acs:")) {
          check_arn(job, place_of(statement, entry, value), value.json->text);
        }
      }
    }
  }
}

void lint_text(const Job& job) {
  const auto check = [&](std::string_view text, const Place& place) { check_text(job, text, place); };
  for (const StatementView& statement : job.view.statements) {
    for (const Word& word : statement.action.words) check(word.text, place_of(statement, statement.action, word));
    for (const Word& word : statement.resource.words) check(word.text, place_of(statement, statement.resource, word));
    each_principal(statement, check);
    for (const ConditionEntry& entry : statement.conditions) {
      for (const ConditionValue& value : entry.values) {
        if (value.json->is(JsonType::kString)) check(value.json->text, place_of(statement, entry, value));
      }
    }
  }
}

}  // namespace imagewarden::ram::lint
