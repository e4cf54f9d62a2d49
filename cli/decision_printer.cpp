#include "cli/decision_printer.h"

#include <set>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/version.h"
#include "engine/base/csv.h"

namespace imagewarden::cli {
namespace {

constexpr std::size_t kMaxNeedsShown = 10;

class TablePrinter : public DecisionPrinter {
 public:
  TablePrinter(const Options& options, Environment& environment, Sink& sink)
      : look_(look_of(options, environment)), sink_(sink) {}

  void begin(const PrintHeader& header) override {
    header_ = header;
    table_.emplace(std::vector<std::string>{"OUTCOME", "CODE", "IMAGE", "NAME", "WHY"},
                   std::vector<std::string_view>{"NAME", "WHY"});
  }

  void print(const Decision& decision, std::string_view /*document*/, const AuditPlace* audit) override {
    table_->add({std::string(to_string(decision.outcome)), decision.code.empty() ? "-" : decision.code, decision.image,
                 decision.image_name, why(decision)},
                tone_of(decision.outcome));
    for (const UnknownFinding& unknown : decision.unknowns) {
      if (decision.outcome == Outcome::kIndeterminate) needs_.insert(unknown.needs.begin(), unknown.needs.end());
    }
    if (audit != nullptr) {
      first_seq_ = std::min(first_seq_, audit->seq);
      last_seq_ = std::max(last_seq_, audit->seq);
      log_ = audit->log;
    }
    for (const std::string& assumption : decision.assumptions) assumptions_.insert(assumption);
    facts_.add(decision.facts);
    // A long list goes out in parts; each is aligned for itself.
    constexpr std::size_t kRowsAtOnce = 5000;
    if (++rows_ % kRowsAtOnce == 0) {
      sink_.write(table_->render(look_));
      begin(header_);
    }
  }

  void end() override {
    sink_.write(table_->render(look_));
    const BatchSummary& summary = header_.summary;
    sink_.write(fmt::format("\n{}: {} allow, {} deny, {} indeterminate\n", counted(summary.total(), "image", "images"),
                            summary.allow, summary.deny, summary.indeterminate));
    for (const auto& [code, count] : header_.codes) sink_.write(fmt::format("  {:>6}  {}\n", count, printable(code)));
    for (const std::string& assumption : assumptions_) sink_.write(fmt::format("assumed: {}\n", printable(assumption)));
    if (header_.summary.total() > 0) sink_.write(age_of_facts(facts_, header_.now));
    if (!needs_.empty()) {
      sink_.write("to decide what is indeterminate, export or give:\n");
      std::size_t shown = 0;
      for (const std::string& need : needs_) {
        if (++shown > kMaxNeedsShown) break;
        sink_.write(fmt::format("  {}\n", printable(need)));
      }
      if (needs_.size() > kMaxNeedsShown) {
        sink_.write(fmt::format("  and {} more; `imagewarden inventory validate` lists them\n",
                                needs_.size() - kMaxNeedsShown));
      }
    }
    if (!log_.empty()) sink_.write(fmt::format("logged as {} to {} in {}\n", first_seq_, last_seq_, printable(log_)));
  }

 private:
  static std::string why(const Decision& decision) {
    return decision.outcome == Outcome::kAllow ? effect_of(decision) : reason_of(decision);
  }

  Look look_;
  Sink& sink_;
  PrintHeader header_;
  std::optional<Table> table_;
  std::size_t rows_{};
  std::set<std::string> needs_;
  std::set<std::string> assumptions_;
  FactsAge facts_;
  std::uint64_t first_seq_{~std::uint64_t{0}};
  std::uint64_t last_seq_{};
  std::string log_;
};

class JsonPrinter : public DecisionPrinter {
 public:
  explicit JsonPrinter(Sink& sink) : sink_(sink), json_(buffer_) {}

  void begin(const PrintHeader& header) override {
    begin_check(json_, *header.snapshot, *header.rules, header.now, header.summary, header.codes);
  }

  [[nodiscard]] bool wants_documents() const override { return true; }
  void print(const Decision& decision, std::string_view document, const AuditPlace* audit) override {
    write_decision(json_, decision,
                   {.all_values = false, .facts = facts_.of(decision.facts), .audit = audit, .document = document});
    sink_.write(buffer_);
    buffer_.clear();
  }

  void end() override {
    end_check(json_);
    buffer_ += '\n';
    sink_.write(buffer_);
  }

 private:
  Sink& sink_;
  FactsForm facts_;
  std::string buffer_;
  JsonWriter json_;
};

class NdjsonPrinter : public DecisionPrinter {
 public:
  explicit NdjsonPrinter(Sink& sink) : sink_(sink) {}
  void begin(const PrintHeader& /*header*/) override {}
  [[nodiscard]] bool wants_documents() const override { return true; }
  void print(const Decision& decision, std::string_view document, const AuditPlace* audit) override {
    sink_.write([&](std::string& out) {
      JsonWriter json(out);
      write_decision(json, decision,
                     {.all_values = false, .facts = facts_.of(decision.facts), .audit = audit, .document = document});
      out += '\n';
    });
  }
  void end() override {}

 private:
  Sink& sink_;
  FactsForm facts_;
};

class CsvPrinter : public DecisionPrinter {
 public:
  explicit CsvPrinter(Sink& sink) : sink_(sink) {}
  void begin(const PrintHeader& /*header*/) override {
    sink_.write(csv_line({"image", "name", "account", "principal", "outcome", "code", "http_status", "possible_codes",
                          "violations", "unknown", "guards", "reason", "templates", "regions", "seq", "oldest_fact",
                          "undated_facts"}));
  }
  void print(const Decision& decision, std::string_view /*document*/, const AuditPlace* audit) override {
    const auto rules_of = [](const auto& findings) {
      std::vector<std::string_view> ids;
      ids.reserve(findings.size());
      for (const auto& finding : findings) ids.push_back(finding.rule);
      return fmt::format("{}", fmt::join(ids, " "));
    };
    const Effects& effects = decision.effects;
    sink_.write(csv_line(
        {decision.image, decision.image_name, decision.account, decision.principal,
         std::string(to_string(decision.outcome)), decision.code,
         decision.http_status ? fmt::format("{}", *decision.http_status) : "",
         fmt::format("{}", fmt::join(decision.possible_codes, " ")), rules_of(decision.violations),
         rules_of(decision.unknowns), rules_of(decision.guards), reason_of(decision),
         effects.templates ? fmt::format("{}", fmt::join(*effects.templates, " ")) : "not known",
         fmt::format("{}", fmt::join(effects.regions, " ")), audit != nullptr ? fmt::format("{}", audit->seq) : "",
         decision.facts.oldest ? format_rfc3339(*decision.facts.oldest) : "", decision.facts.undated ? "yes" : "no"}));
  }
  void end() override {}

 private:
  Sink& sink_;
};

// `not-in-use: image:DeliveryGroups aig-1 aig-2 and 3 more`.
std::string finding_in_words(const Finding& finding) {
  constexpr std::size_t kShown = 2;
  std::string text = finding.rule;
  if (!finding.evidence.empty()) text += ':';
  std::string_view fact;
  for (std::size_t i = 0; i < finding.evidence.size(); ++i) {
    if (i == kShown) return text + fmt::format(" and {} more", finding.evidence.size() - kShown);
    const Evidence& evidence = finding.evidence[i];
    if (evidence.fact != fact) text += fmt::format("{} {}", i > 0 ? "," : "", evidence.fact);
    fact = evidence.fact;
    if (!evidence.values.empty()) text += fmt::format(" {}", fmt::join(evidence.values, " "));
  }
  return text;
}

}  // namespace

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllow:
      return Tone::kGood;
    case Outcome::kIndeterminate:
      return Tone::kUnsure;
    case Outcome::kDeny:
      break;
  }
  return Tone::kBad;
}

std::string effect_of(const Decision& decision) {
  const std::size_t templates = decision.effects.templates ? decision.effects.templates->size() : 0;
  std::string text = fmt::format("from {}", fmt::join(decision.effects.regions, ", "));
  if (templates > 0) text += fmt::format("; with it {}", counted(templates, "template", "templates"));
  if (!decision.effects.templates) text += "; templates not known";
  return text;
}

std::string reason_of(const Decision& decision) {
  if (!decision.violations.empty()) {
    const Finding& first = decision.violations.front();
    if (first.rule != "permission") return finding_in_words(first);
    // Its evidence are statements, which say more with what they come to.
    std::string text = fmt::format("permission: {}", decision.permission.decision);
    if (!decision.permission.statements.empty())
      text += fmt::format(" by {}", decision.permission.statements.front().statement);
    return text;
  }
  if (!decision.guards.empty()) return finding_in_words(decision.guards.front());
  if (!decision.unknowns.empty()) {
    return fmt::format("{} is not known: {}", decision.unknowns.front().rule, decision.unknowns.front().because);
  }
  return {};
}

std::string age_of_facts(const FactsAge& facts, Time now) {
  if (!facts.oldest) return facts.undated ? "rests on exports without a time: how old they are is not known\n" : "";
  const std::string age =
      now < *facts.oldest ? "later than the time that was decided for" : age_in_words(*facts.oldest, now) + " old";
  return fmt::format("rests on exports from {} on ({}){}\n", format_rfc3339(*facts.oldest), age,
                     facts.undated ? ", and on some without a time" : "");
}

std::unique_ptr<DecisionPrinter> make_decision_printer(const Options& options, Environment& environment, Sink& sink) {
  switch (options.format) {
    case Format::kJson:
      return std::make_unique<JsonPrinter>(sink);
    case Format::kNdjson:
      return std::make_unique<NdjsonPrinter>(sink);
    case Format::kCsv:
      return std::make_unique<CsvPrinter>(sink);
    case Format::kSarif:
    case Format::kJunit:
    case Format::kTap:
    case Format::kOcsf:
    case Format::kCloudEvents:
    case Format::kOscal:
    case Format::kHtml:
    case Format::kTable:
      break;
  }
  return std::make_unique<TablePrinter>(options, environment, sink);
}

}  // namespace imagewarden::cli
