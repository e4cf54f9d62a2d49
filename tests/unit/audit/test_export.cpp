// The log for other tools: each format to the byte once, what its specification wants of every line, and hostile text.

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

#include "audit/export.h"
#include "audit/note.h"
#include "audit/tree.h"
#include "engine/base/json_tree.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit {
namespace {

using nlohmann::json;

constexpr ExportFormat kFormats[] = {ExportFormat::kNdjson, ExportFormat::kCsv, ExportFormat::kOcsf,
                                     ExportFormat::kCloudEvents, ExportFormat::kOscal};
constexpr RecordKind kKinds[] = {RecordKind::kLogStart,  RecordKind::kDecision,  RecordKind::kBatchStart,
                                 RecordKind::kBatchEnd,  RecordKind::kKeyChange, RecordKind::kRedaction,
                                 RecordKind::kRetention, RecordKind::kImport,    RecordKind::kHeartbeat,
                                 RecordKind::kRotation};
const std::string kUuid = "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

ExportInfo some_info() {
  return {"example.com/images",   3, std::string(64, 'a'), "example.com/images\n3\nqqqq\n\n— x y\n", "0.1.0",
          {1'795'507'300'000'000}};
}

Record decision_record(std::uint64_t seq, std::string_view outcome = "deny") {
  Record record;
  Draft& draft = record.draft;
  draft.kind = RecordKind::kDecision;
  draft.verb = "check";
  draft.operation = "appstreaming:DeleteImage";
  draft.principal = "user/alice";
  draft.account = "1234567890123456";
  draft.image = "img-1";
  draft.outcome = outcome;
  draft.code = outcome == "allow" ? "200" : outcome == "deny" ? "ImageNotAllowDelete" : "";
  draft.possible_codes = outcome == "indeterminate" ? "200,ImageNotAllowDelete" : draft.code;
  draft.permission = "allow";
  draft.decided_at = "2026-11-24T08:00:00Z";
  draft.inventory_digest = "sha256:aa";
  draft.rules_digest = "sha256:bb";
  draft.request_digest = "sha256:cc";
  draft.decision_digest = "sha256:dd";
  draft.engine = "imagewarden 0.1.0";
  record.origin = "example.com/images";
  record.seq = seq;
  record.time = {1'795'507'200'000'123};
  record.writer = "0123456789abcdef0123456789abcdef";
  record.pseq = 3;
  record.host = "host-1";
  record.user = "alice";
  return record;
}

Record bare_record(std::uint64_t seq, RecordKind kind) {
  Record record;
  record.draft.kind = kind;
  record.origin = "example.com/images";
  record.seq = seq;
  record.time = test::kStart;
  record.writer = "w";
  return record;
}

std::string exported(ExportFormat format, const std::vector<Record>& records, const ExportInfo& info = some_info()) {
  std::string text;
  const auto exporter = make_exporter(format, info, [&](std::string_view piece) { text += piece; });
  for (const Record& record : records) exporter->add(record, encode_record(record));
  exporter->finish();
  return text;
}

// With the strict reader too: no repeated key, no broken text.
json parsed(const std::string& text) {
  CHECK(JsonDocument::parse(text));
  return json::parse(text);
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    lines.push_back(parsed(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

json only_line(ExportFormat format, const Record& record) {
  const auto lines = lines_of(exported(format, {record}));
  REQUIRE(lines.size() == 1);
  return lines.front();
}

json oscal(const std::vector<Record>& records, const ExportInfo& info = some_info()) {
  return parsed(exported(ExportFormat::kOscal, records, info)).at("assessment-results");
}

// Every string in a document, keys too.
void collect_strings(const json& value, std::vector<std::string>& strings) {
  if (value.is_string()) strings.push_back(value.get<std::string>());
  if (!value.is_structured()) return;
  for (const auto& [key, inner] : value.items()) {
    if (value.is_object()) strings.push_back(key);
    collect_strings(inner, strings);
  }
}

bool holds(const json& document, const json& wanted) {
  if (document == wanted) return true;
  if (!document.is_structured()) return false;
  return std::any_of(document.begin(), document.end(), [&](const json& inner) { return holds(inner, wanted); });
}

TEST_CASE("NDJSON is the leaves", "[audit][export]") {
  const auto one = bare_record(0, RecordKind::kLogStart);
  const auto two = decision_record(1);
  CHECK(exported(ExportFormat::kNdjson, {one, two}) == encode_record(one) + "\n" + encode_record(two) + "\n");
  CHECK(exported(ExportFormat::kNdjson, {}).empty());
}

TEST_CASE("CSV to the byte", "[audit][export]") {
  const std::string header =
      "seq,time,kind,verb,operation,outcome,code,possible_codes,image,principal,account,decided_at,permission,"
      "inventory,rules,request,decision,writer,host,user,count,note\r\n";
  CHECK(exported(ExportFormat::kCsv, {}) == header);
  auto batch = bare_record(2, RecordKind::kBatchEnd);
  batch.draft.count = 12;
  batch.draft.note = "allow=1, deny=11";
  CHECK(exported(ExportFormat::kCsv, {decision_record(1), batch}) ==
        header +
            "1,2026-11-24T08:00:00.000123Z,decision,check,appstreaming:DeleteImage,deny,ImageNotAllowDelete,"
            "ImageNotAllowDelete,img-1,user/alice,1234567890123456,2026-11-24T08:00:00Z,allow,sha256:aa,sha256:bb,"
            "sha256:cc,sha256:dd,0123456789abcdef0123456789abcdef,host-1,alice,,\r\n"
            "2,2026-11-24T08:00:00.000000Z,batch-end,,,,,,,,,,,,,,,w,,,12,\"allow=1, deny=11\"\r\n");
}

TEST_CASE("OCSF to the byte", "[audit][export][ocsf]") {
  const auto record = decision_record(42);
  const std::string hash = to_hex(leaf_hash(encode_record(record)));
  const std::string text = exported(ExportFormat::kOcsf, {record});
  const std::string uid = json::parse(text).at("metadata").at("uid");
  CHECK(
      text ==
      R"({"activity_id":99,"activity_name":"Predict Delete","category_uid":6,"category_name":"Application Activity",)"
      R"("class_uid":6003,"class_name":"API Activity","type_uid":600399,"type_name":"API Activity: Other",)"
      R"("severity_id":1,"severity":"Informational","time":1795507200000,"status_id":2,"status":"Failure",)"
      R"("status_code":"ImageNotAllowDelete","status_detail":"predicted deny",)"
      R"("message":"predicted, not performed: DeleteImage of img-1 by user/alice: deny",)"
      R"("actor":{"app_name":"imagewarden","user":{"name":"alice","uid":"user/alice","type_id":1,"type":"User",)"
      R"("account":{"uid":"1234567890123456"}},"authorizations":[{"decision":"allow"}]},)"
      R"("api":{"operation":"DeleteImage","service":{"name":"appstreaming"}},)"
      R"("cloud":{"provider":"Alibaba Cloud","account":{"uid":"1234567890123456"}},)"
      R"("resources":[{"uid":"img-1","type":"image"}],)"
      R"("src_endpoint":{"svc_name":"imagewarden","hostname":"host-1"},)"
      R"("metadata":{"version":"1.3.0","product":{"name":"imagewarden","vendor_name":"imagewarden","version":"0.1.0"},)"
      R"("uid":")" +
          uid +
          R"(","event_code":"decision","log_name":"example.com/images","sequence":42,)"
          R"("original_time":"2026-11-24T08:00:00.000123Z","profiles":["cloud"],"labels":["predicted","not-performed"]},)"
          R"("unmapped":{"decided_at":"2026-11-24T08:00:00Z","decision":"sha256:dd","engine":"imagewarden 0.1.0",)"
          R"("inventory":"sha256:aa","operation":"appstreaming:DeleteImage","outcome":"deny",)"
          R"("possible_codes":"ImageNotAllowDelete","request":"sha256:cc","rules":"sha256:bb","user":"alice",)"
          R"("verb":"check","writer":"0123456789abcdef0123456789abcdef","pseq":3,"schema":1,"leaf_hash":")" +
          hash + R"(","predicted_activity_id":4,"performed":false}})" + "\n");
}

TEST_CASE("OCSF status says the outcome", "[audit][export][ocsf]") {
  struct Row {
    const char* outcome;
    int status_id;
    const char* status;
    const char* code;  // "": no member
  };
  const auto row = GENERATE(values<Row>({{"allow", 1, "Success", "200"},
                                         {"deny", 2, "Failure", "ImageNotAllowDelete"},
                                         {"indeterminate", 0, "Unknown", ""}}));
  const json event = only_line(ExportFormat::kOcsf, decision_record(1, row.outcome));
  CHECK(event.at("status_id") == row.status_id);
  CHECK(event.at("status") == row.status);
  CHECK(event.value("status_code", "") == row.code);
  CHECK(event.at("status_detail") == std::string("predicted ") + row.outcome);
}

TEST_CASE("OCSF never counts a prediction as a call", "[audit][export][ocsf]") {
  for (const char* outcome : {"allow", "deny", "indeterminate"}) {
    const json event = only_line(ExportFormat::kOcsf, decision_record(1, outcome));
    CHECK(event.at("activity_id") == 99);
    CHECK(event.at("type_uid") == 600399);
    CHECK(event.at("unmapped").at("performed") == false);
    CHECK(event.at("unmapped").at("predicted_activity_id") == 4);
    CHECK(event.at("message").get<std::string>().starts_with("predicted, not performed"));
    CHECK(event.at("metadata").at("labels") == json({"predicted", "not-performed"}));
  }
}

TEST_CASE("OCSF: what the class and its objects require, for every kind", "[audit][export][ocsf]") {
  for (const RecordKind kind : kKinds) {
    CAPTURE(to_string(kind));
    const json event = only_line(ExportFormat::kOcsf, bare_record(5, kind));
    for (const char* name : {"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time"}) {
      CHECK(event.at(name).is_number_integer());
    }
    CHECK(event.at("type_uid") == event.at("class_uid").get<int>() * 100 + event.at("activity_id").get<int>());
    CHECK_FALSE(event.at("activity_name").get<std::string>().empty());
    CHECK(event.at("metadata").at("version") == "1.3.0");
    CHECK(event.at("metadata").at("product").contains("name"));
    CHECK(event.at("metadata").at("product").contains("vendor_name"));
    CHECK(event.at("metadata").at("event_code") == std::string(to_string(kind)));
    // At least one of several members.
    CHECK(event.at("actor").contains("app_name"));
    CHECK(event.at("src_endpoint").contains("svc_name"));
    CHECK_FALSE(event.at("api").at("operation").get<std::string>().empty());
    CHECK(event.at("cloud").contains("provider"));
    CHECK(event.contains("status_id") == (kind == RecordKind::kDecision));
    CHECK(event.at("metadata").contains("labels") == (kind == RecordKind::kDecision));
    CHECK_FALSE(event.contains("resources"));
  }
}

TEST_CASE("OCSF: the account of the principal", "[audit][export][ocsf]") {
  struct Row {
    const char* principal;
    const char* name;
    int type_id;
    const char* type;
  };
  const auto row = GENERATE(values<Row>({{"user/alice", "alice", 1, "User"},
                                         {"root", "root", 2, "Admin"},
                                         {"role/ci/images", "ci/images", 99, "role"},
                                         {"somebody", "somebody", 99, "somebody"},
                                         {"/x", "x", 99, "Other"},
                                         {"user/", "", 1, "User"}}));
  auto record = decision_record(1);
  record.draft.principal = row.principal;
  const json user = only_line(ExportFormat::kOcsf, record).at("actor").at("user");
  CHECK(user.at("uid") == row.principal);
  CHECK(user.value("name", "") == row.name);
  CHECK(user.at("type_id") == row.type_id);
  CHECK(user.at("type") == row.type);
}

TEST_CASE("OCSF: times are rounded down to milliseconds, hosts that are no names of hosts are names",
          "[audit][export][ocsf]") {
  auto record = decision_record(1);
  record.time = {1'999};
  record.host = "a host";
  json event = only_line(ExportFormat::kOcsf, record);
  CHECK(event.at("time") == 1);
  CHECK(event.at("src_endpoint") == json({{"svc_name", "imagewarden"}, {"name", "a host"}}));
  record.time = {-1};
  record.draft.operation = "Odd";
  event = only_line(ExportFormat::kOcsf, record);
  CHECK(event.at("time") == -1);
  CHECK(event.at("api") == json({{"operation", "Odd"}, {"service", {{"name", "imagewarden"}}}}));
  CHECK(event.at("activity_name") == "Predict Other");
}

TEST_CASE("nothing of a leaf is lost in OCSF, CloudEvents and OSCAL", "[audit][export]") {
  auto batch = bare_record(8, RecordKind::kBatchEnd);
  batch.draft.count = 77;
  batch.draft.note = "a note";
  batch.draft.code = "E1";
  batch.draft.operation = "a:b";
  batch.draft.principal = "user/bob";
  for (const Record& record : {decision_record(42), batch}) {
    const json leaf = json::parse(encode_record(record));
    const json ocsf = only_line(ExportFormat::kOcsf, record);
    const json observation = oscal({record}).at("results").at(0).at("observations").at(0);
    for (const auto& [name, value] : leaf.items()) {
      CAPTURE(name);
      CHECK(holds(ocsf, value));
      if (name == "origin") continue;  // of the whole document
      CHECK(holds(observation, value.is_string() ? value.get<std::string>() : value.dump()));
    }
    CHECK(only_line(ExportFormat::kCloudEvents, record).at("data").dump() == encode_record(record));
    const std::string hash = to_hex(leaf_hash(encode_record(record)));
    CHECK(ocsf.at("unmapped").at("leaf_hash") == hash);
    CHECK(only_line(ExportFormat::kCloudEvents, record).at("leafhash") == hash);
    CHECK(holds(observation, hash));
  }
}

TEST_CASE("CloudEvents to the byte", "[audit][export][cloudevents]") {
  const auto record = decision_record(42);
  const std::string leaf = encode_record(record);
  const std::string text = exported(ExportFormat::kCloudEvents, {record});
  const std::string id = json::parse(text).at("id");
  CHECK(
      text ==
      R"({"specversion":"1.0","id":")" + id +
          R"(","source":"example.com/images","type":"imagewarden.audit.decision","subject":"img-1",)"
          R"("time":"2026-11-24T08:00:00.000123Z","datacontenttype":"application/json","sequence":"0000000000000042",)"
          R"("leafhash":")" +
          to_hex(leaf_hash(leaf)) + R"(","data":)" + leaf + "}\n");
}

TEST_CASE("CloudEvents: attributes as the specification wants them, for every kind", "[audit][export][cloudevents]") {
  for (const RecordKind kind : kKinds) {
    const json event = only_line(ExportFormat::kCloudEvents, bare_record(0, kind));
    CHECK(event.at("type") == "imagewarden.audit." + std::string(to_string(kind)));
    CHECK_FALSE(event.contains("subject"));  // may not be empty
    for (const auto& [name, value] : event.items()) {
      CHECK(std::regex_match(name, std::regex("[a-z0-9]{1,20}")));
      if (name != "data") CHECK_FALSE(value.get<std::string>().empty());
    }
  }
}

TEST_CASE("CloudEvents: source is a relative reference whatever the origin", "[audit][export][cloudevents]") {
  struct Row {
    const char* origin;
    const char* source;
  };
  const auto row = GENERATE(values<Row>({{"example.com/images", "example.com/images"},
                                         {"//evil.example/x", "%2F/evil.example/x"},
                                         {"javascript:alert(1)", "javascript%3Aalert%281%29"},
                                         {"a b?c#d%e", "a%20b%3Fc%23d%25e"},
                                         {"设", "%E8%AE%BE"}}));
  auto record = bare_record(0, RecordKind::kLogStart);
  record.origin = row.origin;
  CHECK(only_line(ExportFormat::kCloudEvents, record).at("source") == row.source);
}

TEST_CASE("one record has one identity in all formats, another record another one", "[audit][export]") {
  const auto identity = [](const Record& record) {
    std::string id = only_line(ExportFormat::kCloudEvents, record).at("id");
    CHECK(only_line(ExportFormat::kOcsf, record).at("metadata").at("uid") == id);
    CHECK(oscal({record}).at("results").at(0).at("observations").at(0).at("uuid") == id);
    CHECK(std::regex_match(id, std::regex(kUuid)));
    return id;
  };
  std::set<std::string> seen;
  for (std::uint64_t seq = 0; seq < 20; ++seq) seen.insert(identity(decision_record(seq)));
  auto other = decision_record(0);
  other.writer = "another log of the same name";
  seen.insert(identity(other));
  CHECK(seen.size() == 21);
}

TEST_CASE("OSCAL: what the schema requires", "[audit][export][oscal]") {
  const std::vector<Record> records{bare_record(0, RecordKind::kLogStart), decision_record(1, "allow"),
                                    decision_record(2, "deny"), decision_record(3, "deny"),
                                    decision_record(4, "indeterminate")};
  const json document = oscal(records);
  const json& metadata = document.at("metadata");
  CHECK(metadata.at("oscal-version") == "1.1.2");
  CHECK(metadata.at("last-modified") == "2026-11-24T08:01:40.000000Z");
  CHECK(metadata.at("version") == "3");
  CHECK(holds(metadata, "example.com/images"));
  CHECK(holds(metadata, std::string(64, 'a')));
  REQUIRE(document.at("results").size() == 1);
  const json& result = document.at("results").at(0);
  for (const char* name : {"uuid", "title", "description", "start", "end", "reviewed-controls"}) {
    CHECK(result.contains(name));
  }
  CHECK(result.at("reviewed-controls").at("control-selections").size() == 1);
  CHECK(result.at("start") == "2026-11-24T08:00:00.000000Z");
  CHECK(result.at("end") == "2026-11-24T08:00:00.000123Z");
  REQUIRE(result.at("observations").size() == 5);
  for (const json& observation : result.at("observations")) {
    for (const char* name : {"uuid", "description", "methods", "collected"}) CHECK(observation.contains(name));
  }
  // Findings by outcome, each with its own count and state.
  std::map<std::string, std::string> findings;
  for (const json& finding : result.at("findings")) {
    CHECK(finding.at("target").at("type") == "objective-id");
    findings[finding.at("description")] = finding.at("target").at("status").at("state");
  }
  CHECK(findings == std::map<std::string, std::string>{{"1 of 4 decisions: allow.", "satisfied"},
                                                       {"2 of 4 decisions: deny.", "satisfied"},
                                                       {"1 of 4 decisions: indeterminate.", "not-satisfied"}});
  // The plan that is referred to is there.
  CHECK(document.at("import-ap").at("href") ==
        "#" + document.at("back-matter").at("resources").at(0).at("uuid").get<std::string>());
  // All UUIDs are of version 5 and differ.
  std::set<std::string> uuids;
  std::size_t count = 0;
  const std::function<void(const json&)> visit = [&](const json& value) {
    if (!value.is_structured()) return;
    for (const auto& [key, inner] : value.items()) {
      if (key == "uuid") {
        ++count;
        uuids.insert(inner.get<std::string>());
        CHECK(std::regex_match(inner.get<std::string>(), std::regex(kUuid)));
      }
      visit(inner);
    }
  };
  visit(document);
  CHECK(count == 1 + 1 + 5 + 3 + 2);
  CHECK(uuids.size() == count);
}

TEST_CASE("OSCAL keeps the signed checkpoint as it is", "[audit][export][oscal]") {
  const json resources = oscal({decision_record(1)}).at("back-matter").at("resources");
  REQUIRE(resources.size() == 2);
  CHECK(from_base64(resources.at(1).at("base64").at("value").get<std::string>()) == some_info().checkpoint);
  auto info = some_info();
  info.checkpoint.clear();
  CHECK(oscal({decision_record(1)}, info).at("back-matter").at("resources").size() == 1);
}

TEST_CASE("OSCAL of no records is a document, with no empty lists", "[audit][export][oscal]") {
  const json result = oscal({}).at("results").at(0);
  CHECK(result.at("start") == "2026-11-24T08:01:40.000000Z");
  CHECK(result.at("end") == result.at("start"));
  CHECK_FALSE(result.contains("observations"));
  CHECK_FALSE(result.contains("findings"));
  CHECK_FALSE(oscal({bare_record(0, RecordKind::kLogStart)}).at("results").at(0).contains("findings"));
}

TEST_CASE("OSCAL: values are one line without white space around, whatever was recorded", "[audit][export][oscal]") {
  auto record = decision_record(1);
  record.draft.note = GENERATE(as<std::string>{}, " x", "x ", "\n", "\t", "\xc2\xa0x", "x\xe3\x80\x80", "a\nb", "设",
                               "\xe2\x80\xaex", "\x7f", "x");
  const json document = oscal({record});
  for (const json& prop : document.at("results").at(0).at("observations").at(0).at("props")) {
    CHECK(std::regex_match(prop.at("name").get<std::string>(), std::regex("[a-z_]+")));
    // Bytes, not characters: no white space of ASCII, and what is not ASCII stands between quotes.
    CHECK(std::regex_match(prop.at("value").get<std::string>(), std::regex("[!-~]([^\\n\\r]*[!-~])?")));
  }
}

TEST_CASE("the same records give the same bytes, and no piece grows with the log", "[audit][export]") {
  std::vector<Record> records{bare_record(0, RecordKind::kLogStart)};
  for (std::uint64_t seq = 1; seq < 200; ++seq) records.push_back(decision_record(seq));
  for (const ExportFormat format : kFormats) {
    CHECK(exported(format, records) == exported(format, records));
    std::size_t longest = 0;
    std::size_t written = 0;
    const auto exporter = make_exporter(format, some_info(), [&](std::string_view piece) {
      longest = std::max(longest, piece.size());
      written += piece.size();
    });
    for (const Record& record : records) {
      const std::size_t before = written;
      exporter->add(record, encode_record(record));
      CHECK(written > before);  // nothing is held back
    }
    exporter->finish();
    CHECK(longest < 8'000);
  }
}

// Text that attacks a reader: a terminal, a spreadsheet, a page, a reader by lines.
TEST_CASE("hostile text is harmless in every format", "[audit][export][hostile]") {
  const std::string hostile =
      GENERATE(as<std::string>{}, "\x1b[2J\x1b]0;x\x07", "a\nb", "a\r\n{\"seq\":1}", "=cmd|' /C calc'!A0", "+1", "-1",
               "@SUM(1)", "\t=1", "\r=1", "</script><script>alert(1)</script>", "\xe2\x80\xaegpj.exe", "\"},{\"a\":\"",
               "\\", "\\\"", "a,b\",c",
               "\xc2\x9b"
               "2J",
               "[x](javascript:alert(1))", std::string("a\0b", 3));
  auto record = decision_record(1);
  Draft& draft = record.draft;
  for (std::string* text : {&draft.verb,
                            &draft.operation,
                            &draft.principal,
                            &draft.account,
                            &draft.image,
                            &draft.outcome,
                            &draft.code,
                            &draft.possible_codes,
                            &draft.permission,
                            &draft.decided_at,
                            &draft.inventory_digest,
                            &draft.rules_digest,
                            &draft.request_digest,
                            &draft.decision_digest,
                            &draft.engine,
                            &draft.note,
                            &record.origin,
                            &record.writer,
                            &record.host,
                            &record.user}) {
    *text = hostile;
  }
  auto info = some_info();
  info.origin = hostile;
  info.checkpoint = hostile;
  info.tool_version = hostile;
  const std::vector<Record> records{record, decision_record(2)};
  CAPTURE(hostile);
  for (const ExportFormat format : kFormats) {
    const std::string text = exported(format, records, info);
    CAPTURE(text);
    const bool is_csv = format == ExportFormat::kCsv;
    const bool is_document = format == ExportFormat::kOscal;
    // One line a record, and no control character of ASCII but the ends of lines.
    CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == (is_csv        ? 3U
                                                                                   : is_document ? 1U
                                                                                                 : 2U));
    CHECK(std::count_if(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }) ==
          (is_csv        ? 6
           : is_document ? 1
                         : 2));
    if (is_csv) {
      CHECK(text.find("\xe2\x80\xae") == std::string::npos);
      CHECK(text.find("\xc2\x9b") == std::string::npos);
      for (const char sign : {'=', '+', '-', '@'}) {
        CHECK(text.find(std::string(",") + sign) == std::string::npos);
        CHECK(text.find(std::string(",\"") + sign) == std::string::npos);
      }
      continue;
    }
    if (format == ExportFormat::kOscal) {
      // Titles and descriptions are Markdown there: none holds a word of the record.
      const json document = parsed(text);
      std::vector<std::string> prose;
      const std::function<void(const json&)> visit = [&](const json& value) {
        if (!value.is_structured()) return;
        for (const auto& [key, inner] : value.items()) {
          if (value.is_object() && (key == "title" || key == "description")) prose.push_back(inner.get<std::string>());
          visit(inner);
        }
      };
      visit(document);
      CHECK(prose.size() >= 10);
      for (const std::string& words : prose) CHECK(std::regex_match(words, std::regex("[A-Za-z0-9 ,;:.-]+")));
      CHECK(text.find("\xe2\x80\xae") == std::string::npos);
      CHECK(text.find("\xc2\x9b") == std::string::npos);
      continue;
    }
    // The text comes out of the value that it went into, and becomes neither a member nor another value.
    const auto lines = lines_of(text);
    REQUIRE(lines.size() == 2);
    if (format == ExportFormat::kOcsf) {
      CHECK(lines[0].at("resources").at(0).at("uid") == hostile);
      CHECK(lines[0].at("unmapped").at("note") == hostile);
      CHECK(lines[0].at("metadata").at("log_name") == hostile);
      for (const char* shown : {"message", "status_detail"}) {
        const std::string words = lines[0].at(shown);
        CHECK(words.find('\x1b') == std::string::npos);
        CHECK(words.find('\n') == std::string::npos);
        CHECK(words.find("\xe2\x80\xae") == std::string::npos);
      }
    } else if (format == ExportFormat::kCloudEvents) {
      CHECK(lines[0].at("data").at("note") == hostile);
      CHECK(std::regex_match(lines[0].at("subject").get<std::string>(), std::regex("[A-Za-z0-9._~%/-]+")));
      CHECK(std::regex_match(lines[0].at("source").get<std::string>(), std::regex("[A-Za-z0-9._~%/-]+")));
    } else {
      CHECK(lines[0].at("note") == hostile);
    }
    std::vector<std::string> strings;
    collect_strings(lines[1], strings);
    const std::size_t count = strings.size();
    strings.clear();
    collect_strings(lines[0], strings);
    CHECK(strings.size() == count + 2);  // both records have the same members, but for `note`
  }
}

}  // namespace
}  // namespace imagewarden::audit
