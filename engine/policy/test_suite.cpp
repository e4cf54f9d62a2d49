#include "engine/policy/test_suite.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "engine/base/limits.h"
#include "engine/base/suggest.h"
#include "engine/decide/permission.h"

namespace imagewarden::policy {
namespace {

constexpr std::string_view kSystemPrefix = "System/";

// The name without `Custom/`.
std::string_view short_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

// Visits every policy that can apply to the principal, in order of the steps.
template <class Visit>
void for_each_policy(const ram::PrincipalPolicies& policies, Visit&& visit) {
  for (const ram::ControlLevel& level : policies.control_levels) {
    for (const ram::AttachedPolicy& policy : level.policies) visit(policy);
  }
  for (const ram::AttachedPolicy& policy : policies.session_policies) visit(policy);
  for (const ram::AttachedPolicy& policy : policies.account_level) visit(policy);
  for (const ram::ResourceGroupPolicy& grouped : policies.resource_group_level) visit(grouped.policy);
}

class SuiteMaker {
 public:
  explicit SuiteMaker(const SuiteSources& sources) : sources_(sources) {
    out_.rules = sources.rules;
    out_.now = sources.now;
  }

  Result<TestSuite> run(std::vector<TestFile> files) {
    out_.files = std::move(files);
    for (std::size_t i = 0; i < out_.files.size(); ++i) {
      const Status added = add_file(i);
      if (!added) return tl::make_unexpected(added.error());
    }
    return std::move(out_);
  }

 private:
  // The inventory of one test file, with its principals' index.
  struct Inventory {
    std::shared_ptr<const Snapshot> snapshot;
    std::unique_ptr<PrincipalDirectory> directory;
  };

  [[nodiscard]] const Readings& readings() const { return sources_.rules->readings(); }
  [[nodiscard]] tl::unexpected<Error> refuse(TextPosition at, std::string_view what,
                                             Errc code = Errc::kMalformedInput) const {
    return tl::make_unexpected(error_at(file_->path, at, what, code));
  }

  Status add_file(std::size_t index) {
    file_ = &out_.files[index];
    file_index_ = index;
    file_cases_ = 0;
    inventory_ = nullptr;
    images_ = nullptr;
    inline_.clear();
    if (Status found = find_inventory(); !found) return found;
    for (std::size_t test = 0; test < file_->tests.size(); ++test) {
      test_ = &file_->tests[test];
      test_index_ = test;
      Status added = test_->images.empty() ? add_action_test() : add_image_test();
      if (!added) return added;
    }
    return {};
  }

  // Images are asked for in the inventory even where the file brings its own policies.
  Status find_inventory() {
    std::shared_ptr<const Snapshot> snapshot = sources_.inventory;
    std::string path;
    if (file_->inventory) {
      path = path_beside(file_->path, file_->inventory->text);
      if (inventories_.find(path) == inventories_.end()) {
        auto read = sources_.read_inventory(path);
        if (!read) {
          return refuse(file_->inventory->at,
                        fmt::format("inventory `{}`: {}", file_->inventory->text, read.error().message),
                        read.error().code);
        }
        snapshot = std::move(*read);
      }
    } else if (snapshot == nullptr) {
      return {};
    }
    auto [at, is_new] = inventories_.try_emplace(path);
    if (is_new) {
      at->second.snapshot = snapshot;
      at->second.directory = std::make_unique<PrincipalDirectory>(*snapshot, readings());
      out_.inventories.push_back(std::move(snapshot));
    }
    images_ = &at->second;
    if (!file_->has_policies) inventory_ = images_;
    return {};
  }

  Status check_count(std::size_t more) {
    file_cases_ += more;
    if (file_cases_ <= limits::kMaxTestCases) return {};
    return refuse(test_->name.at, fmt::format("the lists of the tests make more than {} cases", limits::kMaxTestCases),
                  Errc::kLimit);
  }

  // What tells the cases of one test apart: the lists that hold more than one.
  [[nodiscard]] std::string case_name(std::string_view principal, std::string_view action, std::string_view resource,
                                      std::size_t context) const {
    std::vector<std::string> parts;
    if (test_->principals.size() > 1) parts.emplace_back(principal);
    if (test_->actions.size() > 1 || test_->images.size() > 1) parts.emplace_back(action);
    if (test_->resources.size() > 1) parts.emplace_back(resource);
    if (test_->contexts.size() > 1) parts.push_back(fmt::format("context {}", context + 1));
    return parts.empty() ? test_->name.text : fmt::format("{} [{}]", test_->name.text, fmt::join(parts, ", "));
  }

  [[nodiscard]] TestCase start_case(const PlacedText& principal) const {
    TestCase out;
    out.file = file_index_;
    out.test = test_index_;
    out.principal_text = principal.text;
    return out;
  }

  Status add_action_test() {
    const std::size_t count =
        test_->principals.size() * test_->actions.size() * test_->resources.size() * test_->contexts.size();
    if (Status fits = check_count(count); !fits) return fits;
    std::vector<Context> contexts;
    for (const ContextSpec& spec : test_->contexts) contexts.push_back(make_context(spec));
    for (const PlacedText& who : test_->principals) {
      const auto principal = add_principal(who);
      if (!principal) return tl::make_unexpected(principal.error());
      const ram::PrincipalPolicies& policies = out_.principals[*principal].principal.policies();
      const auto because = find_because(policies);
      if (!because) return tl::make_unexpected(because.error());
      for (const PlacedText& action : test_->actions) {
        for (const PlacedText& resource : test_->resources) {
          for (std::size_t context = 0; context < contexts.size(); ++context) {
            TestCase out = start_case(who);
            out.name = case_name(who.text, action.text, resource.text, context);
            out.principal = *principal;
            out.because_policy = *because;
            out.request = ram::make_request(action.text, resource.text, resource_level_of(action.text),
                                            contexts[context], policies, test_->now.value_or(sources_.now));
            out.request.resource_group = test_->resource_group;
            out_.cases.push_back(std::move(out));
          }
        }
      }
    }
    return {};
  }

  Status add_image_test() {
    if (images_ == nullptr) {
      return refuse(test_->images.front().at,
                    "a test of an image without an inventory, expected `inventory` in the file or `--inventory`");
    }
    if (Status fits = check_count(test_->principals.size() * test_->images.size() * test_->contexts.size()); !fits)
      return fits;
    if (Status known = check_violations(); !known) return known;
    for (const PlacedText& who : test_->principals) {
      auto principal = parse_principal(who.text);
      if (!principal) return refuse(who.at, principal.error().message, principal.error().code);
      for (std::size_t context = 0; context < test_->contexts.size(); ++context) {
        Question question{*principal, make_context(test_->contexts[context]), test_->now.value_or(sources_.now)};
        auto decider = Decider::create(*images_->snapshot, *sources_.rules, question);
        if (!decider) return refuse(who.at, decider.error().message, decider.error().code);
        out_.deciders.push_back(std::move(*decider));
        for (const PlacedText& image : test_->images) {
          TestCase out = start_case(who);
          out.name = case_name(who.text, image.text, {}, context);
          out.decider = out_.deciders.size() - 1;
          out.image = image.text;
          out_.cases.push_back(std::move(out));
        }
      }
    }
    return {};
  }

  [[nodiscard]] Status check_violations() const {
    if (!test_->violations) return {};
    std::vector<std::string_view> ids;
    for (const rules::Rule& rule : sources_.rules->rules()) ids.push_back(rule.id);
    for (const PlacedText& wanted : *test_->violations) {
      if (std::find(ids.begin(), ids.end(), wanted.text) != ids.end()) continue;
      const auto nearest = nearest_name(wanted.text, ids);
      return refuse(wanted.at,
                    fmt::format("no rule `{}`{}", one_line(wanted.text),
                                nearest ? fmt::format(", did you mean `{}`?", *nearest) : ""),
                    Errc::kNotFound);
    }
    return {};
  }

  // The principal of the current test, compiled once for every distinct set of policies.
  Result<std::size_t> add_principal(const PlacedText& who) {
    auto policies = collect_policies(who);
    if (!policies) return tl::make_unexpected(policies.error());
    if (const Status unique = check_names(*policies, who.at); !unique) return tl::make_unexpected(unique.error());
    std::string key = fmt::format("{}|{}|{}|{}|{}", static_cast<int>(policies->kind), policies->account, policies->name,
                                  policies->has_session_policies,
                                  fmt::ptr(inventory_ == nullptr ? nullptr : inventory_->snapshot.get()));
    for_each_policy(*policies, [&](const ram::AttachedPolicy& policy) {
      key += fmt::format("|{} {}", policy.via, fmt::ptr(policy.document.get()));
    });
    const auto [at, is_new] = principals_.try_emplace(std::move(key), out_.principals.size());
    if (!is_new) return at->second;
    std::vector<std::size_t> used;
    for_each_policy(*policies, [&](const ram::AttachedPolicy& policy) {
      if (policy.document == nullptr) return;
      const std::size_t index = policy_index(policy);
      if (std::find(used.begin(), used.end(), index) == used.end()) used.push_back(index);
    });
    out_.principals.push_back({who.text, ram::Principal::compile(std::move(*policies), readings()), std::move(used)});
    return at->second;
  }

  Result<ram::PrincipalPolicies> collect_policies(const PlacedText& who) {
    auto ref = parse_principal(who.text);
    if (!ref) return refuse(who.at, ref.error().message, ref.error().code);
    ram::PrincipalPolicies policies;
    if (inventory_ != nullptr) {
      auto resolved = inventory_->directory->resolve(*ref, false);
      if (!resolved) return refuse(who.at, resolved.error().message, resolved.error().code);
      policies = std::move(resolved->policies);
    } else if (!file_->has_policies && !test_->policies) {
      return refuse(test_->name.at,
                    "no policies to test, expected `policies` or `inventory` in the file, or `--inventory`");
    } else {
      policies.kind = ref->kind;
      policies.account = ref->account.empty() ? file_->account : ref->account;
      policies.name = ref->name;
    }
    if (test_->policies || inventory_ == nullptr) {
      policies.resource_group_level.clear();
      policies.account_level.clear();
      const Status attached =
          attach(test_->policies ? *test_->policies : file_->policies, who.text, policies.account_level);
      if (!attached) return tl::make_unexpected(attached.error());
    }
    if (const Status layered = add_layers(policies, who); !layered) return tl::make_unexpected(layered.error());
    return policies;
  }

  // Session and control policies.
  Status add_layers(ram::PrincipalPolicies& policies, const PlacedText& who) {
    if (test_->session_policies) {
      const bool is_user_of_inventory = inventory_ != nullptr && policies.kind == ram::PrincipalKind::kUser;
      if (policies.kind == ram::PrincipalKind::kRoot || is_user_of_inventory) {
        return refuse(test_->session_at,
                      fmt::format("`session_policies` of `{}`, expected a role: only its sessions have some",
                                  one_line(who.text)));
      }
      policies.kind = ram::PrincipalKind::kRole;
      policies.has_session_policies = true;
      policies.session_policies.clear();
      Status attached = attach(*test_->session_policies, "session", policies.session_policies);
      if (!attached) return attached;
    }
    if (test_->control_policies.empty()) return {};
    policies.control_levels.clear();
    for (const std::vector<PolicyUse>& uses : test_->control_policies) {
      ram::ControlLevel level;
      level.target = fmt::format("level {}", policies.control_levels.size());
      Status attached = attach(uses, level.target, level.policies);
      if (!attached) return attached;
      policies.control_levels.push_back(std::move(level));
    }
    return {};
  }

  Status attach(const std::vector<PolicyUse>& uses, std::string_view via, std::vector<ram::AttachedPolicy>& level) {
    for (const PolicyUse& use : uses) {
      const auto index = add_policy(use);
      if (!index) return tl::make_unexpected(index.error());
      const SuitePolicy& policy = out_.policies[*index];
      level.push_back({use.name, std::string(via), policy.document, policy.source, {}});
    }
    return {};
  }

  // Reads a policy at its first use.
  Result<std::size_t> add_policy(const PolicyUse& use) {
    if (use.path.empty()) {
      const auto key = std::pair(use.at.line, use.at.column);
      if (const auto known = inline_.find(key); known != inline_.end()) return known->second;
      auto document = ram::parse_document(use.text, use.name, ram::DocumentKind::kPermission, readings());
      if (!document) return refuse(use.at, document.error().message);
      const std::size_t index = keep_policy(use.name, file_->path, std::move(*document), use.points);
      inline_.emplace(key, index);
      return index;
    }
    const std::string path = path_beside(file_->path, use.path);
    if (const auto known = read_.find(path); known != read_.end()) return known->second;
    auto text = sources_.read_file(path);
    if (!text) return refuse(use.at, text.error().message, text.error().code);
    auto document = ram::parse_document(*text, path, ram::DocumentKind::kPermission, readings());
    if (!document) return tl::make_unexpected(document.error());
    const std::size_t index = keep_policy(use.name, path, std::move(*document), {});
    read_.emplace(path, index);
    return index;
  }

  // The policy of a document that the suite may not have seen yet: one of the inventory.
  std::size_t policy_index(const ram::AttachedPolicy& policy) {
    if (const auto known = by_document_.find(policy.document.get()); known != by_document_.end()) return known->second;
    return keep_policy(policy.name, policy.source, policy.document, {});
  }

  std::size_t keep_policy(const std::string& name, const std::string& source,
                          std::shared_ptr<const ram::Document> document, std::vector<SourcePoint> points) {
    SuitePolicy policy;
    policy.name = name;
    policy.source = source;
    policy.lines = LineIndex(document->text);
    policy.points = std::move(points);
    policy.is_system = name.starts_with(kSystemPrefix);
    policy.document = std::move(document);
    for (std::size_t i = 0; i < policy.document->statements.size(); ++i) {
      const ram::Statement& statement = policy.document->statements[i];
      if (!statement.not_evaluable) continue;
      const TextPosition at = policy.at(statement.offset);
      out_.notes.push_back(fmt::format("{}:{}:{}: statement {} is not evaluable: {}", source, at.line, at.column, i,
                                       *statement.not_evaluable));
    }
    by_document_.emplace(policy.document.get(), out_.policies.size());
    out_.policies.push_back(std::move(policy));
    return out_.policies.size() - 1;
  }

  // A name stands for one document, or `because` would be a riddle.
  [[nodiscard]] Status check_names(const ram::PrincipalPolicies& policies, TextPosition at) const {
    std::map<std::string_view, const ram::Document*> names;
    std::string_view twice;
    for_each_policy(policies, [&](const ram::AttachedPolicy& policy) {
      if (policy.document == nullptr) return;
      const auto [known, is_new] = names.try_emplace(policy.name, policy.document.get());
      if (!is_new && known->second != policy.document.get()) twice = policy.name;
    });
    if (twice.empty()) return {};
    return refuse(at,
                  fmt::format("two policies are called `{}`, expected `{{name: …, file: …}}` to tell them apart",
                              one_line(twice)),
                  Errc::kConflict);
  }

  // The full name of the policy of `because`; empty where there is none.
  [[nodiscard]] Result<std::string> find_because(const ram::PrincipalPolicies& policies) const {
    if (!test_->because) return std::string{};
    const Because& because = *test_->because;
    const ram::AttachedPolicy* found = nullptr;
    std::vector<std::string_view> names;
    for_each_policy(policies, [&](const ram::AttachedPolicy& policy) {
      if (policy.name == because.policy || (found == nullptr && short_name(policy.name) == because.policy))
        found = &policy;
      names.push_back(policy.name);
      names.push_back(short_name(policy.name));
    });
    if (found == nullptr) {
      const auto nearest = nearest_name(because.policy, names);
      return refuse(because.at,
                    fmt::format("no policy `{}` applies{}", one_line(because.policy),
                                nearest ? fmt::format(", did you mean `{}`?", *nearest) : ""),
                    Errc::kNotFound);
    }
    const std::size_t count = found->document == nullptr ? 0 : found->document->statements.size();
    if (because.index >= count) {
      return refuse(because.at,
                    fmt::format("policy `{}` has {} statements, expected an index below", one_line(found->name), count),
                    Errc::kNotFound);
    }
    return found->name;
  }

  const SuiteSources& sources_;
  TestSuite out_;
  const TestFile* file_{};
  const TestDeclaration* test_{};
  std::size_t file_index_{};
  std::size_t test_index_{};
  std::size_t file_cases_{};
  const Inventory* inventory_{};                                           // of tests of an action
  const Inventory* images_{};                                              // of tests of an image
  std::map<std::string, Inventory> inventories_;                           // by path; empty: the caller's
  std::map<std::string, std::size_t> read_;                                // policy files, by path
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> inline_;  // of this file, by place
  std::map<const ram::Document*, std::size_t> by_document_;                // looked up only
  std::map<std::string, std::size_t> principals_;                          // looked up only
};

}  // namespace

TextPosition SuitePolicy::at(std::uint32_t offset) const {
  if (points.empty()) return lines.at(offset);
  const auto after =
      std::upper_bound(points.begin(), points.end(), offset,
                       [](std::uint32_t wanted, const SourcePoint& point) { return wanted < point.offset; });
  return after == points.begin() ? points.front().at : std::prev(after)->at;
}

Result<TestSuite> make_suite(std::vector<TestFile> files, const SuiteSources& sources) {
  return SuiteMaker(sources).run(std::move(files));
}

std::string path_beside(std::string_view file, std::string_view path) {
  const std::size_t slash = file.rfind('/');
  if (path.starts_with('/') || slash == std::string_view::npos) return std::string(path);
  return fmt::format("{}{}", file.substr(0, slash + 1), path);
}

Context make_context(const ContextSpec& spec) {
  Context context;
  for (const ContextKey& key : spec.given) {
    for (const std::string& value : key.values) context.add_value(key.key, value);
  }
  for (const PlacedText& key : spec.absent) context.set_absent(key.text);
  return context;
}

}  // namespace imagewarden::policy
