// `audit replay`: logged decisions made again come out the same, whatever was asked; what does not, and what cannot be
// made again, is told apart.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

#include "cli/journal.h"
#include "cli/replay.h"
#include "cli/session.h"
#include "engine/decide/recorded_request.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using nlohmann::json;
using test::Folder;
using test::MemoryEnvironment;
using test::write_file;

namespace {

const std::string kExamples = std::string(IMAGEWARDEN_SOURCE_DIR) + "/examples";
const std::string kAcme = kExamples + "/acme";

using Words = std::vector<std::string>;

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A log of decisions, and replays of it.
class Trial {
 public:
  explicit Trial(Words inventory = {"--inventory", kAcme}) : inventory_(std::move(inventory)) {}

  void ask(const Words& question) {
    MemoryEnvironment memory;
    const int status = memory.run(question + inventory_ + log());
    INFO(memory.err);
    REQUIRE(status != kExitFailed);
  }
  [[nodiscard]] json replay(int want, const Words& more = {}) const {
    MemoryEnvironment memory;
    const int status = memory.run(Words{"audit", "replay", "--format", "json"} + inventory_ + log() + more);
    INFO(memory.err);
    REQUIRE(status == want);
    return json::parse(memory.out);
  }
  [[nodiscard]] std::vector<json> lines(const Words& more = {}) const {
    MemoryEnvironment memory;
    memory.run(Words{"audit", "replay", "--format", "ndjson"} + inventory_ + log() + more);
    INFO(memory.err);
    std::vector<json> out;
    std::istringstream in(memory.out);
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
    return out;
  }
  [[nodiscard]] std::string refused(const Words& more) const {
    MemoryEnvironment memory;
    REQUIRE(memory.run(Words{"audit", "replay"} + log() + more) == kExitFailed);
    CHECK(memory.out.empty());
    return memory.err;
  }
  [[nodiscard]] Words log() const { return {"--audit-log", path()}; }
  [[nodiscard]] std::string path() const { return folder_.at("log.db"); }
  [[nodiscard]] const Folder& folder() const { return folder_; }

  [[nodiscard]] std::vector<audit::Draft> drafts() const {
    std::vector<audit::Draft> out;
    auto log = audit::Log::open_read_only(path());
    REQUIRE(log);
    REQUIRE(log->read(1, 100'000, [&](std::uint64_t, std::string_view leaf) {
      out.push_back(audit::decode_record(leaf)->draft);
      return true;
    }));
    return out;
  }
  // Another log in the place of this one, written by one writer.
  void rewrite(const std::vector<audit::Draft>& drafts) const {
    std::filesystem::remove(path());
    auto log = audit::Log::create(path(), "log.db", writer_identity(MemoryEnvironment().environment));
    REQUIRE(log);
    const auto appended = log->append(drafts);
    INFO((appended ? std::string{} : appended.error().message));
    REQUIRE(appended);
  }

 private:
  Folder folder_;
  Words inventory_;
};

const Words kAlice{"--as", "user/alice"};

const Words kTwo{"check", "img-u7rficosnfwnmeegq",
                 "img-0000000000000000"};  // a deny of the image, an id that is not there

json summary(std::uint64_t same, std::uint64_t different, std::uint64_t not_at_hand, std::uint64_t other_engine = 0) {
  return {{"decisions", same + different + not_at_hand},
          {"same", same},
          {"different", different},
          {"not_at_hand", not_at_hand},
          {"other_engine", other_engine}};
}

json answer(const std::string& outcome, const std::string& code) { return {{"outcome", outcome}, {"code", code}}; }

constexpr std::string_view kGuard =
    R"({"schema":"imagewarden-rules/1","name":"guards","version":"1","operation":"appstreaming:DeleteImage","guards":[
    {"id":"nothing-at-all","when":[{"condition":{"StringLike":{"image:ImageType":"*"}}}],"explanation":"because","remedy":"none"}]})";

}  // namespace

TEST_CASE("whatever was asked, the same inputs give the same decisions", "[cli][replay]") {
  Trial trial({"--inventory", kAcme, "--inventory", kExamples + "/acme-lab"});
  const std::string acme = "1740265893310827:";
  const std::string lab = "1602938475601123:";
  trial.ask({"check", "--all", "--as", acme + "user/alice"});
  trial.ask({"check", "--all", "--as", acme + "user/carol"});
  trial.ask({"check", "--all", "--as", acme + "user/alice", "--now", "2026-02-10T00:00:00Z"});
  trial.ask({"check", "--all", "--as", acme + "user/carol", "--context", "ACS:SourceIp=203.0.113.20", "--context",
             "acs:MFAPresent=true"});
  trial.ask({"check", "--all", "--as", acme + "user/carol", "--no-context", "acs:MFAPresent", "--strict"});
  trial.ask({"check", "--all", "--as", acme + "role/image-janitor", "--context", "acs:SecureTransport=false"});
  trial.ask({"check", "--all", "--as", lab + "root", "--strict"});
  trial.ask({"check", "--all", "--as", lab + "user/lab-dev"});
  trial.ask({"check", "img-not-there", "", "--as", acme + "user/bob", "--context", "svc:odd=\"a\\b\xc3\xa9\n\""});
  trial.ask({"explain", "img-u7rficosnfwnmeegq", "--as", acme + "user/alice", "--now", "2026-11-24T08:00:00.5+08:00"});
  trial.ask({"explain", "img-not-there", "--as", acme + "role/AliyunServiceRoleForAppStream"});
  std::uint64_t decisions = 0;
  std::set<std::string> outcomes;
  for (const audit::Draft& draft : trial.drafts()) {
    if (draft.kind != audit::RecordKind::kDecision) continue;
    ++decisions;
    outcomes.insert(draft.outcome);
  }
  REQUIRE(outcomes.size() == 3);
  // The time of the replay is not the time of the decisions.
  const json report = trial.replay(kExitAllowed, {"--now", "2030-01-01T00:00:00Z"});
  CHECK(report["summary"] == summary(decisions, 0, 0));
  CHECK(report["against"].is_null());
  CHECK(report["changes"].empty());
  CHECK(report["not_at_hand"].empty());
  CHECK(report["different"].empty());
  const auto lines = trial.lines();
  REQUIRE(lines.size() == decisions);
  std::uint64_t before = 0;
  for (const json& line : lines) {
    CHECK(line["seq"].get<std::uint64_t>() > before);
    before = line["seq"];
    CHECK(line["state"] == "same");
    CHECK(line["was"] == line["replayed"]);
  }
}

TEST_CASE("rules of one's own are at hand where they are given again", "[cli][replay]") {
  Trial trial;
  const Words rules{"--rules", kExamples + "/guards.json"};
  trial.ask(kTwo + kAlice + rules);
  CHECK(trial.replay(kExitAllowed, rules)["summary"] == summary(2, 0, 0));
  const json report = trial.replay(kExitIndeterminate);
  CHECK(report["summary"] == summary(0, 0, 2));
  REQUIRE(report["not_at_hand"].size() == 1);
  CHECK(report["not_at_hand"][0] == json{{"input", "rules"},
                                         {"because", "not these"},
                                         {"digest", trial.drafts()[1].rules_digest},
                                         {"decisions", 2},
                                         {"first", 2}});
}

TEST_CASE("a decision of another inventory is not at hand, by its digest", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  MemoryEnvironment memory;
  CHECK(memory.run(Words{"audit", "replay", "--format", "ndjson", "--inventory", kExamples + "/acme-lab"} +
                   trial.log()) == kExitIndeterminate);
  const json line = json::parse(memory.out.substr(0, memory.out.find('\n')));
  CHECK(line["state"] == "not-at-hand");
  CHECK(line["replayed"].is_null());
  CHECK(line["differs"].empty());
  CHECK(line["missing"] ==
        json::array(
            {{{"input", "inventory"}, {"because", "not this one"}, {"digest", trial.drafts()[1].inventory_digest}}}));
}

TEST_CASE("a record that says something else than what comes out", "[cli][replay][table]") {
  struct Row {
    const char* why;
    std::function<void(audit::Draft&)> change;
    json differs;
    json was;
  };
  const std::string zeros = "sha256:" + std::string(64, '0');
  const auto row = GENERATE_COPY(values<Row>({
      {"another document",
       [zeros](audit::Draft& d) { d.decision_digest = zeros; },
       {"document"},
       answer("deny", "ImageDeleteFailed.HasSharedImage")},
      {"another code",
       [](audit::Draft& d) { d.code = "ImageNotAllowDelete"; },
       {"code"},
       answer("deny", "ImageNotAllowDelete")},
      {"an allow",
       [zeros](audit::Draft& d) {
         d.outcome = "allow";
         d.code = "200";
         d.decision_digest = zeros;
       },
       {"outcome", "code", "document"},
       answer("allow", "200")},
  }));
  CAPTURE(row.why);
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  row.change(drafts[1]);
  trial.rewrite(drafts);
  const json report = trial.replay(kExitDenied);
  CHECK(report["summary"] == summary(1, 1, 0));
  REQUIRE(report["different"].size() == 1);
  const json& one = report["different"][0];
  CHECK(one["seq"] == 2);
  CHECK(one["image"] == "img-u7rficosnfwnmeegq");
  CHECK(one["differs"] == row.differs);
  CHECK(one["was"] == row.was);
  CHECK(one["replayed"] == answer("deny", "ImageDeleteFailed.HasSharedImage"));
  CHECK(report["changes"] ==
        json::array({{{"was", row.was}, {"replayed", one["replayed"]}, {"decisions", 1}, {"first", 2}}}));
}

TEST_CASE("another engine is named, and is no difference by itself", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  for (audit::Draft& draft : drafts) draft.engine = "imagewarden 0.0.1";
  trial.rewrite(drafts);
  CHECK(trial.replay(kExitAllowed)["summary"] == summary(2, 0, 0, 2));
  CHECK(trial.lines()[0]["engine"] == "imagewarden 0.0.1");
}

TEST_CASE("without its request a decision is not at hand", "[cli][replay][table]") {
  struct Row {
    const char* why;
    std::function<void(std::vector<audit::Draft>&)> change;
    const char* because;
  };
  const auto row = GENERATE(values<Row>({
      {"a log of before requests were recorded", [](auto& d) { d[0].note.clear(); }, "not recorded"},
      {"no batch", [](auto& d) { d.erase(d.begin()); }, "not recorded"},
      {"after the end of the batch", [](auto& d) { std::rotate(d.begin() + 1, d.end() - 1, d.end()); }, "not recorded"},
      {"free text", [](auto& d) { d[0].note = "by hand"; }, "recorded in a form that is not known"},
      {"of one image",
       [](auto& d) {
         const std::string wanted = "\"image\":\"";
         d[0].note.insert(d[0].note.find(wanted) + wanted.size(), "img-1");
       },
       "recorded in a form that is not known"},
      {"of another caller", [](auto& d) { d[0].note.replace(d[0].note.find("alice"), 5, "dave"); },
       "the recorded one is another"},
      {"of another time", [](auto& d) { d[0].note.replace(d[0].note.find("2026-"), 5, "2025-"); },
       "the recorded one is another"},
      {"of another image", [](auto& d) { d[1].image = d[2].image = "img-other"; }, "the recorded one is another"},
  }));
  CAPTURE(row.why);
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  row.change(drafts);
  trial.rewrite(drafts);
  const json report = trial.replay(kExitIndeterminate);
  CHECK(report["summary"] == summary(0, 0, 2));
  CHECK(report["not_at_hand"].size() == 1);
  CHECK(report["not_at_hand"][0]["input"] == "request");
  CHECK(report["not_at_hand"][0]["because"] == row.because);
  // Asked for by number, the answer is the same.
  const std::string seq = std::to_string(report["not_at_hand"][0]["first"].get<int>());
  CHECK(trial.replay(kExitIndeterminate, {seq})["not_at_hand"][0]["because"] == row.because);
}

TEST_CASE("everything that is missing is named, and a difference outweighs it", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  const std::string zeros = "sha256:" + std::string(64, '0');
  drafts[1].inventory_digest = drafts[1].rules_digest = drafts[1].request_digest = zeros;
  trial.rewrite(drafts);
  const json missing = trial.lines()[0]["missing"];
  REQUIRE(missing.size() == 3);
  CHECK(missing[0]["input"] == "inventory");
  CHECK(missing[1]["input"] == "rules");
  CHECK(missing[2]["input"] == "request");
  CHECK(trial.replay(kExitIndeterminate)["summary"] == summary(1, 0, 1));
  drafts[2].code = "Other";
  trial.rewrite(drafts);
  CHECK(trial.replay(kExitDenied)["summary"] == summary(0, 1, 1));
}

TEST_CASE("a question that cannot be asked any more is a difference", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  std::string& note = drafts[0].note;
  note.replace(note.find("user/alice"), 10, "user/nobody");
  const auto request = parse_request(note);
  REQUIRE(request);
  for (std::size_t i = 1; i <= 2; ++i) {
    drafts[i].principal = "user/nobody";
    drafts[i].request_digest =
        RequestText(request->account, request->operation, request->question).digest(drafts[i].image);
  }
  trial.rewrite(drafts);
  const json report = trial.replay(kExitDenied);
  CHECK(report["summary"] == summary(0, 2, 0));
  CHECK(report["different"][0]["differs"] == json{"decided"});
  CHECK(report["different"][0]["replayed"].is_null());
  CHECK(report["different"][0]["problem"].get<std::string>().find("no user `nobody`") != std::string::npos);
}

TEST_CASE("a record that names another caller than its request is not at hand", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  drafts[1].principal = "user/mallory";
  drafts[2].operation = "ecs:StopInstance";
  trial.rewrite(drafts);
  CHECK(trial.replay(kExitIndeterminate)["summary"] == summary(0, 0, 2));
}

TEST_CASE("records by number", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  trial.ask(kTwo + Words{"--as", "user/bob"});
  const auto lines = trial.lines({"7", "3", "3"});
  REQUIRE(lines.size() == 2);  // in the order of the log, each once
  CHECK(lines[0]["seq"] == 3);
  CHECK(lines[1]["seq"] == 7);
  CHECK(lines[1]["principal"] == "user/bob");
  CHECK(trial.replay(kExitAllowed, {"2"})["summary"] == summary(1, 0, 0));
  const Words inventory{"--inventory", kAcme};
  CHECK(trial.refused(inventory + Words{"99"}).find("no record 99, it holds 9") != std::string::npos);
  CHECK(trial.refused(inventory + Words{"1"}).find("record 1 is of kind `batch-start`, expected a decision") !=
        std::string::npos);
  for (const char* text : {"x", "", "3x", "99999999999999999999"}) {
    CHECK(trial.refused(inventory + Words{text}).find("expected a record number") != std::string::npos);
  }
}

TEST_CASE("each writer has its own batch, however far away and whatever is between", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  trial.ask(kTwo + Words{"--as", "user/bob"});
  const auto drafts = trial.drafts();
  const std::span<const audit::Draft> all(drafts);
  std::filesystem::remove(trial.path());
  MemoryEnvironment memory;
  auto first = audit::Log::create(trial.path(), "log.db", writer_identity(memory.environment));
  REQUIRE(first);
  auto second = audit::Log::open(trial.path(), writer_identity(memory.environment));
  REQUIRE(second);
  REQUIRE(first->append(all.subspan(0, 2)));   // alice: start, decision: 1, 2
  REQUIRE(second->append(all.subspan(4, 2)));  // bob: start, decision: 3, 4
  REQUIRE(first->append(all.subspan(2, 1)));   // alice: 5
  audit::Draft heartbeat;
  heartbeat.kind = audit::RecordKind::kHeartbeat;
  REQUIRE(second->append(std::vector<audit::Draft>(10'000, heartbeat)));
  REQUIRE(second->append(all.subspan(6, 2)));  // bob: decision, end
  REQUIRE(first->append(all.subspan(3, 1)));   // alice: end
  CHECK(trial.replay(kExitAllowed)["summary"] == summary(4, 0, 0));
  CHECK(trial.replay(kExitAllowed, {"2", "4", "5", "10006"})["summary"] == summary(4, 0, 0));
}

TEST_CASE("more questions than are kept at a time, again and again", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  const auto batch = trial.drafts();
  const auto request = parse_request(batch[0].note);
  REQUIRE(request);
  std::vector<audit::Draft> drafts;
  for (int round = 0; round < 200; ++round) {
    RecordedRequest other = *request;
    other.question.now.unix_us += std::int64_t{round % 100} * 1'000'000;
    const RequestText text(other.account, other.operation, other.question);
    for (audit::Draft draft : batch) {
      if (draft.kind == audit::RecordKind::kBatchStart) draft.note = text.with_image("");
      if (draft.kind == audit::RecordKind::kDecision) draft.request_digest = text.digest(draft.image);
      drafts.push_back(std::move(draft));
    }
  }
  trial.rewrite(drafts);
  CHECK(trial.replay(kExitAllowed)["summary"] == summary(400, 0, 0));
}

TEST_CASE("a batch of more than one piece", "[cli][replay]") {
  Trial trial;
  std::string ids = "img-u7rficosnfwnmeegq\n";
  for (int i = 0; i < 9'000; ++i) ids += "img-missing-" + std::to_string(i) + "\n";
  ids += "imgc-sdvzvc9xih1e5ueix\n";
  write_file(trial.folder().at("ids"), ids);
  trial.ask(Words{"check", "--ids-from", trial.folder().at("ids")} + kAlice);
  CHECK(trial.replay(kExitAllowed)["summary"] == summary(9'002, 0, 0));
  const auto lines = trial.lines();
  REQUIRE(lines.size() == 9'002);
  for (std::size_t i = 0; i < lines.size(); ++i) REQUIRE(lines[i]["seq"] == i + 2);
  CHECK(lines.back()["image"] == "imgc-sdvzvc9xih1e5ueix");
}

TEST_CASE("a log without decisions is all the same", "[cli][replay]") {
  const Trial trial;
  trial.rewrite({});
  CHECK(trial.replay(kExitAllowed)["summary"] == summary(0, 0, 0));
}

TEST_CASE("a visitor that has seen enough", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  Options options;
  options.inventory = {kAcme};
  MemoryEnvironment memory;
  const auto snapshot = load_inventory(options, memory.environment);
  REQUIRE(snapshot);
  const auto rules = load_rules(options);
  REQUIRE(rules);
  auto log = audit::Log::open_read_only(trial.path());
  REQUIRE(log);
  Replayer replayer(*log, "log.db", {&*snapshot, &*rules, false, {}, false});
  int visits = 0;
  REQUIRE(replayer.replay_all([&](const ReplayedDecision&) { return ++visits < 1; }, [](auto, auto) {}));
  CHECK(visits == 1);
}

TEST_CASE("against other rules: what would change, whatever rules there were", "[cli][replay][against]") {
  Trial trial;
  trial.ask(Words{"check", "--all"} + kAlice);
  trial.ask(Words{"check", "--all", "--rules", kExamples + "/guards.json"} + kAlice);
  std::map<std::string, int> was;
  int decisions = 0;
  for (const audit::Draft& draft : trial.drafts()) {
    if (draft.kind != audit::RecordKind::kDecision) continue;
    ++decisions;
    if (draft.outcome != "deny" || draft.code.starts_with("Guard.")) ++was[draft.outcome + draft.code];
  }
  REQUIRE(was.size() > 1);
  const std::string path = trial.folder().at("new.json");
  write_file(path, kGuard);
  const json report = trial.replay(kExitDenied, {"--against", path, "--limit", "3"});
  CHECK(report["against"] == json{{"path", path}, {"kind", "rules"}, {"policies", json::array()}});
  int changed = 0;
  std::map<std::string, int> changes;
  for (const json& change : report["changes"]) {
    CHECK(change["replayed"] == answer("deny", "Guard.nothing-at-all"));
    changes[change["was"]["outcome"].get<std::string>() + change["was"]["code"].get<std::string>()] =
        change["decisions"];
    changed += change["decisions"].get<int>();
  }
  CHECK(changes == was);
  CHECK(report["summary"]["different"] == changed);
  CHECK(report["summary"]["same"] == decisions - changed);
  CHECK(report["summary"]["not_at_hand"] == 0);
  CHECK(report["different"].size() == 3);
  CHECK(report["different"][0]["differs"] ==
        (report["different"][0]["was"]["outcome"] != "deny" ? json{"outcome", "code"} : json{"code"}));
  CHECK(trial.refused({"--inventory", kAcme, "--against", path, "--rules", path})
            .find("takes the place of those of `--rules`") != std::string::npos);
}

TEST_CASE("against the rules that were in force nothing would change", "[cli][replay][against]") {
  Trial trial;
  const std::string guards = kExamples + "/guards.json";
  trial.ask(Words{"check", "--all", "--rules", guards} + kAlice);
  const json report = trial.replay(kExitAllowed, {"--against", guards});
  CHECK(report["summary"]["same"] == report["summary"]["decisions"]);
  CHECK(report["changes"].empty());
}

TEST_CASE("against another policy: a document, or a folder of them", "[cli][replay][against]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  trial.ask(kTwo + Words{"--as", "user/zhang.wei"});  // holds none of the policies below
  const std::string document =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"appstreaming:List*","Resource":"*"}]})";
  std::filesystem::create_directory(trial.folder().at("policies"));
  write_file(trial.folder().at("policies/image-operator.json"), document);
  const std::string path = GENERATE_COPY(as<std::string>{}, "policies", "policies/image-operator.json");
  if (path == "policies") {
    write_file(trial.folder().at("policies/unheard-of.json"), document);
    write_file(trial.folder().at("policies/image-operator.waivers.json"), "{}");
  }
  const json report = trial.replay(kExitDenied, {"--against", trial.folder().at(path)});
  CHECK(report["summary"] == summary(2, 2, 0));
  CHECK(report["against"]["kind"] == "policies");
  CHECK(report["against"]["policies"][0] == "Custom/image-operator");
  for (const json& change : report["changes"]) CHECK(change["replayed"]["code"] == "NoPermission");
  for (const json& one : report["different"]) CHECK(one["principal"] == "user/alice");
}

TEST_CASE("against policies the rules have to be those of the record", "[cli][replay][against]") {
  Trial trial;
  trial.ask(kTwo + kAlice + Words{"--rules", kExamples + "/guards.json"});
  const std::string path = trial.folder().at("image-operator.json");
  write_file(path, R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})");
  CHECK(trial.replay(kExitIndeterminate, {"--against", path})["summary"] == summary(0, 0, 2));
  CHECK(trial.replay(kExitAllowed,
                     {"--against", path, "--rules", kExamples + "/guards.json"})["summary"]["not_at_hand"] == 0);
}

TEST_CASE("a document that nothing is named after is noted where others count", "[cli][replay][against]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  const std::string document = R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  std::filesystem::create_directory(trial.folder().at("policies"));
  write_file(trial.folder().at("policies/image-operator.json"), document);
  write_file(trial.folder().at("policies/unheard-of.json"), document);
  MemoryEnvironment memory;
  CHECK(memory.run(Words{"audit", "replay", "--inventory", kAcme, "--against", trial.folder().at("policies")} +
                   trial.log()) == kExitAllowed);
  CHECK(memory.err == "note: option `--against`: no policy `Custom/unheard-of` is attached in the inventory\n");
}

TEST_CASE("a document stands in for a control policy where no custom policy has its name", "[cli][replay][against]") {
  const Folder exports;
  const auto write = [&](std::string_view name, std::string_view text) { write_file(exports.at(name), text); };
  write("account.json", R"({"AccountId":"1","ExportedAt":"2026-11-20T08:00:00Z","Regions":["cn-a"]})");
  write("ListImage.json", R"({"Code":"200","Count":0,"Data":[]})");
  write("GetAccount.AccountId=1.json", R"({"Account":{"AccountId":"1","ResourceDirectoryPath":"rd-1/r-1/1"}})");
  write(
      "ListControlPolicyAttachmentsForTarget.TargetId=r-1.json",
      R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[{"PolicyId":"FullAliyunAccess","PolicyName":"FullAliyunAccess"},
        {"PolicyId":"cp-1","PolicyName":"guardrail"}]}})");
  write(
      "ListControlPolicyAttachmentsForTarget.TargetId=1.json",
      R"({"ControlPolicyAttachments":{"ControlPolicyAttachment":[{"PolicyId":"FullAliyunAccess","PolicyName":"FullAliyunAccess"}]}})");
  write(
      "GetControlPolicy.PolicyId=cp-1.json",
      R"({"ControlPolicy":{"PolicyId":"cp-1","PolicyName":"guardrail","PolicyDocument":"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"oss:*\",\"Resource\":\"*\"}]}"}})");
  write("ListUsers.json", R"({"Users":{"User":[{"UserName":"alice"}]},"IsTruncated":false})");
  write("ListGroupsForUser.UserName=alice.json", R"({"Groups":{"Group":[]}})");
  write("ListPoliciesForUser.UserName=alice.json",
        R"({"Policies":{"Policy":[{"PolicyName":"AliyunAppStreamingFullAccess","PolicyType":"System"}]}})");
  Trial trial({"--inventory", exports.at("")});
  trial.ask(Words{"check", "img-1"} + kAlice);
  REQUIRE(trial.drafts()[1].permission == "allow");
  const std::string path = trial.folder().at("guardrail.json");
  write_file(path, R"({"Version":"1","Statement":[{"Effect":"Deny","Action":"appstreaming:*","Resource":"*"}]})");
  const json report = trial.replay(kExitDenied, {"--against", path});
  CHECK(report["against"]["policies"] == json{"Control/guardrail"});
  CHECK(report["different"][0]["replayed"] == answer("deny", "NoPermission"));
}

TEST_CASE("more kinds of missing inputs than are told apart", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + kAlice);
  auto drafts = trial.drafts();
  const std::vector<audit::Draft> batch = drafts;
  drafts.resize(1);
  constexpr std::uint64_t kKinds = 1'200;
  for (std::uint64_t i = 0; i < kKinds; ++i) {
    drafts.push_back(batch[1]);
    std::string digits = std::to_string(i);
    drafts.back().rules_digest = "sha256:" + std::string(64 - digits.size(), '0') + digits;
  }
  trial.rewrite(drafts);
  const json report = trial.replay(kExitIndeterminate);
  CHECK(report["summary"] == summary(0, 0, kKinds));
  REQUIRE(report["not_at_hand"].size() == 1'001);
  CHECK(report["not_at_hand"][0] ==
        json{{"input", ""}, {"because", ""}, {"digest", ""}, {"decisions", kKinds - 1'000}, {"first", 1'002}});
  CHECK(report["not_at_hand"][1]["decisions"] == 1);
}

TEST_CASE("what --against cannot be", "[cli][replay][against]") {
  const Trial trial;
  trial.rewrite({});
  const Words inventory{"--inventory", kAcme};
  const auto against = [&](const std::string& name, std::string_view text) {
    const std::string path = trial.folder().at(name);
    write_file(path, text);
    return trial.refused(inventory + Words{"--against", path});
  };
  CHECK(against("image-operators.json", R"({"Version":"1","Statement":[]})")
            .find("no policy `Custom/image-operators` is attached in the inventory, did you mean "
                  "`Custom/image-operator`?") != std::string::npos);
  CHECK(against("a.json", "{").find("a.json:1:2") != std::string::npos);
  CHECK(against("b.json", "[]").find("b.json") != std::string::npos);
  CHECK(against("c.json", R"({"guards":[]})").find("c.json") != std::string::npos);
  CHECK(trial.refused(inventory + Words{"--against", trial.folder().at("none")}).find("none") != std::string::npos);
  std::filesystem::create_directory(trial.folder().at("empty"));
  CHECK(trial.refused(inventory + Words{"--against", trial.folder().at("empty")}).find("no *.json") !=
        std::string::npos);
}

TEST_CASE("a replay needs a log and an inventory", "[cli][replay]") {
  const Trial trial;
  CHECK_FALSE(trial.refused({"--inventory", kAcme}).empty());
  CHECK(trial.folder().count() == 0);  // no log was made
  trial.rewrite({});
  CHECK(trial.refused({}).find("`audit replay` needs an inventory") != std::string::npos);
}

TEST_CASE("the table names what differs, up to the limit, and hides nothing in it", "[cli][replay]") {
  Trial trial;
  trial.ask(kTwo + Words{"img-\x1b[31m\xe2\x80\xae"} + kAlice);
  auto drafts = trial.drafts();
  for (audit::Draft& draft : drafts) {
    if (draft.kind == audit::RecordKind::kDecision) draft.code = "Other\x1b[0m";
  }
  trial.rewrite(drafts);
  MemoryEnvironment memory;
  CHECK(memory.run(Words{"audit", "replay", "--inventory", kAcme, "--limit", "2"} + trial.log()) == kExitDenied);
  CHECK(memory.out.find("3 decisions in ") == 0);
  CHECK(memory.out.find("0 same, 3 different, 0 not at hand") != std::string::npos);
  CHECK(memory.out.find("and 1 more (--limit)") != std::string::npos);
  CHECK(memory.out.find('\x1b') == std::string::npos);
  CHECK(memory.out.find("deny Image.NotExist") != std::string::npos);
}
