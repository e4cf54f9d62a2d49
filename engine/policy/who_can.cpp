#include "engine/policy/who_can.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/decide/permission.h"

namespace imagewarden::policy {
namespace {

constexpr std::string_view kAssumeRole = "sts:AssumeRole";

Via via_of(std::string_view holder) { return holder.starts_with("group/") ? Via::kGroup : Via::kDirect; }

// What an atom waits for, or asks: `IpAddress acs:SourceIp: 203.0.113.0/24`.
std::string condition_text(const Atom& atom) {
  std::vector<std::string_view> wanted;
  for (const Value& value : atom.values) wanted.push_back(value.text);
  return fmt::format("{} {}: {}", operator_name(atom.op), atom.key.name, fmt::join(wanted, ", "));
}

Grant describe(const ram::ConsideredStatement& considered) {
  const ram::StatementRef& ref = considered.ref;
  Grant grant;
  grant.via = via_of(ref.policy->via);
  grant.holder = ref.policy->via;
  grant.statement = ram::statement_name(ref);
  grant.source = ref.policy->source;
  grant.is_certain = considered.matches == Tri::kTrue;
  if (ref.statement != nullptr) {
    for (const Atom& atom : ref.statement->condition.atoms) grant.conditions.push_back(condition_text(atom));
  }
  return grant;
}

bool could_allow(const ram::ConsideredStatement& considered) {
  const ram::Statement* statement = considered.ref.statement;
  return statement == nullptr || !statement->effect_known || statement->effect == ram::Effect::kAllow;
}

// Every principal of the snapshot, each resolved and compiled once.
class Asker {
 public:
  Asker(const Snapshot& snapshot, const Readings& readings, const WhoCanQuestion& question)
      : snapshot_(snapshot), readings_(readings), question_(question), directory_(snapshot, readings) {}

  WhoCanAnswer run() {
    for (std::uint32_t account = 0; account < snapshot_.accounts().size(); ++account) ask_account(AccountId{account});
    answer_.asked = callers_.size();
    std::vector<std::size_t> reached;  // into callers_
    const ram::ResourceLevel level = resource_level_of(question_.action);
    for (std::size_t i = 0; i < callers_.size(); ++i) {
      const Caller& caller = callers_[i];
      const ram::Request request = ram::make_request(question_.action, question_.resource, level, question_.context,
                                                     caller.compiled->policies(), question_.now);
      const ram::Verdict verdict = caller.compiled->decide(request);
      if (verdict.outcome != ram::Outcome::kAllow && verdict.outcome != ram::Outcome::kIndeterminate) continue;
      answer_.access.push_back(describe_access(caller, request));
      reached.push_back(i);
    }
    for (std::size_t i = 0; i < reached.size(); ++i) {
      if (callers_[reached[i]].ref.kind == ram::PrincipalKind::kRole)
        find_assumers(callers_[reached[i]], answer_.access[i]);
    }
    return std::move(answer_);
  }

 private:
  struct Caller {
    AccountId account;
    PrincipalRef ref;
    StringId name;
    std::unique_ptr<ram::Principal> compiled;
  };

  void ask_account(AccountId account) {
    add(account, ram::PrincipalKind::kRoot, StringId{});
    for (const NamedPrincipal& named : named_principals(snapshot_, account)) add(account, named.kind, named.name);
  }

  void add(AccountId account, ram::PrincipalKind kind, StringId name) {
    Caller caller;
    caller.account = account;
    caller.ref = {std::string(snapshot_.text(snapshot_.accounts()[account.value].id)), kind,
                  std::string(snapshot_.text(name))};
    caller.name = name;
    auto resolved = directory_.resolve(caller.ref, false);
    if (!resolved) return;  // only a name that the lists do not hold is refused
    caller.compiled =
        std::make_unique<ram::Principal>(ram::Principal::compile(std::move(resolved->policies), readings_));
    callers_.push_back(std::move(caller));
  }

  PrincipalAccess describe_access(const Caller& caller, const ram::Request& request) const {
    const ram::Evaluation evaluation = caller.compiled->explain(request);
    PrincipalAccess access;
    access.account = caller.account;
    access.kind = caller.ref.kind;
    access.principal = caller.ref.text();
    access.verdict = evaluation.verdict;
    access.open_keys = evaluation.open_keys;
    access.not_known = evaluation.not_known;
    if (caller.ref.kind == ram::PrincipalKind::kRoot) {
      access.grants.push_back({Via::kRoot, "root", "", "", evaluation.verdict.outcome == ram::Outcome::kAllow, {}});
    }
    for (const ram::ConsideredStatement& considered : evaluation.considered) {
      const bool is_identity =
          considered.ref.step == ram::Step::kAccountLevel || considered.ref.step == ram::Step::kResourceGroupLevel;
      if (is_identity && considered.matches != Tri::kFalse && could_allow(considered))
        access.grants.push_back(describe(considered));
    }
    return access;
  }

  // Who may become the role: the trust policy and the caller's own permission have to agree.
  void find_assumers(const Caller& role, PrincipalAccess& access) const {
    const auto& trusts = snapshot_.ram().trusts;
    const auto trust = std::find_if(trusts.begin(), trusts.end(), [&](const RoleTrust& one) {
      return one.account == role.account && one.role == role.name;
    });
    access.trust_known = false;
    if (trust == trusts.end() || trust->document.empty()) return;
    const auto document = ram::parse_document(trust->document, access.principal, ram::DocumentKind::kTrust, readings_);
    if (!document) return;
    access.trust_known = true;
    const std::string role_arn = fmt::format("acs:ram::{}:role/{}", role.ref.account, to_lower(role.ref.name));
    for (const Caller& caller : callers_) {
      if (&caller == &role || caller.ref.kind == ram::PrincipalKind::kRoot) continue;
      const ram::Request request = ram::make_request(kAssumeRole, role_arn, resource_level_of(kAssumeRole),
                                                     question_.context, caller.compiled->policies(), question_.now);
      const std::string caller_arn = fmt::format("acs:ram::{}:{}", caller.ref.account, caller.ref.text());
      const Tri trusted = ram::trust_allows(**document, role.ref.account, caller_arn, request, readings_);
      if (trusted == Tri::kFalse) continue;
      const Tri both = tri_and(trusted, caller_allowed(caller.compiled->decide(request)));
      if (both != Tri::kFalse) access.assumers.push_back({qualified(caller, role), both == Tri::kTrue});
    }
    add_foreign(**document, role, access);
  }

  // Whom a trust policy names outside the inventory: services, identity providers, other accounts.
  void add_foreign(const ram::Document& document, const Caller& role, PrincipalAccess& access) const {
    for (const ram::Statement& statement : document.statements) {
      if (!statement.effect_known || statement.effect != ram::Effect::kAllow) continue;
      for (const ram::PrincipalPattern& pattern : statement.principals) {
        const bool is_own =
            pattern.type == "RAM" && pattern.value.find("::" + role.ref.account + ":") != std::string::npos;
        if (is_own) continue;
        Assumer assumer{fmt::format("{} {}", pattern.type, pattern.value),
                        !statement.not_evaluable && statement.condition.atoms.empty()};
        const bool is_new = std::none_of(access.assumers.begin(), access.assumers.end(),
                                         [&](const Assumer& one) { return one.who == assumer.who; });
        if (is_new) access.assumers.push_back(std::move(assumer));
      }
    }
  }

  static std::string qualified(const Caller& caller, const Caller& role) {
    return caller.account == role.account ? caller.ref.text()
                                          : fmt::format("{}:{}", caller.ref.account, caller.ref.text());
  }

  const Snapshot& snapshot_;
  const Readings& readings_;
  const WhoCanQuestion& question_;
  PrincipalDirectory directory_;
  std::vector<Caller> callers_;
  WhoCanAnswer answer_;
};

}  // namespace

std::string_view to_string(Via via) {
  switch (via) {
    case Via::kRoot:
      return "root";
    case Via::kDirect:
      return "direct";
    case Via::kGroup:
      return "group";
  }
  return "direct";
}

WhoCanAnswer who_can(const Snapshot& snapshot, const Readings& readings, const WhoCanQuestion& question) {
  return Asker(snapshot, readings, question).run();
}

}  // namespace imagewarden::policy
