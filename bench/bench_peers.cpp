// The engine's side of bench/peers: `bench_peers answers|time FIXTURE [SECONDS]`, as each of the other engines there.
// `answers` prints [{decision, statements}]; `time` prints the cost of one decision as JSON, request parsed and JSON in
// to JSON with explanation out.

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/ram/answer_json.h"

namespace {

using namespace imagewarden;

constexpr Time kNow{1'790'000'000'000'000};
constexpr double kSecondNs = 1e9;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_peers: %s\n", what.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

struct Case {
  ram::RequestAnswerer answerer;
  std::vector<std::string> texts;
  std::vector<ram::Request> requests;
};

JsonDocument read_fixture(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto document = JsonDocument::parse(text);
  if (!document) give_up(to_error(document.error(), path, text).message);
  return std::move(*document);
}

const JsonValue& member(const JsonValue& object, std::string_view key) {
  const JsonValue* found = object.find(key);
  if (found == nullptr) give_up(fmt::format("fixture: no `{}`", key));
  return *found;
}

ram::RequestAnswerer make_answerer(const JsonValue& documents) {
  ram::PrincipalPolicies policies;
  policies.account = "1234567890123456";
  policies.name = "alice";
  for (const JsonValue& text : documents.items) {
    const std::string name = fmt::format("Custom/p{}", policies.account_level.size());
    auto document = need(ram::parse_document(text.text, name, ram::DocumentKind::kPermission, Readings{}));
    policies.account_level.push_back({name, "user/alice", std::move(document), name + ".json", ""});
  }
  return {ram::Principal::compile(std::move(policies), Readings{}), Readings{}};
}

// The text of each request as it stands in the fixture, without the spaces around it.
std::vector<std::string> request_texts(const JsonDocument& fixture) {
  std::vector<std::string> texts;
  const auto& items = member(fixture.root(), "requests").items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t end = i + 1 < items.size() ? items[i + 1].offset : fixture.text().size();
    std::string_view text = fixture.text().substr(items[i].offset, end - items[i].offset);
    text = text.substr(0, text.rfind("}}") + 2);  // of the context and of the request
    texts.emplace_back(text);
  }
  return texts;
}

Case read_case(const char* path) {
  const JsonDocument fixture = read_fixture(path);
  Case out{make_answerer(member(fixture.root(), "policies")), request_texts(fixture), {}};
  for (const std::string& text : out.texts) {
    const ram::Request given = need(ram::parse_request_json(text)).request;
    out.requests.push_back(ram::make_request(given.action, given.resource, ram::ResourceLevel::kResource, given.context,
                                             out.answerer.principal().policies(), kNow));
  }
  return out;
}

ram::ResourceLevel resource_level(std::string_view) { return ram::ResourceLevel::kResource; }

// `Custom/p2#3` with 20 statements a policy: 43. The fixture's policies hold equally many, but for the last.
std::size_t statement_number(std::string_view name, const ram::PrincipalPolicies& policies) {
  const std::size_t hash = name.find('#');
  const auto policy =
      std::find_if(policies.account_level.begin(), policies.account_level.end(),
                   [&](const ram::AttachedPolicy& entry) { return entry.name == name.substr(0, hash); });
  if (hash == std::string_view::npos || policy == policies.account_level.end()) give_up("an unknown statement");
  std::size_t index = 0;
  std::from_chars(name.data() + hash + 1, name.data() + name.size(), index);
  for (auto before = policies.account_level.begin(); before != policy; ++before) {
    index += before->document->statements.size();
  }
  return index;
}

void print_answers(const Case& given) {
  ram::RequestReader reader;
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (std::size_t i = 0; i < given.texts.size(); ++i) {
    std::string text;
    const ram::Verdict verdict = need(given.answerer.answer_json(given.texts[i], kNow, resource_level, reader, text));
    if (verdict != given.answerer.principal().decide(given.requests[i])) give_up("two verdicts for one request");
    const auto answer = JsonDocument::parse(text);
    if (!answer) give_up("the answer is not JSON: " + text);
    json.begin_object().member("decision", member(answer->root(), "decision").text).key("statements").begin_array();
    for (const JsonValue& statement : member(answer->root(), "statements").items) {
      const std::size_t number =
          statement_number(member(statement, "statement").text, given.answerer.principal().policies());
      json.integer(static_cast<std::int64_t>(number));
    }
    json.end_array().end_object();
  }
  json.end_array();
  std::puts(out.c_str());
}

double clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * kSecondNs + static_cast<double>(time.tv_nsec);
}

struct Cost {
  double wall_ns{};
  double cpu_ns{};
};

// Passes over all requests until they took `seconds` of processor time.
template <class T, class Once>
Cost passes(std::span<const T> requests, Once&& once, double seconds) {
  const double wall = clock_ns(CLOCK_MONOTONIC);
  const double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  double count = 0;
  double used = 0;
  do {
    for (const T& request : requests) once(request);
    count += static_cast<double>(requests.size());
    used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  } while (used < seconds * kSecondNs);
  return {(clock_ns(CLOCK_MONOTONIC) - wall) / count, used / count};
}

template <class T, class Once>
Cost measure(const std::vector<T>& requests, Once&& once, double seconds) {
  passes<T>(requests, once, 2 * seconds);
  return passes<T>(requests, once, seconds);
}

void print_times(const Case& given, double seconds) {
  std::size_t sum = 0;  // what the answers come to, so that none can be left out
  const ram::Principal& principal = given.answerer.principal();
  const Cost parsed = measure(
      given.requests,
      [&](const ram::Request& request) { sum += static_cast<std::size_t>(principal.decide(request).outcome); },
      seconds);
  ram::RequestReader reader;
  std::string out;
  const Cost json = measure(
      given.texts,
      [&](const std::string& text) {
        out.clear();
        if (!given.answerer.answer_json(text, kNow, resource_level, reader, out)) give_up("a request was refused");
        sum += out.size();
      },
      seconds);
  if (sum == 0) give_up("nothing was answered");
  fmt::print("{{\"parsed\":{{\"wall_ns\":{},\"cpu_ns\":{}}},\"json\":{{\"wall_ns\":{},\"cpu_ns\":{}}}}}\n",
             parsed.wall_ns, parsed.cpu_ns, json.wall_ns, json.cpu_ns);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (!(mode == "answers" && argc == 3) && !(mode == "time" && argc == 4)) {
    std::fputs("bench_peers answers FIXTURE | time FIXTURE SECONDS\n", stderr);
    return 2;
  }
  const Case given = read_case(argv[2]);
  if (mode == "answers") {
    print_answers(given);
  } else {
    print_times(given, std::strtod(argv[3], nullptr));
  }
  return 0;
}
