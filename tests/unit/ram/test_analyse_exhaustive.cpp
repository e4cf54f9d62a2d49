// find_difference() against brute force: every pair of policies of up to two statements over small alphabets, compared
// on a set of requests that holds one of each kind that the alphabet can tell apart.

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/ram/analyse.h"
#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

using Texts = std::vector<std::string>;

struct Alphabet {
  Texts actions;
  Texts resources;
  Texts conditions;  // with the leading comma; empty: none
  // One request for every way in which the above can match.
  Texts asked_actions;
  Texts asked_resources;
  std::vector<Texts> asked_values;  // of the key `k`; empty: it is absent
};

std::vector<std::shared_ptr<const Document>> all_statements(const Alphabet& alphabet, const Readings& readings) {
  std::vector<std::shared_ptr<const Document>> out;
  for (const char* const effect : {"Allow", "Deny"}) {
    for (const std::string& action : alphabet.actions) {
      for (const std::string& resource : alphabet.resources) {
        for (const std::string& condition : alphabet.conditions) {
          out.push_back(test::parse(test::document_of(std::string(R"({"Effect": ")") + effect + "\", " + action + ", " +
                                                      resource + condition + "}"),
                                    readings));
        }
      }
    }
  }
  return out;
}

std::vector<Request> all_requests(const Alphabet& alphabet) {
  std::vector<Request> out;
  for (const std::string& action : alphabet.asked_actions) {
    for (const std::string& resource : alphabet.asked_resources) {
      for (const Texts& values : alphabet.asked_values) {
        Context context;
        for (const std::string& value : values) context.add_value("k", value);
        out.push_back(make_request(action, resource, ResourceLevel::kUnknown, std::move(context), {}, test::kNow));
      }
    }
  }
  return out;
}

// A policy and what it says to every request.
struct Answered {
  PrincipalPolicies policies;
  std::vector<Outcome> outcomes;
};

Answered answer(std::vector<std::shared_ptr<const Document>> documents, const std::vector<Request>& requests,
                const Readings& readings) {
  Answered out;
  for (auto& document : documents) out.policies.account_level.push_back({"p", "user/a", std::move(document), "", ""});
  const Principal principal = Principal::compile(out.policies, readings);
  for (const Request& request : requests) {
    const Verdict verdict = principal.decide(request);
    if (principal.explain(request).verdict != verdict) throw std::runtime_error("explain() differs from decide()");
    out.outcomes.push_back(verdict.outcome);
  }
  return out;
}

bool is_new_access(Outcome before, Outcome after) { return after == Outcome::kAllow && before != Outcome::kAllow; }

struct Tally {
  std::size_t compared{};  // pairs of policies × requests
  std::size_t wrong{};
  std::size_t undecided{};
  std::size_t differing{};
};

void compare_pair(const Answered& before, const Answered& after, const Readings& readings, const RequestSpace& space,
                  Tally& tally) {
  tally.compared += before.outcomes.size();
  for (const Compare compare : {Compare::kNewAccess, Compare::kOutcome}) {
    bool differs = false;
    for (std::size_t i = 0; i < before.outcomes.size(); ++i) {
      differs = differs || (compare == Compare::kOutcome ? before.outcomes[i] != after.outcomes[i]
                                                         : is_new_access(before.outcomes[i], after.outcomes[i]));
    }
    const Difference found = find_difference(before.policies, after.policies, compare, readings, space, {});
    if (found.found == Found::kUndecided) ++tally.undecided;
    if ((found.found == Found::kWitness) != differs) ++tally.wrong;
    if (differs) ++tally.differing;
  }
}

Tally compare_all(const Alphabet& alphabet, std::size_t statements_before, std::size_t statements_after,
                  const Readings& readings = {}) {
  const auto statements = all_statements(alphabet, readings);
  const std::vector<Request> requests = all_requests(alphabet);
  const auto policies = [&](std::size_t up_to) {
    std::vector<Answered> out;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      out.push_back(answer({statements[i]}, requests, readings));
      for (std::size_t j = i + 1; up_to > 1 && j < statements.size(); ++j) {
        out.push_back(answer({statements[i], statements[j]}, requests, readings));
      }
    }
    return out;
  };
  const std::vector<Answered> before = policies(statements_before);
  const std::vector<Answered> after = policies(statements_after);
  RequestSpace space;
  space.now = test::kNow;
  Tally tally;
  for (const Answered& old : before) {
    for (const Answered& changed : after) compare_pair(old, changed, readings, space, tally);
  }
  return tally;
}

std::string action(const std::string& pattern) { return R"("Action": ")" + pattern + "\""; }
std::string not_action(const std::string& pattern) { return R"("NotAction": ")" + pattern + "\""; }
std::string resource(const std::string& pattern) { return R"("Resource": ")" + pattern + "\""; }
std::string condition(const std::string& op, const std::string& value) {
  return R"(, "Condition": {")" + op + R"(": {"k": ")" + value + "\"}}";
}

void check(const Tally& tally, std::size_t compared_at_least) {
  CAPTURE(tally.compared, tally.differing);
  CHECK(tally.wrong == 0);
  CHECK(tally.undecided == 0);
  CHECK(tally.compared >= compared_at_least);
  CHECK(tally.differing > 0);
}

TEST_CASE("all policies of up to two statements, by actions", "[ram][analyse][exhaustive]") {
  Alphabet alphabet;
  alphabet.actions = {action("s:a"), action("s:a*"), action("s:?"), action("*"), not_action("s:*b")};
  alphabet.resources = {resource("*")};
  alphabet.conditions = {"", condition("StringEquals", "v")};
  // Names of service s: `a`, `b`, another letter, longer ones by first and last letter; no name of another service
  // matches a pattern but `*`.
  alphabet.asked_actions = {"s:a", "s:b", "s:c", "s:ac", "s:ab", "s:cc", "s:cb", "t:c"};
  alphabet.asked_resources = {"*"};
  alphabet.asked_values = {{}, {"v"}, {"w"}};
  check(compare_all(alphabet, 2, 2), 1'000'000);
}

Alphabet resource_alphabet() {
  Alphabet alphabet;
  alphabet.actions = {action("s:a"), action("*")};
  alphabet.resources = {resource("*"), resource("acs:S:::a"), resource("acs:s:*:*:a*"), resource("acs:s:*:?"),
                        R"("NotResource": "acs:*b")"};
  alphabet.conditions = {""};
  alphabet.asked_actions = {"s:a", "s:b"};
  alphabet.asked_resources = {"*"};
  for (const char* const service : {"s", "S", "t"}) {
    for (const char* const places : {"::", ":r:1", ":/:1"}) {
      for (const char* const relative :
           {"", "a", "b", "A", "B", "c", "ab", "aB", "ac", "cb", "cc", "a:b", "a/c", "c/b"}) {
        alphabet.asked_resources.push_back("acs:" + std::string(service) + places + ":" + relative);
      }
    }
  }
  alphabet.asked_values = {{}};
  return alphabet;
}

TEST_CASE("all policies of up to two statements, by resources", "[ram][analyse][exhaustive]") {
  check(compare_all(resource_alphabet(), 2, 2), 5'000'000);
}

TEST_CASE("all policies of one statement, by resources, under other readings", "[ram][analyse][exhaustive]") {
  const auto reading = GENERATE(
      values({Reading::kResourceCase, Reading::kWildcardCrossing, Reading::kEmptyArnSegment, Reading::kNotResource}));
  Readings readings;
  readings.set(reading, 1);
  CAPTURE(readings.choice_name(reading));
  check(compare_all(resource_alphabet(), 1, 2, readings), 500'000);
}

Alphabet condition_alphabet() {
  Alphabet alphabet;
  alphabet.actions = {action("*")};
  alphabet.resources = {resource("*")};
  for (const char* const prefix : {"", "ForAllValues:", "ForAnyValue:"}) {
    for (const char* const op : {"StringEquals", "StringNotEquals", "StringNotLike"}) {
      alphabet.conditions.push_back(condition(std::string(prefix) + op, "v"));
    }
  }
  alphabet.conditions.push_back(condition("StringLike", "?"));
  alphabet.conditions.push_back(condition("StringEqualsIgnoreCase", "V"));
  alphabet.conditions.emplace_back();
  alphabet.asked_actions = {"s:a"};
  alphabet.asked_resources = {"*"};
  // Every set of the values that the conditions tell apart.
  const Texts kinds = {"v", "V", "w", "long"};
  for (unsigned set = 0; set < 1U << kinds.size(); ++set) {
    alphabet.asked_values.emplace_back();
    for (unsigned i = 0; i < kinds.size(); ++i) {
      if ((set >> i & 1U) != 0) alphabet.asked_values.back().push_back(kinds[i]);
    }
  }
  return alphabet;
}

TEST_CASE("all policies of up to two statements, by conditions", "[ram][analyse][exhaustive]") {
  check(compare_all(condition_alphabet(), 2, 2), 1'000'000);
}

TEST_CASE("all policies of one statement, by conditions, under other readings", "[ram][analyse][exhaustive]") {
  const auto reading =
      GENERATE(values({Reading::kMissingKeyNegated, Reading::kSeveralRequestValues, Reading::kForAllValuesAbsent}));
  Readings readings;
  readings.set(reading, 1);
  CAPTURE(readings.choice_name(reading));
  check(compare_all(condition_alphabet(), 1, 2, readings), 100'000);
}

}  // namespace
}  // namespace imagewarden::ram
