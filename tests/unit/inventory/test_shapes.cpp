// One answer of each operation, in the shape of the published models (shapes/): what of it becomes a fact, and that
// every form in which it may be saved gives the same.

#include <cctype>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

using Json = nlohmann::ordered_json;

std::string shape(const std::string& operation) {
  std::ifstream in(IMAGEWARDEN_SOURCE_DIR "/tests/unit/inventory/shapes/" + operation + ".json");
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Json camel_case(const Json& json) {
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json) out.push_back(camel_case(item));
    return out;
  }
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [key, value] : json.items()) {
    std::string name = key;
    name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    out[name] = camel_case(value);
  }
  return out;
}

struct Row {
  const char* operation;
  const char* key;  // of the request; empty: none
  const char* value;
  const char* wanted;  // a line of as_text()
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"ListImage", "", "", "image"},
      {"ListAppInstanceGroup", "", "", "list ListAppInstanceGroup 0  state 1 items 1 total"},
      {"GetAppInstanceGroup", "AppInstanceGroupId", "aig-9ciijz60n4xsv****", "account 1740265893310827"},
      {"ListAppInstances", "AppInstanceGroupId", "aig-dk8p95irqfst9****",
       "list ListAppInstances 0  state 1 items 1 total -1 pages 1 reason `AppInstanceGroupId=aig-dk8p95irqfst9****: 1 "
       "of 18 items`"},
      {"ListPersistentAppInstances", "AppInstanceGroupId", "aig-0bxls9m9arax6****", "1 of 15 items`"},
      {"ListWuyingServer", "", "", "list ListWuyingServer 0  state 1 items 1 total 15"},
      {"DescribeImages", "RegionId", "cn-hangzhou",
       "image m-gx2x1dhsmusr2**** of 0 `testImageName` type SYSTEM status Available product CloudDesktop owner "
       "(absent) parent  base  session MULTIPLE_SESSION biz (absent) created 1515546070000000 size 40 shared 1"},
      {"DescribeImagePermission", "ImageId", "m-1", "list DescribeImagePermission 0  state 2 items 1"},
      {"DescribeDesktops", "RegionId", "cn-hangzhou", "list DescribeDesktops 0 cn-hangzhou state"},
      {"DescribeDesktopGroups", "RegionId", "cn-hangzhou",
       "list DescribeDesktopGroups 0 cn-hangzhou state 1 items 1 total -1 pages 1 reason `page after token `string` "
       "missing`"},
      {"DescribeTemplates", "", "", "list DescribeTemplates 0  state"},
      {"DescribeBundles", "RegionId", "cn-hangzhou", "list DescribeBundles 0 cn-hangzhou state 1 items 1"},
      {"ListUsers", "", "", "principal 0 0 "},
      {"ListGroups", "", "", "principal 0 1 "},
      {"ListRoles", "", "", "principal 0 2 "},
      {"GetUser", "UserName", "alice", "principal 0 0 alice 222748924538****"},
      {"ListGroupsForUser", "UserName", "alice", "member 0 alice in "},
      {"ListUsersForGroup", "GroupName", "ops", " in ops"},
      {"ListPolicies", "", "", "list ListPolicies 0  state"},
      {"GetPolicy", "", "", "policy 0 "},
      {"GetPolicyVersion", "PolicyName", "reader",
       "policy 0 Custom/reader v3 false { \"Statement\": [{ \"Action\": [\"oss:*\"]"},
      {"ListPoliciesForUser", "UserName", "alice", "attached 0 0 alice: "},
      {"ListPoliciesForGroup", "GroupName", "ops", "attached 0 1 ops: "},
      {"ListPoliciesForRole", "RoleName", "ci", "attached 0 2 ci: "},
      {"GetRole", "", "", "trust 0 "},
      {"ListPolicyAttachments", "", "", "attached 0 "},
      {"ListControlPolicies", "", "", "list ListControlPolicies 0  state 2 items 1 total 1"},
      {"GetControlPolicy", "", "",
       "policy 0 Control/cp-SImPt8GCEwiq****  true {\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Deny\""},
      {"ListControlPolicyAttachmentsForTarget", "TargetId", "fd-1",
       "control 0 fd-1 cp-jExXAqIYkwHN**** ExampleControlPolicy"},
      {"DeleteImage", "ImageId", "img-1", "account 1740265893310827"},
  };
  return table;
}

std::string file_name(const Row& row) {
  std::string name = row.operation;
  if (*row.key != '\0') name += std::string(".") + row.key + "=" + row.value;
  if (std::string_view(row.operation) == "GetPolicyVersion") name += ".PolicyType=Custom";
  return name + ".json";
}

TEST_CASE("the published shapes, in every form", "[inventory][shapes][table]") {
  const Row row = GENERATE(from_range(rows()));
  CAPTURE(row.operation);
  const std::string body = shape(row.operation);
  const std::string want = as_text(read({account_file(), {file_name(row), body}}), false);
  CHECK_THAT(want, Catch::Contains(row.wanted));
  const Json json = Json::parse(body);
  const auto same = [&](const std::string& text) {
    CHECK(as_text(read({account_file(), {file_name(row), text}}), false) == want);
    Json request = Json::object();
    if (*row.key != '\0') request[row.key] = row.value;
    if (std::string_view(row.operation) == "GetPolicyVersion") request["PolicyType"] = "Custom";
    const std::string asked = request.dump();
    CHECK(as_text(read({account_file(), lines({{row.operation, Json::parse(text).dump(), asked}})}), false) == want);
  };
  same(body);
  same(json.dump());
  same(camel_case(json).dump());
  same(Json{{"headers", {{"date", "now"}}}, {"statusCode", 200}, {"body", json}}.dump());
  same(Json{{"body", camel_case(json)}, {"statusCode", 200}}.dump());
}

TEST_CASE("an envelope whose members stand in any order", "[inventory][shapes]") {
  const std::string response = R"({"Data":[{"ImageId":"i"}],"Count":1})";
  const std::string rest = R"("AccountId":"1","Request":{"ImageType":"User"})";
  const Snapshot first =
      read({{"a.ndjson", R"({"Operation":"ListImage",)" + rest + R"(,"Response":)" + response + "}"}});
  const Snapshot last =
      read({{"a.ndjson", R"({"Response":)" + response + "," + rest + R"(,"Operation":"ListImage"})"}});
  CHECK(as_text(first, true) == as_text(last, true));
  CHECK(first.images().rows() == 1);
}

TEST_CASE("events", "[inventory][shapes]") {
  const std::string event = R"({"eventId":"e","eventName":"DeleteImage"})";
  for (const std::string& body : {"[" + event + "]", R"({"Events":[)" + event + "]}"}) {
    CHECK(state(read({account_file(), {"LookupEvents.json", body}}), Operation::kLookupEvents) == "complete");
    CHECK(state(read_lines({{"LookupEvents", body}}), Operation::kLookupEvents) == "complete");
  }
}

TEST_CASE("where a record stands", "[inventory][shapes][table]") {
  struct Form {
    const char* why;
    MemoryFile file;
    const char* want;
  };
  const std::string body = R"({"Data":[{"ImageId":"h"},{"ImageId":"i","Status":"X"}],"Count":2})";
  const auto form = GENERATE_COPY(values<Form>({
      {"a body", {"x/ListImage.p2.json", body}, "x/ListImage.p2.json#/Data/1/Status"},
      {"wrapped", {"ListImage.json", R"({"body":)" + body + "}"}, "ListImage.json#/body/Data/1/Status"},
      {"an envelope", {"a.ndjson", "\n" + line({"ListImage", body})}, "a.ndjson:2#/Response/Data/1/Status"},
      {"wrapped in an envelope",
       {"a.ndjson", line({"ListImage", R"({"body":)" + body + "}"})},
       "a.ndjson:1#/Response/body/Data/1/Status"},
  }));
  CAPTURE(form.why);
  const Snapshot snapshot = read({account_file(), form.file});
  CHECK(snapshot.source_of(snapshot.images().list_source[row(snapshot, "i").value], "Status") == form.want);
  CHECK(snapshot.source_of({}, "Status").empty());
}

TEST_CASE("whose an export is", "[inventory][shapes][table]") {
  struct Case {
    const char* why;
    std::vector<MemoryFile> files;
    const char* want;
  };
  const std::string body = R"({"Data":[],"Count":0})";
  const auto row = GENERATE_COPY(values<Case>({
      {"the folder's", {account_file("", "a/"), {"a/ListImage.json", body}}, "1740265893310827"},
      {"the folder's above", {account_file("", ""), {"a/b/ListImage.json", body}}, "1740265893310827"},
      {"the nearest", {account_file("", "", "1"), account_file("", "a/", "2"), {"a/b/ListImage.json", body}}, "2"},
      {"the envelope's", {account_file("", "", "1"), {"a.ndjson", line({"ListImage", body, "{}", "", "", "3"})}}, "3"},
      {"an envelope without one",
       {account_file("", "", "1"), {"a.ndjson", line({"ListImage", body, "{}", "", "", ""})}},
       "1"},
      {"an identity",
       {{"account.json", R"({"AccountId":"4","Arn":"acs:ram::4:root","PrincipalId":"4"})"}, {"ListImage.json", body}},
       "4"},
      {"an identity under its own name",
       {{"GetCallerIdentity.json", R"({"AccountId":"4"})"}, {"ListImage.json", body}},
       "4"},
      {"a number", {{"account.json", R"({"AccountId":5})"}, {"ListImage.json", body}}, "5"},
      {"an identity in an envelope",
       {{"a.ndjson", line({"GetCallerIdentity", R"({"AccountId":"6"})", "{}", "", "", ""})}},
       "6"},
  }));
  CAPTURE(row.why);
  const Snapshot snapshot = read(row.files);
  REQUIRE(snapshot.pages().size() == 1);
  const Account& owner = snapshot.accounts()[snapshot.pages()[0].account.value];
  CHECK(snapshot.text(owner.id) == row.want);
  CHECK(owner.caller_identity == (std::string_view(row.why).find("identity") != std::string_view::npos));
}

TEST_CASE("the time of an export", "[inventory][shapes]") {
  const std::string body = R"({"Data":[],"Count":0})";
  const MemoryFile account{"account.json", R"({"AccountId":"1","ExportedAt":"2026-11-20T08:00:00Z"})"};
  const auto time = [](const Snapshot& snapshot) {
    return snapshot.pages()[0].has_time ? format_rfc3339(snapshot.pages()[0].exported_at) : "-";
  };
  CHECK(time(read({account, {"ListImage.json", body}})) == "2026-11-20T08:00:00Z");
  CHECK(time(read({account, {"a.ndjson", line({"ListImage", body, "{}", "", "2026-11-21 08:00:00", "1"})}})) ==
        "2026-11-21T00:00:00Z");
  // Of another account the folder says nothing.
  CHECK(time(read({account, {"a.ndjson", line({"ListImage", body, "{}", "", "", "2"})}})) == "-");
}

}  // namespace
}  // namespace imagewarden::inventory::test
