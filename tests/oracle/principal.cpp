// From a principal's name to the policies that apply to it.

#include <algorithm>

#include "tests/oracle/oracle.h"

namespace oracle {
namespace {

const Document kNotKnown = std::nullopt;

constexpr const char* kFullAccess =
    R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})";

// The system policies whose documents need not be exported.
Document built_in(const std::string& name) {
  if (name == "AdministratorAccess") return kFullAccess;
  if (name == "AliyunAppStreamingFullAccess") {
    return R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "appstreaming:*", "Resource": "*"}]})";
  }
  if (name == "AliyunAppStreamingReadOnlyAccess") {
    return R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["appstreaming:Get*", "appstreaming:*List*",
               "appstreaming:Describe*", "appstreaming:Query*"], "Resource": "*"}]})";
  }
  return std::nullopt;
}

bool is_document(const std::string& text) { return !text.empty() && text != "N/A"; }

class Resolver {
 public:
  Resolver(const World& world, const Question& question)
      : world_(world), account_(question.account), strict_(question.strict) {}

  // The documents of a policy.
  Document document(const std::string& name, const std::string& type) const {
    for (const Page* page : world_.of(account_, "GetPolicy")) {
      const Json& policy = page->body.at("Policy");
      if (text_of(policy, "PolicyName") != name || text_of(policy, "PolicyType") != type) continue;
      if (!page->body.contains("DefaultPolicyVersion")) continue;
      const std::string text = text_of(page->body["DefaultPolicyVersion"], "PolicyDocument");
      if (is_document(text)) return text;
    }
    for (const Page* page : world_.of(account_, "GetPolicyVersion")) {
      if (page->parameter("PolicyName") != name || page->parameter("PolicyType") != type) continue;
      const Json& version = page->body.at("PolicyVersion");
      const std::string text = text_of(version, "PolicyDocument");
      if (version.value("IsDefaultVersion", false) && is_document(text)) return text;
    }
    return type == "System" ? built_in(name) : kNotKnown;
  }

  // Adds what is attached to a user, group or role. `kind`: User, Group, Role.
  void add_attached(const std::string& kind, const std::string& name, Policies& policies) const {
    for (const Page* page : world_.of(account_, "ListPoliciesFor" + kind)) {
      if (page->parameter(kind + "Name") != name) continue;
      for (const Json& item : page->items) {
        policies.account_level.push_back(document(text_of(item, "PolicyName"), text_of(item, "PolicyType")));
      }
    }
    const std::string type = kind == "User" ? "IMSUser" : kind == "Group" ? "IMSGroup" : "ServiceRole";
    for (const Page* page : world_.of(account_, "ListPolicyAttachments")) {
      for (const Json& item : page->items) {
        const std::string holder = split(text_of(item, "PrincipalName"), '@')[0];
        if (text_of(item, "PrincipalType") != type || holder != name) continue;
        const Document text = document(text_of(item, "PolicyName"), text_of(item, "PolicyType"));
        const std::string resource_group = text_of(item, "ResourceGroupId");
        if (starts_with(resource_group, "rg-")) {
          policies.resource_groups[resource_group].push_back(text);
        } else {
          policies.account_level.push_back(text);
        }
      }
    }
    const bool is_known = world_.state(account_, "ListPoliciesFor" + kind, "", name) == State::kComplete ||
                          world_.state(account_, "ListPolicyAttachments", "", "") == State::kComplete;
    if (!is_known) policies.account_level.push_back(kNotKnown);
  }

  std::vector<std::string> groups_of(const std::string& user) const {
    std::vector<std::string> groups;
    for (const Page* page : world_.of(account_, "ListGroupsForUser")) {
      if (page->parameter("UserName") != user) continue;
      for (const Json& item : page->items) groups.push_back(text_of(item, "GroupName"));
    }
    for (const Page* page : world_.of(account_, "ListUsersForGroup")) {
      for (const Json& item : page->items) {
        if (text_of(item, "UserName") == user) groups.push_back(page->parameter("GroupName"));
      }
    }
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
  }

  // All groups of the user are known: by its own list, or because the members of every group are.
  bool groups_are_known(const std::string& user) const {
    if (world_.state(account_, "ListGroupsForUser", "", user) == State::kComplete) return true;
    if (world_.state(account_, "ListGroups", "", "") != State::kComplete) return false;
    for (const Page* page : world_.of(account_, "ListGroups")) {
      for (const Json& item : page->items) {
        if (world_.state(account_, "ListUsersForGroup", "", text_of(item, "GroupName")) != State::kComplete)
          return false;
      }
    }
    return true;
  }

  // Control policies: the levels on the path from the directory's root to the account.
  void add_control_policies(Policies& policies) const {
    const std::vector<Document> not_known_level{kNotKnown};
    const bool is_exported = world_.has_directory;
    if (!is_exported) {
      // None are assumed; a strict question takes nothing for granted.
      if (strict_) policies.control_levels.push_back(not_known_level);
      return;
    }
    for (const Page* page : world_.of(account_, "GetResourceDirectory")) {
      if (text_of(page->body.at("ResourceDirectory"), "MasterAccountId") == account_)
        policies.control_policies_bind = false;
    }
    std::vector<std::string> path;
    for (const Page* page : world_.of(account_, "GetAccount")) {
      const Json& place = page->body.at("Account");
      if (text_of(place, "AccountId") != account_) continue;
      for (const std::string& target : split(text_of(place, "ResourceDirectoryPath"), '/')) {
        if (!target.empty() && !starts_with(target, "rd-")) path.push_back(target);  // the directory itself holds none
      }
    }
    if (path.empty()) policies.control_levels.push_back(not_known_level);
    for (const std::string& target : path) policies.control_levels.push_back(control_level(target));
  }

 private:
  std::vector<Document> control_level(const std::string& target) const {
    std::vector<Document> level;
    for (const Page* page : world_.of(account_, "ListControlPolicyAttachmentsForTarget")) {
      if (page->parameter("TargetId") != target) continue;
      for (const Json& item : page->items)
        level.push_back(control_document(text_of(item, "PolicyId"), text_of(item, "PolicyName")));
    }
    if (world_.state(account_, "ListControlPolicyAttachmentsForTarget", "", target) != State::kComplete)
      level.push_back(kNotKnown);
    return level;
  }

  Document control_document(const std::string& id, const std::string& name) const {
    for (const Page* page : world_.of(account_, "GetControlPolicy")) {
      const Json& policy = page->body.at("ControlPolicy");
      if (text_of(policy, "PolicyId") == id && is_document(text_of(policy, "PolicyDocument"))) {
        return text_of(policy, "PolicyDocument");
      }
    }
    return name == "FullAliyunAccess" ? Document(kFullAccess) : kNotKnown;
  }

  const World& world_;
  const std::string account_;
  const bool strict_;
};

// Whether a complete list of users or roles does not hold the name.
bool is_certainly_missing(const World& world, const std::string& account, const std::string& kind,
                          const std::string& name) {
  const std::string operation = "List" + kind + "s";
  for (const Page* page : world.of(account, operation)) {
    for (const Json& item : page->items) {
      if (text_of(item, kind + "Name") == name) return false;
    }
  }
  return world.state(account, operation, "", "") == State::kComplete;
}

}  // namespace

std::optional<Permission> decide_permission(const World& world, const Question& question) {
  const Resolver resolver(world, question);
  Policies policies;
  RamRequest request;
  request.action = "appstreaming:DeleteImage";
  request.all_resources = true;
  request.context = question.context;
  request.now = question.now;
  const std::string arn = "acs:ram::" + question.account + ":";
  if (question.principal == "root") {
    policies.is_root = true;
    policies.control_policies_bind = false;
    request.principal_arn = arn + "root";
    return evaluate(policies, request);
  }
  const bool is_user = starts_with(question.principal, "user/");
  const std::string kind = is_user ? "User" : "Role";
  const std::string name = question.principal.substr(5);
  if (is_certainly_missing(world, question.account, kind, name)) return std::nullopt;
  policies.is_role = !is_user;
  request.principal_arn = arn + (is_user ? "user/" + name : "role/" + lower(name));
  resolver.add_attached(kind, name, policies);
  if (is_user) {
    for (const std::string& group : resolver.groups_of(name)) resolver.add_attached("Group", group, policies);
    if (!resolver.groups_are_known(name)) policies.account_level.push_back(kNotKnown);
  }
  resolver.add_control_policies(policies);
  return evaluate(policies, request);
}

}  // namespace oracle
