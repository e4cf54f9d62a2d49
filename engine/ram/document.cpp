#include "engine/ram/document.h"

#include <algorithm>
#include <array>

#include "engine/base/glob.h"
#include "engine/base/suggest.h"
#include "engine/ram/matching.h"

namespace imagewarden::ram {
namespace {

constexpr std::array<std::string_view, 8> kElements = {"Effect",      "Action",    "NotAction", "Resource",
                                                       "NotResource", "Condition", "Principal", "Sid"};
constexpr std::array<std::string_view, 3> kPrincipalTypes = {"RAM", "Service", "Federated"};
constexpr std::array<std::string_view, 2> kDocumentElements = {"Version", "Statement"};

std::string quoted(std::string_view text) { return "`" + one_line(text) + "`"; }

std::string unknown_element(std::string_view name, std::span<const std::string_view> known) {
  std::string what = "unknown element " + quoted(name);
  if (const auto nearest = nearest_name(name, known)) what += ", expected " + quoted(*nearest);
  return what;
}

// `ram-code:Name`, or every action.
bool is_action(std::string_view text) {
  const std::size_t colon = text.find(':');
  return takes_everything(text) || (colon != std::string_view::npos && colon > 0 && colon + 1 < text.size());
}

// An ARN of this cloud, or a pattern whose first wildcard may stand for the start of one.
bool is_resource(std::string_view text) {
  return text.starts_with("acs:") || has_wildcard(text.substr(0, text.find(':')));
}

// Reads one item of Statement. The first fault is the reason that is kept; everything readable is read all the same.
class StatementReader {
 public:
  StatementReader(DocumentKind kind, const Readings& readings) : kind_(kind), readings_(readings) {}

  Statement read(const JsonValue& json) {
    out_.offset = json.offset;
    if (!json.is(JsonType::kObject)) {
      refuse("statement is not an object");
      return std::move(out_);
    }
    for (const JsonMember& member : json.members) {
      if (std::find(kElements.begin(), kElements.end(), member.key) == kElements.end()) {
        refuse(unknown_element(member.key, kElements));
      }
    }
    read_effect(json.find("Effect"));
    read_actions(json.find("Action"), json.find("NotAction"));
    read_resources(json.find("Resource"), json.find("NotResource"));
    read_principals(json.find("Principal"));
    if (const JsonValue* sid = json.find("Sid"); sid != nullptr && !sid->is(JsonType::kString)) {
      refuse("`Sid` is not a string");
    }
    if (const JsonValue* condition = json.find("Condition")) {
      auto compiled = compile_condition(*condition, readings_);
      if (compiled) {
        out_.condition = std::move(*compiled);
      } else {
        refuse(std::move(compiled.error().what));
      }
    }
    return std::move(out_);
  }

 private:
  void refuse(std::string why) {
    if (!out_.not_evaluable) out_.not_evaluable = std::move(why);
  }

  void read_effect(const JsonValue* json) {
    if (json == nullptr) return refuse("`Effect` is missing");
    if (!json->is(JsonType::kString) || (json->text != "Allow" && json->text != "Deny")) {
      return refuse(json->is(JsonType::kString) ? "Effect " + quoted(json->text) + ", expected `Allow` or `Deny`"
                                                : "`Effect` is not a string");
    }
    out_.effect = json->text == "Allow" ? Effect::kAllow : Effect::kDeny;
    out_.effect_known = true;
  }

  // What an element's values look like; nothing: any text will do.
  struct Form {
    bool (*accepts)(std::string_view){};
    std::string_view expected;
  };
  static constexpr Form kActionForm{is_action, "`ram-code:Name` or `*`"};
  static constexpr Form kResourceForm{is_resource, "`acs:service:region:account:relative-id` or `*`"};

  // A string or a list of strings. Whether all of it was read.
  bool read_patterns(std::string_view element, const JsonValue& json, const Form& form,
                     std::vector<Pattern>& patterns) {
    const auto read_one = [&](const JsonValue& item) {
      if (!item.is(JsonType::kString)) {
        refuse("`" + std::string(element) + "` holds something else than strings");
        return false;
      }
      if (item.text.empty()) {
        refuse("`" + std::string(element) + "` holds an empty string");
        return false;
      }
      if (form.accepts != nullptr && !form.accepts(item.text)) {
        refuse(std::string(element) + " " + quoted(item.text) + ", expected " + std::string(form.expected));
        return false;
      }
      patterns.push_back({std::string(item.text), item.offset});
      return true;
    };
    if (!json.is(JsonType::kArray)) return read_one(json);
    if (json.items.empty()) {
      refuse("`" + std::string(element) + "` is an empty list");
      return false;
    }
    bool all = true;
    for (const JsonValue& item : json.items) all = read_one(item) && all;
    return all;
  }

  void read_actions(const JsonValue* action, const JsonValue* not_action) {
    if (action != nullptr && not_action != nullptr) return refuse("both `Action` and `NotAction`");
    if (action == nullptr && not_action == nullptr) return refuse("neither `Action` nor `NotAction`");
    out_.not_action = not_action != nullptr;
    out_.actions_known = action != nullptr ? read_patterns("Action", *action, kActionForm, out_.actions)
                                           : read_patterns("NotAction", *not_action, kActionForm, out_.actions);
  }

  void read_resources(const JsonValue* resource, const JsonValue* not_resource) {
    if (resource != nullptr && not_resource != nullptr) return refuse("both `Resource` and `NotResource`");
    if (resource == nullptr && not_resource == nullptr) {
      if (kind_ == DocumentKind::kPermission) return refuse("`Resource` is missing");
      out_.resources_known = true;  // a trust policy is about its role: any resource
      return;
    }
    out_.not_resource = not_resource != nullptr;
    if (not_resource != nullptr && !readings_.is_default(Reading::kNotResource)) {
      return refuse("`NotResource` is not in RAM's grammar");
    }
    out_.resources_known = resource != nullptr
                               ? read_patterns("Resource", *resource, kResourceForm, out_.resources)
                               : read_patterns("NotResource", *not_resource, kResourceForm, out_.resources);
  }

  void read_principals(const JsonValue* json) {
    if (kind_ == DocumentKind::kPermission) {
      if (json != nullptr) refuse("`Principal` in a permission policy; it belongs to trust policies");
      return;
    }
    if (json == nullptr) return refuse("`Principal` is missing");
    if (!json->is(JsonType::kObject) || json->members.empty()) {
      return refuse("`Principal` is not an object of `RAM`, `Service` or `Federated`");
    }
    bool all = true;
    for (const JsonMember& member : json->members) {
      if (std::find(kPrincipalTypes.begin(), kPrincipalTypes.end(), member.key) == kPrincipalTypes.end()) {
        refuse("Principal: " + unknown_element(member.key, kPrincipalTypes));
        all = false;
        continue;
      }
      std::vector<Pattern> values;
      all = read_patterns("Principal", member.value, {}, values) && all;
      for (Pattern& value : values) out_.principals.push_back({std::string(member.key), std::move(value.text)});
    }
    out_.principals_known = all;
  }

  DocumentKind kind_;
  const Readings& readings_;
  Statement out_;
};

// Why no statement of the document can be evaluated; nothing if its frame is good.
std::optional<std::string> document_fault(const JsonValue& root) {
  for (const JsonMember& member : root.members) {
    if (std::find(kDocumentElements.begin(), kDocumentElements.end(), member.key) == kDocumentElements.end()) {
      return unknown_element(member.key, kDocumentElements);
    }
  }
  const JsonValue* version = root.find("Version");
  if (version == nullptr) return "`Version` is missing";
  if (!version->is(JsonType::kString)) return "`Version` is not a string, expected `1`";
  if (version->text == "1") return std::nullopt;
  std::string what = "Version " + quoted(version->text) + ", expected `1`";
  if (version->text == "2012-10-17" || version->text == "2008-10-17") what += " (this is a document for AWS)";
  return what;
}

// Stands for statements that cannot be read at all: it could be anything.
Statement unreadable(std::uint32_t offset, std::string why) {
  Statement statement;
  statement.offset = offset;
  statement.not_evaluable = std::move(why);
  return statement;
}

std::vector<Statement> read_statements(const JsonValue& root, DocumentKind kind, const Readings& readings) {
  const JsonValue* json = root.find("Statement");
  std::vector<Statement> statements;
  if (json == nullptr) {
    statements.push_back(unreadable(root.offset, "`Statement` is missing"));
  } else if (json->is(JsonType::kObject)) {
    statements.push_back(StatementReader(kind, readings).read(*json));
    if (!readings.is_default(Reading::kSingleStatement) && !statements.back().not_evaluable) {
      statements.back().not_evaluable = "`Statement` is an object, expected a list";
    }
  } else if (!json->is(JsonType::kArray)) {
    statements.push_back(unreadable(json->offset, "`Statement` is not a list"));
  } else if (json->items.empty()) {
    statements.push_back(unreadable(json->offset, "`Statement` is an empty list"));
  } else {
    statements.reserve(json->items.size());
    for (const JsonValue& item : json->items) statements.push_back(StatementReader(kind, readings).read(item));
  }
  if (const auto fault = document_fault(root)) {
    for (Statement& statement : statements) statement.not_evaluable = *fault;
  }
  return statements;
}

}  // namespace

Result<std::shared_ptr<const Document>> parse_document(std::string_view text, std::string_view name, DocumentKind kind,
                                                       const Readings& readings) {
  const auto json = JsonDocument::parse(text);
  if (!json) return tl::make_unexpected(to_error(json.error(), name, text));
  if (!json->root().is(JsonType::kObject)) {
    return tl::make_unexpected(
        to_error({json->root().offset, "", "a policy document that is no object, expected an object"}, name, text));
  }
  auto document = std::make_shared<Document>();
  document->text = text;
  document->kind = kind;
  document->statements = read_statements(json->root(), kind, readings);
  return std::shared_ptr<const Document>(std::move(document));
}

}  // namespace imagewarden::ram
