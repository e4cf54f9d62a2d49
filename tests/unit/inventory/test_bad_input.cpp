// Input that is refused: one line a file, with the place, what was found and what was expected; and what is left when
// such a file counts as absent.

#include <string>
#include <vector>

#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

using std::string_literals::operator""s;

// The pointer into so many nested arrays.
std::string levels(std::size_t count) {
  std::string pointer;
  for (std::size_t i = 0; i < count; ++i) pointer += "/0";
  return pointer;
}

TEST_CASE("bad bodies", "[inventory][bad][table]") {
  struct Row {
    const char* why;
    std::string body;
    std::string message;  // after the file's name
  };
  const auto row = GENERATE(values<Row>({
      {"empty", "", "0 /: empty input, expected a JSON value"},
      {"blank", " \n", "2 /: empty input, expected a JSON value"},
      {"truncated", R"({"WuyingServerList": [)", "22 /WuyingServerList/0: end of input, expected a JSON value"},
      {"trailing content", R"({"TotalCount": 0} trailing)",
       "18 /: trailing content, expected the end of the JSON value"},
      {"two values", R"({"TotalCount": 0}{})", "17 /: trailing content, expected the end of the JSON value"},
      {"a null byte", "{\"Total\0Count\": 1}"s, "7 /: control character 0x00 in a string, expected an escape"},
      {"a byte order mark", "\xef\xbb\xbf{}", "0 /: byte order mark, expected JSON without one"},
      {"invalid UTF-8", "{\"WuyingServerList\": [{\"WuyingServerId\": \"\xff\"}]}",
       "42 /WuyingServerList/0/WuyingServerId: byte 0xff, expected valid UTF-8"},
      {"a lone surrogate", R"({"WuyingServerList": [{"WuyingServerId": "\ud800"}]})",
       "42 /WuyingServerList/0/WuyingServerId: lone surrogate, expected a pair"},
      {"a lone surrogate in a field that is not read", R"({"Other": "\udc00x"})",
       "11 /Other: lone surrogate, expected a pair"},
      {"an unknown escape", R"({"Other": "\x"})",
       "11 /Other: unknown escape in a string, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"},
      {"a control character", "{\"Other\": \"\x01\"}",
       "11 /Other: control character 0x01 in a string, expected an escape"},
      {"a duplicate key", R"({"WuyingServerList": [{"WuyingServerId": "a", "WuyingServerId": "b"}]})",
       "46 /WuyingServerList/0/WuyingServerId: duplicate key `WuyingServerId`, expected each field once"},
      {"a duplicate key that is not read",
       R"({"WuyingServerList": [{"WuyingServerId": "a", "X": 1, "X": 2}], "TotalCount": 1})",
       "54 /WuyingServerList/0/X: duplicate key `X`, expected each field once"},
      {"two spellings of a key", R"({"WuyingServerList": [{"WuyingServerId": "a", "wuyingServerId": "b"}]})",
       "46 /WuyingServerList/0/wuyingServerId: duplicate key `wuyingServerId`, expected each field once"},
      {"a wrong type", R"({"WuyingServerList": [{"WuyingServerId": ["a"]}]})",
       "41 /WuyingServerList/0/WuyingServerId: array, expected a string"},
      {"an object for an array", R"({"WuyingServerList": {}})", "21 /WuyingServerList: object, expected an array"},
      {"no object", R"([])", "0 /: array, expected an object"},
      {"an item that is no object", R"({"WuyingServerList": [1], "TotalCount": 1})",
       "22 /WuyingServerList/0: number, expected an object"},
      {"a number out of range", R"({"WuyingServerList": [], "TotalCount": 99999999999999999999})",
       "39 /TotalCount: number `99999999999999999999` out of range, expected 0 to 9223372036854775807"},
      {"a negative total", R"({"WuyingServerList": [], "TotalCount": -1})",
       "39 /TotalCount: number `-1` out of range, expected 0 to 9223372036854775807"},
      {"a fraction", R"({"WuyingServerList": [], "TotalCount": 1.5})",
       "39 /TotalCount: number `1.5`, expected an integer"},
      {"words for a number", R"({"WuyingServerList": [], "TotalCount": "many"})",
       "39 /TotalCount: string `many`, expected an integer"},
      {"a leading zero", R"({"Other": 01})", "10 /Other: malformed number, expected digits without a leading zero"},
      {"a missing comma", R"({"WuyingServerList": [1 2]})", "22 /WuyingServerList/0: number, expected an object"},
      {"a missing comma in a field that is not read", R"({"Other": [1 2]})", "13 /Other/0: `2`, expected `,` or `]`"},
      {"a trailing comma", R"({"Other": [1,]})", "13 /Other/1: `]`, expected a JSON value"},
      {"a word that is none", R"({"Other": nul})", "10 /Other: misspelled word, expected `null`"},
      {"65 levels", R"({"Other": )" + std::string(64, '[') + std::string(64, ']') + "}",
       "73 /Other" + levels(63) + ": nesting beyond 64 levels"},
      {"100,000 open brackets", std::string(100'000, '['), "64 " + levels(64) + ": nesting beyond 64 levels"},
      {"a long id",
       R"({"WuyingServerList": [{"WuyingServerId": ")" + std::string(257, '0') + R"("}], "TotalCount": 1})",
       "41 /WuyingServerList/0/WuyingServerId: id of 257 bytes, expected at most 256"},
      {"an item without its id", R"({"WuyingServerList": [{"ImageId": "i"}], "TotalCount": 1})",
       "22 /WuyingServerList/0: record without `WuyingServerId`, expected an id there"},
      {"no list", R"({"TotalCount": 3})", "0 /WuyingServerList: missing, expected an array"},
      {"no list and no total", R"({"RequestId": "r"})", "0 /WuyingServerList: missing, expected an array"},
      {"a list twice", R"({"WuyingServerList": [], "body": {"WuyingServerList": []}})",
       "0 /body/WuyingServerList: list given twice, expected it once"},
  }));
  CAPTURE(row.why);
  const Error error = read_error({account_file(), {"a/ListWuyingServer.p1.json", row.body}});
  CHECK(error.code == Errc::kMalformedInput);
  CHECK(error.message == "a/ListWuyingServer.p1.json:" + row.message);
}

TEST_CASE("bad records of other lists", "[inventory][bad][table]") {
  struct Row {
    const char* name;
    std::string body;
    std::string message;
  };
  const auto row = GENERATE(values<Row>({
      {"ListImage.json", R"({"Data":[{"ImageId":"i","AliUid":9223372036854775808}],"Count":1})",
       "33 /Data/0/AliUid: number `9223372036854775808` out of range, expected -9223372036854775808 to "
       "9223372036854775807"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","AliUid":true}],"Count":1})",
       "33 /Data/0/AliUid: boolean, expected an integer"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","SystemDiskSize":-1}],"Count":1})",
       "41 /Data/0/SystemDiskSize: number `-1` out of range, expected 0 to 2147483647"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","GmtCreate":"yesterday"}],"Count":1})",
       "36 /Data/0/GmtCreate: time `yesterday`, expected one like 2026-11-24T08:00:00Z"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","Status":7}],"Count":1})",
       "33 /Data/0/Status: number, expected a string"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","ImageRegionList":"cn"}],"Count":1})",
       "42 /Data/0/ImageRegionList: string, expected an array"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","ImageRegionDistributeList":[{"RegionId":{}}]}],"Count":1})",
       "65 /Data/0/ImageRegionDistributeList/0/RegionId: object, expected a string"},
      {"ListImage.json", R"({"Data":[{"ImageId":"i","TagList":[{"Key":"a","Key":"b"}]}],"Count":1})",
       "46 /Data/0/TagList/0/Key: duplicate key `Key`, expected each field once"},
      {"DescribeImages.RegionId=r.json", R"({"Images":[{"ImageId":"i","SharedCount":"x"}]})",
       "40 /Images/0/SharedCount: string `x`, expected an integer"},
      {"DescribeImagePermission.ImageId=i.json", R"({"AliUids":["1",""]})",
       "16 /AliUids/1: no account, expected the id of one"},
      {"DescribeImagePermission.json", R"({"AliUids":[]})",
       "0 /: no ImageId known, expected it in the file name (DescribeImagePermission.ImageId=…json) or in the Request "
       "of an envelope"},
      {"ListPoliciesForUser.json", R"({"Policies":{"Policy":[]}})",
       "0 /: no UserName known, expected it in the file name (ListPoliciesForUser.UserName=…json) or in the Request of "
       "an envelope"},
      {"ListUsers.json", R"({"Users":{"User":[{"UserName":"a"}]},"IsTruncated":"perhaps"})",
       "51 /IsTruncated: string `perhaps`, expected a boolean"},
      {"ListUsers.json", R"({"Users":[]})", "9 /Users: array, expected an object"},
      {"ListUsers.json", R"({"Users":{}})", "0 /Users/User: missing, expected an array"},
      {"GetPolicy.json", R"({"Policy":{"PolicyName":"p"},"DefaultPolicyVersion":{"PolicyDocument":"no json"}})",
       "70 /DefaultPolicyVersion/PolicyDocument: policy document that is no JSON (at its byte 0: misspelled word, "
       "expected `null`)"},
      {"GetPolicy.json", R"({"RequestId":"r"})", "0 /Policy: missing, expected an object"},
      {"GetPolicyVersion.PolicyName=p.json", R"({"PolicyVersion":{"VersionId":"v1","PolicyDocument":"{}"}})",
       "0 /: no PolicyType known, expected it in the file name (….PolicyType=Custom.json) or in the Request of an "
       "envelope"},
      {"GetPolicyVersion.PolicyType=Custom.json", R"({"PolicyVersion":{"VersionId":"v1","PolicyDocument":"{}"}})",
       "0 /: no PolicyName known, expected it in the file name (GetPolicyVersion.PolicyName=…json) or in the Request "
       "of an envelope"},
      {"GetRole.json", R"({"Role":{"RoleName":"r","MaxSessionDuration":-1}})",
       "45 /Role/MaxSessionDuration: number `-1` out of range, expected 0 to 1000000000"},
      {"GetAppInstanceGroup.json", R"({"AppInstanceGroupModels":[]})",
       "26 /AppInstanceGroupModels: array, expected an object"},
      {"account.json", R"({"AccountId":""})",
       "0 /AccountId: missing, expected the account that the folder's exports belong to"},
      {"account.json", R"({"AccountId":"1","ExportedAt":"2026"})",
       "30 /ExportedAt: time `2026`, expected one like 2026-11-24T08:00:00Z"},
      {"ListImage.Name=%zz.json", R"({})",
       " `Name=%zz` in the file name, expected %XX with two hexadecimal digits after `%`"},
  }));
  CAPTURE(row.name, row.body);
  std::vector<MemoryFile> files{{"a/" + std::string(row.name), row.body}};
  if (std::string_view(row.name) != "account.json") files.push_back(account_file("", "a/"));
  const Error error = read_error(files);
  CHECK(error.code == Errc::kMalformedInput);
  CHECK(error.message == "a/" + std::string(row.name) + ":" + row.message);
}

TEST_CASE("bad envelopes", "[inventory][bad][table]") {
  struct Row {
    const char* why;
    std::string line;
    std::string message;
  };
  const auto row = GENERATE(values<Row>({
      {"no JSON", "hello", "1 /: `h`, expected a JSON value"},
      {"no object", "[]", "1 /: array, expected an object"},
      {"two values in one line", R"({"Operation":"ListImage","AccountId":"1","Response":{"Data":[],"Count":0}} {})",
       "76 /: trailing content, expected the end of the JSON value"},
      {"no operation", R"({"AccountId":"1","Response":{}})",
       "1 /Operation: missing, expected the name of an operation"},
      {"no response", R"({"Operation":"ListImage","AccountId":"1"})",
       "1 /Response: missing, expected the body of a response"},
      {"null for a response", R"({"Operation":"ListImage","AccountId":"1","Response":null})",
       "1 /Response: missing, expected the body of a response"},
      {"a response that is no object", R"({"Operation":"ListImage","AccountId":"1","Response":[]})",
       "53 /Response: array, expected an object"},
      {"no account", R"({"Operation":"ListImage","Response":{"Data":[],"Count":0}})",
       "1 /AccountId: no account known, expected an account.json with the AccountId in the folder or above it, or the "
       "AccountId in an envelope"},
      {"a time that is none", R"({"Operation":"ListImage","AccountId":"1","ExportedAt":"soon","Response":{}})",
       "55 /ExportedAt: time `soon`, expected one like 2026-11-24T08:00:00Z"},
      {"a request that is no object", R"({"Operation":"ListImage","AccountId":"1","Request":"x","Response":{}})",
       "52 /Request: string, expected an object"},
      {"a duplicate key", R"({"Operation":"ListImage","Operation":"ListImage"})",
       "26 /Operation: duplicate key `Operation`, expected each field once"},
      {"a duplicate parameter", R"({"Operation":"ListImage","AccountId":"1","Request":{"A":1,"A":2},"Response":{}})",
       "59 /Request/A: duplicate key `A`, expected each field once"},
      {"no parent", R"({"Operation":"ListPoliciesForUser","AccountId":"1","Response":{"Policies":{"Policy":[]}}})",
       "1 /Request: no UserName known, expected it in the file name (ListPoliciesForUser.UserName=…json) or in the "
       "Request of an envelope"},
      {"a wrong type", R"({"Operation":"ListImage","AccountId":"1","Response":{"Data":[{"ImageId":{}}],"Count":1}})",
       "73 /Response/Data/0/ImageId: object, expected a string"},
  }));
  CAPTURE(row.why);
  const Error error = read_error({{"all.ndjson", line({"ListImage", R"({"Data":[],"Count":0})"}) + row.line}});
  CHECK(error.code == Errc::kMalformedInput);
  CHECK(error.message == "all.ndjson:2:" + row.message);
}

TEST_CASE("one line for every bad file", "[inventory][bad]") {
  const MemoryFile good{"ListImage.json", R"({"Data":[],"Count":0})"};
  const MemoryFile bad_lines{"b.ndjson", "x\ny\n"};
  const MemoryFile bad_body{"a/ListImage.json", "{"};
  const Error error = read_error({account_file(), bad_lines, good, bad_body});
  CHECK(error.message ==
        "a/ListImage.json:1 /: end of input, expected a key in quotes\n"
        "b.ndjson:1:1 /: `x`, expected a JSON value");
}

TEST_CASE("a bad account file", "[inventory][bad]") {
  const MemoryFile list{"a/ListImage.json", R"({"Data":[{"ImageId":"i"}],"Count":1})"};
  const Error error = read_error({account_file("", "", "1"), {"a/account.json", "{"}, list});
  CHECK(error.message == "a/account.json:1 /: end of input, expected a key in quotes");
}

TEST_CASE("two accounts of one folder", "[inventory][bad]") {
  const Error error = read_error({account_file("", "", "1"), {"GetCallerIdentity.json", R"({"AccountId":"2"})"}});
  CHECK(error.message == "account.json:0 /AccountId: account `1`, expected `2` as GetCallerIdentity.json says");
}

TEST_CASE("skipped files count as absent", "[inventory][bad]") {
  ReadOptions skip;
  skip.skip_bad_files = true;
  const std::string good = line({"ListImage", R"({"Data":[{"ImageId":"i","Status":"AVAILABLE"}],"Count":1})"});
  const std::string uses =
      line({"ListWuyingServer", R"({"WuyingServerList":[{"WuyingServerId":"w","ImageId":"i"}],"TotalCount":1})"});
  const std::string people = line({"ListUsers", R"({"Users":{"User":[{"UserName":"mallory"}]}})"}) +
                             line({"ListImage", R"({"Code":"X"})", "{}", "", "", "2"});
  const MemoryFile whole{"a.ndjson", good};
  const MemoryFile broken{"b.ndjson", uses + people + "{\n"};
  const Snapshot snapshot = read({whole, broken}, skip);
  REQUIRE(snapshot.skipped().size() == 1);
  CHECK(snapshot.skipped()[0].path == "b.ndjson");
  CHECK(snapshot.skipped()[0].why == "4:2 /: end of input, expected a key in quotes");
  // Nothing is left of what the bad file said before it turned bad.
  CHECK(as_text(snapshot, true) == as_text(read({whole}), true));
  CHECK(snapshot.digest() == read({whole}).digest());
  CHECK(snapshot.file_count() == 1);
  CHECK(snapshot.byte_count() == good.size());
  CHECK(related(snapshot, RelationKind::kWorkstations, "i") == "…");
  CHECK_FALSE(snapshot.find_account("2").has_value());
}

TEST_CASE("the exports of a skipped account file belong to nobody", "[inventory][bad]") {
  ReadOptions skip;
  skip.skip_bad_files = true;
  const Snapshot snapshot = read({account_file("", "", "1"),
                                  {"ListUsers.json", R"({"Users":{"User":[]}})"},
                                  {"a/account.json", "{"},
                                  {"a/ListImage.json", R"({"Data":[{"ImageId":"i"}],"Count":1})"}},
                                 skip);
  CHECK(snapshot.images().rows() == 0);
  REQUIRE(snapshot.skipped().size() == 2);
  CHECK(snapshot.skipped()[0].path == "a/ListImage.json");
  CHECK(snapshot.skipped()[1].path == "a/account.json");
}

TEST_CASE("what is left out is noted", "[inventory][bad]") {
  const Snapshot snapshot = read({account_file(),
                                  {"README.md", "hello"},
                                  {"Other.json", "{"},
                                  {"ListImage.json.bak", "{"},
                                  {"a.ndjson", line({"ListThings", "{}"}) + "\n" + line({"ListThings", "{}"}) +
                                                   line({"ListUsers", R"({"Users":{"User":[]}})"})}});
  CHECK(notes(snapshot) ==
        "ListImage.json.bak: skipped, no export by its name (expected *.json or *.ndjson)\n"
        "Other.json: skipped, `Other` is no operation that is read\n"
        "README.md: skipped, no export by its name (expected *.json or *.ndjson)\n"
        "a.ndjson: 2 lines skipped, `ListThings` is no operation that is read\n");
  CHECK(snapshot.pages().size() == 1);
}

TEST_CASE("limits that are just held", "[inventory][bad]") {
  const std::string id(256, 'i');
  const std::string nested = std::string(61, '[') + std::string(61, ']');
  const Snapshot snapshot =
      read({account_file(),
            {"ListImage.json", R"({"Data":[{"ImageId":")" + id + R"(","Other":)" + nested + R"(}],"Count":1})"}});
  CHECK(row(snapshot, id).value == 0);
}

TEST_CASE("contradictions beyond what anybody reads are counted", "[inventory][bad]") {
  std::string records;
  for (int i = 0; i < 1500; ++i) {
    const std::string id = R"({"ImageId":"i-)" + std::to_string(i) + R"(","Status":)";
    records += (i == 0 ? "" : ",") + id + "\"A\"}," + id + "\"B\"}";
  }
  const Snapshot snapshot =
      read({account_file(), {"ListImage.ImageType=User.json", R"({"Data":[)" + records + R"(],"Count":1500})"}});
  CHECK(snapshot.notes().size() == 1001);
  CHECK(snapshot.notes().back() == "500 more contradictions between exports");
}

}  // namespace
}  // namespace imagewarden::inventory::test
