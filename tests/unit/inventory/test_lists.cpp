// Completeness: every way in which a list says that all of it is there, or that it is not.

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

std::string page(std::string_view list, std::size_t first, std::size_t count, std::string_view tail,
                 std::string_view id = "ImageId") {
  std::string text = "{\"" + std::string(list) + "\":[";
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "{\"" : ",{\"") + std::string(id) + "\":\"i-" + std::to_string(first + i) + "\"}";
  }
  return text + "]" + std::string(tail) + "}";
}

struct Body {
  std::string name;
  std::string bytes;
};

TEST_CASE("a list with a total", "[inventory][lists][table]") {
  struct Row {
    const char* why;
    std::vector<Body> files;
    const char* want;
  };
  const auto images = [](std::size_t first, std::size_t count, std::string_view tail) {
    return page("Data", first, count, tail);
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"all in one page", {{"ListImage.json", images(1, 3, R"(,"Count":3)")}}, "complete"},
      {"the total as a string", {{"ListImage.json", images(1, 3, R"(,"Count":"3")")}}, "complete"},
      {"none at all", {{"ListImage.json", images(1, 0, R"(,"Count":0)")}}, "complete"},
      {"null for an empty list", {{"ListImage.json", R"({"Data":null,"Count":0})"}}, "complete"},
      {"no list, and a total of 0", {{"ListImage.json", R"({"Count":0})"}}, "complete"},
      {"null for a list that is not empty",
       {{"ListImage.json", R"({"Data":null,"Count":2})"}},
       "cut off: 0 of 2 items"},
      {"too few", {{"ListImage.json", images(1, 3, R"(,"Count":5)")}}, "cut off: 3 of 5 items"},
      {"two pages",
       {{"ListImage.p1.json", images(1, 3, R"(,"Count":5)")}, {"ListImage.p2.json", images(4, 2, R"(,"Count":5)")}},
       "complete"},
      {"a gap",
       {{"ListImage.p1.json", images(1, 3, R"(,"Count":8)")}, {"ListImage.p3.json", images(7, 2, R"(,"Count":8)")}},
       "cut off: page 2 missing"},
      {"the first page missing", {{"ListImage.p2.json", images(4, 2, R"(,"Count":5)")}}, "cut off: page 1 missing"},
      {"the last page missing", {{"ListImage.p1.json", images(1, 3, R"(,"Count":5)")}}, "cut off: 3 of 5 items"},
      {"an item twice counts once",
       {{"ListImage.p1.json", images(1, 3, R"(,"Count":5)")}, {"ListImage.p2.json", images(3, 2, R"(,"Count":5)")}},
       "cut off: 4 of 5 items"},
      {"one page saved twice",
       {{"a/ListImage.json", images(1, 3, R"(,"Count":3)")}, {"b/ListImage.json", images(1, 3, R"(,"Count":3)")}},
       "complete"},
      {"the total grew meanwhile",
       {{"ListImage.p1.json", images(1, 3, R"(,"Count":5)")}, {"ListImage.p2.json", images(4, 2, R"(,"Count":6)")}},
       "cut off: 5 of 6 items"},
      {"the body knows its number",
       {{"ListImage.a.json", images(1, 2, R"(,"Count":6,"PageNumber":1)")},
        {"ListImage.b.json", images(5, 2, R"(,"Count":6,"PageNumber":3)")}},
       "cut off: page 2 missing"},
      {"a gap, and more than the total",
       {{"ListImage.p1.json", images(1, 3, R"(,"Count":4)")}, {"ListImage.p3.json", images(7, 2, R"(,"Count":4)")}},
       "cut off: page 2 missing"},
      {"more than the total, and no gap",
       {{"ListImage.p1.json", images(1, 3, R"(,"Count":4)")}, {"ListImage.p2.json", images(4, 2, R"(,"Count":4)")}},
       "complete"},
      {"the total is reached, and more is announced",
       {{"ListImage.json", images(1, 3, R"(,"Count":3,"NextToken":"t")")}},
       "cut off: page after token `t` missing"},
      {"the total is reached, by pages that do not say which is which",
       {{"ListImage.a.json", images(1, 3, R"(,"Count":4,"NextToken":"t")")},
        {"ListImage.b.json", images(4, 1, R"(,"Count":4,"NextToken":"")")}},
       "complete"},
      {"the total is reached, and what was announced is there",
       {{"ListImage.json", images(1, 3, R"(,"Count":3,"NextToken":"t")")},
        {"ListImage.NextToken=t.json", images(4, 0, R"(,"Count":3,"NextToken":"")")}},
       "complete"},
      {"without a total nobody knows", {{"ListImage.json", images(1, 3, "")}}, "cut off: no Count in the answer"},
      {"not exported", {}, "absent: not exported"},
  }));
  CAPTURE(row.why);
  std::vector<MemoryFile> files{account_file()};
  for (const Body& body : row.files) files.push_back({body.name, body.bytes});
  const Snapshot snapshot = read(files);
  CHECK(state(snapshot, Operation::kListImage) == row.want);
  const bool complete = snapshot.list_state(Operation::kListImage, {0}, {}) == ListState::kComplete;
  CHECK(complete == (std::string_view(row.want) == "complete"));
}

TEST_CASE("a list that goes on by tokens", "[inventory][lists][table]") {
  struct Row {
    const char* why;
    std::vector<Body> files;
    const char* want;
  };
  const auto images = [](std::size_t first, std::string_view tail) { return page("Images", first, 2, tail); };
  const auto row = GENERATE_COPY(values<Row>({
      {"an empty token", {{"DescribeImages.json", images(1, R"(,"NextToken":"")")}}, "complete"},
      {"no token", {{"DescribeImages.json", images(1, "")}}, "complete"},
      {"null for no token", {{"DescribeImages.json", images(1, R"(,"NextToken":null)")}}, "complete"},
      {"a token", {{"DescribeImages.json", images(1, R"(,"NextToken":"t")")}}, "cut off: page after token `t` missing"},
      {"a token of a numbered page",
       {{"DescribeImages.p1.json", images(1, R"(,"NextToken":"t")")}},
       "cut off: page 2 missing"},
      {"numbered pages",
       {{"DescribeImages.p1.json", images(1, R"(,"NextToken":"t")")},
        {"DescribeImages.p2.json", images(3, R"(,"NextToken":"")")}},
       "complete"},
      {"a gap",
       {{"DescribeImages.p1.json", images(1, R"(,"NextToken":"t")")},
        {"DescribeImages.p3.json", images(5, R"(,"NextToken":"")")}},
       "cut off: page 2 missing"},
      {"only the last page", {{"DescribeImages.p2.json", images(3, R"(,"NextToken":"")")}}, "cut off: page 1 missing"},
      {"pages without numbers do not follow each other",
       {{"DescribeImages.a.json", images(1, R"(,"NextToken":"t")")},
        {"DescribeImages.b.json", images(3, R"(,"NextToken":"")")}},
       "cut off: page after token `t` missing"},
      {"by the token of the request",
       {{"DescribeImages.json", images(1, R"(,"NextToken":"t")")},
        {"DescribeImages.NextToken=t.json", images(3, R"(,"NextToken":"")")}},
       "complete"},
      {"a token that leads elsewhere",
       {{"DescribeImages.json", images(1, R"(,"NextToken":"t")")},
        {"DescribeImages.NextToken=u.json", images(3, R"(,"NextToken":"")")}},
       "cut off: page after token `t` missing"},
      {"no first page",
       {{"DescribeImages.NextToken=t.json", images(3, R"(,"NextToken":"")")}},
       "cut off: page 1 missing"},
  }));
  CAPTURE(row.why);
  std::vector<MemoryFile> files{account_file()};
  for (const Body& body : row.files) files.push_back({body.name, body.bytes});
  const Snapshot snapshot = read(files);
  CHECK(state(snapshot, Operation::kDescribeImages, "cn-hangzhou") == row.want);
}

TEST_CASE("a list with IsTruncated", "[inventory][lists][table]") {
  struct Row {
    const char* why;
    const char* tail;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"not truncated", R"(,"IsTruncated":false)", "complete"},
      {"as a string", R"(,"IsTruncated":"false")", "complete"},
      {"truncated", R"(,"IsTruncated":true,"Marker":"m")", "cut off: page after token `m` missing"},
      {"truncated, no marker", R"(,"IsTruncated":true)", "cut off: more pages announced"},
      {"a marker that means nothing", R"(,"IsTruncated":false,"Marker":"m")", "complete"},
      {"a marker alone", R"(,"Marker":"m")", "cut off: page after token `m` missing"},
      {"neither", "", "complete"},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read(
      {account_file(), {"ListUsers.json", std::string(R"({"Users":{"User":[{"UserName":"a"}]})") + row.tail + "}"}});
  CHECK(state(snapshot, Operation::kListUsers) == row.want);
  const Snapshot followed =
      read({account_file(),
            {"ListUsers.json", std::string(R"({"Users":{"User":[{"UserName":"a"}]})") + row.tail + "}"},
            {"ListUsers.Marker=m.json", R"({"Users":{"User":[{"UserName":"b"}]},"IsTruncated":false})"}});
  const bool is_lost = std::string_view(row.why) == "truncated, no marker";
  CHECK((state(followed, Operation::kListUsers) == "complete") == !is_lost);
}

TEST_CASE("a total counts more than the lack of a token, and a token more than the total", "[inventory][lists]") {
  const auto desktops = [](std::string_view tail) {
    return read({account_file(), {"DescribeDesktops.json", page("Desktops", 1, 2, tail, "DesktopId")}});
  };
  CHECK(state(desktops(R"(,"TotalCount":2,"NextToken":"t")"), Operation::kDescribeDesktops, "cn-hangzhou") ==
        "cut off: page after token `t` missing");
  CHECK(state(desktops(R"(,"TotalCount":3,"NextToken":"")"), Operation::kDescribeDesktops, "cn-hangzhou") ==
        "cut off: 2 of 3 items");
  CHECK(state(desktops(R"(,"NextToken":"")"), Operation::kDescribeDesktops, "cn-hangzhou") == "complete");
}

TEST_CASE("filters", "[inventory][lists][table]") {
  struct Part {
    const char* filter;
    std::size_t first;
    std::size_t total;
  };
  struct Row {
    const char* why;
    std::vector<Part> parts;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"one type", {{".ImageType=User", 1, 1}}, "cut off: filter ImageType=User only"},
      {"two types",
       {{".ImageType=User", 1, 1}, {".ImageType=System", 2, 1}},
       "cut off: filters ImageType=System, ImageType=User only"},
      {"the four types",
       {{".ImageType=User", 1, 1},
        {".ImageType=System", 2, 1},
        {".ImageType=Shared", 3, 1},
        {".ImageType=Community", 4, 1}},
       "complete"},
      {"one of the four cut off",
       {{".ImageType=User", 1, 1},
        {".ImageType=System", 2, 1},
        {".ImageType=Shared", 3, 2},
        {".ImageType=Community", 4, 1}},
       "cut off: filter ImageType=Shared: 1 of 2 items"},
      {"the four, of one product only",
       {{".ImageType=User.ProductType=CloudApp", 1, 1},
        {".ImageType=System", 2, 1},
        {".ImageType=Shared", 3, 1},
        {".ImageType=Community", 4, 1}},
       "cut off: filters ImageType=Community, ImageType=Shared, ImageType=System, ImageType=User&ProductType=CloudApp "
       "only"},
      {"a filter beside the whole", {{".ImageType=User", 1, 1}, {"", 1, 1}}, "complete"},
      {"a whole that is cut off", {{".ImageType=User", 1, 1}, {"", 1, 3}}, "cut off: 1 of 3 items"},
      {"paging, region and language are no filter", {{".PageSize=100.RegionId=cn-x.Language=zh", 1, 1}}, "complete"},
  }));
  CAPTURE(row.why);
  std::vector<MemoryFile> files{account_file()};
  for (const Part& part : row.parts) {
    files.push_back({std::string("ListImage") + part.filter + ".json",
                     page("Data", part.first, 1, ",\"Count\":" + std::to_string(part.total))});
  }
  const Snapshot snapshot = read(files);
  CHECK(state(snapshot, Operation::kListImage) == row.want);
}

TEST_CASE("the filter of an envelope", "[inventory][lists]") {
  const char* const body = R"({"Data":[{"ImageId":"i"}],"Count":1})";
  CHECK(state(read_lines({{"ListImage", body, R"({"PageNumber":1,"imageType":"User"})"}}), Operation::kListImage) ==
        "cut off: filter ImageType=User only");
  CHECK(state(read_lines({{"ListImage", body, R"({"PageNumber":1,"pageSize":100,"ImageType":null,"Tag":[]})"}}),
              Operation::kListImage) == "complete");
  CHECK(state(read_lines({{"ListImage", body, R"({"ImageIds":["i","j"]})"}}), Operation::kListImage) ==
        "cut off: filter ImageIds=i&ImageIds=j only");
}

TEST_CASE("what counts as unfiltered", "[inventory][lists]") {
  const auto assumed = [](const Snapshot& snapshot) { return snapshot.lists().front().unfiltered_assumed; };
  const std::string body = R"({"Data":[],"Count":0})";
  CHECK(assumed(read({account_file(), {"ListImage.p1.json", body}})));
  CHECK_FALSE(assumed(read({account_file(), {"ListImage.PageNumber=1.json", body}})));
  CHECK(assumed(read_lines({{"ListImage", body, ""}})));
  CHECK_FALSE(assumed(read_lines({{"ListImage", body, "{}"}})));
  CHECK(notes(read({account_file(), {"ListImage.p1.json", body}})) ==
        "exports that do not name their request's parameters count as unfiltered: ListImage\n");
}

TEST_CASE("regions", "[inventory][lists][table]") {
  struct Row {
    const char* why;
    const char* regions;  // of account.json
    const char* name;
    const char* hangzhou;
    const char* none;
  };
  const auto row = GENERATE(values<Row>({
      {"named by the file", R"("cn-hangzhou","cn-shanghai")", "DescribeImages.RegionId=cn-hangzhou.json", "complete",
       ""},
      {"the account's only one", R"("cn-hangzhou")", "DescribeImages.json", "complete", ""},
      {"one of two", R"("cn-hangzhou","cn-shanghai")", "DescribeImages.json", "absent: not exported",
       "cut off: no region known"},
      {"no regions known", "", "DescribeImages.json", "", "cut off: no region known"},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read({account_file(row.regions), {row.name, R"({"Images":[],"NextToken":""})"}});
  CHECK(state(snapshot, Operation::kDescribeImages, "cn-hangzhou") == row.hangzhou);
  CHECK(state(snapshot, Operation::kDescribeImages, "") == row.none);
  CHECK(snapshot.list_state(Operation::kDescribeImages, {0}, {}) == ListState::kAbsent);
  const bool complete =
      snapshot.list_state(Operation::kDescribeImages, {0}, snapshot.find_string("cn-hangzhou")) == ListState::kComplete;
  CHECK(complete == (std::string_view(row.hangzhou) == "complete"));
}

TEST_CASE("lists of parents are looked up one by one and summed up", "[inventory][lists]") {
  const Snapshot snapshot = read(
      {account_file(),
       {"ListPoliciesForUser.UserName=alice.json", R"({"Policies":{"Policy":[]}})"},
       {"ListPoliciesForUser.UserName=bob.json", R"({"Policies":{"Policy":[]},"IsTruncated":true,"Marker":"m"})"}});
  CHECK(state(snapshot, Operation::kListPoliciesForUser) == "cut off: UserName=bob: page after token `m` missing");
  const auto sum = std::find_if(snapshot.lists().begin(), snapshot.lists().end(), [](const ListStatus& list) {
    return list.operation == Operation::kListPoliciesForUser;
  });
  CHECK(sum->items == 2);
  CHECK(sum->pages == 2);
  const auto of = [&](std::string_view user) {
    return snapshot.list_state(Operation::kListPoliciesForUser, {0}, snapshot.find_string(user));
  };
  CHECK(of("alice") == ListState::kComplete);
  CHECK(of("bob") == ListState::kCutOff);
  CHECK(of("carol") == ListState::kAbsent);
}

TEST_CASE("a recorded failure is no list", "[inventory][lists][table]") {
  struct Row {
    const char* why;
    const char* body;
    const char* code;
  };
  const auto row = GENERATE(values<Row>({
      {"an error body", R"({"Code":"Forbidden","Message":"No.","RequestId":"r"})", "Forbidden"},
      {"Success is false", R"({"Success":false,"Code":"Throttling","Data":[],"TotalCount":0})", "Throttling"},
      {"a number", R"({"Code":500,"Message":"No."})", "500"},
      {"wrapped by an SDK", R"({"headers":{},"statusCode":403,"body":{"Code":"Forbidden"}})", "Forbidden"},
      {"a list of the wrong type", R"({"Code":"Forbidden","Data":"none"})", "Forbidden"},
      {"camelCase", R"({"code":"Forbidden","success":false})", "Forbidden"},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read({account_file(), {"DescribeTemplates.json", row.body}});
  CHECK(state(snapshot, Operation::kDescribeTemplates) ==
        "absent: the call failed with `" + std::string(row.code) + "`");
  REQUIRE(snapshot.failures().size() == 1);
  CHECK(snapshot.text(snapshot.failures()[0].code) == row.code);
  CHECK(snapshot.failures()[0].subject == StringId{});
  const bool wrapped = std::string_view(row.why) == "wrapped by an SDK";
  CHECK(snapshot.source_of(snapshot.failures()[0].source, "Code") ==
        (wrapped ? "DescribeTemplates.json#/body/Code" : "DescribeTemplates.json#/Code"));
}

TEST_CASE("good codes", "[inventory][lists][table]") {
  const std::string code = GENERATE(as<std::string>(), R"("200")", "200", R"("success")", R"("Success")", R"("OK")",
                                    R"("")", "null", R"("Anything")");
  CAPTURE(code);
  const Snapshot snapshot =
      read({account_file(), {"DescribeTemplates.json", R"({"Code":)" + code + R"(,"Data":[],"TotalCount":0})"}});
  CHECK(snapshot.failures().empty());  // where there is a list, it is an answer
  CHECK(state(snapshot, Operation::kDescribeTemplates) == "complete");
}

TEST_CASE("a list that was exported again", "[inventory][lists][table]") {
  struct Row {
    const char* why;
    std::vector<Envelope> pages;
    const char* want;
    std::size_t items;
  };
  const char* const yesterday = "2026-11-20T08:00:00Z";
  const char* const today = "2026-11-21T08:00:00Z";
  const char* const a_moment_later = "2026-11-21T08:00:05Z";
  static std::deque<std::string> bodies;  // envelopes do not keep them
  const auto groups = [](const char* ids, int total) {
    std::string text;
    for (const char* id = ids; *id != '\0'; ++id)
      text += (text.empty() ? "" : ",") +
              (R"({"AppInstanceGroupId":")" + std::string(1, *id) + R"(","AppCenterImageId":"i"})");
    return bodies
        .emplace_back(R"({"AppInstanceGroupModels":[)" + text + R"(],"TotalCount":)" + std::to_string(total) + "}")
        .c_str();
  };
  const char* const list = "ListAppInstanceGroup";
  const char* const one = R"({"PageNumber":1})";
  const char* const two = R"({"PageNumber":2})";
  const auto row = GENERATE_COPY(values<Row>({
      {"the last run counts",
       {{list, groups("ab", 2), one, "", yesterday}, {list, groups("b", 1), one, "", today}},
       "complete",
       1},
      {"whichever stands first",
       {{list, groups("b", 1), one, "", today}, {list, groups("ab", 2), one, "", yesterday}},
       "complete",
       1},
      {"two runs that were cut off are no whole one",
       {{list, groups("ab", 4), one, "", yesterday}, {list, groups("cd", 4), one, "", today}},
       "cut off: 2 of 4 items",
       2},
      {"nor does one go on in the other",
       {{list, groups("ab", 4), one, "", yesterday},
        {list, groups("cd", 4), two, "", yesterday},
        {list, groups("ab", 4), one, "", today}},
       "cut off: 2 of 4 items",
       2},
      {"the pages of one run differ in time",
       {{list, groups("ab", 3), one, "", today}, {list, groups("c", 3), two, "", a_moment_later}},
       "complete",
       3},
      {"pages from 0",
       {{list, groups("ab", 3), R"({"PageNumber":0})", "", today}, {list, groups("c", 3), one, "", a_moment_later}},
       "complete",
       3},
      {"without a time nothing is known of runs",
       {{list, groups("ab", 2), one, "", yesterday}, {list, groups("b", 1), one, "", ""}},
       "complete",
       2},
      {"whole pages of which no request is known",
       {{list, groups("ab", 2), "null", "", yesterday}, {list, groups("b", 1), "null", "", today}},
       "complete",
       1},
      {"parts of which no request is known",
       {{list, groups("ab", 3), "null", "", today}, {list, groups("c", 3), "null", "", a_moment_later}},
       "complete",
       3},
      {"another filter is another list",
       {{list, groups("ab", 2), "{}", "", yesterday}, {list, groups("b", 1), R"({"Status":"X"})", "", today}},
       "complete",
       2},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read_lines(row.pages);
  CHECK(state(snapshot, Operation::kListAppInstanceGroup) == row.want);
  for (const ListStatus& found : snapshot.lists()) {
    if (found.operation == Operation::kListAppInstanceGroup) CHECK(found.items == row.items);
  }
}

TEST_CASE("tokens that never end", "[inventory][lists]") {
  const char* const body = R"({"Images":[],"NextToken":"t"})";
  const Snapshot snapshot = read_lines(
      {{"DescribeImages", body, "{}", "cn-hangzhou"}, {"DescribeImages", body, R"({"NextToken":"t"})", "cn-hangzhou"}});
  CHECK(state(snapshot, Operation::kDescribeImages, "cn-hangzhou") ==
        "cut off: no last page: each one announces another");
}

TEST_CASE("times of a list", "[inventory][lists]") {
  const Snapshot snapshot = read_lines(
      {{"ListImage", R"({"Data":[{"ImageId":"a"}],"Count":2})", R"({"PageNumber":1})", "", "2026-11-20T08:00:00Z"},
       {"ListImage", R"({"Data":[{"ImageId":"b"}],"Count":2})", R"({"PageNumber":2})", "", "2026-11-21T08:00:00+08:00"},
       {"ListWuyingServer", R"({"WuyingServerList":[],"TotalCount":0})"}});
  const ListStatus& images = snapshot.lists().front();
  CHECK(images.operation == Operation::kListImage);
  CHECK(format_rfc3339(images.oldest) == "2026-11-20T08:00:00Z");
  CHECK(format_rfc3339(images.newest) == "2026-11-21T00:00:00Z");
  CHECK(snapshot.oldest_export() == images.oldest);
  CHECK(snapshot.newest_export() == images.newest);
}

}  // namespace
}  // namespace imagewarden::inventory::test
