#include "tests/property/engine.h"

#include <algorithm>
#include <stdexcept>

#include "tests/property/policies.h"

namespace property {
namespace {

using namespace imagewarden;

std::vector<MemoryFile> memory_files(const std::vector<oracle::File>& files) {
  std::vector<MemoryFile> out;
  for (const oracle::File& file : files) out.push_back({file.path, file.bytes});
  return out;
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : " ") + item;
  return "[" + text + "]";
}

// An implicit deny after both identity levels has been seen reported with either.
std::string step_of(const oracle::Permission& permission) {
  const bool either_level =
      permission.decision == "implicit-deny" && permission.step == "ResourceGroupLevelIdentityBasedPolicy";
  return either_level ? "AccountLevelIdentityBasedPolicy" : permission.step;
}

}  // namespace

const rules::Ruleset& built_in_rules() {
  static const rules::Ruleset ruleset = [] {
    auto loaded = rules::Ruleset::load({});
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return std::move(*loaded);
  }();
  return ruleset;
}

Snapshot read(const std::vector<oracle::File>& files, const std::string& not_before) {
  ReadOptions options;
  if (!not_before.empty()) options.not_before = parse_rfc3339(not_before).value();
  options.threads = 1;
  auto snapshot = read_inventory(memory_files(files), options);
  if (!snapshot) throw std::runtime_error(snapshot.error().message);
  return std::move(*snapshot);
}

Engine ask(const std::vector<oracle::File>& files, const oracle::Question& question) {
  Engine out;
  out.snapshot = read(files, question.not_before);
  auto principal = parse_principal(question.account + ":" + question.principal);
  if (!principal) throw std::runtime_error(principal.error().message);
  Question asked;
  asked.principal = *principal;
  asked.context = engine_context(question.context);
  asked.now = *parse_rfc3339(question.now);
  asked.strict = question.strict;
  auto decider = Decider::create(out.snapshot, built_in_rules(), asked);
  if (decider) {
    out.decider.emplace(std::move(*decider));
  } else if (decider.error().code != Errc::kNotFound) {
    out.problem = decider.error().message;
  }
  return out;
}

oracle::Answer to_answer(const Decision& decision) {
  oracle::Answer answer;
  answer.outcome = to_string(decision.outcome);
  answer.code = decision.code;
  answer.possible_codes = decision.possible_codes;
  for (const Finding& finding : decision.violations) answer.violated.push_back(finding.rule);
  for (const UnknownFinding& finding : decision.unknowns) answer.unknown.push_back(finding.rule);
  answer.permission = {decision.permission.decision, decision.permission.step};
  answer.regions = decision.effects.regions;
  answer.templates = decision.effects.templates;
  std::sort(answer.regions.begin(), answer.regions.end());
  if (answer.templates) std::sort(answer.templates->begin(), answer.templates->end());
  return answer;
}

std::string difference(const oracle::Answer& engine, const oracle::Answer& wanted) {
  std::string out;
  const auto compare = [&](const std::string& what, const std::string& is, const std::string& want) {
    if (is != want) out += what + ": `" + is + "`, expected `" + want + "`; ";
  };
  compare("outcome", engine.outcome, wanted.outcome);
  compare("code", engine.code, wanted.code);
  compare("possible codes", joined(engine.possible_codes), joined(wanted.possible_codes));
  compare("violated", joined(engine.violated), joined(wanted.violated));
  compare("unknown", joined(engine.unknown), joined(wanted.unknown));
  compare("permission", engine.permission.decision, wanted.permission.decision);
  compare("step", step_of(engine.permission), step_of(wanted.permission));
  compare("regions", joined(engine.regions), joined(wanted.regions));
  compare("templates", engine.templates ? joined(*engine.templates) : "not known",
          wanted.templates ? joined(*wanted.templates) : "not known");
  return out;
}

std::string decide_all_ways(const Engine& engine, const std::vector<std::string>& ids,
                            std::vector<std::pair<std::string, oracle::Answer>>& answers) {
  const Decider& decider = *engine.decider;
  const Account& account = engine.snapshot.accounts()[decider.account().value];
  std::vector<Verdict> batch(account.row_count);
  decider.decide(ImageRow{account.first_row}, batch);
  std::vector<ImageRow> rows;  // the other way round
  for (std::uint32_t i = account.row_count; i > 0; --i) rows.push_back(ImageRow{account.first_row + i - 1});
  std::vector<Verdict> picked(rows.size());
  decider.decide(rows, picked);
  for (std::uint32_t i = 0; i < account.row_count; ++i) {
    const ImageRow row{account.first_row + i};
    const std::string id(engine.snapshot.text(engine.snapshot.images().id[row.value]));
    const Verdict single = decider.decide(row);
    if (!(single == batch[i])) return id + ": single and batch differ";
    if (!(single == picked[account.row_count - 1 - i])) return id + ": single and picked rows differ";
    const Decision decision = decider.describe(row, single);
    if (decision_digest(decision) != decision_digest(decider.decide_image(id)))
      return id + ": describe() and decide_image() differ";
    if (decision.code != decider.code_of(single)) return id + ": code_of() differs";
    answers.emplace_back(id, to_answer(decision));
  }
  for (const std::string& id : ids) {
    if (engine.snapshot.find_image(decider.account(), id)) continue;
    const Decision decision = decider.describe_missing(id, decider.decide_missing(id));
    if (decision_digest(decision) != decision_digest(decider.decide_image(id)))
      return "`" + id + "`: describe_missing() and decide_image() differ";
    answers.emplace_back(id, to_answer(decision));
  }
  return "";
}

std::string disagreement(const std::vector<oracle::File>& files, const oracle::Question& question,
                         const std::vector<std::string>& ids) {
  const oracle::World world = oracle::read_world(files, question.not_before);
  const auto permission = oracle::decide_permission(world, question);
  const Engine engine = ask(files, question);
  if (!engine.problem.empty()) return engine.problem;
  if (permission.has_value() != engine.decider.has_value()) {
    return permission ? "the engine does not find the principal" : "the engine finds a principal that is not there";
  }
  if (!permission) return "";
  std::vector<std::pair<std::string, oracle::Answer>> answers;
  const std::string problem = decide_all_ways(engine, ids, answers);
  if (!problem.empty()) return problem;
  auto expected = oracle::image_ids(world, question.account);
  for (const std::string& id : ids) {
    if (std::find(expected.begin(), expected.end(), id) == expected.end()) expected.push_back(id);
  }
  if (expected.size() != answers.size()) return "engine and reference evaluator see different images";
  for (const auto& [id, answer] : answers) {
    if (std::find(expected.begin(), expected.end(), id) == expected.end())
      return "`" + id + "`: only the engine sees it";
    const std::string text = difference(answer, oracle::decide(world, question, *permission, id));
    if (!text.empty()) return "`" + id + "`: " + text;
  }
  return "";
}

std::vector<oracle::File> shrink(std::vector<oracle::File> files, const oracle::Question& question,
                                 const std::vector<std::string>& ids) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].path.ends_with("account.json")) continue;
      auto fewer = files;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (disagreement(fewer, question, ids).empty()) continue;
      files = std::move(fewer);
      smaller = true;
      break;
    }
  }
  return files;
}

std::string shown(const std::vector<oracle::File>& files, const oracle::Question& question) {
  Json asked = {{"principal", question.principal},   {"context", question.context.given},
                {"absent", question.context.absent}, {"now", question.now},
                {"not_before", question.not_before}, {"strict", question.strict}};
  std::string text = "question " + asked.dump() + "\n";
  for (const oracle::File& file : files) text += file.path + "\n    " + file.bytes + "\n";
  return text;
}

}  // namespace property
