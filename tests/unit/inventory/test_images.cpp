// The image table: what a record says, and what several records of one image say together.

#include <string>
#include <vector>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

std::string listed(std::string_view record) { return R"({"Data":[)" + std::string(record) + R"(],"Count":1})"; }
std::string described(std::string_view record) {
  return R"({"Images":[)" + std::string(record) + R"(],"NextToken":""})";
}

TEST_CASE("a record of ListImage", "[inventory][images]") {
  const std::string body =
      listed(R"({"AliUid":9007199254740993,"ImageId":"img-1","ImageName":"Büro","ImageType":"User","Status":"AVAILABLE",
      "ProductType":"CloudApp","ParentImageId":"img-p","BaseImageId":"img-b","SessionType":"SINGLE_SESSION","BizType":1,"SystemDiskSize":"60",
      "GmtCreate":"2025-04-25 15:13:57","ImageRegionList":["cn-shanghai"],"Other":{"a":[1,2]},
      "ImageRegionDistributeList":[{"RegionId":"cn-hangzhou","Status":"INIT","Progress":"0%"},{"RegionId":"cn-shanghai"}],
      "TagList":[{"Key":"owner","Value":"ops"},{"Key":"keep","Value":""}]})");
  const Snapshot snapshot = read({account_file(), {"ListImage.p1.json", body}});
  const ImageTable& images = snapshot.images();
  REQUIRE(images.rows() == 1);
  const ImageRow at = row(snapshot, "img-1");
  CHECK(value(snapshot, images.owner, at) == "9007199254740993");
  CHECK(snapshot.text(images.name[0]) == "Büro");
  CHECK(value(snapshot, images.type, at) == "User");
  CHECK(value(snapshot, images.status, at) == "AVAILABLE");
  CHECK(value(snapshot, images.product, at) == "CloudApp");
  CHECK(value(snapshot, images.session_type, at) == "SINGLE_SESSION");
  CHECK(value(snapshot, images.biz_type, at) == "1");
  CHECK(snapshot.text(images.parent[0]) == "img-p");
  CHECK(snapshot.text(images.base[0]) == "img-b");
  CHECK(images.size_gib[0] == 60);
  CHECK(images.shared_count[0] == -1);
  CHECK(format_rfc3339(Time{images.created_us[0]}) == "2025-04-25T07:13:57Z");
  CHECK(regions(snapshot, at) == "cn-hangzhou cn-shanghai");
  const auto& entries = images.distributions[images.distribution[0]];
  REQUIRE(entries.size() == 2);
  CHECK(snapshot.text(entries[0].region) == "cn-hangzhou");
  CHECK(snapshot.text(entries[0].status) == "INIT");
  CHECK(entries[1].status == StringId{});
  REQUIRE(images.tags_of(at).size() == 2);
  CHECK(snapshot.text(images.tags_of(at)[1].key) == "keep");
  CHECK(images.tags_of(at)[1].index == 1);
  CHECK(snapshot.source_of(images.list_source[0], "Status") == "ListImage.p1.json#/Data/0/Status");
  CHECK_FALSE(images.describe_source[0].known());
  CHECK_FALSE(images.status_from_describe.test(0));
}

TEST_CASE("a record of DescribeImages alone", "[inventory][images]") {
  const Snapshot snapshot = read_lines(
      {{"DescribeImages", described(R"({"ImageId":"m-1","Name":"Desk","ImageType":"CUSTOM","Status":"Available",
      "SharedCount":2,"SessionType":"MULTIPLE_SESSION","CreationTime":"2018-01-10T01:01:10Z","Size":40})"),
        "{}", "cn-shanghai"}});
  const ImageTable& images = snapshot.images();
  const ImageRow at = row(snapshot, "m-1");
  CHECK(value(snapshot, images.type, at) == "CUSTOM");
  CHECK(value(snapshot, images.status, at) == "Available");
  CHECK(value(snapshot, images.product, at) == "CloudDesktop");
  CHECK(value(snapshot, images.owner, at) == "(absent)");
  CHECK(images.status_from_describe.test(0));
  CHECK(images.shared_count[0] == 2);
  CHECK(images.size_gib[0] == 40);
  CHECK(regions(snapshot, at) == "cn-shanghai");
  CHECK(snapshot.source_of(images.describe_source[0], "") == "all.ndjson:1#/Response/Images/0");
  CHECK_FALSE(images.list_source[0].known());
}

TEST_CASE("the regions of an image", "[inventory][images][table]") {
  struct Row {
    const char* why;
    const char* record;
    const char* want;
  };
  const auto row_ = GENERATE(values<Row>({
      {"both lists together, sorted, each once",
       R"({"ImageId":"i","ImageRegionList":["c","a"],"ImageRegionDistributeList":[{"RegionId":"b"},{"RegionId":"a"}]})",
       "a b c"},
      {"one list", R"({"ImageId":"i","ImageRegionList":["c"]})", "c"},
      {"the other", R"({"ImageId":"i","ImageRegionDistributeList":[{"RegionId":"b"}]})", "b"},
      {"neither: the account's", R"({"ImageId":"i"})", "r-1 r-2"},
      {"both empty: the account's", R"({"ImageId":"i","ImageRegionList":[],"ImageRegionDistributeList":null})",
       "r-1 r-2"},
      {"an entry without a region", R"({"ImageId":"i","ImageRegionDistributeList":[{"Status":"INIT"}]})", "r-1 r-2"},
  }));
  CAPTURE(row_.why);
  const Snapshot snapshot = read({account_file(R"("r-2","r-1")"), {"ListImage.json", listed(row_.record)}});
  CHECK(regions(snapshot, row(snapshot, "i")) == row_.want);
}

TEST_CASE("regions of an image in several lists", "[inventory][images]") {
  const std::string record = described(R"({"ImageId":"m-1","Status":"Available"})");
  const Snapshot both = read_lines({{"DescribeImages", record, "{}", "b"}, {"DescribeImages", record, "{}", "a"}});
  CHECK(regions(both, row(both, "m-1")) == "a b");
  // What ListImage says of the regions is all there is to say.
  const Snapshot joined = read_lines(
      {{"DescribeImages", record, "{}", "b"}, {"ListImage", listed(R"({"ImageId":"m-1","ImageRegionList":["a"]})")}});
  CHECK(regions(joined, row(joined, "m-1")) == "a");
}

TEST_CASE("an account's regions", "[inventory][images]") {
  const auto names = [](const Snapshot& snapshot) {
    std::string text;
    for (const StringId region : snapshot.accounts()[0].regions) text += std::string(snapshot.text(region)) + " ";
    return text;
  };
  const MemoryFile images{
      "ListImage.json",
      listed(R"({"ImageId":"i","ImageRegionList":["d"],"ImageRegionDistributeList":[{"RegionId":"e"}]})")};
  const MemoryFile uses = lines(
      {{"ListAppInstanceGroup",
        R"({"AppInstanceGroupModels":[{"AppInstanceGroupId":"g","RegionId":"b"}],"TotalCount":1})"},
       {"ListWuyingServer", R"({"WuyingServerList":[{"WuyingServerId":"w","BizRegionId":"c"}],"TotalCount":1})"},
       {"DescribeTemplates", R"({"Data":[{"TemplateId":"t","RegionConfigList":[{"RegionId":"f"}]}],"TotalCount":1})"},
       {"DescribeDesktops", R"({"Desktops":[]})", "{}", "a"}});
  CHECK(names(read({account_file(""), images, uses})) == "a b c d e f ");
  CHECK(names(read({account_file(R"("z","y")"), images, uses})) == "y z ");
}

struct Joining {
  const char* why;
  const char* list;
  const char* describe;
  const char* list_time;
  const char* describe_time;
  const char* type;
  const char* status;
  const char* from_describe;
  std::size_t notes;
};

TEST_CASE("ListImage and DescribeImages", "[inventory][images][table]") {
  const char* const early = "2026-11-20T08:00:00Z";
  const char* const late = "2026-11-21T08:00:00Z";
  const auto row_ = GENERATE_COPY(values<Joining>({
      {"two spellings of one meaning", R"("ImageType":"User","Status":"AVAILABLE")",
       R"("ImageType":"CUSTOM","Status":"Available")", "", "", "User", "AVAILABLE", "", 0},
      {"the newer spelling says no more", R"("ImageType":"System","Status":"CREATE_FAILED")",
       R"("ImageType":"SYSTEM","Status":"CreateFailed")", early, late, "System", "CREATE_FAILED", "", 0},
      {"the list is newer", R"("ImageType":"User","Status":"AVAILABLE")", R"("ImageType":"CUSTOM","Status":"Creating")",
       late, early, "User", "AVAILABLE", "", 1},
      {"the description is newer", R"("ImageType":"User","Status":"CREATING")",
       R"("ImageType":"CUSTOM","Status":"Available")", early, late, "User", "Available", "status", 1},
      {"no times", R"("ImageType":"User","Status":"CREATING")", R"("ImageType":"CUSTOM","Status":"Available")", "", "",
       "User", "(open)", "", 1},
      {"one time", R"("ImageType":"User","Status":"CREATING")", R"("ImageType":"CUSTOM","Status":"Available")", late,
       "", "User", "(open)", "", 1},
      {"equal times", R"("ImageType":"User","Status":"CREATING")", R"("ImageType":"CUSTOM","Status":"Available")", late,
       late, "User", "(open)", "", 1},
      {"types", R"("ImageType":"User","Status":"AVAILABLE")", R"("ImageType":"SHARED","Status":"Available")", "", "",
       "(open)", "AVAILABLE", "", 1},
      {"types, the newer one", R"("ImageType":"User","Status":"AVAILABLE")",
       R"("ImageType":"SHARED","Status":"Available")", early, late, "SHARED", "AVAILABLE", "type", 1},
      {"no word for a community image", R"("ImageType":"Community","Status":"AVAILABLE")",
       R"("ImageType":"CUSTOM","Status":"Available")", early, late, "(open)", "AVAILABLE", "", 1},
      {"a status that only the description has", R"("ImageType":"User")",
       R"("ImageType":"CUSTOM","Status":"Available")", "", "", "User", "Available", "status", 0},
      {"a description without a status", R"("ImageType":"User","Status":"AVAILABLE")", R"("SharedCount":0)", early,
       late, "User", "AVAILABLE", "", 0},
      {"a newer list without a type keeps its status", R"("Status":"CREATING")",
       R"("ImageType":"CUSTOM","Status":"Available")", late, early, "CUSTOM", "CREATING", "type", 1},
      {"an older list without a type loses its status", R"("Status":"CREATING")",
       R"("ImageType":"CUSTOM","Status":"Available")", early, late, "CUSTOM", "Available", "type status", 1},
      {"a newer list without a status keeps its type", R"("ImageType":"System")",
       R"("ImageType":"CUSTOM","Status":"Available")", late, early, "System", "Available", "status", 1},
      {"a newer description of a community image tells its status", R"("ImageType":"Community","Status":"CREATING")",
       R"("ImageType":"CUSTOM","Status":"Available")", early, late, "(open)", "Available", "status", 2},
  }));
  CAPTURE(row_.why);
  const std::string id = R"("ImageId":"m-1",)";
  const Snapshot snapshot =
      read_lines({{"ListImage", listed("{" + id + row_.list + "}"), "{}", "", row_.list_time},
                  {"DescribeImages", described("{" + id + row_.describe + "}"), "{}", "r", row_.describe_time}});
  const ImageRow at = row(snapshot, "m-1");
  CHECK(snapshot.images().rows() == 1);
  CHECK(value(snapshot, snapshot.images().type, at) == row_.type);
  CHECK(value(snapshot, snapshot.images().status, at) == row_.status);
  const std::string_view from_describe = row_.from_describe;
  CHECK(snapshot.images().type_from_describe.test(0) == (from_describe.find("type") != std::string_view::npos));
  CHECK(snapshot.images().status_from_describe.test(0) == (from_describe.find("status") != std::string_view::npos));
  CHECK(snapshot.notes().size() == row_.notes);
  CHECK(snapshot.images().list_source[0].known());
  CHECK(snapshot.images().describe_source[0].known());
}

TEST_CASE("the words of a contradiction", "[inventory][images]") {
  const Snapshot snapshot =
      read_lines({{"ListImage", listed(R"({"ImageId":"m-1","Status":"CREATING"})")},
                  {"DescribeImages", described(R"({"ImageId":"m-1","Status":"Available"})"), "{}", "r"}});
  CHECK(notes(snapshot) ==
        "image m-1: all.ndjson:1#/Response/Data/0 and all.ndjson:2#/Response/Images/0 contradict each other in Status: "
        "which one holds is not known\n");
}

TEST_CASE("one id twice in one list", "[inventory][images][table]") {
  struct Row {
    const char* why;
    const char* second;
    const char* fields;  // that are noted
  };
  const auto row_ = GENERATE(values<Row>({
      {"the same again",
       R"("Status":"AVAILABLE","ImageType":"User","AliUid":1,"ParentImageId":"p","SystemDiskSize":40,"ImageRegionList":["r"])",
       ""},
      {"status",
       R"("Status":"CREATING","ImageType":"User","AliUid":1,"ParentImageId":"p","SystemDiskSize":40,"ImageRegionList":["r"])",
       "Status"},
      {"owner and type",
       R"("Status":"AVAILABLE","ImageType":"Shared","AliUid":2,"ParentImageId":"p","SystemDiskSize":40,"ImageRegionList":["r"])",
       "ImageType, AliUid"},
      {"fields that only one has are no contradiction", R"("Status":"AVAILABLE")", ""},
      {"parent and size",
       R"("Status":"AVAILABLE","ImageType":"User","AliUid":1,"ParentImageId":"q","SystemDiskSize":50,"ImageRegionList":["r"])",
       "ParentImageId, its size"},
      {"regions",
       R"("Status":"AVAILABLE","ImageType":"User","AliUid":1,"ParentImageId":"p","SystemDiskSize":40,"ImageRegionList":["s"])",
       "its regions"},
  }));
  CAPTURE(row_.why);
  const std::string first =
      R"({"ImageId":"i","Status":"AVAILABLE","ImageType":"User","AliUid":1,"ParentImageId":"p","SystemDiskSize":40,"ImageRegionList":["r"]})";
  // Even the newer of two pages of one list does not win: the list is one.
  const Snapshot snapshot = read_lines({{"ListImage", listed(first), R"({"PageNumber":1})", "", "2026-11-20T08:00:00Z"},
                                        {"ListImage", listed(R"({"ImageId":"i",)" + std::string(row_.second) + "}"),
                                         R"({"PageNumber":2})", "", "2026-11-21T08:00:00Z"}});
  const ImageTable& images = snapshot.images();
  const ImageRow at = row(snapshot, "i");
  CHECK(images.rows() == 1);
  const std::string_view fields = row_.fields;
  const auto differs = [&](std::string_view field) { return fields.find(field) != std::string_view::npos; };
  CHECK(value(snapshot, images.status, at) == (differs("Status") ? "(open)" : "AVAILABLE"));
  CHECK(value(snapshot, images.type, at) == (differs("ImageType") ? "(open)" : "User"));
  CHECK(value(snapshot, images.owner, at) == (differs("AliUid") ? "(open)" : "1"));
  CHECK(snapshot.text(images.parent[0]) == (differs("ParentImageId") ? "" : "p"));
  CHECK(images.size_gib[0] == (differs("size") ? -1 : 40));
  CHECK(regions(snapshot, at) == (differs("regions") ? "" : "r"));
  const std::string note =
      "image i: all.ndjson:1#/Response/Data/0 and all.ndjson:2#/Response/Data/0 contradict each other in " +
      std::string(fields) + ": which one holds is not known\n";
  CHECK(notes(snapshot) == (fields.empty() ? "" : note));
}

TEST_CASE("what one page leaves out, another may say", "[inventory][images]") {
  const std::string bare = listed(R"({"ImageId":"i"})");
  const std::string full = listed(
      R"({"ImageId":"i","Status":"AVAILABLE","ProductType":"CloudApp","ParentImageId":"p","SystemDiskSize":40,"ImageRegionList":["r"]})");
  const Snapshot snapshot = read_lines({{"ListImage", bare}, {"ListImage", full}});
  const ImageRow at = row(snapshot, "i");
  CHECK(value(snapshot, snapshot.images().status, at) == "AVAILABLE");
  CHECK(value(snapshot, snapshot.images().product, at) == "CloudApp");
  CHECK(snapshot.text(snapshot.images().parent[0]) == "p");
  CHECK(snapshot.images().size_gib[0] == 40);
  CHECK(regions(snapshot, at) == "r");
  CHECK(snapshot.notes().empty());
}

TEST_CASE("a third page settles nothing", "[inventory][images]") {
  const auto record = [](const char* status, const char* parent, const char* size, const char* region) {
    return listed(R"({"ImageId":"i","Status":")" + std::string(status) + R"(","ParentImageId":")" + parent +
                  R"(","SystemDiskSize":)" + size + R"(,"ImageRegionList":[")" + region + R"("]})");
  };
  const std::string a = record("A", "p", "1", "r");
  const std::string b = record("B", "q", "2", "s");
  const Snapshot snapshot = read_lines({{"ListImage", a}, {"ListImage", b}, {"ListImage", a}});
  const ImageRow at = row(snapshot, "i");
  CHECK(value(snapshot, snapshot.images().status, at) == "(open)");
  CHECK(snapshot.text(snapshot.images().parent[0]).empty());
  CHECK(snapshot.images().size_gib[0] == -1);
  CHECK(regions(snapshot, at).empty());
  CHECK(snapshot.notes().size() == 1);
}

TEST_CASE("a disputed distribution hides a status", "[inventory][images]") {
  const auto record = [](const char* status) {
    return listed(R"({"ImageId":"i","Status":"AVAILABLE","ImageRegionDistributeList":[{"RegionId":"r","Status":")" +
                  std::string(status) + R"("}]})");
  };
  const Snapshot snapshot = read_lines({{"ListImage", record("INIT")}, {"ListImage", record("AVAILABLE")}});
  CHECK(value(snapshot, snapshot.images().status, row(snapshot, "i")) == "(open)");
  CHECK(snapshot.images().distributions[snapshot.images().distribution[0]].empty());
}

TEST_CASE("an image in two regional lists", "[inventory][images][table]") {
  struct Row {
    const char* why;
    const char* first;
    const char* second;
    const char* first_time;
    const char* second_time;
    const char* status;
    int shared;
  };
  const auto row_ = GENERATE(values<Row>({
      {"agreed", R"("Status":"Available","SharedCount":0)", R"("Status":"Available","SharedCount":0)", "", "",
       "Available", 0},
      {"shared in one of them", R"("Status":"Available","SharedCount":0)", R"("Status":"Available","SharedCount":3)",
       "", "", "Available", 3},
      {"one does not say", R"("Status":"Available","SharedCount":0)", R"("Status":"Available")", "", "", "Available",
       -1},
      {"creating in one of them, whenever that was said", R"("Status":"Creating")", R"("Status":"Available")",
       "2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z", "Creating", -1},
      {"creating in the other one", R"("Status":"Available")", R"("Status":"Creating")", "2026-11-20T08:00:00Z",
       "2026-11-21T08:00:00Z", "Creating", -1},
      {"creating, no times", R"("Status":"Creating")", R"("Status":"Available")", "", "", "Creating", -1},
      {"the newer one", R"("Status":"CreateFailed")", R"("Status":"Available")", "2026-11-20T08:00:00Z",
       "2026-11-21T08:00:00Z", "Available", -1},
      {"the newer one, the other way round", R"("Status":"CreateFailed")", R"("Status":"Available")",
       "2026-11-21T08:00:00Z", "2026-11-20T08:00:00Z", "CreateFailed", -1},
      {"no times", R"("Status":"CreateFailed")", R"("Status":"Available")", "", "", "(open)", -1},
  }));
  CAPTURE(row_.why);
  const auto body = [](const char* fields) { return described(R"({"ImageId":"m",)" + std::string(fields) + "}"); };
  const Snapshot snapshot = read_lines({{"DescribeImages", body(row_.first), "{}", "a", row_.first_time},
                                        {"DescribeImages", body(row_.second), "{}", "b", row_.second_time}});
  CHECK(value(snapshot, snapshot.images().status, row(snapshot, "m")) == row_.status);
  CHECK(snapshot.images().shared_count[0] == row_.shared);
}

TEST_CASE("rows of an account stand together, in the order of the files", "[inventory][images]") {
  const auto body = [](const char* a, const char* b) {
    return R"({"Data":[{"ImageId":")" + std::string(a) + R"("},{"ImageId":")" + b + R"("}],"Count":4})";
  };
  const Snapshot snapshot = read({account_file("", "b/", "2"),
                                  account_file("", "a/", "1"),
                                  {"b/ListImage.p1.json", body("x", "y")},
                                  {"a/ListImage.p2.json", body("z", "x")},
                                  {"a/ListImage.p1.json", body("w", "v")},
                                  lines({{"ListImage", body("u", "x"), "{}", "", "", "1"}}, "z.ndjson")});
  std::string order;
  for (std::size_t i = 0; i < snapshot.images().rows(); ++i) {
    order += std::string(snapshot.text(snapshot.accounts()[snapshot.images().account[i].value].id)) +
             std::string(snapshot.text(snapshot.images().id[i])) + " ";
  }
  CHECK(order == "1w 1v 1z 1x 1u 2x 2y ");
  CHECK(snapshot.accounts()[0].row_count == 5);
  CHECK(snapshot.accounts()[1].first_row == 5);
  CHECK(row(snapshot, "x", "1").value == 3);
  CHECK(row(snapshot, "x", "2").value == 5);
  CHECK_FALSE(snapshot.find_image({0}, "y").has_value());
  CHECK_FALSE(snapshot.find_image({0}, "never seen").has_value());
  CHECK_FALSE(snapshot.find_image({0}, "").has_value());
  CHECK_FALSE(snapshot.find_account("3").has_value());
}

TEST_CASE("many images are found as one is", "[inventory][images]") {
  constexpr std::size_t kImages = 300;
  std::string items;
  for (std::size_t i = 0; i < kImages; ++i)
    items += (i == 0 ? "" : ",") + std::string(R"({"ImageId":"img-)") + std::to_string(i) + R"("})";
  const Snapshot snapshot = read({account_file("", "a/", "1"),
                                  account_file("", "b/", "2"),
                                  {"a/ListImage.json", R"({"Success":true,"Data":[)" + items + "]}"},
                                  {"b/ListImage.json", R"({"Success":true,"Data":[{"ImageId":"other"}]})"}});
  REQUIRE(snapshot.images().rows() == kImages + 1);
  for (const std::size_t count : {0U, 1U, 255U, 256U, 257U, 513U}) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t kind = i % 7;
      ids.push_back(kind == 0   ? "never seen"
                    : kind == 1 ? ""
                    : kind == 2 ? "other"
                                : "img-" + std::to_string(i * 31 % kImages));
    }
    const std::vector<std::string_view> views(ids.begin(), ids.end());
    std::vector<std::optional<ImageRow>> rows(count, ImageRow{9});
    snapshot.find_images({0}, views, rows);
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
      CAPTURE(count, i, ids[i]);
      CHECK(rows[i] == snapshot.find_image({0}, ids[i]));
      if (rows[i]) ++found;
      if (rows[i]) CHECK(snapshot.text(snapshot.images().id[rows[i]->value]) == ids[i]);
    }
    CHECK((found > 0) == (count > 3));
  }
}

TEST_CASE("records of a failed call do not count", "[inventory][images]") {
  const Snapshot snapshot =
      read_lines({{"ListImage", R"({"Success":false,"Code":"X","Data":[{"ImageId":"i"}],"Count":1})"}});
  CHECK(snapshot.images().rows() == 0);
  CHECK(state(snapshot, Operation::kListImage) == "absent: the call failed with `X`");
}

}  // namespace
}  // namespace imagewarden::inventory::test
