#include "engine/rules/loader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/sha256.h"

namespace imagewarden::rules {
namespace {

constexpr std::string_view kSchema = "imagewarden-rules/1";
constexpr auto kOptional = Presence::kOptional;

constexpr std::array kBuiltInFields{
    Field{"schema", JsonType::kString},      Field{"name", JsonType::kString},
    Field{"version", JsonType::kString},     Field{"operation", JsonType::kString},
    Field{"description", JsonType::kString}, Field{"preconditions", JsonType::kArray},
    Field{"errors", JsonType::kArray},
};
constexpr std::array kUserFields{
    Field{"schema", JsonType::kString},
    Field{"name", JsonType::kString},
    Field{"version", JsonType::kString},
    Field{"operation", JsonType::kString},
    Field{"description", JsonType::kString, kOptional},
    Field{"errors", JsonType::kArray, kOptional},
    Field{"guards", JsonType::kArray, kOptional},
    Field{"override", JsonType::kArray, kOptional},
    Field{"order", JsonType::kArray, kOptional},
    Field{"readings", JsonType::kObject, kOptional},
};
constexpr std::array kPreconditionFields{
    Field{"id", JsonType::kString},
    Field{"code", JsonType::kString},
    Field{"http_status", JsonType::kNumber, kOptional},
    Field{"basis", JsonType::kString},
    Field{"image", JsonType::kString, kOptional},
    Field{"when", JsonType::kArray},
    Field{"unknown_when", JsonType::kArray, kOptional},
    Field{"explanation", JsonType::kString},
    Field{"remedy", JsonType::kString},
    Field{"source", JsonType::kString},
};
constexpr std::array kGuardFields{
    Field{"id", JsonType::kString},
    Field{"when", JsonType::kArray},
    Field{"unknown_when", JsonType::kArray, kOptional},
    Field{"explanation", JsonType::kString},
    Field{"remedy", JsonType::kString},
    Field{"source", JsonType::kString, kOptional},
};
constexpr std::array kOverrideFields{
    Field{"id", JsonType::kString},
    Field{"code", JsonType::kString, kOptional},
    Field{"http_status", JsonType::kNumber, kOptional},
    Field{"basis", JsonType::kString, kOptional},
    Field{"image", JsonType::kString, kOptional},
    Field{"when", JsonType::kArray, kOptional},
    Field{"unknown_when", JsonType::kArray, kOptional},
    Field{"explanation", JsonType::kString, kOptional},
    Field{"remedy", JsonType::kString, kOptional},
    Field{"source", JsonType::kString, kOptional},
};
constexpr std::array kAlternativeFields{
    Field{"condition", JsonType::kObject},
    Field{"basis", JsonType::kString, kOptional},
    Field{"settled_when", JsonType::kObject, kOptional},
};
constexpr std::array kErrorFields{
    Field{"code", JsonType::kString},    Field{"http_status", JsonType::kNumber},
    Field{"message", JsonType::kString}, Field{"predictable", JsonType::kString},
    Field{"cause", JsonType::kString},   Field{"remedy", JsonType::kString},
};

constexpr std::array<std::string_view, 3> kBasisNames{"documented", "inferred", "organisation"};
constexpr std::array<std::string_view, 3> kPredictableNames{"yes", "recorded", "no"};
constexpr std::array<std::string_view, 2> kImageNames{"needed", "not-needed"};
constexpr std::array<std::string_view, 4> kPlaceholders{"values", "image", "account", "principal"};

std::string quoted(std::string_view text) { return '`' + std::string(text) + '`'; }

// The index of the text of member `name` among `names`, refused if it is none of them.
std::size_t read_word(StrictReader& reader, const Node& object, std::string_view name,
                      std::span<const std::string_view> names) {
  const Node node = StrictReader::member(object, name);
  const auto found = std::find(names.begin(), names.end(), node.value->text);
  if (found == names.end()) {
    reader.refuse(node, quoted(node.value->text) + StrictReader::expected_names(node.value->text, names));
    return 0;
  }
  return static_cast<std::size_t>(found - names.begin());
}

Basis read_basis(StrictReader& reader, const Node& object) {
  return static_cast<Basis>(read_word(reader, object, "basis", kBasisNames));
}

// `image-name-1`: ids stand in codes (`Guard.<id>`), CSV and file names.
bool is_id(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= limits::kMaxRuleIdBytes && is_plain(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_plain(c) || c == '-'; });
}

// Every `{word}` of a remedy is one that gets filled in.
void check_placeholders(StrictReader& reader, const Node& node) {
  const std::string_view text = node.value->text;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    const std::string_view word =
        close == std::string_view::npos ? text.substr(open + 1) : text.substr(open + 1, close - open - 1);
    if (close != std::string_view::npos &&
        std::find(kPlaceholders.begin(), kPlaceholders.end(), word) != kPlaceholders.end()) {
      continue;
    }
    reader.refuse(node, "placeholder `{" + std::string(word) + (close == std::string_view::npos ? "`" : "}`") +
                            ", expected one of `{values}`, `{image}`, `{account}`, `{principal}`");
    return;
  }
}

bool require_items(StrictReader& reader, const Node& array, std::string_view what) {
  return !array.value->items.empty() || reader.refuse(array, "empty array, expected at least one " + std::string(what));
}

}  // namespace

Status RulesetLoader::add(const RuleSource& source, FileKind kind) {
  const auto document = JsonDocument::parse(source.text);
  if (!document) return tl::make_unexpected(to_error(document.error(), source.path, source.text));
  StrictReader reader(*document, source.path);
  const Node root = reader.root();
  const auto fields =
      kind == FileKind::kBuiltIn ? std::span<const Field>(kBuiltInFields) : std::span<const Field>(kUserFields);
  if (!reader.check_object(root, fields)) return tl::make_unexpected(reader.fault());

  const Node schema = StrictReader::member(root, "schema");
  if (schema.value->text != kSchema) {
    reader.refuse(schema, "schema " + quoted(schema.value->text) + ", expected " + quoted(kSchema));
  }
  RuleFile file;
  file.name = StrictReader::text(root, "name");
  file.version = StrictReader::text(root, "version");
  file.digest = sha256_text(source.text);
  file.path = source.path;
  const Node name = StrictReader::member(root, "name");
  if (!is_id(file.name)) {
    reader.refuse(name, "name " + quoted(file.name) + ", expected up to 64 of a-z, 0-9 and `-`");
  }
  for (const RuleFile& other : out_.files_) {
    if (other.name == file.name) {
      reader.refuse(name, "name " + quoted(file.name) + " is taken by " + quoted(other.path) + ", expected another");
    }
  }
  const Node operation = StrictReader::member(root, "operation");
  if (kind == FileKind::kBuiltIn) {
    out_.operation_ = std::string(operation.value->text);
  } else if (operation.value->text != out_.operation_) {
    reader.refuse(operation, "operation " + quoted(operation.value->text) + ", expected " + quoted(out_.operation_));
  }
  if (!source.only_guards.empty()) {
    for (const char* const change : {"override", "order", "readings"}) {
      const Node node = StrictReader::member(root, change);
      if (node)
        reader.refuse(node, quoted(change) + " " + source.only_guards + ", expected `guards` and `errors` alone");
    }
  }
  file_name_ = file.name;
  digests_ += file.digest + '\n';
  out_.files_.push_back(std::move(file));

  // Codes come first: rules refer to them. Guards come before overrides and order, so that a file may refer to its own.
  read_errors(reader, StrictReader::member(root, "errors"));
  read_preconditions(reader, StrictReader::member(root, "preconditions"));
  read_guards(reader, StrictReader::member(root, "guards"));
  read_overrides(reader, StrictReader::member(root, "override"));
  read_order(reader, StrictReader::member(root, "order"));
  read_readings(reader, StrictReader::member(root, "readings"));
  if (!reader.ok()) return tl::make_unexpected(reader.fault());
  return {};
}

Ruleset RulesetLoader::finish() {
  out_.digest_ = sha256_text(digests_);
  return std::move(out_);
}

void RulesetLoader::read_errors(StrictReader& reader, const Node& errors) {
  for (const Node& item : StrictReader::items(errors)) {
    if (!reader.check_object(item, kErrorFields)) return;
    ErrorEntry entry;
    entry.code = StrictReader::text(item, "code");
    if (out_.find_error(entry.code) != nullptr) {
      reader.refuse(StrictReader::member(item, "code"),
                    "code " + quoted(entry.code) + " is there already, expected it once");
    }
    entry.http_status = static_cast<std::int32_t>(reader.integer(StrictReader::member(item, "http_status"), 100, 599));
    entry.message = StrictReader::text(item, "message");
    entry.predictable = static_cast<Predictable>(read_word(reader, item, "predictable", kPredictableNames));
    entry.cause = StrictReader::text(item, "cause");
    entry.remedy = StrictReader::text(item, "remedy");
    out_.errors_.push_back(std::move(entry));
  }
}

void RulesetLoader::read_preconditions(StrictReader& reader, const Node& preconditions) {
  if (!reader.ok() || !preconditions || !require_items(reader, preconditions, "precondition")) return;
  for (const Node& item : StrictReader::items(preconditions)) {
    if (!reader.check_object(item, kPreconditionFields)) return;
    Rule rule;
    read_id(reader, item, rule);
    rule.basis = read_basis(reader, item);
    read_code(reader, item, rule);
    read_texts(reader, item, rule);
    read_conditions(reader, item, rule.basis, rule);
    add_rule(reader, item, std::move(rule));
  }
}

void RulesetLoader::read_guards(StrictReader& reader, const Node& guards) {
  for (const Node& item : StrictReader::items(guards)) {
    if (!reader.check_object(item, kGuardFields)) return;
    Rule rule;
    read_id(reader, item, rule);
    rule.is_guard = true;
    rule.basis = Basis::kOrganisation;
    rule.code = "Guard." + rule.id;
    rule.source = "the organisation's own rule";
    read_texts(reader, item, rule);
    read_conditions(reader, item, rule.basis, rule);
    add_rule(reader, item, std::move(rule));
  }
}

void RulesetLoader::read_overrides(StrictReader& reader, const Node& overrides) {
  std::vector<std::string> seen;
  for (const Node& item : StrictReader::items(overrides)) {
    if (!reader.check_object(item, kOverrideFields)) return;
    const Node id = StrictReader::member(item, "id");
    const std::string wanted(id.value->text);
    Rule* found = find_rule(wanted);
    if (found == nullptr) {
      reader.refuse(id, "no rule " + quoted(wanted) + StrictReader::expected_names(wanted, rule_ids()));
      return;
    }
    if (std::find(seen.begin(), seen.end(), wanted) != seen.end()) {
      reader.refuse(id, "rule " + quoted(wanted) + " twice, expected one override a rule");
      return;
    }
    seen.push_back(wanted);
    if (item.value->members.size() == 1) {
      reader.refuse(item, "override without a change, expected a member beside `id`");
      return;
    }
    for (const std::string_view name : {"code", "http_status", "image", "basis"}) {
      const Node member = StrictReader::member(item, name);
      if (found->is_guard && member) {
        reader.refuse(member,
                      quoted(name) + " of the guard " + quoted(wanted) + ", expected it only with preconditions");
        return;
      }
    }
    Rule changed = *found;
    changed.file = file_name_;
    const bool has_basis = static_cast<bool>(StrictReader::member(item, "basis"));
    if (has_basis) changed.basis = read_basis(reader, item);
    read_code(reader, item, changed);
    read_texts(reader, item, changed);
    // Conditions of the organisation's own are not what the reference documents, whatever they replace.
    read_conditions(reader, item, has_basis ? changed.basis : Basis::kOrganisation, changed);
    if (!reader.ok()) return;
    if (!has_basis && StrictReader::member(item, "when")) {
      // As a whole it claims no more than any of its conditions.
      changed.basis = Basis::kDocumented;
      for (const Alternative& alternative : changed.when) changed.basis = std::max(changed.basis, alternative.basis);
    }
    *found = std::move(changed);
  }
}

void RulesetLoader::read_order(StrictReader& reader, const Node& order) {
  if (!reader.ok() || !order) return;
  const std::vector<std::string> wanted = reader.texts(order);
  if (!reader.ok() || !require_items(reader, order, "rule id")) return;
  const std::vector<Node> nodes = StrictReader::items(order);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Rule* found = find_rule(wanted[i]);
    if (found == nullptr) {
      reader.refuse(nodes[i],
                    "no rule " + quoted(wanted[i]) + StrictReader::expected_names(wanted[i], precondition_ids()));
      return;
    }
    if (found->is_guard) {
      reader.refuse(nodes[i], quoted(wanted[i]) +
                                  " is a guard, and guards come after all preconditions, expected a precondition");
      return;
    }
  }
  const auto rank = [&](const Rule& rule) {
    if (rule.is_guard) return wanted.size() + 1;
    return static_cast<std::size_t>(std::find(wanted.begin(), wanted.end(), rule.id) - wanted.begin());
  };
  std::stable_sort(out_.rules_.begin(), out_.rules_.end(),
                   [&](const Rule& a, const Rule& b) { return rank(a) < rank(b); });
}

void RulesetLoader::read_readings(StrictReader& reader, const Node& readings) {
  if (!reader.ok() || !readings) return;
  for (const JsonMember& entry : readings.value->members) {
    const Node node = StrictReader::member(readings, entry.key);
    const auto table = reading_table();
    const auto info =
        std::find_if(table.begin(), table.end(), [&](const ReadingInfo& i) { return i.name == entry.key; });
    if (info == table.end()) {
      std::vector<std::string_view> names;
      for (const ReadingInfo& known : table) names.push_back(known.name);
      reader.refuse_at(entry.key_offset, node.pointer,
                       "unknown reading " + quoted(entry.key) + StrictReader::expected_names(entry.key, names),
                       Errc::kMalformedInput);
      return;
    }
    const auto choice = std::find(info->choices.begin(), info->choices.end(), entry.value.text);
    if (!entry.value.is(JsonType::kString) || choice == info->choices.end()) {
      std::string what = entry.value.is(JsonType::kString) ? "choice " + quoted(entry.value.text) : "no string";
      std::string list;
      for (const std::string_view name : info->choices) list += (list.empty() ? "" : ", ") + quoted(name);
      reader.refuse(node, what + ", expected one of " + list);
      return;
    }
    out_.readings_.set(info->reading, static_cast<std::uint8_t>(choice - info->choices.begin()));
  }
}

void RulesetLoader::read_id(StrictReader& reader, const Node& object, Rule& rule) const {
  rule.id = StrictReader::text(object, "id");
  rule.file = file_name_;
  if (is_id(rule.id)) return;
  reader.refuse(StrictReader::member(object, "id"),
                "id " + quoted(rule.id) + ", expected up to 64 of a-z, 0-9 and `-`");
}

void RulesetLoader::read_code(StrictReader& reader, const Node& object, Rule& rule) const {
  if (!reader.ok()) return;
  const Node code = StrictReader::member(object, "code");
  if (code) rule.code = std::string(code.value->text);
  const ErrorEntry* entry = out_.find_error(rule.code);
  if (code) {
    if (entry == nullptr) {
      std::vector<std::string_view> codes;
      for (const ErrorEntry& known : out_.errors_) codes.push_back(known.code);
      reader.refuse(code, "code " + quoted(rule.code) + " is not in the catalogue" +
                              StrictReader::expected_names(rule.code, codes));
      return;
    }
    rule.http_status = entry->http_status;
  }
  const Node status = StrictReader::member(object, "http_status");
  if (status && (entry == nullptr || reader.integer(status, 100, 599) != entry->http_status)) {
    reader.refuse(status, "status " + std::string(status.value->text) + ", expected " +
                              (entry == nullptr ? "none"
                                                : std::to_string(entry->http_status) + " as the catalogue has it for " +
                                                      quoted(rule.code)));
  }
  if (!StrictReader::member(object, "image")) return;
  rule.needs_image = read_word(reader, object, "image", kImageNames) == 0;
}

void RulesetLoader::read_texts(StrictReader& reader, const Node& object, Rule& rule) const {
  for (const auto& [name, text] : {std::pair<std::string_view, std::string*>{"explanation", &rule.explanation},
                                   {"remedy", &rule.remedy},
                                   {"source", &rule.source}}) {
    const Node node = StrictReader::member(object, name);
    if (node) *text = std::string(node.value->text);
    if (node && text == &rule.remedy) check_placeholders(reader, node);
  }
}

void RulesetLoader::read_conditions(StrictReader& reader, const Node& object, Basis basis, Rule& rule) const {
  const Node when = StrictReader::member(object, "when");
  if (reader.ok() && when && require_items(reader, when, "alternative")) {
    rule.when.clear();
    for (const Node& item : StrictReader::items(when)) {
      if (!reader.check_object(item, kAlternativeFields)) return;
      Alternative alternative;
      alternative.when = read_rule_condition(reader, StrictReader::member(item, "condition"));
      alternative.basis = StrictReader::member(item, "basis") ? read_basis(reader, item) : basis;
      const Node settled = StrictReader::member(item, "settled_when");
      if (settled) alternative.settled_when = read_rule_condition(reader, settled);
      rule.when.push_back(std::move(alternative));
    }
  }
  const Node unknown_when = StrictReader::member(object, "unknown_when");
  if (!reader.ok() || !unknown_when) return;
  rule.unknown_when.clear();
  for (const Node& item : StrictReader::items(unknown_when)) {
    rule.unknown_when.push_back(read_rule_condition(reader, item));
  }
}

void RulesetLoader::add_rule(StrictReader& reader, const Node& object, Rule rule) {
  if (!reader.ok()) return;
  if (const Rule* other = find_rule(rule.id)) {
    reader.refuse(StrictReader::member(object, "id"),
                  "id " + quoted(rule.id) + " is taken by a rule of " + quoted(other->file) + ", expected another");
    return;
  }
  if (out_.rules_.size() >= limits::kMaxRules) {
    reader.refuse_at(object.value->offset, object.pointer,
                     "rule " + std::to_string(limits::kMaxRules + 1) + ", expected at most " +
                         std::to_string(limits::kMaxRules) + " rules",
                     Errc::kLimit);
    return;
  }
  out_.rules_.push_back(std::move(rule));
}

Rule* RulesetLoader::find_rule(std::string_view id) {
  const auto found =
      std::find_if(out_.rules_.begin(), out_.rules_.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == out_.rules_.end() ? nullptr : &*found;
}

std::vector<std::string_view> RulesetLoader::rule_ids() const {
  std::vector<std::string_view> ids;
  for (const Rule& rule : out_.rules_) ids.push_back(rule.id);
  return ids;
}

std::vector<std::string_view> RulesetLoader::precondition_ids() const {
  std::vector<std::string_view> ids;
  for (const Rule& rule : out_.rules_) {
    if (!rule.is_guard) ids.push_back(rule.id);
  }
  return ids;
}

}  // namespace imagewarden::rules
