#include <catch2/catch.hpp>

#include "cli/options.h"

using namespace imagewarden;
using namespace imagewarden::cli;

namespace {
Result<Options> parse(std::vector<std::string> arguments) { return parse_options(arguments); }
}  // namespace

TEST_CASE("global options stand before or after the verb", "[cli][options]") {
  for (const auto& arguments : {std::vector<std::string>{"--inventory", "x", "check", "img-1", "--as", "user/a"},
                                std::vector<std::string>{"check", "--as", "user/a", "img-1", "--inventory", "x"},
                                std::vector<std::string>{"check", "--as=user/a", "--inventory=x", "img-1"}}) {
    const auto options = parse(arguments);
    REQUIRE(options);
    CHECK(options->verb == "check");
    CHECK(options->as == "user/a");
    CHECK(options->inventory == std::vector<std::string>{"x"});
    CHECK(options->arguments == std::vector<std::string>{"img-1"});
  }
}

TEST_CASE("verbs of two words, values that look like verbs", "[cli][options]") {
  const auto options = parse({"--audit-log", "check", "audit", "--limit", "3", "list"});
  REQUIRE(options);
  CHECK(options->verb == "audit list");
  CHECK(options->audit_log == "check");
  CHECK(options->limit == 3U);
}

TEST_CASE("ages", "[cli][options]") {
  CHECK_FALSE(parse({"check"})->max_age_s);
  CHECK(parse({"check", "--max-age", "0s"})->max_age_s == 0);
  CHECK(parse({"check", "--max-age", "90m"})->max_age_s == 5400);
  CHECK(parse({"--max-age", "2h", "check"})->max_age_s == 7200);
  CHECK(parse({"check", "--max-age", "7d"})->max_age_s == 604'800);
}

TEST_CASE("arguments that start with a dash", "[cli][options]") {
  CHECK(parse({"check", "--ids-from", "-"})->ids_from == "-");
  CHECK(parse({"check", "--", "-h", "--as"})->arguments == std::vector<std::string>{"-h", "--as"});
}

TEST_CASE("what cannot be understood is one line that helps", "[cli][options]") {
  struct Row {
    std::vector<std::string> arguments;
    std::string want;
  };
  const std::vector<Row> rows = {
      {{"chek"}, "unknown verb `chek`, did you mean `check`?; `imagewarden --help` lists the verbs"},
      {{"audit"},
       "`audit` wants one of init, list, show, stats, verify, checkpoint, prove, consistency, export, replay, redact, "
       "rotate"},
      {{"audit", "verfy"},
       "`audit` wants one of init, list, show, stats, verify, checkpoint, prove, consistency, export, replay, redact, "
       "rotate, did you mean `audit verify`?"},
      {{"check", "--%canonical_option%="}, "unknown option `--%canonical_option%`"},
      {{"--%value%="}, "unknown option `--%value%`"},
      {{"check", "--inventroy", "x"}, "unknown option `--inventroy`, did you mean `--inventory`?"},
      {{"rules", "list", "--as", "user/a"}, "`rules list` takes no option `--as`"},
      {{"check", "--as", "a", "--as", "b"}, "option `--as` was given 2 times, expected once"},
      {{"check", "--now", "yesterday"},
       "option `--now`: `yesterday` is not a time, expected RFC 3339 as 2026-11-24T08:00:00Z"},
      {{"check", "--now", "9999-12-31T23:59:60Z"},
       "option `--now`: `9999-12-31T23:59:60Z` is not a time, expected RFC 3339 as 2026-11-24T08:00:00Z"},
      {{"check", "--format", "xml"}, "option `--format`: `xml`, expected one of table, json, ndjson, csv"},
      {{"--format", "xml"},
       "option `--format`: `xml`, expected one of table, json, ndjson, csv, sarif, junit, tap, ocsf, cloudevents, "
       "oscal, html"},
      {{"check", "-h"}, "unknown option `-h`, did you mean `--help`?"},
      {{"audit", "list", "--limt", "-5"}, "unknown option `--limt`, did you mean `--limit`?"},
      {{"check", "-next"}, "unknown option `-next`; an argument that starts with a dash stands behind `--`"},
      {{"-version"}, "unknown option `-version`, did you mean `--version`?"},
      {{"audit", "show", "-1"}, "unknown option `-1`; an argument that starts with a dash stands behind `--`"},
      {{"check", "--no-audit", "--key", "k"},
       "option `--key`: what is signed is the audit log; leave out `--no-audit`"},
      {{"plan", "--checkpoint-every=9", "--no-audit"},
       "option `--checkpoint-every`: what is signed is the audit log; leave out `--no-audit`"},
      {{"rules", "list", "--format", "ndjson"}, "`rules list` writes table, json, csv; this format it does not"},
      {{"rules", "list", "extra"}, "`rules list` takes no argument, found `extra`"},
      {{"audit", "list", "--limit", "-1"}, "option `--limit`: `-1`, expected a whole number"},
      {{"check", "--max-age", "2"}, "option `--max-age`: `2`, expected an age as 90m, 2h or 7d"},
      {{"check", "--max-age", "2 h"}, "option `--max-age`: `2 h`, expected an age as 90m, 2h or 7d"},
      {{"check", "--max-age=-1h"}, "option `--max-age`: `-1h`, expected an age as 90m, 2h or 7d"},
      {{"check", "--max-age", "9999999d"}, "option `--max-age`: `9999999d`, expected an age as 90m, 2h or 7d"},
  };
  for (const Row& row : rows) {
    const auto options = parse(row.arguments);
    REQUIRE_FALSE(options);
    CHECK(options.error().code == Errc::kUsage);
    CHECK(options.error().message == row.want);
  }
}

TEST_CASE("every verb has a help with its example, and the example parses", "[cli][options]") {
  for (const Verb& verb : verbs()) {
    CAPTURE(verb.name);
    const std::string help = help_text(&verb);
    CHECK(help.find(verb.example) != std::string::npos);
    CHECK(help.find("exit status") != std::string::npos);
    std::vector<std::string> words;
    std::string_view rest = verb.example;
    while (!rest.empty()) {
      const std::size_t space = rest.find(' ');
      words.emplace_back(rest.substr(0, space));
      rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
    }
    words.erase(words.begin());
    const auto options = parse(words);
    REQUIRE(options);
    CHECK(options->verb == verb.name);
  }
}
