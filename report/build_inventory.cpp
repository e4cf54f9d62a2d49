// What a report says of an inventory: each image decided, who may delete, what is shared, what is missing.

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "engine/decide/fact_reader.h"
#include "engine/decide/needs.h"
#include "engine/rules/facts.h"
#include "report/build_parts.h"

namespace imagewarden::report {
namespace {

constexpr std::uint64_t kPermission = std::uint64_t{1} << static_cast<unsigned>(rules::Fact::kCallerAllowed);

struct AgeClass {
  std::string_view name;
  std::int64_t below_days;
};
constexpr AgeClass kAges[] = {{"under 30 days", 30},   {"30 to 89 days", 90},
                              {"90 to 179 days", 180}, {"180 to 364 days", 365},
                              {"1 to 2 years", 730},   {"over 2 years", std::numeric_limits<std::int64_t>::max()}};
constexpr std::string_view kNoAge = "not known";

std::size_t age_class(const std::optional<std::int64_t>& days) {
  if (!days) return std::size(kAges);
  const auto* found =
      std::find_if(std::begin(kAges), std::end(kAges), [&](const AgeClass& one) { return *days < one.below_days; });
  return static_cast<std::size_t>(found - std::begin(kAges));
}

bool is_word(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

std::string_view state_word(ListState state) {
  switch (state) {
    case ListState::kComplete:
      return "complete";
    case ListState::kCutOff:
      return "cut off";
    case ListState::kAbsent:
      break;
  }
  return "absent";
}

class Builder {
 public:
  Builder(const InventorySource& source, const rules::Ruleset& rules, Time now)
      : source_(source), snapshot_(*source.snapshot), images_(snapshot_.images()), rules_(rules), now_(now) {}

  Result<BuiltInventory> build() {
    describe_input();
    for (const AgeClass& age : kAges) part_.ages.emplace_back(age.name);
    part_.ages.emplace_back(kNoAge);
    if (source_.principal) {
      if (auto decided = decide_as(*source_.principal); !decided) return tl::make_unexpected(decided.error());
    } else {
      for (const Account& account : snapshot_.accounts()) {
        const PrincipalRef root{std::string(snapshot_.text(account.id)), ram::PrincipalKind::kRoot, {}};
        if (auto decided = decide_as(root); !decided) return tl::make_unexpected(decided.error());
      }
    }
    part_.codes.assign(codes_.begin(), codes_.end());
    sort_by_count(part_.codes);
    part_.unknown_rules.assign(unknown_rules_.begin(), unknown_rules_.end());
    sort_by_count(part_.unknown_rules);
    for (auto& [product, counts] : products_) part_.products.push_back({product, std::move(counts)});
    std::stable_sort(part_.products.begin(), part_.products.end(), [](const AgeCell& a, const AgeCell& b) {
      const auto sum = [](const AgeCell& cell) {
        std::uint64_t total = 0;
        for (const std::uint64_t count : cell.counts) total += count;
        return total;
      };
      return sum(a) > sum(b);
    });
    list_access();
    list_gaps();
    return BuiltInventory{std::move(part_), std::move(access_)};
  }

 private:
  std::string text(StringId id) const { return std::string(snapshot_.text(id)); }
  std::string text(const DictionaryColumn& column, std::size_t row) const {
    return text(column.values[column.codes[row]]);  // the first two are empty: absent, open
  }
  std::string account_text(AccountId account) const { return text(snapshot_.accounts()[account.value].id); }

  void describe_input() {
    part_.digest = snapshot_.digest();
    part_.files = snapshot_.file_count();
    part_.bytes = snapshot_.byte_count();
    part_.oldest = snapshot_.oldest_export();
    part_.newest = snapshot_.newest_export();
    part_.operation = rules_.operation();
    for (const Account& account : snapshot_.accounts()) part_.accounts.push_back(text(account.id));
    if (source_.principal) part_.decided_for = source_.principal->text();
    for (const SkippedFile& file : snapshot_.skipped())
      part_.skipped.push_back(fmt::format("{}: {}", file.path, file.why));
  }

  // What a verdict says where some rules are left out.
  Verdict without(Verdict verdict) const {
    verdict.violated &= ~left_out_;
    verdict.unknown &= ~left_out_;
    verdict.outcome = verdict.violated != 0  ? Outcome::kDeny
                      : verdict.unknown != 0 ? Outcome::kIndeterminate
                                             : Outcome::kAllow;
    if (verdict.violated != 0) verdict.rule = static_cast<std::uint8_t>(std::countr_zero(verdict.violated));
    return verdict;
  }

  Status decide_as(const PrincipalRef& principal) {
    Question question;
    question.principal = principal;
    question.context = source_.context;
    question.now = now_;
    question.strict = source_.strict;
    const auto decider = Decider::create(snapshot_, rules_, question);
    if (!decider) return tl::make_unexpected(decider.error());
    if (!source_.principal) left_out_ = decider->rules_on(kPermission);
    const Account& account = snapshot_.accounts()[decider->account().value];
    std::vector<Verdict> verdicts(account.row_count);
    decider->decide(ImageRow{account.first_row}, verdicts);
    part_.images.reserve(part_.images.size() + verdicts.size());
    for (std::uint32_t i = 0; i < account.row_count; ++i)
      add_image(ImageRow{account.first_row + i}, without(verdicts[i]), *decider);
    // What was taken as given stands in every decision of one question.
    const Decision any = decider->describe_missing("", decider->decide_missing(""));
    for (const std::string& assumption : any.assumptions) {
      if (std::find(part_.assumptions.begin(), part_.assumptions.end(), assumption) == part_.assumptions.end())
        part_.assumptions.push_back(assumption);
    }
    return {};
  }

  void add_image(ImageRow row, const Verdict& verdict, const Decider& decider) {
    const std::size_t i = row.value;
    ImageLine line;
    line.account = account_text(images_.account[i]);
    line.id = text(images_.id[i]);
    line.name = text(images_.name[i]);
    line.type = text(images_.type, i);
    line.status = text(images_.status, i);
    line.product = text(images_.product, i);
    if (const std::int64_t created = images_.created_us[i]; created != ImageTable::kNoTime) {
      line.created = format_rfc3339(Time{created});
      line.age_days = age_days(created, now_);
    }
    if (images_.size_gib[i] >= 0) line.size_gib = images_.size_gib[i];
    for (const StringId region : images_.region_sets[images_.region_set[i]]) line.regions.push_back(text(region));
    line.outcome = verdict.outcome;
    line.code = decider.code_of(verdict);
    if (verdict.outcome == Outcome::kDeny) {
      line.rule = rules_.rules()[verdict.rule].id;
      ++codes_[line.code];
    }
    for (std::uint64_t left = verdict.unknown; left != 0; left &= left - 1) {
      line.unknown.push_back(rules_.rules()[static_cast<std::size_t>(std::countr_zero(left))].id);
      if (verdict.outcome == Outcome::kIndeterminate) ++unknown_rules_[line.unknown.back()];
    }
    const Relation& templates = snapshot_.relation(RelationKind::kTemplates);
    line.templates = templates.any.test(i) ? templates.of(row).size() : 0;
    line.templates_known = knows_templates(snapshot_, row);
    const Relation& computers = snapshot_.relation(RelationKind::kCloudComputers);
    line.cloud_computers = computers.any.test(i) ? computers.of(row).size() : 0;
    count(line);
    find_sharing(row, line);
    part_.images.push_back(std::move(line));
  }

  void count(const ImageLine& line) {
    auto& counts = products_[line.product.empty() ? std::string("not known") : line.product];
    counts.resize(part_.ages.size());
    ++counts[age_class(line.age_days)];
    switch (line.outcome) {
      case Outcome::kDeny:
        ++part_.deny;
        return;
      case Outcome::kIndeterminate:
        ++part_.indeterminate;
        return;
      case Outcome::kAllow:
        break;
    }
    ++part_.allow;
    part_.freed_gib += static_cast<std::uint64_t>(line.size_gib.value_or(0));
    part_.taken_templates += line.templates;
    part_.taken_computers += line.cloud_computers;
  }

  void find_sharing(ImageRow row, const ImageLine& line) {
    const std::string owner = text(images_.owner, row.value);
    const bool is_general = is_word(line.type, "system") || is_word(line.type, "community");
    if (is_word(line.type, "shared") || (!is_general && !owner.empty() && owner != line.account)) {
      part_.shared_in.push_back({line.account, line.id, line.name, owner == line.account ? std::string{} : owner});
      return;
    }
    const Relation& shared = snapshot_.relation(RelationKind::kSharedWith);
    if (shared.any.test(row.value)) {
      for (const RelatedEntry& entry : shared.of(row))
        part_.shared_out.push_back({line.account, line.id, line.name, text(entry.id)});
    } else if (images_.shared_count[row.value] > 0) {
      part_.shared_out.push_back({line.account, line.id, line.name, {}});
    }
  }

  void list_access() {
    access_ = policy::who_can(snapshot_, rules_.readings(), {rules_.operation(), "*", source_.context, now_});
    part_.principals = access_.asked;
    for (const policy::PrincipalAccess& access : access_.access) {
      const bool is_certain = access.verdict.outcome == ram::Outcome::kAllow;
      ++(is_certain ? part_.deleters : part_.maybe_deleters);
      Deleter line;
      line.account = account_text(access.account);
      line.principal = access.principal;
      line.is_certain = is_certain;
      line.not_known = access.not_known;
      for (const std::string& key : access.open_keys) line.not_known.push_back(fmt::format("condition key {}", key));
      if (access.kind == ram::PrincipalKind::kRole && !access.trust_known) {
        line.assumable_by = {"not known (GetRole is not exported)"};
      }
      for (const policy::Assumer& assumer : access.assumers)
        line.assumable_by.push_back(assumer.is_certain ? assumer.who : fmt::format("{} (not certain)", assumer.who));
      for (const policy::Grant& grant : access.grants) {
        Deleter way = line;
        way.via = policy::to_string(grant.via);
        way.holder = grant.holder;
        way.statement = grant.statement;
        way.source = grant.source;
        way.conditions = grant.conditions;
        part_.access.push_back(std::move(way));
      }
      if (access.grants.empty()) part_.access.push_back(std::move(line));
    }
  }

  void list_gaps() {
    for (const MissingExport& gap : missing_exports(snapshot_, rules_.readings()))
      part_.missing.push_back({gap.account, gap.call, source_.command_of(gap.call), gap.because});
    for (const ListStatus& list : snapshot_.lists()) {
      const OperationInfo& info = operation_info(list.operation);
      part_.lists.push_back({std::string(info.name), account_text(list.account),
                             info.scope == ListScope::kParent ? fmt::format("each {}", info.parent) : text(list.region),
                             std::string(state_word(list.state)), list.items,
                             list.has_time ? format_rfc3339(list.oldest) : std::string{}, list.reason});
    }
  }

  const InventorySource& source_;
  const Snapshot& snapshot_;
  const ImageTable& images_;
  const rules::Ruleset& rules_;
  Time now_;
  std::uint64_t left_out_{};  // rules that ask who it is, a bit each
  InventoryPart part_;
  policy::WhoCanAnswer access_;
  std::map<std::string, std::uint64_t> codes_;
  std::map<std::string, std::uint64_t> unknown_rules_;
  std::map<std::string, std::vector<std::uint64_t>> products_;
};

}  // namespace

Result<BuiltInventory> build_inventory(const InventorySource& source, const rules::Ruleset& rules, Time now) {
  return Builder(source, rules, now).build();
}

}  // namespace imagewarden::report
