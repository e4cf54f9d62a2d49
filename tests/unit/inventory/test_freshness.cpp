// Exports that are too old to count: what is left of a snapshot without them, and what is kept on the safe side.

#include <catch2/catch.hpp>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

constexpr std::string_view kOld = "2026-11-20T08:00:00Z";
constexpr std::string_view kNew = "2026-11-22T08:00:00Z";

Snapshot read_since(const std::vector<Envelope>& envelopes, std::string_view not_before) {
  ReadOptions options;
  options.not_before = parse_rfc3339(not_before);
  return read({lines(envelopes)}, options);
}

const ListStatus& list_of(const Snapshot& snapshot, Operation operation) {
  const auto lists = snapshot.lists();
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const auto& l) { return l.operation == operation; });
  REQUIRE(found != lists.end());
  return *found;
}

const std::vector<Envelope> kExports{
    {"ListImage", R"({"Data":[{"ImageId":"a","ImageRegionList":["cn-beijing"]}],"Count":1})", "{}", "", kOld},
    {"ListAppInstanceGroup", R"({"AppInstanceGroupModels":[],"TotalCount":0})", "{}", "", kNew},
    {"ListWuyingServer", R"({"WuyingServerList":[],"TotalCount":0})"},
    {"DescribeTemplates", R"({"Code":"ServiceUnavailable","Message":"later"})", "{}", "", kOld}};

TEST_CASE("an export as old as the limit counts, an older one and one without a time do not", "[inventory][fresh]") {
  const Snapshot all = read_since(kExports, kOld);
  CHECK(all.too_old_pages() == 1);  // the one without a time
  CHECK(all.images().rows() == 1);
  CHECK(all.too_old_images().empty());
  CHECK(all.failures().size() == 1);

  const Snapshot fresh = read_since(kExports, "2026-11-20T08:00:01Z");
  CHECK(fresh.too_old_pages() == 3);
  CHECK(fresh.images().rows() == 0);
  CHECK(fresh.failures().empty());
  CHECK(list_of(fresh, Operation::kListImage).state == ListState::kAbsent);
  CHECK(list_of(fresh, Operation::kListImage).reason == "the export is too old");
  CHECK(list_of(fresh, Operation::kListWuyingServer).reason == "the export is too old");
  CHECK(list_of(fresh, Operation::kDescribeTemplates).reason == "the export is too old");
  CHECK(list_of(fresh, Operation::kListUsers).reason == "not exported");
  CHECK(list_of(fresh, Operation::kListAppInstanceGroup).state == ListState::kComplete);
  CHECK(format_rfc3339(fresh.oldest_export().value()) == kNew);
}

TEST_CASE("an image that only old exports show is named, and its regions still count", "[inventory][fresh]") {
  const Snapshot fresh = read_since(kExports, kNew);
  REQUIRE(fresh.too_old_images().size() == 1);
  CHECK(fresh.text(fresh.too_old_images()[0].id) == "a");
  REQUIRE(fresh.accounts()[0].regions.size() == 1);
  CHECK(fresh.text(fresh.accounts()[0].regions[0]) == "cn-beijing");

  auto again = kExports;
  again.push_back({"ListImage", R"({"Data":[{"ImageId":"a"}],"Count":1})", "{}", "", kNew});
  const Snapshot both = read_since(again, kNew);
  CHECK(both.too_old_images().empty());
  CHECK(list_of(both, Operation::kListImage).state == ListState::kComplete);
}

TEST_CASE("a page that is too old is a page that is missing", "[inventory][fresh]") {
  const std::vector<Envelope> pages{
      {"ListImage", R"({"Data":[{"ImageId":"a"}],"Count":2})", R"({"PageNumber":1})", "", kOld},
      {"ListImage", R"({"Data":[{"ImageId":"b"}],"Count":2})", R"({"PageNumber":2})", "", kNew}};
  CHECK(list_of(read_since(pages, kOld), Operation::kListImage).state == ListState::kComplete);
  const Snapshot fresh = read_since(pages, kNew);
  CHECK(list_of(fresh, Operation::kListImage).state == ListState::kCutOff);
  CHECK(list_of(fresh, Operation::kListImage).items == 1);
}

TEST_CASE("what is left out makes another inventory", "[inventory][fresh]") {
  const auto files = std::vector<MemoryFile>{lines(kExports)};
  const std::string digest = read(files).digest();
  std::vector<Envelope> dated = kExports;
  dated[2].time = kNew;
  CHECK(read_since(dated, kOld).digest() == read({lines(dated)}).digest());  // nothing is left out
  const std::string without = read_since(kExports, kOld).digest();
  CHECK(without != digest);
  CHECK(without.size() == digest.size());
  CHECK(read_since(kExports, kNew).digest() != without);
  CHECK(read_since(kExports, "2026-11-21T00:00:00Z").digest() == read_since(kExports, kNew).digest());
}

TEST_CASE("an export of a resource directory is remembered, also an old one", "[inventory][fresh]") {
  const std::vector<Envelope> exports{
      {"ListImage", R"({"Data":[],"Count":0})", "{}", "", kNew},
      {"ListControlPolicyAttachmentsForTarget", R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[]}})",
       R"({"TargetId":"1740265893310827"})", "", kOld}};
  CHECK(read_since(exports, kOld).has_directory());
  CHECK(read_since(exports, kNew).has_directory());
  CHECK_FALSE(read_lines({exports.front()}).has_directory());
  CHECK(read_lines({{"GetAccount", R"({"Account":{"AccountId":"1740265893310827","FolderId":"fd-1"}})"}})
            .has_directory());
}

TEST_CASE("a list says whether some of it carries no time", "[inventory][fresh]") {
  const Snapshot snapshot = read_lines(kExports);
  CHECK(list_of(snapshot, Operation::kListWuyingServer).undated);
  CHECK_FALSE(list_of(snapshot, Operation::kListImage).undated);
}

}  // namespace
}  // namespace imagewarden::inventory::test
