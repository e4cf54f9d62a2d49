// RAM alone: random and enumerated policies; decide(), explain() and the reference evaluator must agree.

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "engine/ram/evaluate.h"
#include "tests/oracle/policy.h"
#include "tests/property/policies.h"
#include "tests/property/random.h"

namespace {

using namespace imagewarden;
using namespace property;

struct Case {
  oracle::Policies policies;
  oracle::RamRequest request;
};

std::vector<oracle::Document> random_documents(Random& random, std::size_t limit) {
  std::vector<oracle::Document> documents;
  for (std::size_t i = random.below(limit + 1); i > 0; --i) {
    if (random.chance(3)) {
      documents.emplace_back();
    } else {
      documents.emplace_back(random_document(random, {}).dump());
    }
  }
  return documents;
}

Case random_case(Random& random) {
  Case out;
  oracle::Policies& policies = out.policies;
  policies.is_role = random.chance(30);
  policies.is_root = !policies.is_role && random.chance(3);
  policies.control_policies_bind = !policies.is_root && random.chance(90);
  if (random.chance(20)) {
    for (std::size_t i = 1 + random.below(3); i > 0; --i) {
      auto level = random_documents(random, 1);
      if (random.chance(70))
        level.emplace_back(R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})");
      policies.control_levels.push_back(std::move(level));
    }
  }
  if (policies.is_role && random.chance(30)) policies.session = random_documents(random, 2);
  policies.account_level = random_documents(random, 3);
  if (random.chance(15)) policies.resource_groups["rg-1"] = random_documents(random, 2);

  oracle::RamRequest& request = out.request;
  request.action = random.pick(
      {"appstreaming:DeleteImage", "appstreaming:DeleteImage", "APPSTREAMING:DELETEIMAGE", "appstreaming:ListImage"});
  request.all_resources = random.chance(60);
  if (!request.all_resources && random.chance(80)) {
    request.resource =
        random.pick({"acs:appstreaming:cn-hangzhou:1001:image/img-1", "acs:AppStreaming:cn-shanghai:1001:image/img-2"});
  }
  if (random.chance(30)) request.resource_group = "rg-1";
  request.principal_arn = policies.is_root   ? "acs:ram::1001:root"
                          : policies.is_role ? "acs:ram::1001:role/builder"
                                             : "acs:ram::1001:user/alice";
  request.now = random_now(random);
  request.context = random_context(random);
  return out;
}

ram::Request engine_request(const Case& given, const ram::PrincipalPolicies& principal) {
  const ram::ResourceLevel level =
      given.request.all_resources ? ram::ResourceLevel::kAllResources : ram::ResourceLevel::kResource;
  ram::Request request =
      ram::make_request(given.request.action, given.request.resource, level, engine_context(given.request.context),
                        principal, *parse_rfc3339(given.request.now));
  request.resource_group = given.request.resource_group;
  return request;
}

// An implicit deny after both identity levels has been seen reported with either: where no resource group's policies
// apply to the request, the account level's stands.
oracle::Permission named(ram::Verdict verdict) {
  const std::string outcome(ram::to_string(verdict.outcome));
  if (verdict.outcome == ram::Outcome::kImplicitDeny && verdict.step == ram::Step::kResourceGroupLevel) {
    return {outcome, std::string(ram::to_string(ram::Step::kAccountLevel))};
  }
  return {outcome, std::string(ram::to_string(verdict.step))};
}
oracle::Permission named(oracle::Permission permission) {
  if (permission.decision == "implicit-deny" && permission.step == ram::to_string(ram::Step::kResourceGroupLevel)) {
    permission.step = ram::to_string(ram::Step::kAccountLevel);
  }
  return permission;
}

std::string shown(const Case& given) {
  Json out;
  const auto list = [](const std::vector<oracle::Document>& documents) {
    Json texts = Json::array();
    for (const auto& document : documents) texts.push_back(document ? Json::parse(*document) : Json());
    return texts;
  };
  for (const auto& level : given.policies.control_levels) out["control"].push_back(list(level));
  if (given.policies.session) out["session"] = list(*given.policies.session);
  out["account"] = list(given.policies.account_level);
  for (const auto& [group, documents] : given.policies.resource_groups) out[group] = list(documents);
  out["binds"] = given.policies.control_policies_bind;
  out["principal"] = given.request.principal_arn;
  out["action"] = given.request.action;
  out["resource"] = given.request.all_resources ? "(all)" : given.request.resource;
  out["group"] = given.request.resource_group;
  out["context"] = given.request.context.given;
  out["absent"] = given.request.context.absent;
  out["now"] = given.request.now;
  return out.dump(1);
}

// decide() and explain() of the engine, as one.
ram::Verdict engine_verdict(const Case& given) {
  const ram::Principal principal = ram::Principal::compile(engine_policies(given.policies), {});
  const ram::Request request = engine_request(given, principal.policies());
  const ram::Verdict verdict = principal.decide(request);
  REQUIRE(verdict == principal.explain(request).verdict);
  return verdict;
}

bool agrees(const Case& given) {
  const ram::Principal principal = ram::Principal::compile(engine_policies(given.policies), {});
  const ram::Request request = engine_request(given, principal.policies());
  const ram::Verdict verdict = principal.decide(request);
  return verdict == principal.explain(request).verdict &&
         named(verdict) == named(oracle::evaluate(given.policies, given.request));
}

// Leaves out documents and statements as long as the two still disagree.
Case shrunk(Case given) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    std::vector<std::vector<oracle::Document>*> sets{&given.policies.account_level};
    for (auto& level : given.policies.control_levels) sets.push_back(&level);
    if (given.policies.session) sets.push_back(&*given.policies.session);
    for (auto& [group, documents] : given.policies.resource_groups) sets.push_back(&documents);
    for (auto* set : sets) {
      for (std::size_t i = 0; i < set->size() && !smaller; ++i) {
        const auto before = *set;
        set->erase(set->begin() + static_cast<std::ptrdiff_t>(i));
        smaller = !agrees(given);
        if (!smaller) *set = before;
      }
    }
  }
  return given;
}

TEST_CASE("RAM: decide, explain and the reference evaluator agree on random policies", "[ram]") {
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  Random random(seed);
  std::map<std::string, int> seen;
  for (int round = 0; round < 60'000; ++round) {
    const Case given = random_case(random);
    if (!agrees(given)) {
      const Case minimal = shrunk(given);
      INFO("round " << round << "\n" << shown(minimal));
      const ram::Verdict verdict = engine_verdict(minimal);
      const oracle::Permission wanted = oracle::evaluate(minimal.policies, minimal.request);
      CHECK(named(verdict).decision == named(wanted).decision);
      REQUIRE(named(verdict).step == named(wanted).step);
    }
    const oracle::Permission wanted = oracle::evaluate(given.policies, given.request);
    ++seen[wanted.decision + " " + wanted.step];
  }
  // The generator reaches every decision in every step.
  for (const std::string decision : {"explicit-deny", "implicit-deny", "indeterminate"}) {
    for (const std::string step : {"ControlPolicy", "SessionPolicy", "AccountLevelIdentityBasedPolicy",
                                   "ResourceGroupLevelIdentityBasedPolicy"}) {
      INFO(decision << " " << step);
      CHECK(seen[decision + " " + step] > 20);
    }
  }
  CHECK(seen["allow AccountLevelIdentityBasedPolicy"] > 1000);
  CHECK(seen["allow ResourceGroupLevelIdentityBasedPolicy"] > 20);
  CHECK(seen["allow "] > 100);  // root
}

TEST_CASE("RAM: every policy of up to three statements of a small alphabet", "[ram]") {
  // Certain, never, open and not evaluable, as Allow and as Deny; on a narrower resource, on another action.
  std::vector<std::string> alphabet;
  for (const std::string effect : {"Allow", "Deny"}) {
    const std::string start = R"({"Effect":")" + effect + R"(",)";
    alphabet.push_back(start + R"("Action":"appstreaming:DeleteImage","Resource":"*"})");
    alphabet.push_back(start + R"("NotAction":"appstreaming:Delete*","Resource":"*"})");
    alphabet.push_back(start + R"("Action":"*","Resource":"acs:appstreaming:*:*:*"})");
    alphabet.push_back(start + R"("Action":"*","Resource":"*","Condition":{"Bool":{"acs:MFAPresent":"true"}}})");
    alphabet.push_back(start + R"("Action":"*","Resource":"*","Condition":{"StringNotEquals":{"app:Size":"5"}}})");
    alphabet.push_back(start + R"("Action":"*","Resource":"*","Condition":{"Null":{"app:Size":"true"}}})");
    alphabet.push_back(start + R"("Action":"ecs:*","Resource":"*","Condition":{"Null":{"app:Size":"true"}}})");
  }
  alphabet.emplace_back(R"({"Effect":"Other","Action":"*","Resource":"*"})");

  const auto try_all = [](const std::vector<std::string>& statements) {
    std::string text;
    for (const std::string& statement : statements) text += (text.empty() ? "" : ",") + statement;
    Case given;
    given.policies.account_level = {R"({"Version":"1","Statement":[)" + text + "]}"};
    given.request.action = "appstreaming:DeleteImage";
    given.request.all_resources = true;
    given.request.principal_arn = "acs:ram::1001:user/alice";
    given.request.now = "2026-11-24T08:00:00Z";
    for (const std::string mfa : {"", "true", "false"}) {
      given.request.context.given.clear();
      if (!mfa.empty()) given.request.context.given["acs:MFAPresent"] = {mfa};
      if (!agrees(given)) {
        INFO(shown(given));
        REQUIRE(named(engine_verdict(given)) == named(oracle::evaluate(given.policies, given.request)));
      }
    }
  };
  std::size_t policies = 0;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    try_all({alphabet[i]});
    for (std::size_t j = 0; j < alphabet.size(); ++j) {
      try_all({alphabet[i], alphabet[j]});
      for (std::size_t k = j; k < alphabet.size(); ++k) {
        try_all({alphabet[i], alphabet[j], alphabet[k]});
        ++policies;
      }
    }
  }
  CHECK(policies == 15U * 120U);
}

TEST_CASE("RAM: every pattern of a small alphabet against every text", "[ram]") {
  // As the value of a StringLike, where nothing is normalised.
  const auto texts_up_to = [](const std::string& letters, std::size_t length) {
    std::vector<std::string> all{""};
    for (std::size_t begin = 0, size = 0; size < length; ++size) {
      const std::size_t end = all.size();
      for (; begin < end; ++begin) {
        for (const char letter : letters) all.push_back(all[begin] + letter);
      }
    }
    return all;
  };
  const auto patterns = texts_up_to("ab*?", 4);
  const auto texts = texts_up_to("ab", 4);
  std::size_t matched = 0;
  for (const std::string& pattern : patterns) {
    const Json json = {{"StringLike", {{"app:Name", pattern}}}};
    const std::string dumped = json.dump();
    const auto tree = JsonDocument::parse(dumped);
    REQUIRE(tree);
    const auto condition = compile_condition(tree->root(), {});
    REQUIRE(condition);
    for (const std::string& text : texts) {
      Context context;
      context.add_value("app:Name", text);
      const bool met = evaluate(*condition, context, {}) == Tri::kTrue;
      if (met != oracle::glob(pattern, text)) FAIL("pattern `" << pattern << "` text `" << text << "`");
      matched += met ? 1U : 0U;
    }
  }
  CHECK(matched > 1000);
}

TEST_CASE("RAM: an explicit Deny never allows, and order does not matter", "[ram]") {
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  Random random(seed + 1);
  int allowed = 0;
  for (int round = 0; round < 1000; ++round) {
    Case given = random_case(random);
    INFO("round " << round << "\n" << shown(given));
    const ram::Verdict before = engine_verdict(given);
    allowed += before.outcome == ram::Outcome::kAllow ? 1 : 0;

    Case reordered = given;
    random.shuffle(reordered.policies.account_level);
    for (auto& document : reordered.policies.account_level) {
      if (!document) continue;
      Json json = Json::parse(*document);
      if (!json.contains("Statement") || !json["Statement"].is_array()) continue;
      auto statements = json["Statement"].get<std::vector<Json>>();
      random.shuffle(statements);
      json["Statement"] = statements;
      document = json.dump();
    }
    REQUIRE(engine_verdict(reordered) == before);

    // Any Deny more, whatever it is: never an allow that was none before.
    Case denied = given;
    Json deny = random_statement(random, {});
    if (deny.contains("Effect")) deny["Effect"] = "Deny";
    if (!deny.contains("Effect")) continue;
    denied.policies.account_level.emplace_back(Json{{"Version", "1"}, {"Statement", {deny}}}.dump());
    if (before.outcome != ram::Outcome::kAllow) REQUIRE(engine_verdict(denied).outcome != ram::Outcome::kAllow);

    Case certain = given;
    certain.policies.is_root = false;
    certain.policies.account_level.emplace_back(
        R"({"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})");
    const ram::Outcome outcome = engine_verdict(certain).outcome;
    REQUIRE((outcome == ram::Outcome::kExplicitDeny || outcome == ram::Outcome::kImplicitDeny));
  }
  CHECK(allowed > 100);
}

}  // namespace
