#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "report/chart.h"
#include "report/page.h"
#include "report/renderers.h"

namespace imagewarden::report {
namespace {

constexpr std::size_t kMaxRows = 1000;   // of one table; all of them are in the JSON and the CSV
constexpr std::size_t kMaxWide = 600;    // bytes of a sentence
constexpr std::size_t kMaxColumns = 92;  // days that a chart shows one by one; more become months
constexpr std::size_t kMaxProducts = 5;  // product lines of the chart; the others become one
constexpr std::string_view kTones[] = {"tone-1", "tone-2", "tone-3", "tone-4", "tone-5", "tone-6"};

std::string_view tone_of(CheckState state) {
  switch (state) {
    case CheckState::kPass:
      return "good";
    case CheckState::kFinding:
      return "bad";
    case CheckState::kWaived:
      return "unsure";
    case CheckState::kNotAssessed:
      break;
  }
  return "";
}

std::string_view sign_of(std::string_view tone) {
  if (tone == "good") return "&#10003; ";
  if (tone == "bad") return "&#10005; ";
  return tone == "unsure" ? "! " : "";
}

// A word with a sign and a colour. `text` is HTML.
std::string state(std::string_view tone, std::string_view text) {
  return fmt::format("<span class=\"state {}\">{}{}</span>", tone, sign_of(tone), text);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& values, std::string_view separator) {
  return fmt::format("{}", fmt::join(values, separator));
}

enum class Cell : std::uint8_t { kText, kWide, kId, kNumber, kState };

struct Column {
  std::string_view name;
  Cell cell{Cell::kText};
};

std::string_view class_of(Cell cell) {
  switch (cell) {
    case Cell::kWide:
      return " class=\"wide\"";
    case Cell::kId:
      return " class=\"id\"";
    case Cell::kNumber:
      return " class=\"n\"";
    case Cell::kText:
    case Cell::kState:
      break;
  }
  return "";
}

class Page {
 public:
  explicit Page(const ReportModel& model) : model_(model) {}

  std::string body() {
    head();
    verdict();
    tiles();
    navigation();
    summary();
    controls();
    if (model_.comparison) comparison(*model_.comparison);
    if (model_.inventory) {
      images(*model_.inventory);
      access(*model_.inventory);
      sharing(*model_.inventory);
      effects(*model_.inventory);
      unknowns(*model_.inventory);
    }
    if (model_.log) log(*model_.log);
    waivers();
    rules();
    inputs();
    return std::move(out_);
  }

 private:
  void section(std::string_view id, std::string_view title, std::string_view lead) {
    out_ += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\">\n<h2 id=\"{0}-h\">{1}</h2>\n", id, title);
    if (!lead.empty()) out_ += fmt::format("<p class=\"lead\">{}</p>\n", lead);
  }
  void end_section() { out_ += "</section>\n"; }
  void nothing(std::string_view text) { out_ += fmt::format("<p>{}</p>\n", text); }

  // `row` makes the cells of a row; states are HTML, all else is text.
  void table(std::string_view label, const std::vector<Column>& columns, std::size_t rows, std::string_view file,
             const std::function<std::vector<std::string>(std::size_t)>& row) {
    out_ += fmt::format(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"data\" "
        "aria-label=\"{0}\"><thead><tr>",
        label);
    for (const Column& column : columns) {
      out_ +=
          fmt::format("<th scope=\"col\"{}>{}</th>", column.cell == Cell::kNumber ? " class=\"n\"" : "", column.name);
    }
    out_ += "</tr></thead><tbody>\n";
    const std::size_t shown_rows = std::min(rows, kMaxRows);
    for (std::size_t i = 0; i < shown_rows; ++i) {
      const std::vector<std::string> cells = row(i);
      out_ += "<tr>";
      for (std::size_t j = 0; j < columns.size(); ++j) {
        out_ += fmt::format("<td{}>", class_of(columns[j].cell));
        if (columns[j].cell == Cell::kState) {
          out_ += cells[j];
        } else {
          out_ += columns[j].cell == Cell::kWide ? shown(cells[j], kMaxWide) : shown(cells[j]);
        }
        out_ += "</td>";
      }
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
    if (shown_rows < rows) {
      out_ += fmt::format(
          "<p class=\"note\">The first {} of {} rows. All of them are in <code>{}</code> of the CSV form and in the "
          "JSON form.</p>\n",
          grouped(shown_rows), grouped(rows), file);
    }
  }

  void head() {
    std::string about;
    if (model_.inventory) {
      const InventoryPart& part = *model_.inventory;
      about = fmt::format("{} {}", part.accounts.size() == 1 ? "Account" : "Accounts", joined(part.accounts, ", "));
    } else if (model_.log) {
      about = fmt::format("Log {}", model_.log->origin);
    }
    out_ += fmt::format("<header>\n<h1>Image deletion: compliance report</h1>\n<p>{} &middot; {}</p>\n</header>\n",
                        shown(about), format_rfc3339(model_.now));
  }

  void verdict() {
    if (!model_.log) return;
    const LogPart& part = *model_.log;
    std::string_view tone = "good";
    std::string title;
    std::string text;
    if (!part.verifies) {
      tone = "bad";
      title = "The audit log does not verify.";
      text = shown(part.problem) + ".";
      if (part.first_bad) text += fmt::format(" First bad record: {}.", grouped(*part.first_bad));
      text += " Nothing that this report says of the log can be relied upon.";
    } else if (part.anchored) {
      title = "The audit log verifies, up to a checkpoint from outside.";
      text = fmt::format("{}; the checkpoint covers {}.", counted(part.size, "record", "records"),
                         grouped(*part.anchored));
    } else {
      tone = "unsure";
      title = "The audit log agrees with itself; it was compared with nothing from outside.";
      text = fmt::format(
          "{}, none changed, moved or removed between them. That its end was cut off, or another log put "
          "in its place, only a checkpoint from outside can rule out.",
          counted(part.size, "record", "records"));
    }
    out_ += fmt::format(
        "<div class=\"verdict {}\" role=\"{}\"><span class=\"mark\" "
        "aria-hidden=\"true\">{}</span><p><strong>{}</strong>"
        "{}</p></div>\n",
        tone, tone == "bad" ? "alert" : "note",
        tone == "bad"    ? "&#10005;"
        : tone == "good" ? "&#10003;"
                         : "!",
        title, text);
  }

  void tile(std::string_view tone, std::uint64_t number, std::string_view text) {
    out_ += fmt::format("<li class=\"{}\"><b>{}</b><span>{}</span></li>\n", tone, grouped(number), text);
  }

  std::uint64_t open_findings() const {
    std::uint64_t count = 0;
    for (const CheckLine& line : model_.checks) count += line.findings;
    return count;
  }

  void tiles() {
    out_ += "<ul class=\"tiles\">\n";
    if (model_.inventory) {
      const InventoryPart& part = *model_.inventory;
      tile("", part.images.size(), part.images.size() == 1 ? "image" : "images");
      tile("", part.allow, "can be deleted");
      tile("", part.deny, "refused");
      tile(part.indeterminate > 0 ? "unsure" : "good", part.indeterminate, "not decided");
      tile(part.maybe_deleters > 0 ? "unsure" : "", part.deleters,
           part.maybe_deleters > 0 ? fmt::format("may delete, {} more might", grouped(part.maybe_deleters))
                                   : std::string("may delete"));
      tile(part.missing.empty() ? "good" : "unsure", part.missing.size(), "exports missing");
    }
    if (model_.log) tile(model_.log->verifies ? "" : "bad", model_.log->size, "log records");
    tile(open_findings() > 0 ? "bad" : "good", open_findings(), "open findings");
    out_ += "</ul>\n";
  }

  void navigation() {
    out_ += "<nav aria-label=\"Sections\"><ul>\n";
    const auto link = [&](std::string_view id, std::string_view text) {
      out_ += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, text);
    };
    link("summary", "Summary");
    link("controls", "Controls");
    if (model_.comparison) link("comparison", "Changes");
    if (model_.inventory) {
      link("images", "Images");
      link("access", "Who can delete");
      link("sharing", "Sharing");
      link("effects", "Effects");
      link("unknowns", "Unknowns");
    }
    if (model_.log) link("log", "Log");
    link("waivers", "Waivers");
    link("rules", "Rules");
    link("inputs", "Inputs");
    out_ += "</ul></nav>\n";
  }

  void summary() {
    section("summary", "Summary", "");
    if (model_.inventory) {
      const InventoryPart& part = *model_.inventory;
      const std::string whom = part.decided_for.empty() ? std::string("whoever has the permission")
                                                        : fmt::format("<code>{}</code>", shown(part.decided_for));
      out_ += fmt::format(
          "<p>Of {}, <b>{}</b> can be deleted by {}, <b>{}</b> would be refused, <b>{}</b> cannot be decided from "
          "these "
          "exports. Deleting all that can be deleted frees {} GiB and takes {} and the reset image of {} with "
          "it.</p>\n",
          counted(part.images.size(), "image", "images"), grouped(part.allow), whom, grouped(part.deny),
          grouped(part.indeterminate), grouped(part.freed_gib), counted(part.taken_templates, "template", "templates"),
          counted(part.taken_computers, "cloud computer", "cloud computers"));
      out_ += fmt::format(
          "<p>Of {} in the inventory, <b>{}</b> may delete images and <b>{}</b> might, under conditions or depending "
          "on "
          "what is not known. Images are shared with others {}; {} received from others.</p>\n",
          counted(part.principals, "principal", "principals"), grouped(part.deleters), grouped(part.maybe_deleters),
          counted(part.shared_out.size(), "time", "times"), counted(part.shared_in.size(), "image is", "images are"));
    }
    if (model_.log && model_.log->counted) {
      const LogPart& part = *model_.log;
      out_ += fmt::format("<p>The log holds {}{}, about {} and {}.</p>\n", counted(part.size, "record", "records"),
                          part.first && part.last
                              ? fmt::format(" from {} to {}", format_rfc3339(*part.first), format_rfc3339(*part.last))
                              : std::string{},
                          counted(part.images_count, "image", "images"),
                          counted(part.principals_count, "principal", "principals"));
    }
    table("Checks",
          {{"State", Cell::kState},
           {"Check", Cell::kWide},
           {"Findings", Cell::kNumber},
           {"Waived", Cell::kNumber},
           {"What to do", Cell::kWide}},
          model_.checks.size(), "findings.csv", [&](std::size_t i) -> std::vector<std::string> {
            const CheckLine& line = model_.checks[i];
            const rules::CheckInfo& info = rules::check_info(line.check);
            std::string_view what = line.state == CheckState::kFinding ? info.fix : std::string_view{};
            if (line.state == CheckState::kNotAssessed) what = line.because;
            return {state(tone_of(line.state), to_string(line.state)), std::string(info.title), grouped(line.findings),
                    grouped(line.waived), std::string(what)};
          });
    end_section();
  }

  std::string framework_name(const std::string& id) const {
    const auto found = std::find_if(model_.frameworks.begin(), model_.frameworks.end(),
                                    [&](const rules::Framework& framework) { return framework.id == id; });
    return found == model_.frameworks.end() ? id : found->name;
  }

  std::string change_word(const ReportFinding& finding) const {
    if (finding.change == Change::kNew) return state("bad", "new");
    return finding.change == Change::kUnchanged ? state("", "unchanged") : std::string{};
  }

  void controls() {
    section("controls", "Findings against controls",
            "What the checks show of each control, and no more: a control that passes here is not thereby fulfilled. "
            "The mapping is that of the controls files named under inputs.");
    table("Controls",
          {{"State", Cell::kState},
           {"Framework"},
           {"Control"},
           {"Title"},
           {"Findings", Cell::kNumber},
           {"What is looked at", Cell::kWide}},
          model_.controls.size(), "controls.csv", [&](std::size_t i) -> std::vector<std::string> {
            const ControlLine& line = model_.controls[i];
            return {state(tone_of(line.state), to_string(line.state)),
                    framework_name(line.control.framework),
                    line.control.number,
                    line.control.title,
                    grouped(line.findings),
                    line.control.explanation};
          });
    out_ += "<h3>Findings</h3>\n";
    if (model_.findings.empty()) {
      nothing("None.");
    } else {
      std::vector<Column> columns{
          {"State", Cell::kState}, {"Check", Cell::kId}, {"Finding", Cell::kWide}, {"Source", Cell::kId}};
      if (model_.comparison) columns.push_back({"Change", Cell::kState});
      table("Findings", columns, model_.findings.size(), "findings.csv",
            [&](std::size_t i) -> std::vector<std::string> {
              const ReportFinding& finding = model_.findings[i];
              const CheckState is = finding.waiver ? CheckState::kWaived : CheckState::kFinding;
              return {state(tone_of(is), is == CheckState::kWaived ? "waived" : "open"),
                      std::string(rules::check_info(finding.check).name), finding.text, finding.source,
                      change_word(finding)};
            });
    }
    end_section();
  }

  void comparison(const Comparison& part) {
    section("comparison", "Changes since the report before", "");
    out_ += fmt::format(
        "<p>Compared with <code>{}</code> of {}: <b>{}</b> new, <b>{}</b> fixed, <b>{}</b> unchanged.</p>\n",
        shown(part.path), shown(part.time), grouped(part.fresh), grouped(part.fixed.size()), grouped(part.unchanged));
    if (!part.fixed.empty()) {
      table("Fixed findings", {{"State", Cell::kState}, {"Check", Cell::kId}, {"Finding", Cell::kWide}},
            part.fixed.size(), "findings.csv", [&](std::size_t i) -> std::vector<std::string> {
              return {state("good", "fixed"), part.fixed[i].check, part.fixed[i].text};
            });
    }
    end_section();
  }

  static std::string outcome_state(Outcome outcome) {
    switch (outcome) {
      case Outcome::kAllow:
        return state("", "can be deleted");
      case Outcome::kIndeterminate:
        return state("unsure", "not decided");
      case Outcome::kDeny:
        break;
    }
    return state("", "refused");
  }

  static std::vector<Bar> bars_of(const std::vector<NamedCount>& counts, std::string_view tone) {
    std::vector<Bar> bars;
    bars.reserve(counts.size());
    for (const auto& [name, count] : counts) bars.push_back({name, {{name, tone, count}}});
    return bars;
  }

  // Rows are ages, segments product lines: the few that have most images, and the others as one.
  static std::vector<Bar> age_bars(const InventoryPart& part) {
    std::vector<Bar> bars;
    for (std::size_t age = 0; age < part.ages.size(); ++age) {
      Bar bar{part.ages[age], {}};
      for (std::size_t i = 0; i < part.products.size(); ++i) {
        if (i <= kMaxProducts) {
          const bool is_rest = i == kMaxProducts;
          bar.segments.push_back(
              {is_rest ? std::string("other") : part.products[i].product, kTones[i], part.products[i].counts[age]});
        } else {
          bar.segments.back().value += part.products[i].counts[age];
        }
      }
      bars.push_back(std::move(bar));
    }
    return bars;
  }

  void images(const InventoryPart& part) {
    section("images", "Images", "");
    out_ += fmt::format(
        "<p class=\"lead\">Decided for {}, at {}. Why a single image is refused, with every fact and where it was "
        "read: "
        "<code>imagewarden explain IMAGE</code>.</p>\n",
        part.decided_for.empty() ? std::string("every caller, leaving out whether the caller has the permission")
                                 : fmt::format("<code>{}</code>", shown(part.decided_for)),
        format_rfc3339(model_.now));
    if (part.images.empty()) {
      nothing("The inventory shows no image.");
      end_section();
      return;
    }
    out_ += "<div class=\"charts\">\n";
    out_ += bar_chart("chart-outcome", "Images by outcome",
                      {{"can be deleted", {{"can be deleted", "tone-1", part.allow}}},
                       {"refused", {{"refused", "tone-2", part.deny}}},
                       {"not decided", {{"not decided", "tone-6", part.indeterminate}}}});
    if (!part.codes.empty())
      out_ += bar_chart("chart-codes", "Refused images by error code", bars_of(part.codes, "tone-2"));
    out_ += bar_chart("chart-ages", "Images by age and product line", age_bars(part));
    out_ += "</div>\n";
    table("Images",
          {{"Outcome", Cell::kState},
           {"Image", Cell::kId},
           {"Name"},
           {"Code", Cell::kId},
           {"Rule"},
           {"Product"},
           {"Type"},
           {"Status"},
           {"Age (days)", Cell::kNumber},
           {"GiB", Cell::kNumber},
           {"Regions"}},
          part.images.size(), "images.csv", [&](std::size_t i) -> std::vector<std::string> {
            const ImageLine& line = part.images[i];
            return {outcome_state(line.outcome),
                    line.id,
                    line.name,
                    line.outcome == Outcome::kAllow ? "" : line.code,
                    line.outcome == Outcome::kIndeterminate ? joined(line.unknown, ", ") : line.rule,
                    line.product,
                    line.type,
                    line.status,
                    line.age_days ? fmt::format("{}", *line.age_days) : "",
                    line.size_gib ? fmt::format("{}", *line.size_gib) : "",
                    joined(line.regions, ", ")};
          });
    end_section();
  }

  void access(const InventoryPart& part) {
    section("access", "Who can delete images, and through what",
            "A row for each way: a principal with two policies that allow it stands here twice.");
    if (part.access.empty()) {
      nothing("Nobody that the inventory names.");
    } else {
      table("Who can delete images",
            {{"May", Cell::kState},
             {"Account"},
             {"Principal"},
             {"Way"},
             {"Holder"},
             {"Statement", Cell::kId},
             {"Waits for", Cell::kWide},
             {"Assumable by"}},
            part.access.size(), "access.csv", [&](std::size_t i) -> std::vector<std::string> {
              const Deleter& line = part.access[i];
              std::vector<std::string> waits = line.conditions;
              waits.insert(waits.end(), line.not_known.begin(), line.not_known.end());
              return {line.is_certain ? state("", "may") : state("unsure", "might"),
                      line.account,
                      line.principal,
                      line.via,
                      line.holder,
                      line.statement,
                      joined(waits, "; "),
                      joined(line.assumable_by, ", ")};
            });
    }
    end_section();
  }

  void shared_table(std::string_view label, std::string_view other, const std::vector<SharedImage>& images) {
    table(label, {{"Account"}, {"Image", Cell::kId}, {"Name"}, {other}}, images.size(), "sharing.csv",
          [&](std::size_t i) -> std::vector<std::string> {
            const SharedImage& image = images[i];
            return {image.account, image.id, image.name, image.other.empty() ? "not named" : image.other};
          });
  }

  void sharing(const InventoryPart& part) {
    section("sharing", "Images shared out and in", "");
    out_ += fmt::format("<h3>Shared with others: {}</h3>\n", grouped(part.shared_out.size()));
    if (part.shared_out.empty()) {
      nothing("None that the exports show.");
    } else {
      shared_table("Images shared with others", "Shared with", part.shared_out);
    }
    out_ += fmt::format("<h3>Received from others: {}</h3>\n", grouped(part.shared_in.size()));
    if (part.shared_in.empty()) {
      nothing("None that the exports show.");
    } else {
      shared_table("Images received from others", "Owner", part.shared_in);
    }
    end_section();
  }

  void effects(const InventoryPart& part) {
    section(
        "effects", "What a deletion would take with it",
        "Images that can be deleted, and that do not go alone: templates are deleted with their image, cloud computers "
        "lose the image that they are reset to.");
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < part.images.size(); ++i) {
      const ImageLine& line = part.images[i];
      const bool takes = line.templates > 0 || line.cloud_computers > 0 || !line.templates_known;
      if (line.outcome == Outcome::kAllow && takes) rows.push_back(i);
    }
    if (rows.empty()) {
      nothing("Nothing: every image that can be deleted goes alone.");
    } else {
      table("What a deletion would take with it",
            {{"Image", Cell::kId},
             {"Name"},
             {"Templates", Cell::kNumber},
             {"More templates"},
             {"Cloud computers", Cell::kNumber}},
            rows.size(), "images.csv", [&](std::size_t i) -> std::vector<std::string> {
              const ImageLine& line = part.images[rows[i]];
              return {line.id, line.name, grouped(line.templates),
                      line.templates_known ? "no" : "possible: the list is not complete",
                      grouped(line.cloud_computers)};
            });
    }
    end_section();
  }

  void unknowns(const InventoryPart& part) {
    section("unknowns", "What is not known, and what to export", "");
    if (!part.unknown_rules.empty()) {
      out_ += "<p>Images that cannot be decided wait for:</p>\n<ul class=\"plain\">\n";
      for (const auto& [rule, images] : part.unknown_rules)
        out_ += fmt::format("<li><code>{}</code>: {}</li>\n", shown(rule), counted(images, "image", "images"));
      out_ += "</ul>\n";
    }
    if (part.missing.empty()) {
      nothing("Every export that the answers rest on is there and complete.");
    } else {
      table("Exports that are missing", {{"Account"}, {"Call", Cell::kId}, {"Why"}, {"Command", Cell::kId}},
            part.missing.size(), "missing.csv", [&](std::size_t i) -> std::vector<std::string> {
              const Missing& missing = part.missing[i];
              return {missing.account, missing.call, missing.because, missing.command};
            });
    }
    for (const std::string& file : part.skipped)
      out_ += fmt::format("<p class=\"note\">Skipped: <code>{}</code></p>\n", shown(file));
    end_section();
  }

  // A column a day, of the days between too; of many days, a column a month.
  static std::vector<Bar> day_columns(const std::vector<NamedCount>& days) {
    std::vector<Bar> columns;
    if (days.empty()) return columns;
    constexpr std::int64_t kDayUs = 86'400'000'000;
    const auto first = parse_rfc3339(days.front().first + "T00:00:00Z");
    const auto last = parse_rfc3339(days.back().first + "T00:00:00Z");
    constexpr std::size_t kMonth = 7;  // `2026-11`
    const bool by_day =
        first && last && (last->unix_us - first->unix_us) / kDayUs < static_cast<std::int64_t>(kMaxColumns);
    const auto add = [&](const std::string& label, std::uint64_t count) {
      columns.push_back({label, {{label, "tone-1", count}}});
    };
    if (by_day) {
      std::size_t next = 0;
      for (Time day = *first; day <= *last; day.unix_us += kDayUs) {
        const std::string label = format_rfc3339(day).substr(0, 10);
        const bool has = next < days.size() && days[next].first == label;
        add(label, has ? days[next++].second : 0);
      }
      return columns;
    }
    for (const auto& [day, count] : days) {
      const std::string month = day.substr(0, kMonth);
      if (columns.empty() || columns.back().label != month) add(month, 0);
      columns.back().segments.front().value += count;
    }
    return columns;
  }

  void log(const LogPart& part) {
    section("log", "The audit log", "");
    out_ += "<dl>\n";
    const auto row = [&](std::string_view name, const std::string& html) {
      out_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
    };
    row("Log", fmt::format("<code>{}</code>", shown(part.path)));
    row("Origin", fmt::format("<code>{}</code>", shown(part.origin)));
    row("Verified", part.verifies
                        ? state("good", "verifies") + " when this report was made, " + format_rfc3339(model_.now)
                        : state("bad", "does not verify") + " " + shown(part.problem));
    if (part.first_bad) row("First bad record", grouped(*part.first_bad));
    row("Size", counted(part.size, "record", "records"));
    if (part.verifies) row("Root", fmt::format("<code>{}</code>", part.root));
    row("Stored checkpoints", grouped(part.checkpoints));
    row("Checkpoint from outside",
        part.anchored ? fmt::format("covers {}, cosigned by {}", counted(*part.anchored, "record", "records"),
                                    grouped(part.cosigners))
                      : std::string("none was given"));
    out_ += "</dl>\n";
    if (!part.checkpoint.empty()) {
      out_ += fmt::format("<details><summary>The newest checkpoint in the log</summary><pre>{}</pre></details>\n",
                          escape_html(part.checkpoint));
    }
    if (!part.counted) {
      nothing("Its records cannot be counted: not all of them can be read.");
      end_section();
      return;
    }
    out_ += "<div class=\"charts\">\n";
    const std::vector<Bar> days = day_columns(part.days);
    if (!days.empty()) {
      const bool is_months = days.front().label.size() < 10;
      out_ += column_chart("chart-days", is_months ? "Decisions a month" : "Decisions a day (UTC)", days);
    }
    if (!part.outcomes.empty())
      out_ += bar_chart("chart-log-outcomes", "Records by outcome", bars_of(part.outcomes, "tone-1"));
    if (!part.codes.empty()) out_ += bar_chart("chart-log-codes", "Records by code", bars_of(part.codes, "tone-2"));
    out_ += "</div>\n";
    if (!part.principals.empty()) {
      table("Callers with the most records", {{"Caller"}, {"Records", Cell::kNumber}}, part.principals.size(),
            "log.csv", [&](std::size_t i) -> std::vector<std::string> {
              return {part.principals[i].first, grouped(part.principals[i].second)};
            });
    }
    end_section();
  }

  void waivers() {
    section("waivers", "Waivers", "Findings that somebody answers for, until a day. An expired one covers nothing.");
    if (model_.waivers.empty()) {
      nothing("None.");
    } else {
      table("Waivers",
            {{"State", Cell::kState},
             {"Check", Cell::kId},
             {"Subject", Cell::kId},
             {"Owner"},
             {"Reason", Cell::kWide},
             {"Expires"},
             {"Findings", Cell::kNumber}},
            model_.waivers.size(), "waivers.csv", [&](std::size_t i) -> std::vector<std::string> {
              const WaiverLine& line = model_.waivers[i];
              return {line.is_expired ? state("bad", "expired") : state("good", "in force"),
                      std::string(rules::check_info(line.waiver.check).name),
                      line.waiver.subject,
                      line.waiver.owner,
                      line.waiver.reason,
                      line.waiver.expires,
                      grouped(line.findings)};
            });
    }
    end_section();
  }

  void rules() {
    std::size_t inferred = 0;
    for (const RuleLine& rule : model_.rules) inferred += rule.basis == "inferred" ? std::uint64_t{1} : 0;
    section("rules", "Rules, and what they rest on", "");
    out_ += fmt::format(
        "<p class=\"lead\">{} of {} rest on a reading of the documentation (<em>inferred</em>), not on its words. They "
        "decide in this order.</p>\n",
        grouped(inferred), counted(model_.rules.size(), "rule", "rules"));
    table("Rules",
          {{"Basis", Cell::kState}, {"Rule", Cell::kId}, {"Code", Cell::kId}, {"Why", Cell::kWide}, {"Source"}},
          model_.rules.size(), "rules.csv", [&](std::size_t i) -> std::vector<std::string> {
            const RuleLine& rule = model_.rules[i];
            return {state(rule.basis == "inferred" ? "unsure" : "", shown(rule.basis)), rule.id, rule.code,
                    rule.explanation, rule.source};
          });
    for (const auto& [reading, choice] : model_.readings) {
      out_ += fmt::format("<p class=\"note\">Reading <code>{}</code> is set to <code>{}</code>.</p>\n", shown(reading),
                          shown(choice));
    }
    end_section();
  }

  void inputs() {
    section("inputs", "Inputs",
            "The same inputs, the same time and the same program make this file again, byte for byte.");
    table("Inputs", {{"What"}, {"Name", Cell::kId}, {"Version"}, {"Digest", Cell::kId}}, model_.inputs.size(),
          "inputs.csv", [&](std::size_t i) -> std::vector<std::string> {
            const InputLine& input = model_.inputs[i];
            return {input.what, input.name, input.version, input.digest};
          });
    out_ +=
        fmt::format("<p class=\"note\">imagewarden {}, {}.</p>\n", shown(model_.version), format_rfc3339(model_.now));
    if (model_.inventory) {
      const InventoryPart& part = *model_.inventory;
      for (const std::string& assumption : part.assumptions)
        out_ += fmt::format("<p class=\"note\">Assumed: {}.</p>\n", shown(assumption));
      out_ += "<h3>Lists of the inventory</h3>\n";
      table("Lists of the inventory",
            {{"State", Cell::kState},
             {"List", Cell::kId},
             {"Account"},
             {"Region"},
             {"Items", Cell::kNumber},
             {"Oldest answer"},
             {"Why", Cell::kWide}},
            part.lists.size(), "lists.csv", [&](std::size_t i) -> std::vector<std::string> {
              const ListLine& list = part.lists[i];
              return {state(list.state == "complete" ? "good" : "unsure", list.state),
                      list.name,
                      list.account,
                      list.region,
                      grouped(list.items),
                      list.oldest,
                      list.reason};
            });
    }
    end_section();
  }

  const ReportModel& model_;
  std::string out_;
};

}  // namespace

std::string report_html(const ReportModel& model) {
  std::string_view rest = page_template("compliance.html");
  std::string page;
  fill_policy(page, rest);
  fill(page, rest, "@BODY@\n", Page(model).body());
  return page.append(rest);
}

}  // namespace imagewarden::report
