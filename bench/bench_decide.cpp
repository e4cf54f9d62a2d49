// Batch decisions over a synthetic account, all rules on, codes and violations included: one thread.

#include <benchmark/benchmark.h>
#include <numeric>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/decide/decide.h"
#include "engine/inventory/read.h"

namespace {

using namespace imagewarden;

// What stands in every account, and `count` images of all product lines, types and states.
std::vector<MemoryFile> make_files(std::size_t count) {
  std::vector<MemoryFile> files;
  files.push_back(
      {"account.json", R"({"AccountId":"1000000000000001","ExportedAt":"2026-11-20T08:00:00Z","Regions":["cn-a"]})"});
  static const char* const kProducts[] = {"CloudApp", "CloudDesktop", "WuyingServer"};
  std::string images;
  std::string groups;
  std::string permissions;
  std::size_t group_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = "img-" + std::to_string(i);
    images += (i == 0 ? "" : ",") + std::string(R"({"ImageId":")") + id +
              R"(","AliUid":1000000000000001,"ImageType":")" + (i % 11 == 0 ? "System" : "User") + R"(","Status":")" +
              (i % 13 == 0 ? "CREATING" : "AVAILABLE") + R"(","ProductType":")" + kProducts[i % 3] +
              R"(","GmtCreate":"2026-01-01 00:00:00","ImageRegionList":["cn-a"]})";
    if (i % 5 == 0) {
      groups += (groups.empty() ? "" : ",") + std::string(R"({"AppInstanceGroupId":"aig-)") + std::to_string(i) +
                R"(","AppCenterImageId":")" + id + "\"}";
      ++group_count;
    }
    permissions +=
        R"({"Operation":"DescribeImagePermission","AccountId":"1000000000000001","RegionId":"cn-a","Request":{"ImageId":")" +
        id + R"("},"Response":{"AliUids":[)" + (i % 17 == 0 ? "\"9\"" : "") + "]}}\n";
  }
  files.push_back({"ListImage.json", R"({"Count":)" + std::to_string(count) + R"(,"Data":[)" + images + "]}"});
  files.push_back({"ListAppInstanceGroup.json", R"({"TotalCount":)" + std::to_string(group_count) +
                                                    R"(,"AppInstanceGroupModels":[)" + groups + "]}"});
  files.push_back({"ListWuyingServer.json", R"({"TotalCount":0,"WuyingServerList":[]})"});
  files.push_back({"DescribeDesktopGroups.RegionId=cn-a.json", R"({"DesktopGroups":[],"NextToken":""})"});
  files.push_back({"DescribeTemplates.json", R"({"TotalCount":0,"Data":[]})"});
  files.push_back({"permissions.ndjson", permissions});
  files.push_back({"ListUsers.json", R"({"Users":{"User":[{"UserName":"alice"}]},"IsTruncated":false})"});
  files.push_back({"ListGroupsForUser.UserName=alice.json", R"({"Groups":{"Group":[]}})"});
  files.push_back({"ListPoliciesForUser.UserName=alice.json",
                   R"({"Policies":{"Policy":[{"PolicyName":"AliyunAppStreamingFullAccess","PolicyType":"System"}]}})"});
  return files;
}

[[noreturn]] void stop(const Error& error) {
  std::fprintf(stderr, "bench_decide: %s\n", error.message.c_str());
  std::exit(1);
}

void batch(benchmark::State& state, const std::string& guards) {
  const auto count = static_cast<std::size_t>(state.range(0));
  auto snapshot = read_inventory(make_files(count), {});
  if (!snapshot) stop(snapshot.error());
  std::vector<rules::RuleSource> sources;
  if (!guards.empty()) {
    sources.push_back(
        {"guards",
         R"({"schema":"imagewarden-rules/1","name":"g","version":"1","operation":"appstreaming:DeleteImage","guards":[)" +
             guards + "]}"});
  }
  auto ruleset = rules::Ruleset::load(sources);
  if (!ruleset) stop(ruleset.error());
  Question question;
  question.principal = *parse_principal("user/alice");
  question.now = *parse_rfc3339("2026-11-24T08:00:00Z");
  auto decider = Decider::create(*snapshot, *ruleset, question);
  if (!decider) stop(decider.error());
  std::vector<Verdict> verdicts(snapshot->images().rows());
  std::uint64_t denied = 0;
  for (auto _ : state) {
    decider->decide(ImageRow{0}, verdicts);
    benchmark::DoNotOptimize(verdicts.data());
    benchmark::ClobberMemory();
  }
  for (const Verdict& verdict : verdicts) denied += verdict.outcome == Outcome::kDeny ? 1 : 0;
  if (denied == 0 || denied == verdicts.size()) stop({Errc::kInternal, "the batch is all of one kind"});
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(verdicts.size()));
}

void built_in(benchmark::State& state) { batch(state, ""); }
void with_guards(benchmark::State& state) {
  batch(
      state,
      R"({"id":"age","when":[{"condition":{"NumericLessThan":{"image:AgeDays":"30"}}}],"explanation":"e","remedy":"r"},)"
      R"({"id":"keep","when":[{"condition":{"StringEquals":{"image:Tag/keep":"yes"}}}],"explanation":"e","remedy":"r"})");
}

// What the memory gives one thread that only reads: no batch over columns can be faster than its columns are read.
void memory_read(benchmark::State& state) {
  const std::vector<std::uint64_t> words(static_cast<std::size_t>(state.range(0)) / sizeof(std::uint64_t), 1);
  for (auto _ : state) benchmark::DoNotOptimize(std::accumulate(words.begin(), words.end(), std::uint64_t{0}));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

BENCHMARK(memory_read)->Arg(1 << 28);
BENCHMARK(built_in)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(with_guards)->Arg(10'000)->Arg(1'000'000);

}  // namespace

BENCHMARK_MAIN();
