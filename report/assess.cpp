// Findings: what each check of rules::check_table() finds in the parts of a report, and what that says of the controls.

#include <algorithm>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include "engine/decide/needs.h"
#include "engine/inventory/operations.h"
#include "report/build_parts.h"

namespace imagewarden::report {
namespace {

using rules::Check;

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::int64_t kOldDays = 90;

class Assessor {
 public:
  Assessor(ReportModel& model, const policy::WhoCanAnswer* access, const rules::ControlSet& controls)
      : model_(model), access_(access), controls_(controls) {}

  void run() {
    for (const rules::CheckInfo& info : rules::check_table()) model_.checks.push_back({info.check, {}, 0, 0, {}});
    if (model_.inventory) {
      assess_access();
      assess_images(*model_.inventory);
      assess_lists(*model_.inventory);
    } else {
      skip(Check::kDeletionDirect, Check::kInventoryAge, "no inventory was given");
    }
    if (!model_.log) {
      skip(Check::kLogVerifies, Check::kLogRoot, "no log was given");
    } else {
      assess_log(*model_.log);
    }
    assess_waivers();
    conclude();
  }

 private:
  CheckLine& line(Check check) { return model_.checks[static_cast<std::size_t>(check)]; }
  // Looked at, and good where no finding follows.
  void assessed(Check check) { line(check).state = CheckState::kPass; }
  void skip(Check first, Check last, std::string_view because) {
    for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i)
      model_.checks[i].because = because;
  }
  void find(Check check, std::string subject, std::string text, std::string source = {}) {
    model_.findings.push_back({check, std::move(subject), std::move(text), std::move(source), std::nullopt, {}});
  }

  static bool is_of(std::span<const Operation> lists, const Missing& missing) {
    const auto operation = find_operation(std::string_view(missing.call).substr(0, missing.call.find(' ')));
    return operation && std::find(lists.begin(), lists.end(), *operation) != lists.end();
  }
  std::string account_text(const policy::PrincipalAccess& access) const {
    return model_.inventory->accounts[access.account.value];
  }
  bool names_own_account(std::string_view who) const {
    return std::any_of(model_.inventory->accounts.begin(), model_.inventory->accounts.end(),
                       [&](const std::string& account) { return who.find("::" + account + ":") != who.npos; });
  }

  void assess_access() {
    for (const Check check :
         {Check::kDeletionDirect, Check::kDeletionAdministrator, Check::kDeletionUnknown, Check::kRoleTrustForeign}) {
      assessed(check);
    }
    for (const Missing& missing : model_.inventory->missing) {
      if (!is_of(kPrincipalLists, missing)) continue;
      find(Check::kDeletionUnknown, fmt::format("{} {}", missing.account, missing.call),
           fmt::format("Who else may delete images of {} is not known: {} is not complete: {}.", missing.account,
                       missing.call, missing.because));
    }
    for (const policy::PrincipalAccess& access : access_->access) {
      const std::string who = fmt::format("{}:{}", account_text(access), access.principal);
      for (const policy::Grant& grant : access.grants) assess_grant(access, grant, who);
      if (access.verdict.outcome != ram::Outcome::kAllow) {
        std::vector<std::string> waits = access.not_known;
        for (const std::string& key : access.open_keys) waits.push_back(fmt::format("the condition key {}", key));
        find(Check::kDeletionUnknown, who,
             fmt::format(
                 "Whether {} may delete images is not known: {}.", who,
                 waits.empty() ? "its policies are not all exported" : fmt::format("{}", fmt::join(waits, "; "))));
      }
      if (access.kind != ram::PrincipalKind::kRole) continue;
      if (!access.trust_known) {
        find(Check::kDeletionUnknown, who + " trust",
             fmt::format("Who may assume {} is not known: its trust policy is not exported.", who));
      }
      for (const policy::Assumer& assumer : access.assumers) {
        const bool is_foreign = assumer.who.starts_with("RAM ") || assumer.who.starts_with("Federated ");
        if (is_foreign && !names_own_account(assumer.who)) {
          find(Check::kRoleTrustForeign, fmt::format("{} by {}", who, assumer.who),
               fmt::format("{} may delete images and can be assumed by {}.", who, assumer.who));
        }
      }
    }
  }

  void assess_grant(const policy::PrincipalAccess& access, const policy::Grant& grant, const std::string& who) {
    if (grant.via == policy::Via::kDirect && access.kind == ram::PrincipalKind::kUser) {
      find(Check::kDeletionDirect, fmt::format("{} {}", who, grant.statement),
           fmt::format("{} {} delete images through {}, which is attached to the user.", who,
                       grant.is_certain ? "may" : "might", grant.statement),
           grant.source);
    }
    constexpr std::string_view kAdministrator = "System/AdministratorAccess";
    const std::string_view policy = std::string_view(grant.statement).substr(0, grant.statement.find('#'));
    if (policy == kAdministrator) {
      find(Check::kDeletionAdministrator, fmt::format("{} via {}", who, grant.holder),
           fmt::format("{} may delete images because {} holds AdministratorAccess.", who, grant.holder), grant.source);
    }
  }

  void assess_images(const InventoryPart& part) {
    assessed(Check::kImagesSharedOut);
    assessed(Check::kImagesUndecided);
    for (const SharedImage& shared : part.shared_out) {
      const std::string other = shared.other.empty() ? std::string("an account that is not named") : shared.other;
      find(Check::kImagesSharedOut, fmt::format("{}:{} {}", shared.account, shared.id, shared.other),
           fmt::format("{} ({}) of {} is shared with {}.", shared.id, shared.name, shared.account, other));
    }
    for (const Missing& missing : part.missing) {
      if (!is_of(kImageLists, missing)) continue;
      find(Check::kImagesUndecided, fmt::format("{} {}", missing.account, missing.call),
           fmt::format("Images of {} that only {} would show are not known: it is not complete: {}.", missing.account,
                       missing.call, missing.because));
    }
    for (const auto& [rule, images] : part.unknown_rules) {
      find(Check::kImagesUndecided, rule,
           fmt::format("{} {} for the rule {}.", images, images == 1 ? "image waits" : "images wait", rule));
    }
  }

  void assess_lists(const InventoryPart& part) {
    assessed(Check::kExportsMissing);
    for (const Missing& missing : part.missing) {
      find(Check::kExportsMissing, fmt::format("{} {}", missing.account, missing.call),
           fmt::format("{} of {} is not complete: {}.", missing.call, missing.account, missing.because));
    }
    if (!part.oldest) {
      line(Check::kInventoryAge).because = "the exports carry no times";
      return;
    }
    assessed(Check::kInventoryAge);
    for (const ListLine& list : part.lists) {
      const auto oldest = parse_rfc3339(list.oldest);
      if (!oldest) continue;
      const std::int64_t days = (model_.now.unix_us - oldest->unix_us) / kDayUs;
      if (days < kOldDays) continue;
      find(Check::kInventoryAge, fmt::format("{} {} {}", list.account, list.name, list.region),
           fmt::format("{} of {}{} is {} days old.", list.name, list.account,
                       list.region.empty() ? std::string{} : fmt::format(" ({})", list.region), days));
    }
  }

  void assess_log(const LogPart& log) {
    assessed(Check::kLogVerifies);
    if (!log.verifies) {
      find(Check::kLogVerifies, "log",
           log.first_bad ? fmt::format("The log does not verify from record {} on: {}.", *log.first_bad, log.problem)
                         : fmt::format("The log does not verify: {}.", log.problem));
      skip(Check::kLogSigned, Check::kLogRoot, "the log does not verify");
      return;
    }
    assessed(Check::kLogSigned);
    if (log.checkpoints == 0) find(Check::kLogSigned, "log", "The log holds no signed checkpoint.");
    assessed(Check::kLogAnchored);
    if (!log.anchored) {
      find(
          Check::kLogAnchored, "log",
          "The log was compared with nothing from outside of the machine: it agrees with itself, but another one could "
          "have been put in its place, or its end cut off.");
    }
    if (!log.counted || !log.first) {
      skip(Check::kLogReach, Check::kLogRoot, "the records cannot be read");
      return;
    }
    assessed(Check::kLogReach);
    const std::int64_t days = (model_.now.unix_us - log.first->unix_us) / kDayUs;
    if (days < audit::kRetentionDays)
      find(Check::kLogReach, "log", fmt::format("The log begins at {}.", format_rfc3339(*log.first)));
    assessed(Check::kLogRetention);
    for (const auto& [kind, count] : log.kinds) {
      if (kind == audit::to_string(audit::RecordKind::kRetention))
        find(Check::kLogRetention, "log", fmt::format("{} removals before their time are recorded.", count));
    }
    assessed(Check::kLogRoot);
    for (const auto& [principal, count] : log.principals) {
      if (principal == "root") find(Check::kLogRoot, "root", fmt::format("{} records name root as the caller.", count));
    }
  }

  void assess_waivers() {
    assessed(Check::kWaiversExpired);
    for (const rules::ControlWaiver& waiver : controls_.waivers) {
      const bool is_expired = waiver.expires_after < model_.now;
      model_.waivers.push_back({waiver, is_expired, 0});
      if (!is_expired) continue;
      const std::string_view check = rules::check_info(waiver.check).name;
      find(Check::kWaiversExpired, fmt::format("{} {}", check, waiver.subject),
           fmt::format("The waiver of {} for {} by {} expired after {}.", check, waiver.subject, waiver.owner,
                       waiver.expires));
    }
  }

  void conclude() {
    auto& findings = model_.findings;
    const auto key = [](const ReportFinding& finding) {
      return std::tie(finding.check, finding.subject, finding.text);
    };
    std::sort(findings.begin(), findings.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    // One subject, one finding: two statements of one policy can say the same.
    findings.erase(
        std::unique(findings.begin(), findings.end(),
                    [](const auto& a, const auto& b) { return a.check == b.check && a.subject == b.subject; }),
        findings.end());
    for (ReportFinding& finding : findings) {
      for (std::size_t i = 0; i < model_.waivers.size(); ++i) {
        WaiverLine& one = model_.waivers[i];
        if (one.waiver.check != finding.check || (one.waiver.subject != "*" && one.waiver.subject != finding.subject))
          continue;
        ++one.findings;
        if (!one.is_expired && !finding.waiver) finding.waiver = i;
      }
      ++(finding.waiver ? line(finding.check).waived : line(finding.check).findings);
    }
    for (CheckLine& check : model_.checks) {
      if (check.findings > 0) {
        check.state = CheckState::kFinding;
      } else if (check.waived > 0) {
        check.state = CheckState::kWaived;
      }
    }
    model_.frameworks = controls_.frameworks;
    for (const rules::Control& control : controls_.controls) {
      ControlLine out{control, CheckState::kPass, 0};
      const auto rank = [](CheckState state) { return state == CheckState::kFinding ? -1 : static_cast<int>(state); };
      for (const Check check : control.checks) {
        const CheckLine& one = line(check);
        out.findings += one.findings;
        if (rank(one.state) < rank(out.state)) out.state = one.state;
      }
      model_.controls.push_back(std::move(out));
    }
  }

  ReportModel& model_;
  const policy::WhoCanAnswer* access_;
  const rules::ControlSet& controls_;
};

}  // namespace

void assess(ReportModel& model, const policy::WhoCanAnswer* access, const rules::ControlSet& controls) {
  Assessor(model, access, controls).run();
}

}  // namespace imagewarden::report
