// What the verbs share: complaints, colour, the time, the question, small files, the progress line.

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "cli/session.h"
#include "engine/base/limits.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using test::Folder;
using test::MemoryEnvironment;
using test::write_file;

TEST_CASE("a complaint is one line of standard error each, and nothing in it acts", "[cli][session]") {
  MemoryEnvironment memory;
  CHECK(complain(memory.environment, {Errc::kMalformedInput, "a\nb.json:1 /x: \x1b[2J"}) == kExitFailed);
  CHECK(memory.err == "imagewarden: a\\u{a}b.json:1 /x: \\u{1b}[2J\n");
  CHECK(memory.out.empty());
}

TEST_CASE("of the faults of many files all but the last are written", "[cli][session]") {
  MemoryEnvironment memory;
  const Error last = complain_but_last(memory.environment, {Errc::kMalformedInput, "a.json:1: bad\nb.json:2: bad"});
  CHECK(memory.err == "imagewarden: a.json:1: bad\n");
  CHECK(last.message == "b.json:2: bad");
}

TEST_CASE("notes are quiet with --quiet", "[cli][session]") {
  MemoryEnvironment memory;
  Options options;
  note(options, memory.environment, "skipped x");
  CHECK(memory.err == "note: skipped x\n");
  options.quiet = true;
  note(options, memory.environment, "skipped y");
  CHECK(memory.err == "note: skipped x\n");
}

TEST_CASE("colour: on a terminal, unless asked otherwise", "[cli][session][table]") {
  struct Row {
    const char* why;
    When color;
    bool terminal;
    bool no_color;
    const char* output;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"a terminal", When::kAuto, true, false, "", true},
      {"a pipe", When::kAuto, false, false, "", false},
      {"NO_COLOR", When::kAuto, true, true, "", false},
      {"into a file", When::kAuto, true, false, "result.txt", false},
      {"asked for", When::kAlways, false, true, "result.txt", true},
      {"declined", When::kNever, true, false, "", false},
  }));
  CAPTURE(row.why);
  MemoryEnvironment memory;
  memory.environment.out_is_terminal = row.terminal;
  memory.environment.no_color = row.no_color;
  Options options;
  options.color = row.color;
  options.output = row.output;
  CHECK(is_colored(options, memory.environment) == row.want);
}

TEST_CASE("the time of the question is what is printed: whole seconds", "[cli][session]") {
  MemoryEnvironment memory;
  Options options;
  CHECK(format_rfc3339_us(now_of(options, memory.environment)) == "2026-11-24T08:00:00.000000Z");
  options.now = parse_rfc3339("2026-12-24T00:00:00.75+08:00");
  CHECK(format_rfc3339_us(now_of(options, memory.environment)) == "2026-12-23T16:00:00.000000Z");
}

TEST_CASE("the question", "[cli][session]") {
  MemoryEnvironment memory;
  Options options;
  options.verb = "check";
  SECTION("caller, context, absent keys") {
    options.as = "user/alice";
    options.strict = true;
    options.context = {"acs:SourceIp=203.0.113.7", "acs:SourceIp=203.0.113.8", "acs:UserAgent=a=b"};
    options.no_context = {"acs:MFAPresent"};
    const auto question = question_of(options, memory.environment);
    REQUIRE(question);
    CHECK(question->principal.text() == "user/alice");
    CHECK(question->strict);
    const KeyFacts ips = question->context.find(Key::of("acs:sourceip"));
    REQUIRE(ips.values.size() == 2);
    CHECK(ips.values[1].text == "203.0.113.8");
    CHECK(question->context.find(Key::of("acs:UserAgent")).values.front().text == "a=b");
    CHECK(question->context.find(Key::of("acs:MFAPresent")).state == KeyState::kAbsent);
  }
  SECTION("what makes no sense") {
    struct Row {
      std::string as;
      std::vector<std::string> context;
      std::vector<std::string> no_context;
      std::string want;
    };
    const std::vector<Row> rows{
        {"", {}, {}, "`check` needs the caller: add `--as user/NAME` (or role/NAME, root)"},
        {"root", {"acs:SourceIp"}, {}, "option `--context`: `acs:SourceIp`, expected KEY=VALUE"},
        {"root", {"=x"}, {}, "option `--context`: `=x`, expected KEY=VALUE"},
        {"root", {"acs:UserAgent=\xff"}, {}, "option `--context`: not UTF-8"},
        {"root",
         {"acs:MFAPresent=true"},
         {"acs:mfapresent"},
         "`acs:mfapresent` is given by --context and declared absent by --no-context"},
    };
    for (const Row& row : rows) {
      options.as = row.as;
      options.context = row.context;
      options.no_context = row.no_context;
      const auto question = question_of(options, memory.environment);
      REQUIRE_FALSE(question);
      CHECK(question.error().code == Errc::kUsage);
      CHECK(question.error().message == row.want);
    }
  }
}

TEST_CASE("image ids", "[cli][session]") {
  CHECK(check_image_id("img-1"));
  CHECK(check_image_id(""));
  CHECK(check_image_id(std::string(limits::kMaxIdBytes, 'x')));
  CHECK_FALSE(check_image_id(std::string(limits::kMaxIdBytes + 1, 'x')));
  CHECK_FALSE(check_image_id("img-\xff"));
}

TEST_CASE("small files", "[cli][session]") {
  const Folder folder;
  write_file(folder.at("ids.txt"), "img-1\nimg-2\n");
  CHECK(read_small_file(folder.at("ids.txt"), "list of ids") == "img-1\nimg-2\n");
  write_file(folder.at("empty"), "");
  CHECK(read_small_file(folder.at("empty"), "list of ids") == "");
  const std::string long_text(200'000, 'x');
  write_file(folder.at("long"), long_text);
  CHECK(read_small_file(folder.at("long"), "list of ids") == long_text);

  const auto missing = read_small_file(folder.at("missing"), "rule file");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::kNotFound);
  CHECK(missing.error().message == "rule file `" + folder.at("missing") + "`: No such file or directory");
  const auto no_file = read_small_file(folder.at("."), "rule file");
  REQUIRE_FALSE(no_file);
  CHECK(no_file.error().message == "rule file `" + folder.at(".") + "`: neither a file nor a pipe");
  const auto endless = read_small_file("/dev/zero", "rule file");
  REQUIRE_FALSE(endless);
  std::filesystem::resize_file(folder.at("long"), limits::kMaxTreeBytes);  // sparse
  CHECK(read_small_file(folder.at("long"), "rule file").has_value());
  std::filesystem::resize_file(folder.at("long"), limits::kMaxTreeBytes + 1);
  const auto too_long = read_small_file(folder.at("long"), "rule file");
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == Errc::kLimit);
}

TEST_CASE("the progress line", "[cli][session][table]") {
  struct Row {
    const char* why;
    When progress;
    bool terminal;
    bool quiet;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"on a terminal", When::kAuto, true, false, true},
      {"not in a log file", When::kAuto, false, false, false},
      {"quiet", When::kAuto, true, true, false},
      {"always", When::kAlways, false, true, true},
      {"never", When::kNever, true, false, false},
  }));
  CAPTURE(row.why);
  MemoryEnvironment memory;
  memory.environment.err_is_terminal = row.terminal;
  memory.steady_ms = 5'000'000;
  Options options;
  options.progress = row.progress;
  options.quiet = row.quiet;
  {
    Progress progress(options, memory.environment, "reading");
    memory.steady_ms += 999;
    progress.update(1, 100);
    CHECK(memory.err.empty());  // what takes less than a second needs no line
    memory.steady_ms += 1;
    progress.update(50, 100);
    CHECK(memory.err == (row.want ? "\r\x1b[Kreading 50 % (50 of 100), 50/s, 1 s left" : ""));
    memory.steady_ms += 199;
    progress.update(60, 100);
    CHECK(memory.err.find("60") == std::string::npos);  // at most five a second
    memory.steady_ms += 1;
    progress.update(70, 100);
    CHECK((memory.err.find("70 % (70 of 100), 58/s, 1 s left") != std::string::npos) == row.want);
  }
  CHECK(memory.err.ends_with("\r\x1b[K") == row.want);  // the line is taken away again
  CHECK(memory.out.empty());
}

TEST_CASE("a time that is left, in words", "[cli][session]") {
  CHECK(duration_text(0) == "0 s");
  CHECK(duration_text(59) == "59 s");
  CHECK(duration_text(200) == "3 min 20 s");
  CHECK(duration_text(7500) == "2 h 5 min");
}

TEST_CASE("what is read is told in bytes, and nothing is left to guess while nothing is done", "[cli][session]") {
  MemoryEnvironment memory;
  memory.environment.err_is_terminal = true;
  Progress progress(Options{}, memory.environment, "reading", Unit::kBytes);
  memory.steady_ms += 2000;
  progress.update(0, std::uint64_t{10} << 20U);
  CHECK(memory.err == "\r\x1b[Kreading 0 % (0 KiB of 10 MiB), 0 KiB/s");
  memory.err.clear();
  memory.steady_ms += 2000;
  progress.update(std::uint64_t{4} << 20U, std::uint64_t{10} << 20U);
  CHECK(memory.err == "\r\x1b[Kreading 40 % (4 MiB of 10 MiB), 1 MiB/s, 6 s left");
}

TEST_CASE("without a monotonic clock there is no progress line", "[cli][session]") {
  MemoryEnvironment memory;
  memory.environment.err_is_terminal = true;
  memory.environment.steady_ms = nullptr;
  Options options;
  options.progress = When::kAlways;
  {
    Progress progress(options, memory.environment, "reading");
    progress.update(1, 2);
  }
  CHECK(memory.err.empty());
}

TEST_CASE("a result that cannot be written makes the command fail", "[cli][session]") {
  MemoryEnvironment memory;
  const Options options;
  CHECK(print_result(options, memory.environment, "text", kExitDenied) == kExitDenied);
  CHECK(memory.out == "text");
  memory.writable = false;
  CHECK(print_result(options, memory.environment, "text", kExitAllowed) == kExitFailed);
  CHECK(memory.err.starts_with("imagewarden: cannot write the result: standard output"));
}
