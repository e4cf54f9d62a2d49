#include "report/compare.h"

#include <set>

#include <fmt/format.h>

#include "engine/base/json_tree.h"
#include "engine/base/sha256.h"

namespace imagewarden::report {
namespace {

constexpr std::string_view kSchema = "imagewarden-report/1";

std::string_view text_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is(JsonType::kString) ? value->text : std::string_view{};
}

}  // namespace

Result<EarlierReport> parse_earlier_report(std::string_view text, std::string_view path) {
  const auto document = JsonDocument::parse(text);
  if (!document) return tl::make_unexpected(to_error(document.error(), path, text));
  const JsonValue& root = document->root();
  const JsonValue* findings = root.is(JsonType::kObject) ? root.find("findings") : nullptr;
  if (findings == nullptr || !findings->is(JsonType::kArray) || text_of(root, "schema") != kSchema)
    return fail(Errc::kMalformedInput, fmt::format("{}: expected what `report --format json` wrote", path));
  EarlierReport earlier;
  earlier.path = path;
  earlier.digest = sha256_text(text);
  earlier.time = text_of(root, "time");
  for (const JsonValue& item : findings->items) {
    FixedFinding finding{std::string(text_of(item, "check")), std::string(text_of(item, "subject")),
                         std::string(text_of(item, "text"))};
    if (finding.check.empty() || finding.subject.empty())
      return fail(Errc::kMalformedInput, fmt::format("{}: a finding without `check` or `subject`", path));
    earlier.findings.push_back(std::move(finding));
  }
  return earlier;
}

void compare_with(const EarlierReport& earlier, ReportModel& model) {
  using Key = std::pair<std::string_view, std::string_view>;
  std::set<Key> before;
  for (const FixedFinding& finding : earlier.findings) before.emplace(finding.check, finding.subject);
  Comparison out;
  out.path = earlier.path;
  out.time = earlier.time;
  std::set<Key> after;
  for (ReportFinding& finding : model.findings) {
    const Key key{rules::check_info(finding.check).name, finding.subject};
    after.insert(key);
    finding.change = before.count(key) != 0 ? Change::kUnchanged : Change::kNew;
    ++(finding.change == Change::kNew ? out.fresh : out.unchanged);
  }
  for (const FixedFinding& finding : earlier.findings) {
    const rules::CheckInfo* info = rules::find_check(finding.check);
    const bool is_assessed =
        info != nullptr && model.checks[static_cast<std::size_t>(info->check)].state != CheckState::kNotAssessed;
    if (is_assessed && after.count({finding.check, finding.subject}) == 0) out.fixed.push_back(finding);
  }
  model.comparison = std::move(out);
}

}  // namespace imagewarden::report
