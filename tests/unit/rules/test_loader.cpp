// User rule files: what they change, and every message about a bad one.

#include <catch2/catch.hpp>

#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/rules/embedded.h"
#include "engine/rules/ruleset.h"
#include "tests/unit/rules/support.h"

namespace imagewarden::rules {
namespace {

using test::ids_of;
using test::load_text;
using test::load_user;
using test::rule_of;
using test::user_file;

constexpr const char* kGuard =
    R"("guards": [{"id": "keep", "when": [{"condition": {"StringEquals": {"image:Tag/keep": "true"}}}],
    "explanation": "tagged to be kept", "remedy": "ask {principal}, or take {values} off {image} of {account}"}])";

std::string guard(std::string_view condition) {
  return R"("guards": [{"id": "g", "when": [{"condition": )" + std::string(condition) +
         R"(}], "explanation": "e", "remedy": "r"}])";
}

TEST_CASE("a guard comes after the preconditions", "[rules][loader]") {
  const auto rules = load_user(kGuard);
  REQUIRE(rules.has_value());
  CHECK(rules->rules().size() == 13);
  const Rule& rule = rules->rules().back();
  CHECK(rule.id == "keep");
  CHECK(rule.code == "Guard.keep");
  CHECK_FALSE(rule.http_status.has_value());
  CHECK(rule.basis == Basis::kOrganisation);
  CHECK(rule.when.at(0).basis == Basis::kOrganisation);
  CHECK(rule.is_guard);
  CHECK(rule.needs_image);
  CHECK(rule.file == "acme");
  CHECK(rule.explanation == "tagged to be kept");
  CHECK(rules->operation() == "appstreaming:DeleteImage");
}

TEST_CASE("facts of every type and acs: keys stand in conditions", "[rules][loader][table]") {
  const auto condition = GENERATE(values<std::string>({
      R"({"StringNotLike": {"IMAGE:name": "golden-*"}})",
      R"({"NumericLessThan": {"image:AgeDays": "30"}})",
      R"({"DateGreaterThan": {"image:CreatedAt": "2026-01-01T00:00:00Z"}})",
      R"({"Bool": {"image:OwnedByAccount": "true"}})",
      R"({"ForAnyValue:StringEquals": {"image:Regions": ["cn-hangzhou", "cn-shanghai"]}})",
      R"({"DateLessThan": {"acs:CurrentTime": "2026-12-24T00:00:00+08:00"}, "StringLike": {"image:Tag/owner": "*"}})",
      R"({"NotIpAddress": {"acs:SourceIp": "203.0.113.0/24"}})",
  }));
  CAPTURE(condition);
  const auto rules = load_user(guard(condition));
  REQUIRE(rules.has_value());
  CHECK_FALSE(rules->rules().back().when.at(0).when.atoms.empty());
}

TEST_CASE("an override merges the members that it has", "[rules][loader]") {
  const auto before = Ruleset::load({});
  REQUIRE(before.has_value());
  const Rule& old = rule_of(*before, "not-in-use");

  SECTION("code: the status comes from the catalogue, the rest stays") {
    const auto rules = load_user(R"("override": [{"id": "not-in-use", "code": "ServiceUnavailable"}])");
    REQUIRE(rules.has_value());
    const Rule& rule = rule_of(*rules, "not-in-use");
    CHECK(rule.code == "ServiceUnavailable");
    CHECK(rule.http_status == 500);
    CHECK(rule.file == "acme");
    CHECK(rule.explanation == old.explanation);
    CHECK(rule.remedy == old.remedy);
    CHECK(rule.when.size() == old.when.size());
    CHECK(rule.basis == old.basis);
    CHECK(rule_of(*rules, "exists").file == "appstreaming-delete-image");
    CHECK(ids_of(*rules) == ids_of(*before));
  }
  SECTION("a code of the organisation's own") {
    const auto rules = load_user(
        R"("errors": [{"code": "Image.Busy", "http_status": 409, "message": "m", "predictable": "yes", "cause": "c", "remedy": "r"}],
           "override": [{"id": "not-in-use", "code": "Image.Busy", "http_status": 409}])");
    REQUIRE(rules.has_value());
    CHECK(rule_of(*rules, "not-in-use").http_status == 409);
    CHECK(rules->find_error("Image.Busy")->message == "m");
  }
  SECTION("conditions: the organisation's, unless it says otherwise") {
    const auto rules = load_user(
        R"("override": [{"id": "not-in-use", "when": [{"condition": {"StringLike": {"image:Workstations": "*"}}},
           {"condition": {"StringLike": {"image:DeliveryGroups": "*"}}, "basis": "documented"}]},
           {"id": "custom", "basis": "inferred", "unknown_when": []}])");
    REQUIRE(rules.has_value());
    const Rule& rule = rule_of(*rules, "not-in-use");
    REQUIRE(rule.when.size() == 2);
    CHECK(rule.when[0].basis == Basis::kOrganisation);
    CHECK(rule.when[1].basis == Basis::kDocumented);
    CHECK(rule.basis == Basis::kOrganisation);
    CHECK_FALSE(rule.when[0].settled_when.has_value());
    CHECK(rule_of(*rules, "custom").basis == Basis::kInferred);
    CHECK(rule_of(*rules, "custom").unknown_when.empty());
    CHECK(rule_of(*rules, "custom").when.size() == 2);
  }
  SECTION("texts and whether it needs the image") {
    const auto rules = load_user(
        R"("override": [{"id": "custom", "explanation": "E", "remedy": "R {image}", "source": "S", "image": "not-needed"},
                        {"id": "exists", "image": "needed"}])");
    REQUIRE(rules.has_value());
    const Rule& rule = rule_of(*rules, "custom");
    CHECK(rule.explanation == "E");
    CHECK(rule.remedy == "R {image}");
    CHECK(rule.source == "S");
    CHECK_FALSE(rule.needs_image);
    CHECK(rule_of(*rules, "exists").needs_image);
  }
  SECTION("a guard of an earlier file, or of the same") {
    const std::vector<RuleSource> files{
        {"a.json", user_file(kGuard, "a")},
        {"b.json", user_file(R"("override": [{"id": "keep", "remedy": "no way"}])", "b")}};
    const auto rules = Ruleset::load(files);
    REQUIRE(rules.has_value());
    CHECK(rules->rules().back().remedy == "no way");
    CHECK(rules->rules().back().file == "b");
    CHECK(rules->rules().back().explanation == "tagged to be kept");
  }
}

TEST_CASE("a file that may only add guards changes nothing that is there", "[rules][loader][security]") {
  const auto load = [](std::string_view members) {
    const RuleSource source{"acme.json", user_file(members), "of a stranger"};
    return Ruleset::load({&source, 1});
  };
  CHECK(load(kGuard).has_value());
  CHECK(load("").has_value());
  const std::string change =
      GENERATE(R"("override": [{"id": "not-in-use", "remedy": "no way"}])", R"("order": ["not-in-use"])",
               R"("readings": {"denial-code": "NotAuthorized"})", R"("override": [])");
  CAPTURE(change);
  REQUIRE(load_user(change == R"("override": [])" ? "" : change).has_value());
  const auto refused = load(std::string(kGuard) + ", " + change);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kMalformedInput);
  CHECK(refused.error().message.find(change.substr(1, change.find('"', 1) - 1) +
                                     "` of a stranger, expected `guards`") != std::string::npos);
}

TEST_CASE("order moves preconditions to the front, guards stay last", "[rules][loader]") {
  const auto rules = load_user(std::string(kGuard) + R"(, "order": ["not-in-use", "exists"])");
  REQUIRE(rules.has_value());
  CHECK(ids_of(*rules) ==
        "not-in-use exists permission not-received custom not-creating not-community-parent not-shared-out "
        "no-cloud-computer-pool templates-readable templates-exist templates-deletable keep");
}

TEST_CASE("a later file's guard comes last even after an order", "[rules][loader]") {
  const std::vector<RuleSource> files{
      {"a.json", user_file(kGuard, "a")},
      {"b.json",
       user_file(guard(R"({"StringLike": {"image:Name": "x*"}})") + R"(, "order": ["templates-deletable"])", "b")}};
  const auto rules = Ruleset::load(files);
  REQUIRE(rules.has_value());
  CHECK(rules->rules().front().id == "templates-deletable");
  CHECK(rules->rules()[12].id == "keep");
  CHECK(rules->rules()[13].id == "g");
}

TEST_CASE("readings are set, the last file wins", "[rules][loader]") {
  const std::vector<RuleSource> files{
      {"a.json", user_file(R"("readings": {"deny-narrow-resource": "applies", "denial-code": "Forbidden.RAM"})", "a")},
      {"b.json", user_file(R"("readings": {"denial-code": "NotAuthorized"})", "b")}};
  const auto rules = Ruleset::load(files);
  REQUIRE(rules.has_value());
  CHECK(rules->readings().choice_name(Reading::kDenyNarrowResource) == "applies");
  CHECK(rules->readings().choice_name(Reading::kDenialCode) == "NotAuthorized");
  CHECK(rules->readings().is_default(Reading::kResourceCase));
}

TEST_CASE("digests", "[rules][loader]") {
  const std::string text = user_file("");
  const auto alone = Ruleset::load({});
  const auto both = load_text(text);
  REQUIRE(alone.has_value());
  REQUIRE(both.has_value());
  REQUIRE(alone->files().size() == 1);
  REQUIRE(both->files().size() == 2);
  const std::string built_in = "sha256:" + to_hex(sha256(embedded_file("appstreaming-delete-image.json")));
  const std::string user = "sha256:" + to_hex(sha256(text));
  CHECK(alone->files()[0].digest == built_in);
  CHECK(alone->files()[0].path == "built-in");
  CHECK(alone->files()[0].version == "2026-07-04");
  CHECK(both->files()[1].digest == user);
  CHECK(both->files()[1].path == "acme.json");
  CHECK(both->files()[1].name == "acme");
  CHECK(alone->digest() == "sha256:" + to_hex(sha256(built_in + "\n")));
  CHECK(both->digest() == "sha256:" + to_hex(sha256(built_in + "\n" + user + "\n")));
  // White space is part of a file's bytes, hence of the digest.
  CHECK(load_text(text + "\n")->digest() != both->digest());
}

TEST_CASE("at most 64 rules", "[rules][loader]") {
  const auto guards = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
      list += (i == 0 ? "" : ",") + std::string(R"({"id": "g)") + std::to_string(i) +
              R"(", "when": [{"condition": {"StringLike": {"image:Name": "*"}}}], "explanation": "e", "remedy": "r"})";
    }
    return "\"guards\": [" + list + "]";
  };
  REQUIRE(load_user(guards(52)).has_value());
  CHECK(load_user(guards(52))->rules().size() == limits::kMaxRules);
  const auto rules = load_user(guards(53));
  REQUIRE_FALSE(rules.has_value());
  CHECK(rules.error().code == Errc::kLimit);
  CHECK(rules.error().message.ends_with(" /guards/52: rule 65, expected at most 64 rules"));
}

TEST_CASE("an id may be as long as the limit", "[rules][loader][limits]") {
  const auto guard = [](std::size_t id_bytes) {
    return R"("guards": [{"id": ")" + std::string(id_bytes, 'g') +
           R"(", "when": [{"condition": {"StringLike": {"image:Name": "*"}}}], "explanation": "e", "remedy": "r"}])";
  };
  CHECK(load_user(guard(limits::kMaxRuleIdBytes)).has_value());
  const auto refused = load_user(guard(limits::kMaxRuleIdBytes + 1));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kMalformedInput);
}

TEST_CASE("names of bases", "[rules]") {
  CHECK(to_string(Basis::kDocumented) == "documented");
  CHECK(to_string(Basis::kInferred) == "inferred");
  CHECK(to_string(Basis::kOrganisation) == "organisation");
}

}  // namespace
}  // namespace imagewarden::rules
