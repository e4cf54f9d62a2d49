#include "tests/unit/policy/suite_support.h"

#include "engine/policy/coverage.h"

namespace imagewarden::policy::test {
namespace {

Coverage measure(const TestSuite& suite) { return measure_coverage(suite, run_suite(suite, {})); }

// `TEXT matched/missed` of every item that is not covered both ways, as far as it can be.
std::vector<std::string> open_items(const Coverage& coverage) {
  std::vector<std::string> out;
  for (const CoverageItem& item : coverage.items) {
    if (item.covered() == item.ways()) continue;
    out.push_back(item.text + (item.can_match && item.matched == 0 ? " -match" : "") +
                  (item.can_miss && item.missed == 0 ? " -miss" : ""));
  }
  return out;
}

const CoverageItem& item_of(const Coverage& coverage, const std::string& text) {
  const auto at = std::find_if(coverage.items.begin(), coverage.items.end(),
                               [&](const CoverageItem& item) { return item.text == text; });
  REQUIRE(at != coverage.items.end());
  return *at;
}

constexpr const char* kNarrow =
    R"({"Effect": "Allow", "Action": ["oss:GetObject", "oss:List*"], "Resource": "acs:oss:*:*:b/*",
  "Condition": {"IpAddress": {"acs:SourceIp": ["203.0.113.0/24", "192.0.2.0/24"]}}})";

}  // namespace

TEST_CASE("a part that no test asks for is not covered", "[policy][coverage]") {
  const TestSuite suite = one_policy(kNarrow, R"(
  - {name: n, principal: user/a, action: oss:GetObject, resource: acs:oss:*:1:b/x,
     context: {acs:SourceIp: 203.0.113.7}, expect: allow}
)")
                              .suite();
  const Coverage coverage = measure(suite);
  CHECK(open_items(coverage) == std::vector<std::string>{"statement 0 -miss", "oss:GetObject -miss", "oss:List* -match",
                                                         "acs:oss:*:*:b/* -miss",
                                                         "IpAddress acs:SourceIp 203.0.113.0/24 -miss",
                                                         "IpAddress acs:SourceIp 192.0.2.0/24 -match"});
  const CoverageSum sum = sum_of(coverage);
  CHECK(sum.covered == 6);
  CHECK(sum.ways == 12);
  CHECK(sum.percent() == 50);
  CHECK(sum_of(coverage, CoveredPart::kAction).covered == 2);
  CHECK(sum_of(coverage, CoveredPart::kResource).ways == 2);
}

TEST_CASE("both ways of everything", "[policy][coverage]") {
  const TestSuite suite = one_policy(kNarrow, R"(
  - name: n
    principal: user/a
    action: [oss:GetObject, oss:ListObjects, oss:PutObject]
    resource: [acs:oss:*:1:b/x, acs:oss:*:1:c/x]
    contexts: [{acs:SourceIp: 203.0.113.7}, {acs:SourceIp: 192.0.2.7}, {acs:SourceIp: 198.51.100.7}]
    expect: allow
)")
                              .suite();
  const Coverage coverage = measure(suite);
  CHECK(open_items(coverage).empty());
  CHECK(sum_of(coverage).percent() == 100);
}

TEST_CASE("resource and condition count only where what stands before them fits", "[policy][coverage]") {
  const TestSuite suite = one_policy(kNarrow, R"(
  - {name: other action, principal: user/a, action: oss:PutObject, resource: acs:oss:*:1:b/x,
     context: {acs:SourceIp: 203.0.113.7}, expect: deny}
  - {name: other resource, principal: user/a, action: oss:GetObject, resource: r,
     context: {acs:SourceIp: 203.0.113.7}, expect: deny}
)")
                              .suite();
  const Coverage coverage = measure(suite);
  CHECK(item_of(coverage, "acs:oss:*:*:b/*").matched == 0);
  CHECK(item_of(coverage, "acs:oss:*:*:b/*").missed == 1);
  CHECK(item_of(coverage, "IpAddress acs:SourceIp 203.0.113.0/24").matched == 0);
  CHECK(item_of(coverage, "IpAddress acs:SourceIp 203.0.113.0/24").missed == 0);
  CHECK(item_of(coverage, "statement 0").missed == 2);
}

TEST_CASE("what cannot fail to match is not asked to", "[policy][coverage]") {
  const TestSuite suite = one_policy(R"({"Effect": "Allow", "Action": "*", "Resource": "**"})",
                                     "  - {name: n, principal: user/a, action: oss:GetObject, expect: allow}\n")
                              .suite();
  const Coverage coverage = measure(suite);
  CHECK(open_items(coverage).empty());
  CHECK(sum_of(coverage).ways == 3);
}

TEST_CASE("an open key covers neither way", "[policy][coverage]") {
  const TestSuite suite =
      one_policy(
          kNarrow,
          "  - {name: n, principal: user/a, action: oss:GetObject, resource: acs:oss:*:1:b/x, expect: indeterminate}\n")
          .suite();
  const Coverage coverage = measure(suite);
  CHECK(item_of(coverage, "statement 0").matched == 0);
  CHECK(item_of(coverage, "statement 0").missed == 0);
  CHECK(item_of(coverage, "IpAddress acs:SourceIp 192.0.2.0/24").missed == 0);
}

TEST_CASE("the values of a negated operator count as themselves", "[policy][coverage]") {
  const TestSuite suite =
      one_policy(
          R"({"Effect": "Deny", "Action": "oss:GetObject", "Resource": "*",
     "Condition": {"StringNotEquals": {"k": ["a", "b"]}}})",
          "  - {name: n, principal: user/a, action: oss:GetObject, context: {k: a}, expect: deny}\n")
          .suite();
  const Coverage coverage = measure(suite);
  // `a` equals, so the comparison with it alone is not met; with `b` it is.
  CHECK(item_of(coverage, "StringNotEquals k a").missed == 1);
  CHECK(item_of(coverage, "StringNotEquals k b").matched == 1);
  CHECK(item_of(coverage, "statement 0").missed == 1);
}

TEST_CASE("NotAction: the patterns count as themselves", "[policy][coverage]") {
  const TestSuite suite =
      one_policy(R"({"Effect": "Allow", "NotAction": "ram:*", "Resource": "*"})",
                 "  - {name: n, principal: user/a, action: [ram:GetUser, oss:GetObject], expect: allow}\n")
          .suite();
  const Coverage coverage = measure(suite);
  CHECK(item_of(coverage, "ram:*").matched == 1);
  CHECK(item_of(coverage, "ram:*").missed == 1);
  CHECK(item_of(coverage, "statement 0").matched == 1);
  CHECK(item_of(coverage, "statement 0").missed == 1);
}

TEST_CASE("a statement that is not evaluable is never covered", "[policy][coverage]") {
  const TestSuite suite = one_policy(R"({"Effect": "Allow", "Action": "GetObject", "Resource": "*"})",
                                     "  - {name: n, principal: user/a, action: oss:GetObject, expect: indeterminate}\n")
                              .suite();
  CHECK(open_items(measure(suite)) == std::vector<std::string>{"statement 0 (not evaluable) -match -miss"});
}

TEST_CASE("skipped cases cover nothing", "[policy][coverage]") {
  const TestSuite suite =
      one_policy(kNarrow, "  - {name: n, principal: user/a, action: oss:PutObject, expect: deny}\n").suite();
  CHECK(sum_of(measure_coverage(suite, run_suite(suite, {"other", false, false}))).covered == 0);
  CHECK(sum_of(measure_coverage(suite, run_suite(suite, {}))).covered == 3);
}

TEST_CASE("LCOV: lines of the policy, one branch a way", "[policy][coverage]") {
  Files files;
  files.set("p.json",
            "{\n \"Version\": \"1\",\n \"Statement\": [{\n  \"Effect\": \"Allow\",\n  \"Action\": "
            "[\"oss:GetObject\",\n   \"oss:PutObject\"],\n  \"Resource\": \"*\"\n }]\n}\n");
  files.set("t.yaml",
            "policies: [p.json]\ntests:\n  - {name: n, principal: user/a, action: oss:GetObject, expect: allow}\n");
  const TestSuite suite = files.suite();
  CHECK(
      coverage_lcov(suite, measure(suite)) ==
      "TN:\nSF:p.json\n"
      "BRDA:3,0,0,1\nBRDA:3,0,1,0\nBRDA:5,0,0,1\nBRDA:5,0,1,0\nBRDA:6,0,0,0\nBRDA:6,0,1,1\nBRDA:7,0,0,1\nBRF:7\nBRH:4\n"
      "DA:3,1\nDA:5,1\nDA:6,0\nDA:7,1\nLF:4\nLH:3\nend_of_record\n");
}

TEST_CASE("Cobertura: the same as XML", "[policy][coverage]") {
  Files files;
  files.set("p&q.json", document_of(R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"})"));
  files.set("t.yaml",
            "policies: [p&q.json]\ntests:\n  - {name: n, principal: user/a, action: [oss:GetObject, oss:PutObject], "
            "expect: allow}\n");
  const TestSuite suite = files.suite();
  const std::string xml = coverage_cobertura(suite, measure(suite), "1.2.3");
  CHECK(
      xml.find("<class name=\"p&amp;q.json\" filename=\"p&amp;q.json\" line-rate=\"1.0000\" branch-rate=\"1.0000\"") !=
      std::string::npos);
  CHECK(xml.find("<line number=\"1\" hits=\"1\" branch=\"true\" condition-coverage=\"100% (5/5)\"/>") !=
        std::string::npos);
  CHECK(xml.find("version=\"imagewarden 1.2.3\" timestamp=\"0\"") != std::string::npos);
}

}  // namespace imagewarden::policy::test
