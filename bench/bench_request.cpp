// JSON request in, JSON answer with its explanation out: what a decision point does for each request.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/ram/answer_json.h"

namespace {

using namespace imagewarden;

constexpr Time kNow{1'790'000'000'000'000};
constexpr std::size_t kStatementsPerPolicy = 20;

std::string statement(std::size_t index) {
  const std::string number = std::to_string(index);
  switch (index % 5) {
    case 0:
      return R"({"Effect":"Allow","Action":["oss:Get*","oss:List*"],"Resource":"acs:oss:*:*:team-)" + number +
             R"(/*"})";
    case 1:
      return R"({"Effect":"Allow","Action":["ecs:StartInstance","ecs:StopInstance"],)"
             R"("Resource":"acs:ecs:*:*:instance/i-)" +
             number + R"(*"})";
    case 2:
      return R"({"Effect":"Allow","Action":"ots:*","Resource":"acs:ots:*:*:table/app-)" + number +
             R"(-*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}}})";
    case 3:
      return R"({"Effect":"Deny","Action":"*:Delete*","Resource":"acs:*:*:*:*-)" + number +
             R"(-keep*","Condition":{"Bool":{"acs:MFAPresent":"false"}}})";
    default:
      return R"({"Effect":"Allow","Action":"oss:PutObject","Resource":"acs:oss:*:*:in-)" + number +
             R"(/*","Condition":{"StringEquals":{"acs:SourceVpc":"vpc-a"}}})";
  }
}

ram::RequestAnswerer make_answerer(std::size_t count) {
  ram::PrincipalPolicies policies;
  policies.account = "1234567890123456";
  policies.name = "alice";
  for (std::size_t begin = 0; begin < count; begin += kStatementsPerPolicy) {
    std::string statements;
    for (std::size_t i = begin; i < std::min(count, begin + kStatementsPerPolicy); ++i) {
      statements += (i == begin ? "" : ",") + statement(i);
    }
    auto document = ram::parse_document(R"({"Version":"1","Statement":[)" + statements + "]}", "bench",
                                        ram::DocumentKind::kPermission, Readings{});
    if (!document) {
      std::fprintf(stderr, "bench_request: %s\n", document.error().message.c_str());
      std::exit(1);
    }
    policies.account_level.push_back({"Custom/p" + std::to_string(begin), "user/alice", *document, "p.json", ""});
  }
  return {ram::Principal::compile(std::move(policies), Readings{}), Readings{}};
}

std::string request_text(const std::string& action, const std::string& resource, const std::string& vpc) {
  return R"({"principal":"user/alice","action":")" + action + R"(","resource":")" + resource +
         R"(","context":{"acs:SourceIp":"203.0.113.7","acs:MFAPresent":false,"acs:SourceVpc":")" + vpc + R"("}})";
}

const std::string kAllowed =
    request_text("oss:GetObject", "acs:oss:cn-hangzhou:1234567890123456:team-0/images/golden.vhd", "vpc-a");
const std::string kDenied =
    request_text("ots:DeleteTable", "acs:ots:cn-hangzhou:1234567890123456:table/app-2-3-keep", "vpc-a");
const std::string kNearMiss =
    request_text("oss:PutObject", "acs:oss:cn-hangzhou:1234567890123456:in-4/upload.bin", "vpc-b");

ram::ResourceLevel resource_level(std::string_view) { return ram::ResourceLevel::kResource; }

void bench_answer(benchmark::State& state, const std::string& text, ram::Outcome want) {
  const ram::RequestAnswerer answerer = make_answerer(static_cast<std::size_t>(state.range(0)));
  ram::RequestReader reader;
  std::string out;
  if (const auto verdict = answerer.answer_json(text, kNow, resource_level, reader, out);
      !verdict || verdict->outcome != want) {
    state.SkipWithError("another outcome than expected");
    return;
  }
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(answerer.answer_json(text, kNow, resource_level, reader, out));
    benchmark::DoNotOptimize(out.data());
  }
}

// What of it is reading the request, and what the strict reader takes for it.
void bench_read(benchmark::State& state) {
  ram::RequestReader reader;
  for (auto _ : state) benchmark::DoNotOptimize(reader.read(kAllowed));
}
void bench_read_strictly(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ram::parse_request_json(kAllowed));
}

void sizes(benchmark::internal::Benchmark* benchmark) { benchmark->Arg(5)->Arg(100)->Arg(1000); }

BENCHMARK(bench_read);
BENCHMARK(bench_read_strictly);
BENCHMARK_CAPTURE(bench_answer, allow, kAllowed, ram::Outcome::kAllow)->Apply(sizes);
BENCHMARK_CAPTURE(bench_answer, explicit_deny, kDenied, ram::Outcome::kExplicitDeny)->Apply(sizes);
BENCHMARK_CAPTURE(bench_answer, near_miss, kNearMiss, ram::Outcome::kImplicitDeny)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
