#include "engine/ram/evaluate.h"

#include <algorithm>

#include "engine/base/glob.h"
#include "engine/ram/impl.h"

namespace imagewarden::ram {
namespace {

bool has_key(const Context& context, std::string_view name) {
  const Key key = Key::of(name);
  const auto entries = context.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Context::Entry& entry) { return entry.key.lower == key.lower; });
}

std::string principal_arn(const PrincipalPolicies& principal) {
  std::string account = "acs:ram::" + principal.account + ':';
  switch (principal.kind) {
    case PrincipalKind::kRoot:
      return account + "root";
    case PrincipalKind::kUser:
      return account + "user/" + principal.name;
    case PrincipalKind::kRole:
      return account + "role/" + to_lower(principal.name);  // documented: always in lower case
  }
  return account;
}

}  // namespace

Request make_request(std::string_view action, std::string_view resource, ResourceLevel level, Context context,
                     const PrincipalPolicies& principal, Time now) {
  Request request;
  request.action = action;
  request.action_lower = to_lower(action);
  request.resource = resource;
  request.level = level;
  request.context = std::move(context);
  if (!has_key(request.context, "acs:CurrentTime")) {
    request.context.set("acs:CurrentTime", KeyState::kKnown, {Value::of_time(now)});
  }
  if (!has_key(request.context, "acs:PrincipalARN")) {
    // Without the account the ARN is not known: a half of it would compare as certainly different.
    if (principal.account.empty()) {
      request.context.set("acs:PrincipalARN", KeyState::kOpen, {});
    } else {
      request.context.set("acs:PrincipalARN", KeyState::kKnown, {Value::of_string(principal_arn(principal))});
    }
  }
  return request;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kExplicitDeny:
      return "explicit-deny";
    case Outcome::kImplicitDeny:
      return "implicit-deny";
    case Outcome::kIndeterminate:
      return "indeterminate";
    case Outcome::kAllow:
      return "allow";
  }
  return "explicit-deny";
}

std::string_view to_string(Step step) {
  switch (step) {
    case Step::kNone:
      return "";
    case Step::kControlPolicy:
      return "ControlPolicy";
    case Step::kSessionPolicy:
      return "SessionPolicy";
    case Step::kAccountLevel:
      return "AccountLevelIdentityBasedPolicy";
    case Step::kResourceGroupLevel:
      return "ResourceGroupLevelIdentityBasedPolicy";
    case Step::kAssumeRole:
      return "AssumeRolePolicy";
  }
  return "";
}

std::string statement_name(const StatementRef& ref) {
  return ref.statement == nullptr ? ref.policy->name : ref.policy->name + '#' + std::to_string(ref.index);
}

std::string_view effect_name(const StatementRef& ref) {
  if (ref.statement == nullptr || !ref.statement->effect_known) return {};
  return ref.statement->effect == Effect::kAllow ? "Allow" : "Deny";
}

std::string statement_place(const StatementRef& ref) {
  if (ref.statement == nullptr) return {};
  const TextPosition position = ref.policy->document->position(ref.statement->offset);
  return ref.policy->source + ':' + std::to_string(position.line) + ':' + std::to_string(position.column);
}

Principal Principal::compile(PrincipalPolicies policies, const Readings& readings) {
  return Principal(std::make_unique<Impl>(std::move(policies), readings));
}

Principal::Principal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Principal::Principal(Principal&&) noexcept = default;
Principal& Principal::operator=(Principal&&) noexcept = default;
Principal::~Principal() = default;

const PrincipalPolicies& Principal::policies() const { return impl_->policies; }

Verdict Principal::decide(const Request& request) const { return impl_->compiled.decide(impl_->plan, request); }

Evaluation Principal::explain(const Request& request) const {
  return explain_request(impl_->plan, request, impl_->readings);
}

}  // namespace imagewarden::ram
