#include "tests/oracle/policy.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace oracle {
namespace {

using Json = nlohmann::json;

// What one statement, or several together, do to a request.
struct Effects {
  Tri denies{Tri::kFalse};
  Tri allows{Tri::kFalse};
};

void add(Effects& sum, const Effects& one) {
  sum.denies = either(sum.denies, one.denies);
  sum.allows = either(sum.allows, one.allows);
}

// A document that is not known, or a statement whose effect cannot be read, could deny and could allow.
constexpr Effects kAnything{Tri::kUnknown, Tri::kUnknown};

const std::vector<std::string> kOpenKeys = {
    "acs:sourceip",      "acs:securetransport", "acs:mfapresent", "acs:sourcevpc", "acs:vpcsourceip",
    "acs:principalrdid", "acs:principalrdpath", "acs:useragent",  "acs:service",   "acs:accessid"};

// Key names are compared without regard to case; what follows a slash is the key of a tag, whose case counts.
std::string key_name(const std::string& key) {
  const std::size_t slash = key.find('/');
  return slash == std::string::npos ? lower(key) : lower(key.substr(0, slash)) + key.substr(slash);
}

// The values of one key: nothing is open, an empty list is absent.
std::optional<std::vector<std::string>> find_key(const std::string& key, const RamRequest& request) {
  const std::string name = key_name(key);
  if (name == "action") return std::vector{request.action};
  if (name == "resource") return std::vector{request.all_resources ? "*" : request.resource};
  std::vector<std::string> values;
  bool is_given = false;
  for (const auto& [given, list] : request.context.given) {
    if (key_name(given) != name) continue;
    is_given = true;
    values.insert(values.end(), list.begin(), list.end());
  }
  if (is_given) return values;
  for (const std::string& absent : request.context.absent) {
    if (key_name(absent) == name) return std::vector<std::string>{};
  }
  if (name == "acs:currenttime") return std::vector{request.now};
  if (name == "acs:principalarn") return std::vector{request.principal_arn};
  if (contains(kOpenKeys, name)) return std::nullopt;
  return std::vector<std::string>{};
}

bool fits(int order, const std::string& relation) {
  if (relation == "Equals") return order == 0;
  if (relation == "LessThan") return order < 0;
  if (relation == "LessThanEquals") return order <= 0;
  if (relation == "GreaterThan") return order > 0;
  return order >= 0;  // GreaterThanEquals
}

// `StringNotEquals` is the negation of `StringEquals`, `NotIpAddress` that of `IpAddress`.
struct Operator {
  std::string positive;
  bool negated{};
};

std::optional<Operator> find_operator(const std::string& name) {
  static const std::map<std::string, Operator> known = {
      {"StringEquals", {"StringEquals", false}},
      {"StringNotEquals", {"StringEquals", true}},
      {"StringEqualsIgnoreCase", {"StringEqualsIgnoreCase", false}},
      {"StringNotEqualsIgnoreCase", {"StringEqualsIgnoreCase", true}},
      {"StringLike", {"StringLike", false}},
      {"StringNotLike", {"StringLike", true}},
      {"NumericEquals", {"NumericEquals", false}},
      {"NumericNotEquals", {"NumericEquals", true}},
      {"NumericLessThan", {"NumericLessThan", false}},
      {"NumericLessThanEquals", {"NumericLessThanEquals", false}},
      {"NumericGreaterThan", {"NumericGreaterThan", false}},
      {"NumericGreaterThanEquals", {"NumericGreaterThanEquals", false}},
      {"DateEquals", {"DateEquals", false}},
      {"DateNotEquals", {"DateEquals", true}},
      {"DateLessThan", {"DateLessThan", false}},
      {"DateLessThanEquals", {"DateLessThanEquals", false}},
      {"DateGreaterThan", {"DateGreaterThan", false}},
      {"DateGreaterThanEquals", {"DateGreaterThanEquals", false}},
      {"Bool", {"Bool", false}},
      {"IpAddress", {"IpAddress", false}},
      {"NotIpAddress", {"IpAddress", true}},
  };
  const auto found = known.find(name);
  if (found == known.end()) return std::nullopt;
  return found->second;
}

// Whether a wanted value is of the type that the operator compares.
bool is_of_type(const std::string& positive, const std::string& text) {
  if (starts_with(positive, "Numeric")) return read_decimal(text).has_value();
  if (starts_with(positive, "Date")) return read_date(text).has_value();
  if (positive == "Bool") return text == "true" || text == "false";
  if (positive == "IpAddress") return read_network(text).has_value();
  return true;
}

// One value of the request against one wanted value; a value of another type matches nothing.
bool matches(const std::string& positive, const std::string& found, const std::string& wanted) {
  if (!is_of_type(positive, found)) return false;
  if (positive == "StringEquals" || positive == "Bool") return found == wanted;
  if (positive == "StringEqualsIgnoreCase") return lower(found) == lower(wanted);
  if (positive == "StringLike") return glob(wanted, found);
  if (positive == "IpAddress") return holds(*read_network(wanted), *read_network(found));
  if (starts_with(positive, "Numeric")) {
    return fits(compare(*read_decimal(found), *read_decimal(wanted)), positive.substr(std::string("Numeric").size()));
  }
  const long long difference = *read_date(found) - *read_date(wanted);
  return fits(difference < 0 ? -1 : difference > 0 ? 1 : 0, positive.substr(std::string("Date").size()));
}

// `operator: {key: values}` for one key. Precondition: evaluable.
Tri evaluate_key(const std::string& quantifier, const Operator& op, const std::string& key,
                 const std::vector<std::string>& wanted, const RamRequest& request) {
  const auto found = find_key(key, request);
  const bool met_if_absent = quantifier == "ForAllValues" || (quantifier.empty() && op.negated);
  if (!found) {
    // Not known, unless whatever value there is and none at all come to the same: every text is like `*`.
    const bool every_text =
        op.positive == "StringLike" && std::any_of(wanted.begin(), wanted.end(), [](const std::string& want) {
          return want.find_first_not_of('*') == std::string::npos && !want.empty();
        });
    return every_text && met_if_absent != op.negated ? of(met_if_absent) : Tri::kUnknown;
  }
  if (found->empty()) return of(met_if_absent);
  std::size_t equal = 0;  // values of the request that match a wanted one
  for (const std::string& value : *found) {
    for (const std::string& want : wanted) {
      if (matches(op.positive, value, want)) {
        ++equal;
        break;
      }
    }
  }
  const std::size_t met = op.negated ? found->size() - equal : equal;
  if (quantifier == "ForAllValues") return of(met == found->size());
  if (quantifier == "ForAnyValue") return of(met > 0);
  return of(op.negated ? equal == 0 : equal > 0);
}

struct Condition {
  bool evaluable{true};
  Tri met{Tri::kTrue};
};

std::optional<std::string> condition_value(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_boolean() || json.is_number()) return json.dump();  // accepted, though RAM wants a string
  return std::nullopt;
}

Condition evaluate_condition(const Json& json, const RamRequest& request) {
  constexpr Condition kBad{false, Tri::kUnknown};
  if (!json.is_object()) return kBad;
  Condition result;
  for (const auto& [written, keys] : json.items()) {
    std::string name = written;
    std::string quantifier;
    for (const std::string prefix : {"ForAllValues", "ForAnyValue"}) {
      if (starts_with(written, prefix + ":")) {
        quantifier = prefix;
        name = written.substr(prefix.size() + 1);
      }
    }
    const auto op = find_operator(name);
    if (!op || !keys.is_object() || keys.empty()) return kBad;
    for (const auto& [key, values] : keys.items()) {
      if (key.empty()) return kBad;
      std::vector<std::string> wanted;
      for (const Json& value : values.is_array() ? values : Json::array({values})) {
        const auto text = condition_value(value);
        if (!text || !is_of_type(op->positive, *text)) return kBad;
        wanted.push_back(*text);
      }
      if (wanted.empty()) return kBad;
      result.met = both(result.met, evaluate_key(quantifier, *op, key, wanted, request));
    }
  }
  return result;
}

// A string or a list of strings, none of them empty. Nothing: not readable.
std::optional<std::vector<std::string>> read_patterns(const Json& json) {
  std::vector<std::string> patterns;
  for (const Json& item : json.is_array() ? json : Json::array({json})) {
    if (!item.is_string() || item.get<std::string>().empty()) return std::nullopt;
    patterns.push_back(item);
  }
  if (patterns.empty()) return std::nullopt;
  return patterns;
}

// An ARN's service segment has no case; an empty region or account segment of a pattern matches any.
std::string lower_service(const std::string& arn) {
  auto parts = split(arn, ':');
  if (parts.size() < 2 || parts[0] != "acs") return arn;
  parts[1] = lower(parts[1]);
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) out += ":" + parts[i];
  return out;
}

std::string fill_segments(const std::string& pattern) {
  auto parts = split(pattern, ':');
  if (parts.size() < 5 || parts[0] != "acs") return pattern;
  if (parts[2].empty()) parts[2] = "*";
  if (parts[3].empty()) parts[3] = "*";
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) out += ":" + parts[i];
  return out;
}

bool action_fits(const std::string& pattern, const RamRequest& request) {
  return glob(lower(pattern), lower(request.action));
}

bool resource_fits(const std::string& pattern, const RamRequest& request) {
  if (request.all_resources) return glob(pattern, "*");
  return glob(fill_segments(lower_service(pattern)), lower_service(request.resource));
}

// One of the pairs Action / NotAction, Resource / NotResource.
struct Part {
  bool readable{};
  bool fits{true};  // not readable: it could
};

template <class Fits>
Part read_part(const Json& statement, const std::string& name, const RamRequest& request, const Fits& fits_request) {
  const bool has = statement.contains(name);
  const bool has_not = statement.contains("Not" + name);
  if (has == has_not) return {};  // both, or neither
  const auto patterns = read_patterns(statement[has ? name : "Not" + name]);
  if (!patterns) return {};
  bool any = false;
  for (const std::string& pattern : *patterns) any = any || fits_request(pattern, request);
  return {true, any == has};
}

Effects evaluate_statement(const Json& statement, bool document_is_good, const RamRequest& request) {
  if (!statement.is_object()) return kAnything;
  bool evaluable = document_is_good;
  for (const auto& [element, value] : statement.items()) {
    static const std::vector<std::string> known = {"Effect",      "Action",    "NotAction", "Resource",
                                                   "NotResource", "Condition", "Sid"};
    if (!contains(known, element)) evaluable = false;  // `Principal` too: this is no trust policy
    if (element == "Sid" && !value.is_string()) evaluable = false;
  }
  const Json effect = statement.value("Effect", Json());
  const bool effect_is_known = effect == "Allow" || effect == "Deny";
  const Part action = read_part(statement, "Action", request, action_fits);
  const Part resource = read_part(statement, "Resource", request, resource_fits);
  const Condition condition =
      statement.contains("Condition") ? evaluate_condition(statement["Condition"], request) : Condition{};
  evaluable = evaluable && effect_is_known && action.readable && resource.readable && condition.evaluable;

  // Where it certainly is about something else, it does not matter whether it can be evaluated.
  if (!action.fits || !resource.fits) return {};
  const Tri match = evaluable ? condition.met : Tri::kUnknown;
  if (!effect_is_known) return kAnything;
  return effect == "Allow" ? Effects{Tri::kFalse, match} : Effects{match, Tri::kFalse};
}

Effects evaluate_document(const Document& document, const RamRequest& request) {
  if (!document) return kAnything;
  const Json root = Json::parse(*document);
  bool is_good = root.value("Version", Json()) == "1";
  for (const auto& [element, value] : root.items())
    is_good = is_good && (element == "Version" || element == "Statement");
  const Json statements = root.value("Statement", Json());
  if (statements.is_object()) return evaluate_statement(statements, is_good, request);
  if (!statements.is_array() || statements.empty()) return kAnything;
  Effects sum;
  for (const Json& statement : statements) add(sum, evaluate_statement(statement, is_good, request));
  return sum;
}

Effects evaluate_all(const std::vector<Document>& documents, const RamRequest& request) {
  Effects sum;
  for (const Document& document : documents) add(sum, evaluate_document(document, request));
  return sum;
}

// How one step ends.
std::string decision_of(const Effects& effects) {
  if (effects.denies == Tri::kTrue) return "explicit-deny";
  if (effects.allows == Tri::kFalse) return "implicit-deny";
  if (effects.allows == Tri::kTrue && effects.denies == Tri::kFalse) return "allow";
  return "indeterminate";
}

// Every level must allow: an explicit deny of one is final, then an implicit one, then what is not known.
std::string control_decision(const Policies& policies, const RamRequest& request) {
  std::vector<std::string> levels;
  for (const auto& level : policies.control_levels) levels.push_back(decision_of(evaluate_all(level, request)));
  for (const std::string worst : {"explicit-deny", "implicit-deny", "indeterminate"}) {
    if (contains(levels, worst)) return worst;
  }
  return "allow";
}

// What an effect that is not known could turn out to be.
std::vector<Effects> ways(const Effects& effects) {
  const auto of_one = [](Tri tri) {
    return tri == Tri::kUnknown ? std::vector<Tri>{Tri::kFalse, Tri::kTrue} : std::vector<Tri>{tri};
  };
  std::vector<Effects> all;
  for (const Tri denies : of_one(effects.denies)) {
    for (const Tri allows : of_one(effects.allows)) all.push_back({denies, allows});
  }
  return all;
}

Permission identity_decision(const Policies& policies, const RamRequest& request) {
  const std::string account_step = "AccountLevelIdentityBasedPolicy";
  const std::string group_step = "ResourceGroupLevelIdentityBasedPolicy";
  const Effects account = evaluate_all(policies.account_level, request);
  // Only a resource in a resource group has policies there.
  const auto group = policies.resource_groups.find(request.resource_group);
  if (request.all_resources || request.resource_group.empty() || group == policies.resource_groups.end()) {
    return {decision_of(account), account_step};
  }
  // Only an implicit deny at account level goes on to the resource group, whatever way the unknown turns out.
  std::set<std::string> decisions;
  bool ends_at_account = true;
  for (const Effects& at_account : ways(account)) {
    if (decision_of(at_account) != "implicit-deny") {
      decisions.insert(decision_of(at_account));
      continue;
    }
    ends_at_account = false;
    for (const Effects& at_group : ways(evaluate_all(group->second, request))) decisions.insert(decision_of(at_group));
  }
  const std::string step = ends_at_account ? account_step : group_step;
  if (decisions.size() == 1) return {*decisions.begin(), step};
  if (decisions.count("allow") == 0) return {"implicit-deny", step};
  const bool account_is_open = account.denies == Tri::kUnknown || account.allows == Tri::kUnknown;
  return {"indeterminate", account_is_open ? account_step : step};
}

bool is_deny(const std::string& decision) { return decision == "explicit-deny" || decision == "implicit-deny"; }

}  // namespace

Permission evaluate(const Policies& policies, const RamRequest& request) {
  std::vector<Permission> steps;
  if (policies.control_policies_bind && !policies.control_levels.empty()) {
    steps.push_back({control_decision(policies, request), "ControlPolicy"});
  }
  if (policies.is_role && policies.session) {
    steps.push_back({decision_of(evaluate_all(*policies.session, request)), "SessionPolicy"});
  }
  steps.push_back(policies.is_root ? Permission{"allow", ""} : identity_decision(policies, request));

  // Whatever an open step comes to, one that certainly denies makes it a deny.
  for (const Permission& step : steps) {
    if (is_deny(step.decision)) return step;
  }
  for (const Permission& step : steps) {
    if (step.decision == "indeterminate") return step;
  }
  return steps.back();
}

}  // namespace oracle
