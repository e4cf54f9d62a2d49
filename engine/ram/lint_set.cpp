// What only attachments show.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "engine/base/glob.h"
#include "engine/ram/lint_containment.h"
#include "engine/ram/lint_view.h"

namespace imagewarden::ram {
namespace {

using lint::DocumentView;
using lint::quoted;
using lint::StatementView;
using lint::Word;

constexpr std::size_t kMostCustom = 10;
constexpr std::size_t kMostSystem = 20;
constexpr std::size_t kMostVersions = 5;
constexpr std::string_view kFullAccess = "FullAliyunAccess";

// A document that is asked for several times. The view points into the document, so it stays where it is.
struct Parsed {
  std::optional<JsonDocument> document;
  DocumentView view;
};

class Documents {
 public:
  explicit Documents(std::span<const LintInput> inputs) : inputs_(inputs), by_input_(inputs.size()) {}

  // Null: it is no JSON, which is lint_document()'s to say.
  const DocumentView* of_input(std::size_t input) {
    auto& slot = by_input_[input];
    if (!slot) slot = parse(inputs_[input].text, inputs_[input].kind);
    return slot->document ? &slot->view : nullptr;
  }
  const DocumentView* of(const LintAttachment& attachment) {
    if (attachment.input) return of_input(*attachment.input);
    if (attachment.document.empty()) return nullptr;
    auto& slot = by_text_[attachment.document];
    if (!slot) slot = parse(attachment.document, PolicyKind::kIdentity);
    return slot->document ? &slot->view : nullptr;
  }

 private:
  static std::unique_ptr<Parsed> parse(const std::string& text, PolicyKind kind) {
    auto parsed = std::make_unique<Parsed>();
    auto document = JsonDocument::parse(text);
    if (document) {
      parsed->document = std::move(*document);
      parsed->view = lint::make_view(*parsed->document, kind, {});
    }
    return parsed;
  }

  std::span<const LintInput> inputs_;
  std::vector<std::unique_ptr<Parsed>> by_input_;
  std::map<std::string, std::unique_ptr<Parsed>> by_text_;
};

std::string_view holder_word(LintAttachment::Holder holder) {
  switch (holder) {
    case LintAttachment::Holder::kUser:
      return "user/";
    case LintAttachment::Holder::kGroup:
      return "group/";
    case LintAttachment::Holder::kRole:
      break;
  }
  return "role/";
}

std::string holder_name(const LintAttachment& attachment) {
  return std::string(holder_word(attachment.holder)) + attachment.name;
}
std::string policy_name(const LintAttachment& attachment) {
  return attachment.policy_type + '/' + attachment.policy_name;
}

bool word_within(const Word& word, const std::vector<Word>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Word& pattern) { return glob_within(word.lower, pattern.lower) == Decided::kYes; });
}

// Whether some action is certainly one of both.
bool share_action(const StatementView& a, const StatementView& b) {
  if (a.not_action && b.not_action) return true;  // both leave out a few of all actions
  if (a.not_action) return share_action(b, a);
  return std::any_of(a.action.words.begin(), a.action.words.end(), [&](const Word& word) {
    if (b.not_action) return !has_wildcard(word.lower) && !word_within(word, b.action.words);
    return std::any_of(b.action.words.begin(), b.action.words.end(),
                       [&](const Word& other) { return globs_disjoint(word.lower, other.lower) == Decided::kNo; });
  });
}

class SetLinter {
 public:
  SetLinter(std::span<const LintInput> inputs, const LintSet& set, const LintTables& tables)
      : inputs_(inputs), set_(set), index_(tables), documents_(inputs) {}

  std::vector<Finding> run() {
    check_group_denies();
    check_group_grants();
    check_control_policies();
    check_limits();
    std::vector<Finding> findings;
    for (auto& [input, report] : reports_) {
      for (Finding& finding : report->take()) {
        finding.input = input;
        findings.push_back(std::move(finding));
      }
    }
    return findings;
  }

 private:
  lint::Report& report_of(std::size_t input) {
    auto& slot = reports_[input];
    if (!slot)
      slot = std::make_unique<lint::Report>(
          input < inputs_.size() ? std::string_view(inputs_[input].text) : std::string_view(), input);
    return *slot;
  }

  // Who is meant by an attachment: the holder itself, or the users of the group.
  std::vector<std::string> principals_of(const LintAttachment& attachment) const {
    std::vector<std::string> names{attachment.account + ' ' + holder_name(attachment)};
    if (attachment.holder != LintAttachment::Holder::kGroup) return names;
    for (const LintMembership& membership : set_.memberships) {
      if (membership.account == attachment.account && membership.group == attachment.name) {
        names.push_back(membership.account + " user/" + membership.user);
      }
    }
    return names;
  }

  // RAM055: a Deny at resource-group level of somebody whom an Allow at account level lets through before.
  void check_group_denies() {
    std::map<std::string, std::vector<const LintAttachment*>> account_level;  // principal to what it holds there
    const bool any = std::any_of(set_.attachments.begin(), set_.attachments.end(),
                                 [](const LintAttachment& a) { return !a.resource_group.empty(); });
    if (!any) return;
    for (const LintAttachment& attachment : set_.attachments) {
      if (!attachment.resource_group.empty()) continue;
      for (std::string& name : principals_of(attachment)) account_level[std::move(name)].push_back(&attachment);
    }
    struct Hit {
      const LintAttachment* deny{};
      const LintAttachment* allow{};
      std::set<std::string> principals;
    };
    std::map<std::pair<std::size_t, std::size_t>, Hit> hits;  // input and statement
    for (const LintAttachment& deny : set_.attachments) {
      if (deny.resource_group.empty() || !deny.input) continue;
      const DocumentView* view = documents_.of(deny);
      if (view == nullptr) continue;
      for (const std::string& principal : principals_of(deny)) {
        for (const LintAttachment* allow : account_level[principal]) {
          const DocumentView* allowing = documents_.of(*allow);
          if (allowing == nullptr) continue;
          for (const std::size_t i : overridden_by(*view, *allowing)) {
            Hit& hit = hits[{*deny.input, i}];
            if (hit.deny == nullptr) hit = {&deny, allow, {}};
            hit.principals.insert(principal.substr(principal.find(' ') + 1));
          }
        }
      }
    }
    for (const auto& [at, hit] : hits) {
      const StatementView& statement = documents_.of_input(at.first)->statements[at.second];
      std::string who = quoted(*hit.principals.begin());
      if (hit.principals.size() > 1) who += " and " + std::to_string(hit.principals.size() - 1) + " more";
      report_of(at.first).add(55, lint::place_of(statement),
                              "this Deny hangs on resource group " + quoted(hit.deny->resource_group) + ", but " +
                                  quoted(policy_name(*hit.allow)) + " allows actions of it to " + who +
                                  " at account level, where the evaluation ends",
                              "attach the Deny at account level, or take the Allow there away");
    }
  }

  // The same pair of documents comes up for many principals.
  const std::vector<std::size_t>& overridden_by(const DocumentView& denying, const DocumentView& allowing) {
    const auto [at, is_new] = overridden_.try_emplace({&denying, &allowing});
    for (std::size_t i = 0; is_new && i < denying.statements.size(); ++i) {
      if (overridden(denying.statements[i], allowing)) at->second.push_back(i);
    }
    return at->second;
  }

  static bool overridden(const StatementView& deny, const DocumentView& allowing) {
    if (!deny.denies() || !deny.is_sound()) return false;
    return std::any_of(allowing.statements.begin(), allowing.statements.end(), [&](const StatementView& allow) {
      return allow.allows() && allow.is_sound() && share_action(deny, allow);
    });
  }

  // RAM056: what cannot be granted in a resource group.
  void check_group_grants() {
    std::set<std::size_t> done;
    for (const LintAttachment& attachment : set_.attachments) {
      if (attachment.resource_group.empty() || !attachment.input || !done.insert(*attachment.input).second) continue;
      const DocumentView* view = documents_.of(attachment);
      if (view == nullptr) continue;
      for (const StatementView& statement : view->statements) {
        if (!statement.allows() || statement.not_action) continue;
        for (const Word& word : statement.action.words) {
          const auto known = index_.matches(word.lower);
          if (known.empty() ||
              !std::all_of(known.begin(), known.end(), [](const LintAction* action) { return action->all_resources; }))
            continue;
          report_of(*attachment.input)
              .add(56, lint::place_of(statement, statement.action, word),
                   quoted(word.text) + " has no resource, so that the grant to " + quoted(holder_name(attachment)) +
                       " in resource group " + quoted(attachment.resource_group) + " has no effect",
                   "attach the policy at account level");
        }
      }
    }
  }

  // RAM057: control policies with an Allow list.
  void check_control_policies() {
    std::map<std::string, std::vector<const LintControlAttachment*>> by_target;
    for (const LintControlAttachment& control : set_.controls) by_target[control.target].push_back(&control);
    for (const auto& [target, controls] : by_target) {
      const bool full = std::any_of(controls.begin(), controls.end(),
                                    [](const auto* control) { return control->policy_name == kFullAccess; });
      bool unknown = false;  // a document that was not exported could allow anything
      bool assumes = false;
      std::vector<std::pair<std::size_t, const StatementView*>> lists;
      for (const LintControlAttachment* control : controls) {
        if (control->policy_name == kFullAccess) continue;
        const DocumentView* view = control->input ? documents_.of_input(*control->input) : nullptr;
        unknown = unknown || view == nullptr;
        if (view == nullptr) continue;
        for (const StatementView& statement : view->statements) {
          if (!statement.allows() || !statement.is_sound()) continue;
          lists.emplace_back(*control->input, &statement);
          const bool listed = std::any_of(statement.action.words.begin(), statement.action.words.end(),
                                          [](const Word& word) { return glob_matches(word.lower, "sts:assumerole"); });
          assumes = assumes || listed != statement.not_action;
        }
      }
      for (const auto& [input, statement] : lists) {
        if (full) {
          report_of(input).add(57, lint::place_of(*statement),
                               "an Allow list on " + quoted(target) + " while " + quoted(kFullAccess) +
                                   " is still attached there has no effect",
                               "detach `FullAliyunAccess` from it, or write a Deny");
        } else if (!assumes && !unknown) {
          report_of(input).add(57, lint::place_of(*statement),
                               "the Allow lists on " + quoted(target) +
                                   " do not hold `sts:AssumeRole`: nobody can take a role in the accounts below",
                               "add `sts:AssumeRole`");
        }
      }
    }
  }

  // RAM061: how many policies a principal holds, how many versions a policy has.
  void check_limits() {
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<const LintAttachment*>>
        held;  // account, holder, type
    for (const LintAttachment& attachment : set_.attachments) {
      held[{attachment.account, holder_name(attachment), attachment.policy_type}].push_back(&attachment);
    }
    for (const auto& [key, attachments] : held) {
      const bool system = std::get<2>(key) == "System";
      std::set<std::string> names;
      std::size_t input = Finding::kNoInput;
      for (const LintAttachment* attachment : attachments) {
        names.insert(attachment->policy_name);
        if (attachment->input) input = std::min(input, *attachment->input);
      }
      const std::size_t most = system ? kMostSystem : kMostCustom;
      if (names.size() <= most) continue;
      report_of(input).add(61, {},
                           quoted(std::get<1>(key)) + " holds " + std::to_string(names.size()) +
                               (system ? " system" : " custom") + " policies, RAM takes " + std::to_string(most),
                           "put them together into fewer policies, or grant through groups");
    }
    for (const LintVersions& versions : set_.versions) {
      if (versions.versions <= kMostVersions) continue;
      report_of(versions.input)
          .add(61, {},
               "policy of " + std::to_string(versions.versions) + " versions, RAM keeps " +
                   std::to_string(kMostVersions),
               "delete versions that are not in use");
    }
  }

  std::span<const LintInput> inputs_;
  const LintSet& set_;
  lint::TableIndex index_;
  Documents documents_;
  std::map<std::pair<const DocumentView*, const DocumentView*>, std::vector<std::size_t>> overridden_;
  std::map<std::size_t, std::unique_ptr<lint::Report>> reports_;
};

}  // namespace

std::vector<Finding> lint_set(std::span<const LintInput> inputs, const LintSet& set, const LintTables& tables) {
  return SetLinter(inputs, set, tables).run();
}

std::vector<AttachmentNote> attachment_notes(std::span<const LintInput> inputs, const LintSet& set) {
  std::vector<AttachmentNote> by_input(inputs.size());
  for (const LintAttachment& attachment : set.attachments) {
    if (!attachment.input) continue;
    AttachmentNote& note = by_input[*attachment.input];
    switch (attachment.holder) {
      case LintAttachment::Holder::kUser:
        note.direct_users.push_back(attachment.name);
        break;
      case LintAttachment::Holder::kGroup:
        ++note.groups;
        break;
      case LintAttachment::Holder::kRole:
        ++note.roles;
        break;
    }
  }
  for (const LintControlAttachment& control : set.controls) {
    if (control.input) ++by_input[*control.input].targets;
  }
  std::vector<AttachmentNote> notes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].kind == PolicyKind::kTrust) continue;
    AttachmentNote& note = by_input[i];
    note.input = i;
    std::sort(note.direct_users.begin(), note.direct_users.end());
    note.direct_users.erase(std::unique(note.direct_users.begin(), note.direct_users.end()), note.direct_users.end());
    note.users = note.direct_users.size();
    notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace imagewarden::ram
