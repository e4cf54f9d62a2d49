#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "engine/decide/decision.h"

using namespace imagewarden;

namespace {

nlohmann::json written(const Decision& decision, const DecisionJsonOptions& options = {}) {
  std::string text;
  JsonWriter json(text);
  write_decision(json, decision, options);
  return nlohmann::json::parse(text);
}

Decision denied(std::size_t users) {
  Decision decision;
  decision.image = "img-1";
  decision.code = "ImageDeleteFailed.NotAllow";
  decision.http_status = 400;
  Finding finding{"not-in-use", decision.code, rules::Basis::kInferred, {}, "release it"};
  for (std::size_t i = 0; i < users; ++i)
    finding.evidence.push_back({"image:DeliveryGroups", {"aig-" + std::to_string(i)}, "f.json#/" + std::to_string(i)});
  decision.violations.push_back(finding);
  return decision;
}

}  // namespace

TEST_CASE("ten values of evidence are listed, and how many more there are", "[decide][json]") {
  const auto ten = written(denied(10))["violations"][0]["evidence"];
  CHECK(ten.size() == 10);
  CHECK_FALSE(ten[9].contains("more"));
  const auto twelve = written(denied(12))["violations"][0]["evidence"];
  CHECK(twelve.size() == 10);
  CHECK(twelve[9]["more"] == 2);
  CHECK(twelve[9]["value"] == nlohmann::json::array({"aig-9"}));
  CHECK(written(denied(12), {.all_values = true, .audit = nullptr})["violations"][0]["evidence"].size() == 12);

  Decision wide = denied(0);
  wide.violations[0].evidence.push_back({"f", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}, "s"});
  const auto cut = written(wide)["violations"][0]["evidence"];
  CHECK(cut[0]["value"].size() == 10);
  CHECK(cut[0]["more"] == 2);
}

TEST_CASE("what is not known is null", "[decide][json]") {
  Decision decision;
  decision.outcome = Outcome::kIndeterminate;
  const auto json = written(decision);
  CHECK(json["outcome"] == "indeterminate");
  CHECK(json["code"].is_null());
  CHECK(json["http_status"].is_null());
  CHECK(json["effects"]["templates"].is_null());
  CHECK_FALSE(json.contains("audit"));
  decision.effects.templates.emplace();
  CHECK(written(decision)["effects"]["templates"] == nlohmann::json::array());
}

TEST_CASE("the digest covers everything but the place in the log", "[decide][json]") {
  const Decision decision = denied(12);
  const std::string digest = decision_digest(decision);
  CHECK(digest.starts_with("sha256:"));
  CHECK(digest.size() == 7 + 64);
  CHECK(digest == decision_digest(denied(12)));
  CHECK(digest != decision_digest(denied(13)));
  Decision other = decision;
  other.permission.open_keys.emplace_back("acs:SourceIp");
  CHECK(digest != decision_digest(other));
  const AuditPlace place{"log.db", 7};
  CHECK(written(decision, {.all_values = false, .audit = &place})["audit"]["seq"] == 7);
}

TEST_CASE("the text of an age is kept for that age alone", "[decide][json]") {
  const FactsAge none;
  const FactsAge old{parse_rfc3339("2026-11-20T08:00:00Z"), false};
  const FactsAge newer{parse_rfc3339("2026-11-21T08:00:00Z"), false};
  const FactsAge undated{old.oldest, true};
  FactsForm kept;
  for (const FactsAge& age : {none, none, old, old, newer, old, undated, none}) {
    FactsForm fresh;
    CHECK(kept.of(age) == fresh.of(age));
  }
  CHECK(kept.of(undated) == R"({"oldest":"2026-11-20T08:00:00Z","undated":true})");
}

TEST_CASE("the age of the facts is written where it is asked for, and is no part of the digest", "[decide][json]") {
  Decision decision;
  const std::string digest = decision_digest(decision);
  CHECK_FALSE(written(decision).contains("facts"));
  FactsForm form;
  const auto none =
      written(decision, {.all_values = true, .facts = form.of(decision.facts), .audit = nullptr})["facts"];
  CHECK(none["oldest"].is_null());
  CHECK(none["undated"] == false);
  decision.facts = {parse_rfc3339("2026-11-20T08:00:00Z"), true};
  const auto facts =
      written(decision, {.all_values = false, .facts = form.of(decision.facts), .audit = nullptr})["facts"];
  CHECK(facts["oldest"] == "2026-11-20T08:00:00Z");
  CHECK(facts["undated"] == true);
  CHECK(decision_digest(decision) == digest);
}
