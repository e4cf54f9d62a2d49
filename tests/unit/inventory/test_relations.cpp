// What uses an image, what was made from it, whom it is shared with: entries, their places, and whether they are all.

#include <string>
#include <vector>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

using enum RelationKind;

const char* const kImages =
    R"({"Data":[{"ImageId":"i","ImageRegionList":["a","b"],"ImageType":"User"},{"ImageId":"j","ImageRegionList":["a"],"ImageType":"User"}],"Count":2})";

Snapshot with(std::vector<Envelope> envelopes) {
  envelopes.insert(envelopes.begin(), Envelope{"ListImage", kImages});
  return read_lines(envelopes);
}

TEST_CASE("delivery groups", "[inventory][relations]") {
  const char* const groups =
      R"({"AppInstanceGroupModels":[{"AppInstanceGroupId":"g2","AppInstanceGroupName":"two","AppCenterImageId":"i","RegionId":"a"},
      {"AppInstanceGroupId":"g1","AppCenterImageId":"i","Status":"EXPIRED"},{"AppInstanceGroupId":"g3","AppCenterImageId":"elsewhere"},
      {"AppInstanceGroupId":"g4","AppCenterImageId":""}],"TotalCount":4})";
  const Snapshot snapshot = with({{"ListAppInstanceGroup", groups}});
  CHECK(related(snapshot, kDeliveryGroups, "i") == "g1 g2");
  CHECK(related(snapshot, kDeliveryGroups, "j").empty());
  const auto entries = snapshot.relation(kDeliveryGroups).of(row(snapshot, "i"));
  CHECK(source(snapshot, entries[1]) == "all.ndjson:2#/Response/AppInstanceGroupModels/0/AppCenterImageId");
  CHECK(snapshot.text(entries[1].name) == "two");
  CHECK(entries[1].extra == StringId{});
  CHECK(related(with({}), kDeliveryGroups, "i") == "…");
}

TEST_CASE("a group by itself", "[inventory][relations]") {
  const Snapshot snapshot =
      read({account_file(),
            {"ListImage.json", kImages},
            {"GetAppInstanceGroup.AppInstanceGroupId=g.json",
             R"({"AppInstanceGroupModels":{"AppInstanceGroupId":"g","AppCenterImageId":"i"},"RequestId":"r"})"}});
  CHECK(related(snapshot, kDeliveryGroups, "i") == "g …");
  CHECK(source(snapshot, only_entry(snapshot, kDeliveryGroups, "i")) ==
        "GetAppInstanceGroup.AppInstanceGroupId=g.json#/AppInstanceGroupModels/AppCenterImageId");
}

TEST_CASE("workstations", "[inventory][relations]") {
  const Snapshot snapshot = with(
      {{"ListWuyingServer",
        R"({"WuyingServerList":[{"WuyingServerId":"w","WuyingServerName":"node","ImageId":"j","BizRegionId":"a","Status":"STOPPED"}],"TotalCount":1})"}});
  CHECK(related(snapshot, kWorkstations, "j") == "w");
  CHECK(related(snapshot, kWorkstations, "i").empty());
  CHECK(snapshot.text(only_entry(snapshot, kWorkstations, "j").extra) == "a");
}

TEST_CASE("pools and cloud computers", "[inventory][relations]") {
  const char* const groups =
      R"({"DesktopGroups":[{"DesktopGroupId":"d","DesktopGroupName":"pool","ImageId":"i","Status":2}],"NextToken":""})";
  const char* const desktops =
      R"({"Desktops":[{"DesktopId":"p","ImageId":"i","DesktopGroupId":"d","DesktopStatus":"Stopped"},
      {"DesktopId":"q","ImageId":"i","DesktopGroupId":"null","DesktopStatus":"Running"},{"DesktopId":"r","ImageId":"i","DesktopStatus":"Deleted"},
      {"DesktopId":"s","ImageId":"i","DesktopGroupId":"d","DesktopStatus":"Deleted"}],"TotalCount":4})";
  const char* const no_groups = R"({"DesktopGroups":[],"NextToken":""})";
  const char* const no_desktops = R"({"Desktops":[],"TotalCount":0})";
  const Snapshot all = with({{"DescribeDesktopGroups", groups, "{}", "a"},
                             {"DescribeDesktopGroups", no_groups, "{}", "b"},
                             {"DescribeDesktops", desktops, "{}", "a"},
                             {"DescribeDesktops", no_desktops, "{}", "b"}});
  CHECK(related(all, kDesktopGroups, "i") == "d");
  CHECK(related(all, kPooledDesktops, "i") == "p");
  CHECK(related(all, kCloudComputers, "i") == "q");
  CHECK(all.text(only_entry(all, kPooledDesktops, "i").extra) == "d");
  CHECK(only_entry(all, kCloudComputers, "i").extra == StringId{});
  CHECK(related(all, kDesktopGroups, "j").empty());
  // `i` is in two regions, `j` in one.
  const Snapshot one =
      with({{"DescribeDesktopGroups", no_groups, "{}", "a"}, {"DescribeDesktops", no_desktops, "{}", "b"}});
  CHECK(related(one, kDesktopGroups, "i") == "…");
  CHECK(related(one, kDesktopGroups, "j").empty());
  CHECK(related(one, kPooledDesktops, "j") == "…");
  CHECK(related(one, kCloudComputers, "j") == "…");
}

TEST_CASE("templates and bundles", "[inventory][relations]") {
  const char* const templates = R"({"Data":[{"TemplateId":"t","ImageId":"i","TemplateType":"USER_TEMPLATE"},
      {"TemplateId":"u","ImageId":"i","TemplateType":"SYSTEM_TEMPLATE"}],"TotalCount":2})";
  const char* const bundles = R"({"Bundles":[{"BundleId":"b","BundleName":"B","ImageId":"i","BundleType":"CUSTOM"},
      {"BundleId":"c","ImageId":"i","BundleType":"SYSTEM"}],"NextToken":""})";
  const char* const no_bundles = R"({"Bundles":[],"NextToken":""})";
  const Snapshot snapshot = with({{"DescribeTemplates", templates},
                                  {"DescribeBundles", bundles, "{}", "a"},
                                  {"DescribeBundles", no_bundles, "{}", "b"}});
  CHECK(related(snapshot, kTemplates, "i") == "b t");
  CHECK(related(snapshot, kTemplates, "j").empty());
  // `i` is in two regions, `j` in one.
  const Snapshot half = with({{"DescribeTemplates", templates}, {"DescribeBundles", bundles, "{}", "a"}});
  CHECK(related(half, kTemplates, "i") == "b t …");
  CHECK(related(half, kTemplates, "j").empty());
  CHECK(related(with({{"DescribeBundles", bundles, "{}", "a"}}), kTemplates, "i") == "b …");
  CHECK(related(with({{"DescribeBundles", bundles, "{}", "a"}}), kTemplates, "j") == "…");
  const Snapshot failed = with({{"DescribeTemplates", templates},
                                {"DescribeTemplates", R"({"Code":"InternalError"})"},
                                {"DescribeBundles", no_bundles, "{}", "a"},
                                {"DescribeBundles", no_bundles, "{}", "b"}});
  CHECK(related(failed, kTemplates, "i") == "t …");
  // The failure of a query for one template says nothing of the list.
  const Snapshot one = with({{"DescribeTemplates", templates},
                             {"DescribeTemplates", R"({"Code":"X"})", R"({"TemplateIds":["t"]})"},
                             {"DescribeBundles", no_bundles, "{}", "a"},
                             {"DescribeBundles", no_bundles, "{}", "b"}});
  CHECK(related(one, kTemplates, "i") == "t");
}

TEST_CASE("community children", "[inventory][relations][table]") {
  struct Row {
    const char* why;
    const char* child;
    const char* count;
    const char* want;
  };
  const auto row_ = GENERATE(values<Row>({
      {"by its parent", R"({"ImageId":"k","ImageType":"Community","ParentImageId":"i"})", "2", "k"},
      {"by its base", R"({"ImageId":"k","ImageType":"Community","BaseImageId":"i"})", "2", "k"},
      {"by both, once", R"({"ImageId":"k","ImageType":"Community","ParentImageId":"i","BaseImageId":"i"})", "2", "k"},
      {"one that is none", R"({"ImageId":"k","ImageType":"User","ParentImageId":"i"})", "2", ""},
      {"one that may be one", R"({"ImageId":"k","ParentImageId":"i"})", "2", "…"},
      {"one in another spelling", R"({"ImageId":"k","ImageType":"COMMUNITY","ParentImageId":"i"})", "2", "…"},
      {"one of a type that nobody knows", R"({"ImageId":"k","ImageType":"Partner","BaseImageId":"i"})", "2", "…"},
      {"one of itself", R"({"ImageId":"k","ImageType":"Community","ParentImageId":"k"})", "2", ""},
      {"a list that is cut off", R"({"ImageId":"k","ImageType":"User"})", "3", "…"},
      {"a list that is cut off, and one", R"({"ImageId":"k","ImageType":"Community","ParentImageId":"i"})", "3", "k …"},
  }));
  CAPTURE(row_.why);
  const Snapshot snapshot =
      read_lines({{"ListImage", R"({"Data":[{"ImageId":"i","ImageType":"User"},)" + std::string(row_.child) +
                                    R"(],"Count":)" + row_.count + "}"}});
  CHECK(related(snapshot, kCommunityChildren, "i") == row_.want);
}

TEST_CASE("a disputed parent", "[inventory][relations]") {
  const auto child = [](const char* parent) {
    return R"({"Data":[{"ImageId":"i"},{"ImageId":"j"},{"ImageId":"k","ImageType":"Community","ParentImageId":")" +
           std::string(parent) + R"("}],"Count":3})";
  };
  const Snapshot snapshot = read_lines({{"ListImage", child("i")}, {"ListImage", child("j")}});
  CHECK(related(snapshot, kCommunityChildren, "i") == "…");
  CHECK(related(snapshot, kCommunityChildren, "j") == "…");
}

TEST_CASE("sharing", "[inventory][relations][table]") {
  struct Row {
    const char* why;
    std::vector<Envelope> answers;
    const char* want;
    bool exported;
  };
  const char* const i = R"({"ImageId":"i"})";
  const auto describe = [](const char* count) {
    return R"({"Images":[{"ImageId":"i","SharedCount":)" + std::string(count) + R"(}],"NextToken":""})";
  };
  static const std::string zero = describe("0");
  static const std::string two = describe("\"2\"");
  const auto row_ = GENERATE_COPY(values<Row>({
      {"not exported", {}, "…", false},
      {"shared with nobody", {{"DescribeImagePermission", R"({"AliUids":[]})", i}}, "", true},
      {"null for nobody", {{"DescribeImagePermission", R"({"AliUids":null})", i}}, "", true},
      {"shared", {{"DescribeImagePermission", R"({"AliUids":["7",8]})", i}}, "7 8", true},
      {"of another image", {{"DescribeImagePermission", R"({"AliUids":["7"]})", R"({"ImageId":"j"})"}}, "…", false},
      {"more to come", {{"DescribeImagePermission", R"({"AliUids":["7"],"NextToken":"t"})", i}}, "7 …", true},
      {"two pages",
       {{"DescribeImagePermission", R"({"AliUids":["7"],"NextToken":"t"})", i},
        {"DescribeImagePermission", R"({"AliUids":["8"]})", R"({"ImageId":"i","NextToken":"t"})"}},
       "7 8",
       true},
      {"a failure", {{"DescribeImagePermission", R"({"Code":"Forbidden"})", i}}, "…", false},
      {"SharedCount 0", {{"DescribeImages", zero, "{}", "a"}}, "", false},
      {"SharedCount 2", {{"DescribeImages", two, "{}", "a"}}, "…", false},
      {"two regions add up",
       {{"DescribeImagePermission", R"({"AliUids":["7"]})", i, "a"},
        {"DescribeImagePermission", R"({"AliUids":["8","7"]})", i, "b"}},
       "7 8",
       true},
      {"the newer of two",
       {{"DescribeImagePermission", R"({"AliUids":["7"]})", i, "", "2026-11-20T08:00:00Z"},
        {"DescribeImagePermission", R"({"AliUids":[]})", i, "", "2026-11-21T08:00:00Z"}},
       "",
       true},
      {"none newer",
       {{"DescribeImagePermission", R"({"AliUids":["7"]})", i}, {"DescribeImagePermission", R"({"AliUids":["8"]})", i}},
       "…",
       true},
      {"none newer, one account in both",
       {{"DescribeImagePermission", R"({"AliUids":["7","9"]})", i},
        {"DescribeImagePermission", R"({"AliUids":["8","9"]})", i}},
       "9 …",
       true},
      {"one export twice",
       {{"DescribeImagePermission", R"({"AliUids":["7"]})", i}, {"DescribeImagePermission", R"({"AliUids":["7"]})", i}},
       "7",
       true},
  }));
  CAPTURE(row_.why);
  const Snapshot snapshot = with(row_.answers);
  CHECK(related(snapshot, kSharedWith, "i") == row_.want);
  CHECK(snapshot.images().permission_exported.test(row(snapshot, "i").value) == row_.exported);
}

TEST_CASE("where an account stands", "[inventory][relations]") {
  const Snapshot snapshot = read({account_file(),
                                  {"ListImage.json", kImages},
                                  {"DescribeImagePermission.ImageId=i.json", R"({"AliUids":["6","7"]})"}});
  const auto entries = snapshot.relation(kSharedWith).of(row(snapshot, "i"));
  REQUIRE(entries.size() == 2);
  CHECK(source(snapshot, entries[1]) == "DescribeImagePermission.ImageId=i.json#/AliUids/1");
}

TEST_CASE("recorded errors", "[inventory][relations][table]") {
  struct Row {
    const char* why;
    Envelope failure;
    const char* i;
    const char* j;
    const char* subject;
  };
  const auto row_ = GENERATE(values<Row>({
      {"of an image",
       {"DeleteImage", R"({"Code":"DeleteTemplate.Failed"})", R"({"ImageId":"i"})"},
       "DeleteTemplate.Failed",
       "",
       "i"},
      {"of a template", {"DeleteTemplates", R"({"Code":"X"})", R"({"TemplateIds":["t"]})"}, "X", "", "t"},
      {"ids in a string", {"DeleteTemplates", R"({"Code":"X"})", R"({"TemplateIds":"[\"t\"]"})"}, "X", "", "t"},
      {"numbered parameters", {"DeleteTemplates", R"({"Code":"X"})", R"({"TemplateId.1":"t"})"}, "X", "", "t"},
      {"of a bundle", {"DescribeBundles", R"({"Code":"X"})", R"({"BundleIds":["b"]})", "a"}, "", "X", "b"},
      {"of a template and an image",
       {"DescribeTemplates", R"({"Code":"X"})", R"({"TemplateIds":["t"],"ImageId":"j"})"},
       "X",
       "X",
       "j"},
      {"of a list", {"DescribeTemplates", R"({"Code":"X"})"}, "", "", ""},
      {"of something else", {"DeleteImage", R"({"Code":"X"})", R"({"ImageId":"unknown"})"}, "", "", "unknown"},
      {"of a user who is called like an image",
       {"ListPoliciesForUser", R"({"Code":"X"})", R"({"UserName":"i"})"},
       "",
       "",
       "i"},
  }));
  CAPTURE(row_.why);
  const Snapshot snapshot =
      with({{"DescribeTemplates", R"({"Data":[{"TemplateId":"t","ImageId":"i"}],"TotalCount":1})"},
            {"DescribeBundles", R"({"Bundles":[{"BundleId":"b","ImageId":"j","BundleType":"CUSTOM"}]})", "{}", "a"},
            row_.failure,
            row_.failure});
  CHECK(related(snapshot, kRecordedErrors, "i") == row_.i);
  CHECK(related(snapshot, kRecordedErrors, "j") == row_.j);
  REQUIRE(snapshot.failures().size() == 2);
  CHECK(snapshot.text(snapshot.failures()[0].subject) == row_.subject);
  if (*row_.i != '\0') {
    CHECK(source(snapshot, only_entry(snapshot, kRecordedErrors, "i")) == "all.ndjson:4#/Response/Code");
  }
}

TEST_CASE("one thing in several records", "[inventory][relations][table]") {
  struct Row {
    const char* why;
    const char* first;
    const char* second;
    const char* second_operation;
    const char* first_time;
    const char* second_time;
    const char* i;
    const char* j;
    bool noted;
  };
  const char* const early = "2026-11-20T08:00:00Z";
  const char* const late = "2026-11-21T08:00:00Z";
  const char* const list = "ListAppInstanceGroup";
  const char* const get = "GetAppInstanceGroup";
  const auto row_ = GENERATE_COPY(values<Row>({
      {"the same", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"i")", list, "", "", "g", "", false},
      {"another state", R"("AppCenterImageId":"i","Status":"A")", R"("AppCenterImageId":"i","Status":"B")", list, "",
       "", "g", "", true},
      {"a list that was exported again", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"j")", list, early, late,
       "", "g", true},
      {"two answers for one list", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"j")", list, early, early, "…",
       "…", true},
      {"two exports, the newer one", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"j")", get, early, late, "",
       "g", true},
      {"two exports, the older one", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"j")", get, late, early, "g",
       "", true},
      {"two exports, no times", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"j")", get, "", "", "…", "…", true},
      {"no image any more", R"("AppCenterImageId":"i")", R"("AppCenterImageId":"")", get, early, late, "", "", true},
      {"one that does not say", R"("AppCenterImageId":"i")", R"("Status":"A")", get, late, early, "g", "", false},
      {"one that does not say, no times", R"("AppCenterImageId":"i")", R"("Status":"A")", get, "", "", "g …", "…",
       true},
      {"none that says", R"("Status":"A")", R"("AppCenterImageId":null,"Status":"A")", get, "", "", "…", "…", true},
  }));
  CAPTURE(row_.why);
  const std::string second = R"({"AppInstanceGroupId":"g",)" + std::string(row_.second) + "}";
  const std::string models = row_.second_operation == list ? "[" + second + R"(],"TotalCount":1)" : second;
  const std::string body = R"({"AppInstanceGroupModels":)" + models + "}";
  const std::string first =
      R"({"AppInstanceGroupModels":[{"AppInstanceGroupId":"g",)" + std::string(row_.first) + R"(}],"TotalCount":1})";
  const Snapshot snapshot =
      with({{list, first, "{}", "", row_.first_time}, {row_.second_operation, body, "{}", "", row_.second_time}});
  CHECK(related(snapshot, kDeliveryGroups, "i") == row_.i);
  CHECK(related(snapshot, kDeliveryGroups, "j") == row_.j);
  CHECK(snapshot.notes().empty() != row_.noted);
}

TEST_CASE("what is said twice is as new as the newer of the two", "[inventory][relations]") {
  const char* const early = "2026-11-20T08:00:00Z";
  const char* const late = "2026-11-21T08:00:00Z";
  const std::string says_i = R"({"AppInstanceGroupId":"g","AppCenterImageId":"i"})";
  const std::string says_j = R"({"AppInstanceGroupId":"g","AppCenterImageId":"j"})";
  const std::string begin = R"({"AppInstanceGroupModels":)";
  const std::string end = R"(],"TotalCount":2})";
  const Snapshot snapshot =
      with({{"GetAppInstanceGroup", begin + says_i + "}", "{}", "", early},
            {"ListAppInstanceGroup", begin + "[" + says_i + end, R"({"PageNumber":1})", "", late},
            {"ListAppInstanceGroup", begin + "[" + says_j + end, R"({"PageNumber":2})", "", late}});
  // Neither page is older than the other: that the answer for the one thing is does not make it `j`.
  CHECK(related(snapshot, kDeliveryGroups, "i") == "…");
  CHECK(related(snapshot, kDeliveryGroups, "j") == "…");
}

TEST_CASE("a cloud computer that may be deleted", "[inventory][relations]") {
  const auto desktop = [](const char* status) {
    return R"({"Desktops":[{"DesktopId":"d","ImageId":"j","DesktopStatus":")" + std::string(status) +
           R"("}],"TotalCount":1})";
  };
  const std::string running = desktop("Running");
  const std::string deleted = desktop("Deleted");
  const Snapshot snapshot = with({{"DescribeDesktops", running, "{}", "a"}, {"DescribeDesktops", deleted, "{}", "a"}});
  CHECK(related(snapshot, kCloudComputers, "j") == "…");
}

TEST_CASE("an unknown image of a thing leaves every image open", "[inventory][relations]") {
  const Snapshot snapshot =
      with({{"ListWuyingServer",
             R"({"WuyingServerList":[{"WuyingServerId":"w"},{"WuyingServerId":"x","ImageId":"i"}],"TotalCount":2})"}});
  CHECK(related(snapshot, kWorkstations, "i") == "x …");
  CHECK(related(snapshot, kWorkstations, "j") == "…");
  CHECK(notes(snapshot) ==
        "1 record without the image that it uses (first all.ndjson:2#/Response/WuyingServerList/0): what uses an image "
        "is not fully known\n");
}

TEST_CASE("a list with an unknown image is not complete", "[inventory][relations]") {
  const auto states = [](const char* desktop) {
    const std::string desktops = R"({"Desktops":[)" + std::string(desktop) + R"(],"TotalCount":1})";
    const std::string none = R"({"Desktops":[],"TotalCount":0})";
    return with({{"DescribeDesktops", desktops, "{}", "a"}, {"DescribeDesktops", none, "{}", "b"}});
  };
  // In a pool, and for itself: what blocks the deletion is the pool.
  const Snapshot pooled = states(R"({"DesktopId":"d","DesktopGroupId":"g","DesktopStatus":"Running"})");
  CHECK(related(pooled, kPooledDesktops, "i") == "…");
  CHECK(related(pooled, kPooledDesktops, "j") == "…");
  CHECK(pooled.list_state(Operation::kDescribeDesktops, {0}, pooled.accounts()[0].regions.front()) ==
        ListState::kCutOff);
  for (const ListStatus& list : pooled.lists()) {
    if (list.operation != Operation::kDescribeDesktops) continue;
    const bool is_first = pooled.text(list.region) == "a";
    CHECK(list.reason ==
          (is_first ? "1 record without its image, first all.ndjson:2#/Response/Desktops/0" : std::string_view{}));
  }
  const Snapshot single = states(R"({"DesktopId":"d","DesktopStatus":"Running"})");
  CHECK(related(single, kCloudComputers, "j") == "…");
  // `null` as a text is what the services write for it.
  CHECK(related(states(R"({"DesktopId":"d","DesktopGroupId":"g","ImageId":"null"})"), kPooledDesktops, "j") == "…");
  CHECK(related(states(R"({"DesktopId":"d","DesktopGroupId":"g","ImageId":""})"), kPooledDesktops, "j").empty());
  // One that is deleted uses none.
  const Snapshot gone = states(R"({"DesktopId":"d","DesktopGroupId":"g","DesktopStatus":"Deleted"})");
  CHECK(related(gone, kPooledDesktops, "i").empty());
}

TEST_CASE("things of one account do not use the images of another", "[inventory][relations]") {
  const std::string groups =
      R"({"AppInstanceGroupModels":[{"AppInstanceGroupId":"g","AppCenterImageId":"i"}],"TotalCount":1})";
  const Snapshot snapshot = read_lines({{"ListImage", kImages},
                                        {"ListImage", kImages, "{}", "", "", "2"},
                                        {"ListAppInstanceGroup", groups, "{}", "", "", "2"}});
  CHECK(related(snapshot, kDeliveryGroups, "i") == "…");
  const ImageRow other = row(snapshot, "i", "2");
  CHECK(snapshot.relation(kDeliveryGroups).of(other).size() == 1);
  CHECK(snapshot.relation(kDeliveryGroups).complete.test(other.value));
}

}  // namespace
}  // namespace imagewarden::inventory::test
