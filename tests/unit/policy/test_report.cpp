#include "tests/unit/policy/suite_support.h"

#include <nlohmann/json.hpp>

#include "engine/policy/test_report.h"

namespace imagewarden::policy::test {
namespace {

// One case each: passed, failed, skipped.
TestSuite three_cases() {
  return one_policy(R"({"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"})", R"(
  - {name: "reads <all> & \"more\"", principal: user/a, action: oss:GetObject, expect: allow}
  - {name: "writes # 1", principal: user/a, action: oss:PutObject, expect: allow}
  - {name: skipped, principal: user/a, action: oss:PutObject, expect: deny}
)")
      .suite();
}

}  // namespace

TEST_CASE("the JSON report", "[policy][report]") {
  const TestSuite suite = three_cases();
  const RunResult run = run_suite(suite, {"", true, true});
  const Coverage coverage = measure_coverage(suite, run);
  const MutationResult mutation = run_mutants(suite, run, {});
  const auto json = nlohmann::json::parse(report_json({&suite, &run, &coverage, &mutation}, "1.2.3"));
  CHECK(json["tool"]["version"] == "1.2.3");
  CHECK(json["summary"] ==
        nlohmann::json::parse(R"({"files": 1, "cases": 3, "passed": 1, "failed": 1, "skipped": 1})"));
  CHECK(json["cases"][0]["status"] == "passed");
  CHECK(json["cases"][0]["deciding"][0]["statement"] == "p#0");
  CHECK(json["cases"][0]["deciding"][0]["file"] == "p.json");
  CHECK(json["cases"][1]["status"] == "failed");
  CHECK(json["cases"][1]["wanted"] == "allow");
  CHECK(json["cases"][1]["got"] == "implicit-deny");
  CHECK(json["cases"][1]["why"] == "no statement allows it");
  CHECK(json["cases"][1]["line"] == 6);
  CHECK(json["cases"][2]["status"] == "skipped");
  CHECK(json["coverage"]["percent"] == 100);
  CHECK(json["coverage"]["not_covered"].empty());
  CHECK(json["mutation"]["tried"] == mutation.tried);
  CHECK(json["mutation"]["survivors"].size() == mutation.survivors.size());

  const auto plain = nlohmann::json::parse(report_json({&suite, &run, nullptr, nullptr}, "1.2.3"));
  CHECK_FALSE(plain.contains("coverage"));
  CHECK_FALSE(plain.contains("mutation"));
}

TEST_CASE("the JUnit report", "[policy][report]") {
  const TestSuite suite = three_cases();
  const RunResult run = run_suite(suite, {"", true, false});
  CHECK(report_junit({&suite, &run, nullptr, nullptr}) ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"imagewarden policy test\" tests=\"3\" failures=\"1\" skipped=\"1\" errors=\"0\">\n"
        "  <testsuite name=\"t.yaml\" tests=\"3\" failures=\"1\" skipped=\"1\" errors=\"0\">\n"
        "    <testcase name=\"reads &lt;all&gt; &amp; &quot;more&quot;\" classname=\"t.yaml\" file=\"t.yaml\" "
        "line=\"5\"/>\n"
        "    <testcase name=\"writes # 1\" classname=\"t.yaml\" file=\"t.yaml\" line=\"6\"><failure message=\"wanted "
        "allow, got implicit-deny: no statement "
        "allows it\">t.yaml:6:12</failure></testcase>\n"
        "    <testcase name=\"skipped\" classname=\"t.yaml\" file=\"t.yaml\" line=\"7\"><skipped/></testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

TEST_CASE("the TAP report", "[policy][report]") {
  const TestSuite suite = three_cases();
  const RunResult run = run_suite(suite, {"", true, false});
  CHECK(report_tap({&suite, &run, nullptr, nullptr}) ==
        "TAP version 14\n1..3\n"
        "ok 1 - reads <all> & \"more\"\n"
        "not ok 2 - writes \\# 1\n"
        "  ---\n  at: \"t.yaml:6:12\"\n  wanted: \"allow\"\n  got: \"implicit-deny\"\n  why: \"no statement allows "
        "it\"\n  ...\n"
        "ok 3 - skipped # SKIP\n");
}

TEST_CASE("XML holds no character that it must not", "[policy][report]") {
  CHECK(xml_text("a\x01\x1b\n\tb\xff") == "a\\u{1}\\u{1b}\\u{a}\\u{9}b\\xff");
  CHECK(xml_text("a\xef\xbf\xbe\xef\xbf\xbf"
                 "b\xef\xbf\xbd") ==
        "a\xef\xbf\xbd\xef\xbf\xbd"
        "b\xef\xbf\xbd");
  CHECK(xml_text("<&>\"'") == "&lt;&amp;&gt;&quot;'");
}

}  // namespace imagewarden::policy::test
