#include "engine/decide/findings.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/decide/needs.h"
#include "engine/decide/predicates.h"

namespace imagewarden {
namespace {

using rules::Fact;

constexpr std::string_view kPermissionRule = "permission";
constexpr std::size_t kRemedyValues = 10;

// The parts of one condition for one image.
struct ConditionReading {
  Tri value{Tri::kTrue};
  std::vector<FactState> states;  // as the atoms of the condition
  std::vector<Tri> results;
};

ConditionReading read_condition(const FactScope& scope, const Condition& condition, const ImageSubject& image) {
  ConditionReading out;
  for (const Atom& atom : condition.atoms) {
    out.states.push_back(read_key(scope, atom.key, image));
    out.results.push_back(evaluate_atom(atom, out.states.back()));
    out.value = tri_and(out.value, out.results.back());
  }
  return out;
}

std::string place_of(const FactScope& scope, const FactEntry& entry) {
  return entry.source.known() ? scope.snapshot.source_of(entry.source, entry.field) : std::string{};
}

void add_evidence(std::vector<Evidence>& out, Evidence evidence) {
  const auto same = [&](const Evidence& known) {
    return known.fact == evidence.fact && known.values == evidence.values && known.source == evidence.source;
  };
  if (std::none_of(out.begin(), out.end(), same)) out.push_back(std::move(evidence));
}

// The values of an atom that count: those that meet it, or all where `met_only` is not asked for.
void add_values(const FactScope& scope, const Atom& atom, const FactState& state, bool met_only,
                std::vector<Evidence>& out) {
  for (const FactEntry& entry : state.entries) {
    if (met_only && !atom.meets(entry.value)) continue;
    add_evidence(out, {atom.key.name, {entry.value.text}, place_of(scope, entry)});
  }
}

// The permission rests on statements, not on an image's facts.
std::vector<Evidence> permission_evidence(const FindingScope& scope) {
  std::vector<Evidence> out;
  for (const PermissionStatement& statement : scope.permission.statements) {
    add_evidence(out, {"caller:Allowed", {statement.statement}, statement.source});
  }
  if (out.empty()) out.push_back({"caller:Allowed", {scope.permission.decision}, {}});
  return out;
}

std::string fill_remedy(const FindingScope& scope, const rules::Rule& rule, std::string_view image_id,
                        const std::vector<std::string>& values) {
  const std::size_t shown = std::min(values.size(), kRemedyValues);
  std::string list =
      fmt::format("{}", fmt::join(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < values.size()) list += fmt::format(" and {} more", values.size() - shown);
  const std::string_view account =
      scope.facts.snapshot.text(scope.facts.snapshot.accounts()[scope.facts.account.value].id);
  std::string out;
  std::string_view rest = rule.remedy;
  // The loader has seen to it that every brace belongs to one of these.
  while (!rest.empty()) {
    const std::size_t open = rest.find('{');
    out += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('}', open);
    const std::string_view word = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    if (word == "values")
      out += list;
    else if (word == "image")
      out += image_id;
    else if (word == "account")
      out += account;
    else if (word == "principal")
      out += scope.principal_text;
  }
  return out;
}

// Collects what an unknown rule waits for.
class Unknowns {
 public:
  Unknowns(const FindingScope& scope, const ImageSubject& image, std::string_view image_id)
      : scope_(scope), snapshot_(scope.facts.snapshot), image_(image), image_id_(image_id) {}

  // The atoms of a condition that are not certain.
  void add_condition(const Condition& condition, const ConditionReading& reading) {
    for (std::size_t i = 0; i < condition.atoms.size(); ++i) {
      if (reading.results[i] == Tri::kUnknown) add_open(condition.atoms[i], reading.states[i]);
    }
  }

  // A condition that makes the rule unknown although all facts are there: their values are none that the rule knows.
  void add_unknown_values(const Condition& condition, const ConditionReading& reading) {
    for (std::size_t i = 0; i < condition.atoms.size(); ++i) {
      const Atom& atom = condition.atoms[i];
      const FactState& state = reading.states[i];
      if (state.entries.empty()) {
        add(fmt::format("a record with {}", atom.key.name), fmt::format("the image's record has no {}", atom.key.name));
      }
      for (const FactEntry& entry : state.entries) {
        if (!atom.meets(entry.value)) continue;
        add(fmt::format("a rule for {} `{}` (--rules)", atom.key.name, entry.value.text),
            fmt::format("{} `{}` is no value that the rule knows", atom.key.name, entry.value.text));
        add_evidence(evidence_, {atom.key.name, {entry.value.text}, place_of(scope_.facts, entry)});
      }
    }
  }

  UnknownFinding finish(const rules::Rule& rule) {
    return {rule.id, std::move(needs_), fmt::format("{}", fmt::join(reasons_, "; ")), std::move(evidence_)};
  }

 private:
  void add(std::string need, std::string because) {
    add_once(needs_, std::move(need));
    add_once(reasons_, std::move(because));
  }
  static void add_once(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
  }

  void add_list(Operation operation, StringId region) {
    if (auto gap = list_gap(snapshot_, operation, scope_.facts.account, region))
      add(std::move(gap->call), std::move(gap->because));
  }

  void add_lists_of_regions(Operation operation) {
    const auto add_all = [&](const std::vector<StringId>& regions) {
      if (regions.empty()) add("account.json", "the regions are not known");
      for (const StringId region : regions) add_list(operation, region);
    };
    const ImageTable& images = snapshot_.images();
    if (image_.row && !images.region_sets[images.region_set[image_.row->value]].empty()) {
      add_all(images.region_sets[images.region_set[image_.row->value]]);
    } else {
      add_all(snapshot_.accounts()[scope_.facts.account.value].regions);
    }
  }

  // A field of the image's record: exports contradict each other, or no record has it.
  void add_record(const Atom& atom) {
    const bool is_listed = image_.row && snapshot_.images().list_source[image_.row->value].known();
    add(is_listed ? "ListImage" : "DescribeImages",
        fmt::format("{} is not known: no export says, or exports contradict each other", atom.key.name));
  }

  void add_permission() {
    for (const std::string& need : scope_.principal.needs) {
      if (!scope_.permission.not_known.empty()) add_once(needs_, need);
    }
    for (const std::string& why : scope_.permission.not_known) add_once(reasons_, why);
    for (const std::string& key : scope_.permission.open_keys) {
      add(fmt::format("--context {0}=VALUE or --no-context {0}", key), fmt::format("{} is not given", key));
    }
  }

  void add_open(const Atom& atom, const FactState& state) {
    for (const FactEntry& entry : state.entries)
      add_evidence(evidence_, {atom.key.name, {entry.value.text}, place_of(scope_.facts, entry)});
    const rules::FactInfo* info = rules::find_fact(atom.key);
    if (info == nullptr) {
      add(fmt::format("--context {0}=VALUE or --no-context {0}", atom.key.name),
          fmt::format("{} is not given", atom.key.name));
      return;
    }
    switch (info->fact) {
      case Fact::kCallerAllowed:
        add_permission();
        return;
      case Fact::kExists:
        if (is_desktop_image_id(image_id_)) {
          add_lists_of_regions(Operation::kDescribeImages);
        } else {
          add_list(Operation::kListImage, {});
        }
        return;
      case Fact::kCommunityChildren:
        add_list(Operation::kListImage, {});
        return;
      case Fact::kDeliveryGroups:
        add_list(Operation::kListAppInstanceGroup, {});
        return;
      case Fact::kWorkstations:
        add_list(Operation::kListWuyingServer, {});
        return;
      case Fact::kDesktopGroups:
        add_lists_of_regions(Operation::kDescribeDesktopGroups);
        return;
      case Fact::kPooledDesktops:
      case Fact::kCloudComputers:
        add_lists_of_regions(Operation::kDescribeDesktops);
        return;
      case Fact::kTemplates:
        add_list(Operation::kDescribeTemplates, {});
        add_lists_of_regions(Operation::kDescribeBundles);
        return;
      case Fact::kSharedWith:
      case Fact::kSharedCount:
        add(fmt::format("DescribeImagePermission ImageId={}", image_id_), "not exported");
        return;
      case Fact::kRegions:
        add("account.json", "the regions are not known");
        return;
      case Fact::kTag:
        add("ListImage", "DescribeImages answers no tags, and ListImage does not show the image");
        return;
      case Fact::kId:
      case Fact::kName:
      case Fact::kImageType:
      case Fact::kStatus:
      case Fact::kRegionStatus:
      case Fact::kProductType:
      case Fact::kOwner:
      case Fact::kOwnedByAccount:
      case Fact::kParentImageId:
      case Fact::kBaseImageId:
      case Fact::kSessionType:
      case Fact::kBizType:
      case Fact::kSizeGib:
      case Fact::kAgeDays:
      case Fact::kCreatedAt:
      case Fact::kRecordedErrors:
      case Fact::kTemplateQueryError:
      case Fact::kCount:
        break;
    }
    add_record(atom);
  }

  const FindingScope& scope_;
  const Snapshot& snapshot_;
  const ImageSubject& image_;
  std::string_view image_id_;
  std::vector<std::string> needs_;
  std::vector<std::string> reasons_;
  std::vector<Evidence> evidence_;
};

std::string_view state_words(KeyState state) {
  switch (state) {
    case KeyState::kAbsent:
      return "absent";
    case KeyState::kKnown:
      return "known";
    case KeyState::kPartial:
      return "more are possible";
    case KeyState::kOpen:
      break;
  }
  return "not known";
}

}  // namespace

Tri violated(const FactScope& scope, const rules::Rule& rule, const ImageSubject& image) {
  return violation_of(
             rule,
             [&](const Condition& condition) { return TriWord::of(read_condition(scope, condition, image).value); })
      .first();
}

Finding describe_violation(const FindingScope& scope, const rules::Rule& rule, const ImageSubject& image,
                           std::string_view image_id) {
  Finding finding;
  finding.rule = rule.id;
  finding.code = code_of_rule(scope.ruleset, rule);
  finding.basis = rules::Basis::kOrganisation;
  std::vector<std::string> values;
  for (const rules::Alternative& alternative : rule.when) {
    const ConditionReading reading = read_condition(scope.facts, alternative.when, image);
    if (reading.value != Tri::kTrue) continue;
    // One documented reason is enough.
    finding.basis = std::min(finding.basis, alternative.basis);
    for (std::size_t i = 0; i < alternative.when.atoms.size(); ++i) {
      const Atom& atom = alternative.when.atoms[i];
      add_values(scope.facts, atom, reading.states[i], true, finding.evidence);
      if (is_negated(atom.op)) continue;
      for (const FactEntry& entry : reading.states[i].entries) {
        if (atom.meets(entry.value) && std::find(values.begin(), values.end(), entry.value.text) == values.end()) {
          values.push_back(entry.value.text);
        }
      }
    }
  }
  if (rule.id == kPermissionRule) finding.evidence = permission_evidence(scope);
  finding.remedy = fill_remedy(scope, rule, image_id, values);
  return finding;
}

UnknownFinding describe_unknown(const FindingScope& scope, const rules::Rule& rule, const ImageSubject& image,
                                std::string_view image_id) {
  Unknowns unknowns(scope, image, image_id);
  for (const rules::Alternative& alternative : rule.when) {
    const ConditionReading reading = read_condition(scope.facts, alternative.when, image);
    if (reading.value != Tri::kUnknown) continue;
    if (alternative.settled_when && read_condition(scope.facts, *alternative.settled_when, image).value == Tri::kTrue)
      continue;
    unknowns.add_condition(alternative.when, reading);
  }
  for (const Condition& condition : rule.unknown_when) {
    const ConditionReading reading = read_condition(scope.facts, condition, image);
    if (reading.value == Tri::kUnknown) unknowns.add_condition(condition, reading);
    if (reading.value == Tri::kTrue) unknowns.add_unknown_values(condition, reading);
  }
  return unknowns.finish(rule);
}

std::vector<FactReading> read_facts(const FactScope& scope, const rules::Rule& rule, const ImageSubject& image) {
  std::vector<FactReading> readings;
  std::vector<std::string> seen;
  static_cast<void>(violation_of(rule, [&](const Condition& condition) {
    for (const Atom& atom : condition.atoms) {
      if (std::find(seen.begin(), seen.end(), atom.key.lower) != seen.end()) continue;
      seen.push_back(atom.key.lower);
      const FactState state = read_key(scope, atom.key, image);
      FactReading reading{atom.key.name, std::string(state_words(state.state)), {}};
      add_values(scope, atom, state, false, reading.evidence);
      readings.push_back(std::move(reading));
    }
    return TriWord{};
  }));
  return readings;
}

std::string_view code_of_rule(const rules::Ruleset& ruleset, const rules::Rule& rule) {
  const Readings& readings = ruleset.readings();
  return rule.id == kPermissionRule && !readings.is_default(Reading::kDenialCode)
             ? readings.choice_name(Reading::kDenialCode)
             : std::string_view(rule.code);
}

std::optional<std::int32_t> status_of_rule(const rules::Ruleset& ruleset, const rules::Rule& rule) {
  constexpr std::int32_t kBadRequest = 400;
  if (rule.id == kPermissionRule && !ruleset.readings().is_default(Reading::kDenialStatus)) return kBadRequest;
  return rule.http_status;
}

std::string_view message_of_rule(const rules::Ruleset& ruleset, const rules::Rule& rule) {
  if (rule.is_guard) return rule.explanation;
  const rules::ErrorEntry* entry = ruleset.find_error(rule.code);
  return entry == nullptr ? std::string_view{} : std::string_view(entry->message);
}

}  // namespace imagewarden
