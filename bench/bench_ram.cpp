// One RAM decision, request parsed, policies compiled: how it depends on the number of statements and on their kind.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/ram/evaluate.h"

namespace {

using namespace imagewarden;

constexpr std::size_t kStatementsPerPolicy = 50;

struct World {
  ram::Principal principal;
  ram::Request request;
};

using StatementText = std::string (*)(std::size_t index);

std::string number(std::size_t index) { return std::to_string(index); }

// The statement that decides stands in the middle of `count` others of one kind.
ram::PrincipalPolicies make_policies(std::size_t count, StatementText filler, const std::string& deciding) {
  ram::PrincipalPolicies policies;
  policies.account = "1234567890123456";
  policies.name = "alice";
  std::string statements;
  const auto flush = [&] {
    if (statements.empty()) return;
    auto document = ram::parse_document(R"({"Version":"1","Statement":[)" + statements + "]}", "bench",
                                        ram::DocumentKind::kPermission, Readings{});
    if (!document) {
      std::fprintf(stderr, "bench_ram: %s\n", document.error().message.c_str());
      std::exit(1);
    }
    policies.account_level.push_back({"Custom/p", "user/alice", *document, "", ""});
    statements.clear();
  };
  for (std::size_t i = 0; i < count; ++i) {
    statements += (statements.empty() ? "" : ",") + (i == count / 2 ? deciding : filler(i));
    if (i % kStatementsPerPolicy == kStatementsPerPolicy - 1) flush();
  }
  flush();
  return policies;
}

Context make_context() {
  Context context;
  context.add_value("acs:SourceIp", "203.0.113.7");
  context.add_value("acs:MFAPresent", "true");
  context.add_value("acs:SourceVpc", "vpc-a");
  return context;
}

World make_world(std::size_t count, StatementText filler, const std::string& deciding, std::string_view action,
                 std::string_view resource, ram::ResourceLevel level) {
  ram::PrincipalPolicies policies = make_policies(count, filler, deciding);
  ram::Request request =
      ram::make_request(action, resource, level, make_context(), policies, Time{1'790'000'000'000'000});
  return {ram::Principal::compile(std::move(policies), Readings{}), std::move(request)};
}

std::string allow(const std::string& action, const std::string& resource, const std::string& rest = "") {
  return R"({"Effect":"Allow","Action":")" + action + R"(","Resource":")" + resource + "\"" + rest + "}";
}

// Every action written out, each statement another one.
std::string exact_actions(std::size_t i) { return allow("appstreaming:Operation" + number(i), "*"); }
std::string prefix_actions(std::size_t i) { return allow("appstreaming:Verb" + number(i) + "*", "*"); }
std::string infix_actions(std::size_t i) { return allow("appstreaming:*Part" + number(i) + "X*", "*"); }
std::string shared_actions(std::size_t i) {
  return allow("appstreaming:*", "acs:appstreaming:*:*:image/img-" + number(i));
}
std::string resource_ids(std::size_t i) { return allow("ecs:*", "acs:ecs:*:*:instance/i-bp1" + number(i * 7919)); }
std::string resource_prefixes(std::size_t i) { return allow("oss:*", "acs:oss:*:*:bucket-" + number(i) + "/*"); }
std::string shared_conditions(std::size_t i) {
  return allow("*", "*", R"(,"Condition":{"StringEquals":{"acs:SourceVpc":"vpc-)" + number(i % 4) + R"("}})");
}
std::string not_actions(std::size_t i) {
  return R"({"Effect":"Deny","NotAction":["appstreaming:*","ecs:Verb)" + number(i) + R"(*"],"Resource":"*"})";
}
// What large accounts hold: some of each, in many services.
std::string mixed(std::size_t i) {
  switch (i % 6) {
    case 0:
      return exact_actions(i);
    case 1:
      return prefix_actions(i);
    case 2:
      return infix_actions(i);
    case 3:
      return resource_ids(i);
    case 4:
      return resource_prefixes(i);
    default:
      return allow("svc" + number(i) + ":*", "*", R"(,"Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}})");
  }
}

const std::string kAllowDelete = allow("appstreaming:DeleteImage", "*");
const std::string kAllowOnCondition = allow(
    "appstreaming:Delete*", "*",
    R"(,"Condition":{"IpAddress":{"acs:SourceIp":["198.51.100.0/24","203.0.113.0/24"]},"Bool":{"acs:MFAPresent":"true"}})");

void run(benchmark::State& state, const World& world, ram::Outcome want) {
  if (world.principal.decide(world.request).outcome != want) state.SkipWithError("another outcome than expected");
  for (auto _ : state) {
    benchmark::DoNotOptimize(&world.request);
    benchmark::DoNotOptimize(world.principal.decide(world.request));
  }
}

void bench_all_resources(benchmark::State& state, StatementText filler, const std::string& deciding) {
  const World world = make_world(static_cast<std::size_t>(state.range(0)), filler, deciding, "appstreaming:DeleteImage",
                                 "*", ram::ResourceLevel::kAllResources);
  run(state, world, ram::Outcome::kAllow);
}

void bench_resource(benchmark::State& state, StatementText filler, const char* action, const char* resource) {
  const World world = make_world(static_cast<std::size_t>(state.range(0)), filler, allow(action, resource), action,
                                 resource, ram::ResourceLevel::kResource);
  run(state, world, ram::Outcome::kAllow);
}

void bench_denied(benchmark::State& state, StatementText filler) {
  const World world = make_world(static_cast<std::size_t>(state.range(0)), filler, filler(0),
                                 "appstreaming:DeleteImage", "*", ram::ResourceLevel::kAllResources);
  run(state, world, ram::Outcome::kImplicitDeny);
}

constexpr const char* kInstance = "acs:ecs:cn-hangzhou:1234567890123456:instance/i-bp1abcdef0123456789";
constexpr const char* kObject = "acs:oss:oss-cn-hangzhou:1234567890123456:images-of-acme/2026/07/golden.vhd";

void sizes(benchmark::internal::Benchmark* benchmark) { benchmark->Arg(5)->Arg(100)->Arg(1000); }

BENCHMARK_CAPTURE(bench_all_resources, exact_actions, exact_actions, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, prefix_actions, prefix_actions, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, infix_actions, infix_actions, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, shared_actions, shared_actions, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, shared_conditions, shared_conditions, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, not_actions, not_actions, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, mixed, mixed, kAllowDelete)->Apply(sizes);
BENCHMARK_CAPTURE(bench_all_resources, mixed_with_conditions, mixed, kAllowOnCondition)->Apply(sizes);
BENCHMARK_CAPTURE(bench_denied, mixed, mixed)->Apply(sizes);
BENCHMARK_CAPTURE(bench_denied, shared_conditions, shared_conditions)->Apply(sizes);
BENCHMARK_CAPTURE(bench_resource, resource_ids, resource_ids, "ecs:DeleteInstance", kInstance)->Apply(sizes);
BENCHMARK_CAPTURE(bench_resource, resource_prefixes, resource_prefixes, "oss:GetObject", kObject)->Apply(sizes);
BENCHMARK_CAPTURE(bench_resource, mixed, mixed, "oss:GetObject", kObject)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
