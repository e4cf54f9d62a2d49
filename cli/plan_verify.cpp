// `plan verify`: whether the ground has moved under a sealed plan. `plan script`: a shell script that carries it out.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/answering.h"
#include "cli/audit_keys.h"
#include "cli/command.h"
#include "cli/plan_seal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "engine/decide/recorded_request.h"

namespace imagewarden::cli {
namespace {

// An image that is verified.
struct Verified {
  const SealedImage* sealed{};
  Verdict in_turn;                 // on the inventory at hand
  std::vector<std::string> moved;  // what is not as it was; filled in as the decision is printed
};

std::string list_of(const std::optional<std::vector<std::string>>& values) {
  return values ? fmt::format("[{}]", fmt::join(*values, ", ")) : std::string("not known");
}

// What the plan relies on and is not so any more.
std::vector<std::string> moves_of(const SealedImage& sealed, const Verdict& in_turn, const Decision& decision,
                                  std::string_view code) {
  std::vector<std::string> moved;
  if (in_turn.outcome != Outcome::kAllow) {
    moved.push_back(fmt::format("allow, now {}{}{}: {}", to_string(in_turn.outcome), code.empty() ? "" : " ", code,
                                reason_of(decision)));
    return moved;
  }
  if (decision.effects.regions != sealed.regions)
    moved.push_back(fmt::format("regions {}, now {}", list_of(sealed.regions), list_of(decision.effects.regions)));
  if (decision.effects.templates != sealed.templates) {
    moved.push_back(
        fmt::format("templates {}, now {}", list_of(sealed.templates), list_of(decision.effects.templates)));
  }
  return moved;
}

class VerifyPrinter : public DecisionPrinter {
 public:
  VerifyPrinter(const Options& options, Environment& environment, Sink& sink, const SealedPlan& plan,
                const Decider& decider, std::vector<Verified>& images)
      : is_json_(options.format == Format::kJson),
        look_(look_of(options, environment)),
        sink_(sink),
        plan_(plan),
        decider_(decider),
        images_(images),
        table_({"STATE", "IMAGE", "NAME", "WHY"}, {"NAME", "WHY"}),
        json_(text_) {}

  void begin(const PrintHeader& header) override {
    is_new_ = header.snapshot->digest() != plan_.inventory_digest;
    if (!is_json_) return;
    json_.begin_object();
    write_header(json_, *header.snapshot, *header.rules, header.now);
    json_.member("plan", plan_.digest).member("plan_inventory", plan_.inventory_digest);
    json_.key("inventory_is_new").boolean(is_new_).key("images").begin_array();
  }

  void print(const Decision& decision, std::string_view /*document*/, const AuditPlace* audit) override {
    Verified& image = images_[next_++];
    image.moved = moves_of(*image.sealed, image.in_turn, decision, decider_.code_of(image.in_turn));
    const bool is_same = image.moved.empty();
    moved_count_ += is_same ? 0U : 1U;
    if (!is_json_) {
      table_.add({is_same ? "same" : "moved", image.sealed->id, image.sealed->name,
                  fmt::format("{}", fmt::join(image.moved, "; "))},
                 is_same ? Tone::kGood : Tone::kBad);
      return;
    }
    json_.begin_object().member("image", image.sealed->id).member("state", is_same ? "same" : "moved");
    json_.key("in_turn");
    write_answer(json_, decider_, image.in_turn);
    json_.key("moved").begin_array();
    for (const std::string& one : image.moved) json_.string(one);
    json_.end_array();
    if (audit != nullptr) {
      json_.key("audit").begin_object().member("log", audit->log);
      json_.key("seq").integer(static_cast<std::int64_t>(audit->seq)).end_object();
    }
    json_.end_object();
  }

  void end() override {
    if (is_json_) {
      json_.end_array().key("ok").boolean(moved_count_ == 0).end_object();
      text_ += '\n';
    } else {
      text_ = table_.render(look_);
      text_ += fmt::format("\n{} of {} as the plan says; {}\n", images_.size() - moved_count_,
                           counted(images_.size(), "image", "images"),
                           is_new_ ? "the inventory is another one than the plan's"
                                   : "the inventory is the one that the plan was made from");
    }
    sink_.write(text_);
  }

  [[nodiscard]] int exit_status() const { return moved_count_ == 0 ? kExitAllowed : kExitDenied; }

 private:
  bool is_json_;
  Look look_;
  Sink& sink_;
  const SealedPlan& plan_;
  const Decider& decider_;
  std::vector<Verified>& images_;
  Table table_;
  std::string text_;
  JsonWriter json_;
  std::size_t next_{};
  std::size_t moved_count_{};
  bool is_new_{};
};

// The plan's images that are verified: all that it deletes, or those that are named.
Result<std::vector<Verified>> find_images(const SealedPlan& plan, std::span<const std::string> ids) {
  std::vector<Verified> images;
  for (const std::string& id : ids) {
    const auto found =
        std::find_if(plan.images.begin(), plan.images.end(), [&](const SealedImage& image) { return image.id == id; });
    if (found == plan.images.end())
      return fail(Errc::kUsage, fmt::format("`{}` is none of the images that the plan deletes", id));
    images.push_back({&*found, {}, {}});
  }
  if (!ids.empty()) return images;
  for (const SealedImage& image : plan.images) images.push_back({&image, {}, {}});
  return images;
}

// Plans the same images again and looks up what is asked about.
std::vector<Target> decide_again(const Snapshot& snapshot, const Decider& decider, const SealedPlan& sealed,
                                 std::vector<Verified>& images, std::vector<Verdict>& verdicts) {
  std::vector<ImageRow> rows;
  for (const std::string& id : sealed.ids) {
    if (const auto row = snapshot.find_image(decider.account(), id)) rows.push_back(*row);
  }
  std::vector<Verdict> of_rows(rows.size());
  decider.decide(rows, of_rows);
  const Plan plan = make_plan(snapshot, decider, rows, of_rows);
  std::vector<Target> targets;
  for (Verified& image : images) {
    const auto row = snapshot.find_image(decider.account(), image.sealed->id);
    if (row) {
      const PlannedImage& planned = plan.images[plan.place[row->value] - 1];
      image.in_turn = planned.in_turn;
      verdicts.push_back(planned.now);
      targets.push_back({row, {}});
    } else {
      image.in_turn = decider.decide_missing(image.sealed->id);
      verdicts.push_back(image.in_turn);
      targets.push_back({std::nullopt, image.sealed->id});
    }
  }
  return targets;
}

Result<SealedPlan> open_argument(const Options& options) {
  if (options.arguments.empty()) return fail(Errc::kUsage, fmt::format("`{}` wants the file of a plan", options.verb));
  const auto keys = read_vkeys(options);
  if (!keys) return tl::make_unexpected(keys.error());
  return open_plan(options.arguments.front(), *keys);
}

constexpr std::string_view kScriptHead = R"(#!/usr/bin/env bash
# Deletes the images of one sealed plan, in its order, and no other. Before each one the plan is verified against a fresh
# export, and the id has to be typed; what is not confirmed stays.
# usage: SCRIPT PLAN INVENTORY [OPTION...]; options go to `imagewarden plan verify`: --rules FILE, --audit-log FILE, ...
# The program is $IMAGEWARDEN, else `imagewarden` on the PATH; `aliyun` carries out the calls.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: $0 PLAN INVENTORY [OPTION...]" >&2
  exit 2
fi
plan=$1 inventory=$2
shift 2
options=("$@")
imagewarden=${IMAGEWARDEN:-imagewarden}
kept=0

keep() {
  printf 'not deleted: %s\n' "$1" >&2
  kept=$((kept + 1))
}

# delete_image ID SHOWN: what is shown of an id is what has to be typed.
delete_image() {
  local id=$1 shown=$2 typed='' answer status=0
  "$imagewarden" plan verify "$plan" --inventory "$inventory" "${keys[@]}" ${options[@]+"${options[@]}"} -- "$id" </dev/null || status=$?
  case $status in
    0) ;;
    1)
      keep "the plan does not hold for $shown any more"
      return
      ;;
    *)
      printf 'the plan cannot be verified; nothing more is deleted\n' >&2
      exit 2
      ;;
  esac
  printf 'type the id to delete %s: ' "$shown"
  IFS= read -r typed || true
  printf '\n'
  if [ "$typed" != "$shown" ]; then
    keep "$shown was not confirmed"
    return
  fi
  answer=$(aliyun appstream-center DeleteImage --force --version 2021-09-01 --region cn-shanghai "--ImageId=$id" </dev/null) || {
    printf 'the call failed for %s; nothing more is deleted\n' "$shown" >&2
    exit 1
  }
  case ${answer//[[:space:]]/} in
    *'"Success":true'*) printf 'deleted: %s\n' "$shown" ;;
    *)
      printf 'the service did not delete %s; nothing more is deleted\n' "$shown" >&2
      exit 1
      ;;
  esac
}
)";

}  // namespace

int run_plan_verify(const Options& options, Environment& environment) {
  const auto plan = open_argument(options);
  if (!plan) return complain(environment, plan.error());
  auto images = find_images(*plan, std::span(options.arguments).subspan(1));
  if (!images) return complain(environment, images.error());
  auto request = parse_request(plan->request);
  if (!request) return complain(environment, request.error());
  Question& question = request->question;
  question.now = now_of(options, environment);
  auto rules = load_rules(options);
  if (!rules) return complain(environment, rules.error());
  if (rules->digest() != plan->rules_digest) {
    return complain(environment,
                    {Errc::kConflict, fmt::format("the plan was made with other rules, {}: give those with "
                                                  "`--rules`, or plan again",
                                                  plan->rules_digest)});
  }
  auto snapshot = load_inventory(options, environment);
  if (!snapshot) return complain(environment, snapshot.error());
  auto decider = Decider::create(*snapshot, *rules, question);
  if (!decider) return complain(environment, decider.error());

  std::vector<Verdict> verdicts;
  const std::vector<Target> targets = decide_again(*snapshot, *decider, *plan, *images, verdicts);
  PrintHeader header;
  header.snapshot = &*snapshot;
  header.rules = &*rules;
  header.now = question.now;
  for (const Verdict& verdict : verdicts) header.summary.count(verdict.outcome);
  auto sink = Sink::open(options.output, environment);
  if (!sink) return complain(environment, sink.error());
  const RecordContext context{options.verb,     snapshot->digest(), rules->digest(),
                              engine_version(), question.now,       decider->request_text("")};
  auto journal =
      Journal::open(options, environment, context, question.principal.text(), request->account, targets.size());
  if (!journal) return complain(environment, journal.error());
  VerifyPrinter printer(options, environment, *sink, *plan, *decider, *images);
  const auto answered = answer_all(options, environment, *decider, targets, verdicts, header, *journal, printer, *sink);
  if (!answered) return complain(environment, answered.error());
  printer.end();
  const auto finished = sink->finish();
  if (!finished) return complain(environment, finished.error());
  return printer.exit_status();
}

int run_plan_script(const Options& options, Environment& environment) {
  const auto plan = open_argument(options);
  if (!plan) return complain(environment, plan.error());
  const auto keys = read_vkeys(options);
  if (!keys) return complain(environment, keys.error());
  std::string text(kScriptHead);
  text += fmt::format("\n# plan {}\nkeys=(", plan->digest);
  for (const audit::VerifierKey& key : *keys) text += fmt::format("--vkey {} ", shell_word(audit::format_vkey(key)));
  text.back() = ')';
  text += '\n';
  for (const SealedImage& image : plan->images)
    text += fmt::format("delete_image {} {}\n", shell_word(image.id), shell_word(printable(image.id)));
  text += "[ \"$kept\" -eq 0 ]\n";
  return print_result(options, environment, text, kExitAllowed);
}

}  // namespace imagewarden::cli
