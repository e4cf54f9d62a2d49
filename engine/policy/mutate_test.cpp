// Writes a request as a test of a test file, ready to paste.

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/base/json_writer.h"
#include "engine/policy/mutate.h"
#include "engine/rules/actions.h"

namespace imagewarden::policy {
namespace {

constexpr std::string_view kCurrentTime = "acs:CurrentTime";
constexpr std::string_view kPrincipalArn = "acs:PrincipalARN";

// A JSON string is a YAML double-quoted one.
std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string listed(const std::vector<std::string>& items) { return fmt::format("[{}]", fmt::join(items, ", ")); }

bool is_key(const Key& key, std::string_view name) { return key.lower == to_lower(name); }

// The action as people spell it: as a test of the suite or the catalogue does.
std::string spelled(const TestSuite& suite, const std::string& action) {
  const std::string lower = to_lower(action);
  for (const TestCase& test_case : suite.cases) {
    if (!test_case.decider && test_case.request.action_lower == lower) return test_case.request.action;
  }
  const rules::ActionEntry* entry = rules::ActionCatalogue::built_in().find(action);
  return entry == nullptr ? action : entry->name;
}

// What the test declares of the context.
struct Given {
  ContextSpec context;
  std::optional<Time> now;
};

// Every key that the policies ask for, in their order.
std::vector<Key> asked_keys(const TestSuite& suite, const SuitePrincipal& principal) {
  std::vector<Key> keys;
  for (const std::size_t policy : principal.policies) {
    for (const ram::Statement& statement : suite.policies[policy].document->statements) {
      for (const Atom& atom : statement.condition.atoms) {
        const bool is_noted =
            std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.lower == atom.key.lower; });
        if (!is_noted) keys.push_back(atom.key);
      }
    }
  }
  return keys;
}

Given declare(const TestSuite& suite, const TestCase& like, const ram::Request& witness) {
  const SuitePrincipal& principal = suite.principals[like.principal];
  const std::vector<Key> asked = asked_keys(suite, principal);
  Given out;
  const ram::Request own =
      ram::make_request(witness.action, witness.resource, witness.level, {}, principal.principal.policies(), suite.now);
  for (const Context::Entry& entry : witness.context.entries()) {
    if (entry.state != KeyState::kKnown || entry.values.empty()) continue;
    if (is_key(entry.key, kCurrentTime) && entry.values.size() == 1 && entry.values.front().date) {
      // Where nothing asks for the time, it would only be noise.
      if (std::any_of(asked.begin(), asked.end(), [&](const Key& key) { return key.lower == entry.key.lower; }))
        out.now = entry.values.front().date;
      continue;
    }
    const KeyFacts same = own.context.find(entry.key);
    const bool is_own = is_key(entry.key, kPrincipalArn) && same.values.size() == 1 && entry.values.size() == 1 &&
                        same.values.front().text == entry.values.front().text;
    if (is_own) continue;
    ContextKey given{entry.key.name, {}, {}};
    for (const Value& value : entry.values) given.values.push_back(value.text);
    out.context.given.push_back(std::move(given));
  }
  // What the request does not carry has to be said of keys that would be open, or that the file's defaults give.
  const auto declare_absent = [&](const Key& key) {
    const KeyFacts facts = witness.context.find(key);
    const bool is_known = facts.state == KeyState::kKnown && !facts.values.empty();
    const auto& absent = out.context.absent;
    const bool is_noted = std::any_of(absent.begin(), absent.end(),
                                      [&](const PlacedText& text) { return Key::of(text.text).lower == key.lower; });
    if (!is_known && !is_noted) out.context.absent.push_back({key.name, {}});
  };
  for (const Key& key : asked) {
    if (is_open_by_default(key)) declare_absent(key);
  }
  for (const ContextKey& key : suite.files[like.file].defaults.given) declare_absent(Key::of(key.key));
  return out;
}

// The request as the pasted test would ask it.
ram::Request rebuild(const TestSuite& suite, const TestCase& like, const ram::Request& witness, const Given& given) {
  ContextSpec context = given.context;
  for (const PlacedText& absent : suite.files[like.file].defaults.absent) {
    const Key key = Key::of(absent.text);
    const bool is_given = std::any_of(context.given.begin(), context.given.end(),
                                      [&](const ContextKey& one) { return Key::of(one.key).lower == key.lower; });
    if (!is_given) context.absent.push_back(absent);
  }
  const std::optional<Time> declared = suite.declaration(like).now;
  ram::Request request = ram::make_request(spelled(suite, witness.action), witness.resource, witness.level,
                                           make_context(context), suite.principals[like.principal].principal.policies(),
                                           given.now ? *given.now : declared.value_or(suite.now));
  request.resource_group = witness.resource_group;
  return request;
}

std::string policy_text(const PolicyUse& use) {
  if (use.path.empty()) return fmt::format("{{name: {}, document: {}}}", quoted(use.name), use.text);
  return fmt::format("{{name: {}, file: {}}}", quoted(use.name), quoted(use.path));
}

std::string policies_text(const std::vector<PolicyUse>& uses) {
  std::vector<std::string> items;
  items.reserve(uses.size());
  for (const PolicyUse& use : uses) items.push_back(policy_text(use));
  return listed(items);
}

}  // namespace

std::string write_killing_test(const TestSuite& suite, const TestCase& like, const ram::Request& witness,
                               const ram::PrincipalPolicies& changed, std::string_view name) {
  const Given given = declare(suite, like, witness);
  const ram::Request request = rebuild(suite, like, witness, given);
  const ram::Outcome before = suite.principals[like.principal].principal.decide(request).outcome;
  const ram::Outcome after = ram::Principal::compile(changed, suite.rules->readings()).decide(request).outcome;
  if (before == after || has_wildcard(request.action)) return {};
  std::string out = fmt::format("  - name: {}\n    principal: {}\n    action: {}\n    resource: {}\n", quoted(name),
                                quoted(like.principal_text), quoted(request.action), quoted(request.resource));
  const TestDeclaration& test = suite.declaration(like);
  if (!request.resource_group.empty()) out += fmt::format("    resource_group: {}\n", quoted(request.resource_group));
  if (test.policies) out += fmt::format("    policies: {}\n", policies_text(*test.policies));
  if (test.session_policies) out += fmt::format("    session_policies: {}\n", policies_text(*test.session_policies));
  if (!test.control_policies.empty()) {
    std::vector<std::string> levels;
    for (const std::vector<PolicyUse>& level : test.control_policies) levels.push_back(policies_text(level));
    out += fmt::format("    control_policies: {}\n", listed(levels));
  }
  if (!given.context.given.empty()) {
    out += "    context:\n";
    for (const ContextKey& key : given.context.given) {
      std::vector<std::string> values;
      for (const std::string& value : key.values) values.push_back(quoted(value));
      out += fmt::format("      {}: {}\n", quoted(key.key), values.size() == 1 ? values.front() : listed(values));
    }
  }
  if (!given.context.absent.empty()) {
    std::vector<std::string> keys;
    for (const PlacedText& key : given.context.absent) keys.push_back(quoted(key.text));
    out += fmt::format("    no_context: {}\n", listed(keys));
  }
  if (given.now) out += fmt::format("    now: {}\n", format_rfc3339(*given.now));
  return out + fmt::format("    expect: {}\n", ram::to_string(before));
}

}  // namespace imagewarden::policy
