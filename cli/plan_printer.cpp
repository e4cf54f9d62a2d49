#include "cli/plan_printer.h"

#include <set>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/session.h"

namespace imagewarden::cli {
namespace {

constexpr std::size_t kMaxNeedsShown = 10;

// One image of the plan, or a missing one, beside its decision.
struct PlanItem {
  const PlannedImage* image{};  // null: a missing one
  std::size_t index{};
  Verdict in_turn;
  Verdict after;
};

// Counts through the plan as its decisions come.
class Walk {
 public:
  explicit Walk(const PlanView& view) : view_(view) {}

  PlanItem next(const Decision& decision) {
    PlanItem item;
    item.index = index_++;
    if (item.index < view_.plan.images.size()) {
      item.image = &view_.plan.images[item.index];
      item.in_turn = item.image->in_turn;
      item.after = item.image->after;
    } else {
      item.in_turn = view_.decider.decide_missing(decision.image);
      item.after = item.in_turn;
    }
    return item;
  }

 private:
  const PlanView& view_;
  std::size_t index_{};
};

std::string describe_totals(const PlanTotals& totals) {
  std::string text =
      fmt::format("{} from {} ({})", counted(totals.images, "image", "images"),
                  counted(totals.regions.size(), "region", "regions"), counted(totals.copies, "copy", "copies"));
  text += fmt::format(", {}, {} GiB", counted(totals.templates, "template", "templates"), totals.size_gib);
  if (totals.templates_unknown > 0)
    text += fmt::format("; templates of {} not known", counted(totals.templates_unknown, "image", "images"));
  if (totals.size_unknown > 0)
    text += fmt::format("; size of {} not known", counted(totals.size_unknown, "image", "images"));
  return text;
}

std::string code_or_dash(std::string_view code) { return code.empty() ? "-" : std::string(code); }

class PlanTable : public DecisionPrinter {
 public:
  PlanTable(const Options& options, Environment& environment, Sink& sink, const PlanView& view)
      : look_(look_of(options, environment)), sink_(sink), view_(view), walk_(view_) {}

  void begin(const PrintHeader& /*header*/) override { begin_table(); }

  void print(const Decision& decision, std::string_view /*document*/, const AuditPlace* audit) override {
    const PlanItem item = walk_.next(decision);
    const bool is_deleted = item.in_turn.outcome == Outcome::kAllow;
    std::string then;
    if (item.image != nullptr && item.image->repairs != 0) {
      add_steps(item, decision);
      then = std::string(to_string(item.after.outcome));
    } else if (item.after.outcome != item.in_turn.outcome) {
      then = std::string(to_string(item.after.outcome));
    }
    table_->add({is_deleted ? fmt::format("{}", ++deleted_) : "-", std::string(to_string(item.in_turn.outcome)),
                 code_or_dash(view_.decider.code_of(item.in_turn)), decision.image, decision.image_name,
                 is_deleted ? effect_of(decision) : reason_of(decision), then},
                tone_of(item.in_turn.outcome));
    if (item.in_turn.outcome == Outcome::kIndeterminate) {
      for (const UnknownFinding& unknown : decision.unknowns) needs_.insert(unknown.needs.begin(), unknown.needs.end());
    }
    for (const std::string& assumption : decision.assumptions) assumptions_.insert(assumption);
    if (audit != nullptr) {
      first_seq_ = std::min(first_seq_, audit->seq);
      last_seq_ = std::max(last_seq_, audit->seq);
      log_ = audit->log;
    }
    constexpr std::size_t kRowsAtOnce = 5000;
    if (++rows_ % kRowsAtOnce == 0) {
      sink_.write(table_->render(look_));
      begin_table();
    }
  }

  void end() override {
    sink_.write(table_->render(look_));
    if (!steps_.empty()) sink_.write("\nto do first, and what it comes to then:\n" + steps_);
    sink_.write(fmt::format("\n{}: {} allow, {} deny, {} indeterminate\n",
                            counted(view_.in_turn.total(), "image", "images"), view_.in_turn.allow, view_.in_turn.deny,
                            view_.in_turn.indeterminate));
    sink_.write(fmt::format("now: {}\n", describe_totals(totals_of(view_.snapshot, view_.plan, PlanWorld::kInTurn))));
    if (step_count_ > 0) {
      sink_.write(fmt::format("after {}: {}\n", counted(step_count_, "step", "steps"),
                              describe_totals(totals_of(view_.snapshot, view_.plan, PlanWorld::kAfter))));
    }
    for (const std::string& assumption : assumptions_) sink_.write(fmt::format("assumed: {}\n", printable(assumption)));
    if (!needs_.empty()) {
      sink_.write("to decide what is indeterminate, export or give:\n");
      std::size_t shown = 0;
      for (const std::string& need : needs_) {
        if (++shown > kMaxNeedsShown) break;
        sink_.write(fmt::format("  {}\n", printable(as_command(need, view_.snapshot))));
      }
      if (needs_.size() > kMaxNeedsShown) sink_.write(fmt::format("  and {} more\n", needs_.size() - kMaxNeedsShown));
    }
    if (!log_.empty()) sink_.write(fmt::format("logged as {} to {} in {}\n", first_seq_, last_seq_, printable(log_)));
  }

 private:
  void begin_table() {
    table_.emplace(std::vector<std::string>{"ORDER", "OUTCOME", "CODE", "IMAGE", "NAME", "WHY", "THEN"},
                   std::vector<std::string_view>{"WHY", "NAME"});
  }

  void add_steps(const PlanItem& item, const Decision& decision) {
    steps_ += fmt::format("  {}: {}\n", printable(decision.image), to_string(item.after.outcome));
    for (const PlanStep& step : steps_of(view_.snapshot, view_.plan, item.index)) {
      ++step_count_;
      steps_ += fmt::format("    {}\n", printable(describe_step(step, decision.image, view_.snapshot).text));
    }
  }

  Look look_;
  Sink& sink_;
  const PlanView view_;
  Walk walk_;
  std::optional<Table> table_;
  std::uint64_t deleted_{};
  std::size_t rows_{};
  std::string steps_;
  std::uint64_t step_count_{};
  std::set<std::string> needs_;
  std::set<std::string> assumptions_;
  std::uint64_t first_seq_{~std::uint64_t{0}};
  std::uint64_t last_seq_{};
  std::string log_;
};

void write_counts(JsonWriter& json, std::string_view key, const BatchSummary& summary) {
  json.key(key).begin_object().key("total").integer(static_cast<std::int64_t>(summary.total()));
  json.key("allow").integer(static_cast<std::int64_t>(summary.allow));
  json.key("deny").integer(static_cast<std::int64_t>(summary.deny));
  json.key("indeterminate").integer(static_cast<std::int64_t>(summary.indeterminate)).end_object();
}

void write_totals(JsonWriter& json, std::string_view key, const PlanTotals& totals) {
  json.key(key).begin_object().key("images").integer(static_cast<std::int64_t>(totals.images));
  json.key("regions").begin_array();
  for (const std::string_view region : totals.regions) json.string(region);
  json.end_array().key("copies").integer(static_cast<std::int64_t>(totals.copies));
  json.key("templates").integer(static_cast<std::int64_t>(totals.templates));
  json.key("templates_unknown").integer(static_cast<std::int64_t>(totals.templates_unknown));
  json.key("size_gib").integer(static_cast<std::int64_t>(totals.size_gib));
  json.key("size_unknown").integer(static_cast<std::int64_t>(totals.size_unknown)).end_object();
}

void write_strings(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key).begin_array();
  for (const std::string& value : values) json.string(value);
  json.end_array();
}

class PlanJson : public DecisionPrinter {
 public:
  PlanJson(Sink& sink, const PlanView& view, const Journal& journal, Sealer sealer)
      : sink_(sink), view_(view), walk_(view_), journal_(journal), sealer_(std::move(sealer)), json_(document_) {}

  void begin(const PrintHeader& header) override {
    json_.begin_object();
    write_header(json_, *header.snapshot, *header.rules, header.now);
    const Snapshot& snapshot = view_.snapshot;
    json_.member("account", snapshot.text(snapshot.accounts()[view_.decider.account().value].id));
    json_.member("principal", view_.principal).member("operation", header.rules->operation());
    json_.member("request", view_.decider.request_text("")).key("filter");
    if (view_.filter.empty()) {
      json_.null();
    } else {
      json_.string(view_.filter);
    }
    json_.key("summary").begin_object();
    write_counts(json_, "in_turn", view_.in_turn);
    write_counts(json_, "after", view_.after);
    write_totals(json_, "deletes", totals_of(snapshot, view_.plan, PlanWorld::kInTurn));
    write_totals(json_, "deletes_after", totals_of(snapshot, view_.plan, PlanWorld::kAfter));
    json_.end_object().key("images").begin_array();
  }

  void print(const Decision& decision, std::string_view /*document*/, const AuditPlace* audit) override {
    const PlanItem item = walk_.next(decision);
    json_.begin_object().key("order");
    if (item.in_turn.outcome == Outcome::kAllow) {
      json_.integer(static_cast<std::int64_t>(++deleted_));
    } else {
      json_.null();
    }
    json_.member("image", decision.image).member("image_name", decision.image_name).key("in_turn");
    write_answer(json_, view_.decider, item.in_turn);
    json_.key("as_exported").begin_object().member("outcome", to_string(decision.outcome)).key("code");
    write_code(decision.code);
    json_.end_object();
    json_.member("reason", item.in_turn.outcome == Outcome::kAllow ? std::string{} : reason_of(decision));
    std::set<std::string> needs;
    for (const UnknownFinding& unknown : decision.unknowns) needs.insert(unknown.needs.begin(), unknown.needs.end());
    write_strings(json_, "needs", {needs.begin(), needs.end()});
    json_.key("steps").begin_array();
    if (item.image != nullptr) write_steps(item.index, decision.image);
    json_.end_array().key("after");
    write_answer(json_, view_.decider, item.after);
    json_.key("effects").begin_object();
    if (decision.effects.templates) {
      write_strings(json_, "templates", *decision.effects.templates);
    } else {
      json_.key("templates").null();
    }
    write_strings(json_, "regions", decision.effects.regions);
    write_strings(json_, "cloud_computers", decision.effects.cloud_computers);
    json_.end_object();
    if (audit != nullptr) {
      json_.key("audit").begin_object().member("log", audit->log);
      json_.key("seq").integer(static_cast<std::int64_t>(audit->seq)).end_object();
      if (place_.log.empty()) place_.first_seq = audit->seq;
      place_.log = journal_.origin();
      place_.last_seq = audit->seq;
    }
    json_.end_object();
    if (!sealer_) flush();
  }

  void end() override {
    json_.end_array();
    if (sealer_) {
      // A plan of no image has no record but those of its batch.
      if (place_.log.empty()) place_ = {journal_.origin(), journal_.first_seq(), journal_.first_seq()};
      // What is sealed is every byte up to here.
      const std::string seal = sealer_(document_, place_);
      json_.member("seal", seal);
    }
    json_.end_object();
    document_ += '\n';
    flush();
  }

 private:
  void write_code(std::string_view code) {
    if (code.empty()) {
      json_.null();
    } else {
      json_.string(code);
    }
  }

  void write_steps(std::size_t index, std::string_view image_id) {
    for (const PlanStep& step : steps_of(view_.snapshot, view_.plan, index)) {
      json_.begin_object().member("step", to_string(step.repair)).key("subjects").begin_array();
      for (const std::string_view subject : step.subjects) json_.string(subject);
      const StepText text = describe_step(step, image_id, view_.snapshot);
      json_.end_array().key("command");
      if (text.is_command) {
        json_.string(text.text);
      } else {
        json_.null();
      }
      json_.member("words", text.is_command ? std::string{} : text.text).end_object();
    }
  }

  void flush() {
    sink_.write(document_);
    document_.clear();
  }

  Sink& sink_;
  const PlanView view_;
  Walk walk_;
  const Journal& journal_;
  Sealer sealer_;
  std::string document_;
  JsonWriter json_;
  std::uint64_t deleted_{};
  PlanPlace place_;
};

}  // namespace

std::unique_ptr<DecisionPrinter> make_plan_printer(const Options& options, Environment& environment, Sink& sink,
                                                   const PlanView& view, const Journal& journal, Sealer sealer) {
  if (sealer || options.format == Format::kJson)
    return std::make_unique<PlanJson>(sink, view, journal, std::move(sealer));
  return std::make_unique<PlanTable>(options, environment, sink, view);
}

void write_answer(JsonWriter& json, const Decider& decider, const Verdict& verdict) {
  const std::string_view code = decider.code_of(verdict);
  json.begin_object().member("outcome", to_string(verdict.outcome)).key("code");
  if (code.empty()) {
    json.null();
  } else {
    json.string(code);
  }
  json.end_object();
}

StepText describe_step(const PlanStep& step, std::string_view image_id, const Snapshot& snapshot) {
  if (!step.operation.empty()) return {as_command(step.operation, step.parameters), true};
  switch (step.repair) {
    case Repair::kUnshare:
      return {fmt::format("stop sharing {}; with whom it is shared: {}", image_id,
                          as_command(fmt::format("DescribeImagePermission ImageId={}", image_id), snapshot)),
              false};
    case Repair::kWaitUntilCreated:
      return {fmt::format("wait until {} is created in every region", image_id), false};
    case Repair::kWithdrawChildren:
      return {fmt::format("withdraw the community image {} (no call is known that does)", step.subjects.front()),
              false};
    case Repair::kReleaseDeliveryGroups:
    case Repair::kReleaseWorkstations:
    case Repair::kReleasePools:
    case Repair::kCount:
      break;
  }
  return {};
}

}  // namespace imagewarden::cli
