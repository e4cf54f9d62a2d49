// How old what a decision rests on is.

#include <catch2/catch.hpp>

#include "engine/decide/facts_age.h"
#include "engine/inventory/read.h"

using namespace imagewarden;

namespace {

std::string line(const std::string& operation, const std::string& request, const std::string& time,
                 const std::string& response) {
  return R"({"Operation":")" + operation + R"(","AccountId":"1001","Request":)" + request +
         (time.empty() ? "" : R"(,"ExportedAt":")" + time + "\"") + R"(,"Response":)" + response + "}\n";
}

std::string list_image(const std::string& time) {
  return line("ListImage", "{}", time,
              R"({"Count":2,"Data":[{"ImageId":"a","ImageRegionList":["cn-hangzhou"]},)"
              R"({"ImageId":"b","ImageRegionList":["cn-shanghai"]}]})");
}

std::string groups(const std::string& region, const std::string& time) {
  return line("DescribeDesktopGroups", R"({"RegionId":")" + region + "\"}", time, R"({"DesktopGroups":[]})");
}

struct Ages {
  explicit Ages(const std::string& bytes)
      : snapshot(*read_inventory(std::vector<MemoryFile>{{"all.ndjson", bytes}}, {})) {}
  [[nodiscard]] std::string of(std::string_view image) const {
    const AccountId account = *snapshot.find_account("1001");
    const FactsAge age = FactsAges(snapshot, account).of(snapshot.find_image(account, image));
    return (age.oldest ? format_rfc3339(*age.oldest) : "none") + (age.undated ? " undated" : "");
  }
  Snapshot snapshot;
};

}  // namespace

TEST_CASE("the oldest of the account's lists and of those of the image's regions counts", "[decide][fresh]") {
  const Ages ages(list_image("2026-11-20T08:00:00Z") + groups("cn-hangzhou", "2026-11-19T08:00:00Z") +
                  groups("cn-shanghai", "2026-11-21T08:00:00Z"));
  CHECK(ages.of("a") == "2026-11-19T08:00:00Z");
  CHECK(ages.of("b") == "2026-11-20T08:00:00Z");
  CHECK(ages.of("missing") == "2026-11-19T08:00:00Z");  // may be in any region
}

TEST_CASE("a policy's document and a recorded failure count too", "[decide][fresh]") {
  const std::string policy =
      R"({"Policy":{"PolicyName":"p","PolicyType":"Custom"},"DefaultPolicyVersion":{"VersionId":"v1",)"
      R"("PolicyDocument":"{\"Version\":\"1\",\"Statement\":[]}"}})";
  CHECK(Ages(list_image("2026-11-20T08:00:00Z") + line("GetPolicy", "{}", "2026-11-18T08:00:00Z", policy)).of("a") ==
        "2026-11-18T08:00:00Z");
  CHECK(Ages(list_image("2026-11-20T08:00:00Z") +
             line("DescribeTemplates", "{}", "2026-11-17T08:00:00Z", R"({"Code":"X","Message":"y"})"))
            .of("a") == "2026-11-17T08:00:00Z");
}

TEST_CASE("what carries no time is said to", "[decide][fresh]") {
  CHECK(Ages(list_image("")).of("a") == "none undated");
  CHECK(Ages(list_image("2026-11-20T08:00:00Z") + groups("cn-hangzhou", "")).of("a") == "2026-11-20T08:00:00Z undated");
  CHECK(Ages(list_image("2026-11-20T08:00:00Z") + groups("cn-hangzhou", "")).of("b") == "2026-11-20T08:00:00Z");
}
