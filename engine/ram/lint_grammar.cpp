// The frame of a document and of its statements: what RAM's grammar wants.

#include <algorithm>
#include <array>
#include <unordered_map>

#include "engine/base/suggest.h"
#include "engine/ram/lint_view.h"

namespace imagewarden::ram::lint {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> kDocumentElements = {"Version", "Statement"};
constexpr std::array<std::string_view, 8> kElements = {"Effect",      "Action",    "NotAction", "Resource",
                                                       "NotResource", "Condition", "Principal", "Sid"};
constexpr std::array<std::string_view, 3> kPrincipalTypes = {"RAM", "Service", "Federated"};
constexpr std::array<std::string_view, 2> kEffects = {"Allow", "Deny"};

constexpr std::size_t kIdentityCharacters = 6144;
constexpr std::size_t kSessionCharacters = 2048;
constexpr std::size_t kBucketBytes = 16384;
constexpr std::size_t kNearPercent = 90;

std::string nearest_in(std::string_view wanted, Names names) {
  const auto nearest = nearest_name(wanted, names);
  return nearest ? did_you_mean(*nearest) : std::string{};
}

std::string_view type_word(JsonType type) {
  switch (type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return "a boolean";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "a list";
    case JsonType::kObject:
      break;
  }
  return "an object";
}

// What is written, for messages: the text of a string, else its type.
std::string shown(const JsonValue& value) {
  return value.is(JsonType::kString) ? quoted(value.text) : std::string(type_word(value.type));
}

void check_version(const Job& job, const JsonValue& root) {
  const JsonValue* version = root.find("Version");
  const std::string repair = "write `\"Version\": \"1\"`";
  if (version == nullptr) {
    job.report.add(3, {root.offset, ""}, "`Version` is missing, expected `1`", repair);
    return;
  }
  if (version->is(JsonType::kString) && version->text == "1") return;
  std::string message = "Version " + shown(*version) + ", expected the string `1`";
  if (version->is(JsonType::kString)) {
    const std::string_view text = version->text;
    if (text == "2012-10-17" || text == "2008-10-17") message += "; this is the version of a policy for AWS";
    if (text == "2.0") message += "; this is the version of a policy for Tencent Cloud";
    if (text == "5.0" || text == "1.1") message += "; this is the version of a policy for Huawei Cloud";
  }
  job.report.add(3, {version->offset, "/Version"}, std::move(message), repair);
}

void check_statement_list(const Job& job, const JsonValue& root) {
  const JsonValue* json = root.find("Statement");
  const std::string repair = "write `\"Statement\": [ … ]` with at least one statement in it";
  if (json == nullptr) {
    job.report.add(4, {root.offset, ""}, "`Statement` is missing, expected a list of statements", repair);
  } else if (!json->is(JsonType::kArray)) {
    job.report.add(4, {json->offset, "/Statement"},
                   "`Statement` is " + std::string(type_word(json->type)) + ", expected a list of statements", repair);
  } else if (json->items.empty()) {
    job.report.add(4, {json->offset, "/Statement"}, "`Statement` is an empty list, expected at least one statement",
                   repair);
  } else {
    for (std::size_t i = 0; i < json->items.size(); ++i) {
      if (json->items[i].is(JsonType::kObject)) continue;
      job.report.add(4, {json->items[i].offset, "/Statement/" + std::to_string(i)},
                     "statement is " + std::string(type_word(json->items[i].type)) + ", expected an object",
                     "write an object with Effect, Action and Resource");
    }
  }
}

void check_size(const Job& job, const JsonValue& root) {
  std::size_t limit = 0;
  std::string_view unit = "characters";
  std::size_t size = static_cast<std::size_t>(std::count_if(job.input.text.begin(), job.input.text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
  switch (job.view.kind) {
    case PolicyKind::kUnknown:
    case PolicyKind::kIdentity:
      limit = kIdentityCharacters;
      break;
    case PolicyKind::kSession:
      limit = kSessionCharacters;
      break;
    case PolicyKind::kResource:
      limit = kBucketBytes;
      size = job.input.text.size();
      unit = "bytes";
      break;
    case PolicyKind::kControl:  // no page that was read says how long these may be
    case PolicyKind::kTrust:
      return;
  }
  if (size * 100 < limit * kNearPercent) return;
  const bool over = size > limit;
  job.report.add(60, {root.offset, ""},
                 "document of " + std::to_string(size) + ' ' + std::string(unit) +
                     (over ? ", RAM takes " : ", near RAM's limit of ") + std::to_string(limit),
                 "split it into several policies, or write actions and resources with wildcards",
                 over ? Severity::kError : Severity::kWarning);
}

void check_elements(const Job& job, const StatementView& statement) {
  for (const JsonMember& member : statement.json->members) {
    if (job.view.ignores(member) || member.key == "NotPrincipal") continue;
    if (std::find(kElements.begin(), kElements.end(), member.key) != kElements.end()) continue;
    job.report.add(5, place_of(statement, member),
                   "unknown element " + quoted(member.key) + nearest_in(member.key, kElements),
                   "RAM refuses the policy: use the name of the grammar, or take the element out");
  }
}

void check_effect(const Job& job, const StatementView& statement) {
  if (statement.effect) return;
  const JsonValue* effect = statement.json->find("Effect");
  if (effect == nullptr) {
    job.report.add(6, place_of(statement), "`Effect` is missing, expected `Allow` or `Deny`",
                   "write `\"Effect\": \"Allow\"` or `\"Deny\"`");
    return;
  }
  std::string message = "Effect " + shown(*effect) + ", expected `Allow` or `Deny`";
  if (effect->is(JsonType::kString)) message += nearest_in(effect->text, kEffects);
  job.report.add(6, {effect->offset, statement.pointer + "/Effect"}, std::move(message),
                 "write `Allow` or `Deny`, with this very case");
}

void check_actions(const Job& job, const StatementView& statement) {
  if (statement.both_actions) {
    job.report.add(8, place_of(statement), "both `Action` and `NotAction`, expected one of them",
                   "keep `Action`, and put what `NotAction` was for into a Deny");
  } else if (!statement.action.present()) {
    job.report.add(7, place_of(statement), "neither `Action` nor `NotAction`, expected one of them", "add `Action`");
  } else if (statement.action.member->value.is(JsonType::kArray) && statement.action.member->value.items.empty()) {
    job.report.add(7, place_of(statement, statement.action),
                   quoted(statement.action.name) + " is an empty list, expected at least one action",
                   "list the actions");
  }
}

void check_resources(const Job& job, const StatementView& statement) {
  if (statement.resource.present() && statement.not_resource) {
    job.report.add(23, place_of(statement, statement.resource),
                   "`NotResource` is no longer in RAM's grammar" +
                       std::string(statement.both_resources ? ", and `Resource` stands beside it" : ""),
                   "name the resources with `Resource`, and except some with a Deny");
  }
  const bool trust = job.view.kind == PolicyKind::kTrust;
  if (trust && statement.resource.present()) {
    job.report.add(13, place_of(statement, statement.resource),
                   quoted(statement.resource.name) + " in a trust policy, which is about its own role", "take it out");
  } else if (!trust && !statement.resource.present()) {
    job.report.add(13, place_of(statement), "`Resource` is missing", "add `Resource`, `*` for all");
  } else if (!trust && statement.resource.member->value.is(JsonType::kArray) &&
             statement.resource.member->value.items.empty()) {
    job.report.add(13, place_of(statement, statement.resource),
                   quoted(statement.resource.name) + " is an empty list, expected at least one resource",
                   "list the resources, `*` for all");
  }
}

void check_trust_principal(const Job& job, const StatementView& statement) {
  if (statement.principal == nullptr) {
    job.report.add(59, place_of(statement), "`Principal` is missing in a trust policy",
                   "say who may assume the role: `\"Principal\": {\"RAM\": [ … ]}`");
    return;
  }
  const JsonValue& json = statement.principal->value;
  if (!json.is(JsonType::kObject)) {
    job.report.add(59, place_of(statement, *statement.principal),
                   "Principal is " + std::string(type_word(json.type)) +
                       " as in a bucket policy, a trust policy wants an object of `RAM`, `Service` or `Federated`",
                   "write `\"Principal\": {\"RAM\": [ … ]}`");
    return;
  }
  for (const JsonMember& member : json.members) {
    if (std::find(kPrincipalTypes.begin(), kPrincipalTypes.end(), member.key) != kPrincipalTypes.end()) continue;
    Place place = place_of(statement, *statement.principal);
    append_pointer(place.pointer, member.key);
    place.offset = member.key_offset;
    job.report.add(5, std::move(place),
                   "unknown element " + quoted(member.key) + " in Principal" + nearest_in(member.key, kPrincipalTypes) +
                       ", expected `RAM`, `Service` or `Federated`",
                   "use one of the three");
  }
}

void check_principal(const Job& job, const StatementView& statement) {
  const std::string repair = "take it out; whom the policy is for is decided by what it is attached to";
  if (statement.not_principal != nullptr) {
    job.report.add(59, place_of(statement, *statement.not_principal), "`NotPrincipal` is not in RAM's grammar", repair);
  }
  switch (job.view.kind) {
    case PolicyKind::kTrust:
      return check_trust_principal(job, statement);
    case PolicyKind::kResource:
      if (statement.principal != nullptr && statement.principal->value.is(JsonType::kObject)) {
        job.report.add(59, place_of(statement, *statement.principal),
                       "Principal is an object as in a trust policy, a bucket policy wants a list of ids",
                       "write `\"Principal\": [\"UID\"]`");
      }
      return;
    case PolicyKind::kUnknown:
    case PolicyKind::kIdentity:
    case PolicyKind::kControl:
    case PolicyKind::kSession:
      break;
  }
  if (statement.principal != nullptr) {
    job.report.add(59, place_of(statement, *statement.principal),
                   "`Principal` in " +
                       std::string(job.view.kind == PolicyKind::kControl ? "a control" : "an identity") + " policy",
                   repair);
  }
}

void check_sids(const Job& job) {
  std::unordered_map<std::string_view, std::string_view> first;  // Sid to the pointer of its statement
  for (const StatementView& statement : job.view.statements) {
    if (statement.sid == nullptr) continue;
    const JsonValue& sid = statement.sid->value;
    if (!sid.is(JsonType::kString)) {
      job.report.add(64, place_of(statement, *statement.sid),
                     "`Sid` is " + std::string(type_word(sid.type)) + ", expected a string",
                     "take it out: RAM's grammar has no Sid", Severity::kError);
      continue;
    }
    const auto [at, is_new] = first.emplace(sid.text, statement.pointer);
    job.report.add(
        64, place_of(statement, *statement.sid),
        is_new ? "`Sid` is not in RAM's grammar and not needed"
               : "Sid " + quoted(sid.text) + " stands at " + std::string(at->second) + " already, and is not needed",
        "take it out, or make each unique if people go by it");
  }
}

}  // namespace

void lint_grammar(const Job& job) {
  const JsonValue& root = job.view.document->root();
  if (!root.is(JsonType::kObject)) {
    job.report.add(
        4, {root.offset, ""},
        "the document is " + std::string(type_word(root.type)) + ", expected an object of `Version` and `Statement`",
        "write `{\"Version\": \"1\", \"Statement\": [ … ]}`");
    return;
  }
  for (const JsonMember& member : root.members) {
    if (job.view.ignores(member)) continue;
    if (std::find(kDocumentElements.begin(), kDocumentElements.end(), member.key) != kDocumentElements.end()) continue;
    Place place{member.key_offset, ""};
    append_pointer(place.pointer, member.key);
    job.report.add(5, std::move(place),
                   "unknown element " + quoted(member.key) + nearest_in(member.key, kDocumentElements),
                   "RAM refuses the policy: use the name of the grammar, or take the element out");
  }
  check_version(job, root);
  check_statement_list(job, root);
  check_size(job, root);
  for (const StatementView& statement : job.view.statements) {
    check_elements(job, statement);
    check_effect(job, statement);
    check_actions(job, statement);
    check_resources(job, statement);
    check_principal(job, statement);
  }
  check_sids(job);
}

}  // namespace imagewarden::ram::lint
