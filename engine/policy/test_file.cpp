#include "engine/policy/test_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "engine/base/glob.h"
#include "engine/base/suggest.h"
#include "engine/condition/condition.h"

namespace imagewarden::policy {
namespace {

constexpr std::array<std::string_view, 5> kFileKeys = {"account", "policies", "inventory", "defaults", "tests"};
constexpr std::array<std::string_view, 10> kDefaultKeys = {
    "principal", "action",     "resource", "resource_group",   "context",
    "contexts",  "no_context", "now",      "session_policies", "control_policies"};
constexpr std::array<std::string_view, 17> kTestKeys = {
    "name",    "principal", "action",     "resource", "resource_group",   "image",
    "context", "contexts",  "no_context", "policies", "session_policies", "control_policies",
    "now",     "expect",    "because",    "code",     "violations"};
// What a test of a whole DeleteImage decision cannot have, and what only it has.
constexpr std::array<std::string_view, 7> kActionOnly = {"action",   "resource",         "resource_group",  "because",
                                                         "policies", "session_policies", "control_policies"};
constexpr std::array<std::string_view, 2> kImageOnly = {"code", "violations"};
constexpr std::array<std::string_view, 3> kPolicyKeys = {"name", "file", "document"};
constexpr std::array<std::string_view, 5> kExpectations = {"allow", "deny", "explicit-deny", "implicit-deny",
                                                           "indeterminate"};

std::string quoted(std::string_view text) { return fmt::format("`{}`", one_line(text)); }

std::string expected_names(std::string_view wrong, std::span<const std::string_view> names) {
  if (const auto nearest = nearest_name(wrong, names)) return fmt::format(", did you mean `{}`?", *nearest);
  return fmt::format(", expected one of `{}`", fmt::join(names, "`, `"));
}

std::string_view kind_name(TextKind kind) {
  switch (kind) {
    case TextKind::kNull:
      return "nothing";
    case TextKind::kScalar:
      return "a text";
    case TextKind::kList:
      return "a list";
    case TextKind::kMap:
      return "a map";
  }
  return "something else";
}

// `policies/ops-images.json` is called `ops-images`.
std::string stem_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  const std::size_t dot = path.rfind('.');
  return std::string(path.substr(0, dot == 0 ? path.size() : dot));
}

// Reads one file. The first fault is kept, and everything after it is read in vain.
class FileReader {
 public:
  explicit FileReader(std::string_view path) : path_(path) { out_.path = path; }

  Result<TestFile> read(const TextNode& root) {
    if (check_map(root, kFileKeys)) {
      read_frame(root);
      read_tests(root);
    }
    if (fault_) return tl::make_unexpected(std::move(*fault_));
    return std::move(out_);
  }

 private:
  bool refuse(TextPosition at, std::string_view what, Errc code = Errc::kMalformedInput) {
    if (!fault_) fault_ = error_at(path_, at, what, code);
    return false;
  }

  bool check_map(const TextNode& node, std::span<const std::string_view> keys) {
    if (!node.is(TextKind::kMap)) return refuse(node.at, fmt::format("{}, expected a map", kind_name(node.kind)));
    for (const TextMember& member : node.members) {
      if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
      return refuse(member.key_at,
                    fmt::format("unknown key {}{}", quoted(member.key), expected_names(member.key, keys)));
    }
    return true;
  }

  PlacedText read_text(const TextNode& node, std::string_view what) {
    if (!node.is(TextKind::kScalar) || node.text.empty()) {
      refuse(node.at, fmt::format("{} is {}, expected a text", what,
                                  node.is(TextKind::kScalar) ? "empty" : kind_name(node.kind)));
    }
    return {node.text, node.at};
  }
  // A text, or a list of at least one.
  std::vector<PlacedText> read_texts(const TextNode& node, std::string_view what) {
    std::vector<PlacedText> texts;
    if (!node.is(TextKind::kList)) {
      texts.push_back(read_text(node, what));
      return texts;
    }
    if (node.items.empty()) refuse(node.at, fmt::format("{} is an empty list, expected at least one", what));
    for (const TextNode& item : node.items) texts.push_back(read_text(item, what));
    return texts;
  }

  void read_frame(const TextNode& root) {
    if (const TextNode* account = root.find("account")) out_.account = read_text(*account, "`account`").text;
    if (const TextNode* inventory = root.find("inventory")) out_.inventory = read_text(*inventory, "`inventory`");
    if (const TextNode* policies = root.find("policies")) {
      out_.has_policies = true;
      out_.policies = read_policies(*policies, "`policies`");
      if (out_.inventory) refuse(policies->at, "`policies` beside `inventory`, expected one of the two");
    }
    const TextNode* defaults = root.find("defaults");
    if (defaults == nullptr || !check_map(*defaults, kDefaultKeys)) return;
    read_shared(*defaults, defaults_);
    if (const TextNode* context = defaults->find("context")) default_context_.given = read_context(*context);
    if (const TextNode* absent = defaults->find("no_context")) read_absent(*absent, default_context_);
    if (const TextNode* contexts = defaults->find("contexts")) {
      refuse(contexts->at, "`contexts` among the defaults, expected it in a test");
    }
    out_.defaults = default_context_;
  }

  void read_tests(const TextNode& root) {
    const TextNode* tests = root.find("tests");
    if (tests == nullptr) {
      refuse(root.at, "no key `tests`, expected a list of tests");
      return;
    }
    if (!tests->is(TextKind::kList) || tests->items.empty()) {
      refuse(tests->at, fmt::format("`tests` is {}, expected a list of tests",
                                    tests->is(TextKind::kList) ? "empty" : kind_name(tests->kind)));
      return;
    }
    for (const TextNode& item : tests->items) {
      if (fault_) return;
      if (check_map(item, kTestKeys)) out_.tests.push_back(read_test(item));
    }
  }

  // What a test and the defaults have alike.
  void read_shared(const TextNode& node, TestDeclaration& test) {
    if (const TextNode* found = node.find("principal")) test.principals = read_texts(*found, "`principal`");
    if (const TextNode* found = node.find("action")) test.actions = read_actions(*found);
    if (const TextNode* found = node.find("resource")) test.resources = read_texts(*found, "`resource`");
    if (const TextNode* found = node.find("resource_group"))
      test.resource_group = read_text(*found, "`resource_group`").text;
    if (const TextNode* found = node.find("now")) test.now = read_time(*found);
    if (const TextNode* found = node.find("session_policies")) {
      test.session_policies = read_policies(*found, "`session_policies`");
      test.session_at = found->at;
    }
    if (const TextNode* found = node.find("control_policies")) test.control_policies = read_levels(*found);
  }

  TestDeclaration read_test(const TextNode& node) {
    TestDeclaration test = defaults_;
    const TextNode* image = node.find("image");
    check_combination(node, image != nullptr);
    read_shared(node, test);
    const TextNode* name = node.find("name");
    if (name == nullptr) {
      refuse(node.at, "no key `name`, expected one for every test");
    } else {
      test.name = read_text(*name, "`name`");
    }
    if (image != nullptr) {
      test.images = read_texts(*image, "`image`");
      test.actions.clear();
      test.resources.clear();
      test.session_policies.reset();
      test.control_policies.clear();
    } else if (test.actions.empty()) {
      refuse(node.at, "neither `action` nor `image`, expected what the test asks for");
    } else if (test.resources.empty()) {
      test.resources.push_back({"*", node.at});
    }
    if (test.principals.empty()) refuse(node.at, "no key `principal`, expected who asks");
    if (const TextNode* found = node.find("policies")) test.policies = read_policies(*found, "`policies`");
    read_contexts(node, test);
    read_expectation(node, test);
    return test;
  }

  void check_combination(const TextNode& node, bool is_image) {
    for (const TextMember& member : node.members) {
      if (is_image && std::find(kActionOnly.begin(), kActionOnly.end(), member.key) != kActionOnly.end()) {
        refuse(member.key_at,
               fmt::format("{} beside `image`, expected it in tests of an `action` only", quoted(member.key)));
      }
      if (!is_image && std::find(kImageOnly.begin(), kImageOnly.end(), member.key) != kImageOnly.end()) {
        refuse(member.key_at,
               fmt::format("{} without `image`, expected it in tests of a whole decision only", quoted(member.key)));
      }
    }
  }

  std::vector<PlacedText> read_actions(const TextNode& node) {
    std::vector<PlacedText> actions = read_texts(node, "`action`");
    for (const PlacedText& action : actions) {
      const std::size_t colon = action.text.find(':');
      if (has_wildcard(action.text)) {
        refuse(action.at, fmt::format("action {} has a wildcard, expected one action that a call would need",
                                      quoted(action.text)));
      } else if (colon == std::string::npos || colon == 0 || colon + 1 == action.text.size()) {
        refuse(action.at, fmt::format("action {}, expected `ram-code:Name`", quoted(action.text)));
      }
    }
    return actions;
  }

  std::optional<Time> read_time(const TextNode& node) {
    const auto time = parse_rfc3339(read_text(node, "`now`").text);
    if (!time)
      refuse(node.at, fmt::format("`now` is {}, expected a time such as `2026-11-24T08:00:00Z`", quoted(node.text)));
    return time;
  }

  std::vector<PolicyUse> read_policies(const TextNode& node, std::string_view what) {
    std::vector<PolicyUse> policies;
    if (!node.is(TextKind::kList)) {
      policies.push_back(read_policy(node, what));
      return policies;
    }
    for (const TextNode& item : node.items) policies.push_back(read_policy(item, what));
    return policies;
  }

  PolicyUse read_policy(const TextNode& node, std::string_view what) {
    PolicyUse use;
    use.at = node.at;
    if (!node.is(TextKind::kMap)) {
      use.path = read_text(node, what).text;
      use.name = stem_of(use.path);
      return use;
    }
    if (!check_map(node, kPolicyKeys)) return use;
    const TextNode* name = node.find("name");
    const TextNode* file = node.find("file");
    const TextNode* document = node.find("document");
    if ((file == nullptr) == (document == nullptr)) {
      refuse(node.at, "a policy with neither or both of `file` and `document`, expected one of the two");
      return use;
    }
    if (name != nullptr) use.name = read_text(*name, "`name`").text;
    if (file != nullptr) {
      use.path = read_text(*file, "`file`").text;
      if (name == nullptr) use.name = stem_of(use.path);
      return use;
    }
    if (name == nullptr) refuse(node.at, "a policy `document` without `name`, expected one to call it by");
    if (!document->is(TextKind::kMap))
      refuse(document->at, fmt::format("`document` is {}, expected a policy document", kind_name(document->kind)));
    write_json_text(*document, use.text, use.points);
    return use;
  }

  std::vector<std::vector<PolicyUse>> read_levels(const TextNode& node) {
    std::vector<std::vector<PolicyUse>> levels;
    if (!node.is(TextKind::kList)) {
      refuse(node.at, fmt::format("`control_policies` is {}, expected a list with one list a level, root first",
                                  kind_name(node.kind)));
      return levels;
    }
    for (const TextNode& item : node.items) levels.push_back(read_policies(item, "a level of `control_policies`"));
    return levels;
  }

  std::vector<ContextKey> read_context(const TextNode& node) {
    std::vector<ContextKey> keys;
    if (!node.is(TextKind::kMap)) {
      refuse(node.at, fmt::format("the context is {}, expected a map of keys", kind_name(node.kind)));
      return keys;
    }
    for (const TextMember& member : node.members) {
      const Key key = Key::of(member.key);
      if (find_key(keys, key) != keys.end())
        refuse(member.key_at, fmt::format("context key {} twice, expected it once", quoted(member.key)));
      ContextKey entry{member.key, {}, member.key_at};
      for (PlacedText& value : read_values(member)) {
        const std::string_view expected = expected_form(key, Value::of(value.text));
        if (!expected.empty())
          refuse(value.at,
                 fmt::format("context key {} is {}, expected {}", quoted(member.key), quoted(value.text), expected));
        entry.values.push_back(std::move(value.text));
      }
      keys.push_back(std::move(entry));
    }
    return keys;
  }

  // A value of a context may be an empty text.
  std::vector<PlacedText> read_values(const TextMember& member) {
    std::vector<PlacedText> values;
    const auto read_one = [&](const TextNode& node) {
      if (!node.is(TextKind::kScalar)) {
        refuse(
            node.at,
            fmt::format("context key {} is {}, expected a value or a list of them; `no_context` declares a key absent",
                        quoted(member.key), kind_name(node.kind)));
      }
      values.push_back({node.text, node.at});
    };
    if (!member.value.is(TextKind::kList)) {
      read_one(member.value);
    } else {
      if (member.value.items.empty()) {
        refuse(member.value.at,
               fmt::format("context key {} without a value, expected at least one; `no_context` declares a key absent",
                           quoted(member.key)));
      }
      for (const TextNode& item : member.value.items) read_one(item);
    }
    return values;
  }

  static std::vector<ContextKey>::iterator find_key(std::vector<ContextKey>& keys, const Key& wanted) {
    return std::find_if(keys.begin(), keys.end(),
                        [&](const ContextKey& key) { return Key::of(key.key).lower == wanted.lower; });
  }

  void read_absent(const TextNode& node, ContextSpec& context) {
    for (PlacedText& key : read_texts(node, "`no_context`")) {
      if (find_key(context.given, Key::of(key.text)) != context.given.end()) {
        refuse(key.at,
               fmt::format("context key {} is given and declared absent, expected one of the two", quoted(key.text)));
      }
      context.absent.push_back(std::move(key));
    }
  }

  // What is nearer to the test wins: its own keys over the defaults'.
  static void merge(const ContextSpec& over, ContextSpec& context) {
    const auto drop = [&](const Key& key) {
      const auto given = find_key(context.given, key);
      if (given != context.given.end()) context.given.erase(given);
      context.absent.erase(
          std::remove_if(context.absent.begin(), context.absent.end(),
                         [&](const PlacedText& absent) { return Key::of(absent.text).lower == key.lower; }),
          context.absent.end());
    };
    for (const ContextKey& key : over.given) {
      drop(Key::of(key.key));
      context.given.push_back(key);
    }
    for (const PlacedText& absent : over.absent) {
      drop(Key::of(absent.text));
      context.absent.push_back(absent);
    }
  }

  void read_contexts(const TextNode& node, TestDeclaration& test) {
    ContextSpec own;
    if (const TextNode* context = node.find("context")) own.given = read_context(*context);
    if (const TextNode* absent = node.find("no_context")) read_absent(*absent, own);
    ContextSpec base = default_context_;
    merge(own, base);
    const TextNode* contexts = node.find("contexts");
    if (contexts == nullptr) {
      test.contexts = {std::move(base)};
      return;
    }
    if (!contexts->is(TextKind::kList) || contexts->items.empty()) {
      refuse(contexts->at, "`contexts` is no list of maps, expected one map a case");
      return;
    }
    for (const TextNode& item : contexts->items) {
      ContextSpec one = base;
      merge({read_context(item), {}}, one);
      test.contexts.push_back(std::move(one));
    }
  }

  void read_expectation(const TextNode& node, TestDeclaration& test) {
    const TextNode* expect = node.find("expect");
    if (expect == nullptr) {
      refuse(node.at, fmt::format("no key `expect`, expected one of `{}`", fmt::join(kExpectations, "`, `")));
      return;
    }
    const auto at = std::find(kExpectations.begin(), kExpectations.end(), expect->text);
    if (!expect->is(TextKind::kScalar) || at == kExpectations.end()) {
      refuse(expect->at,
             fmt::format("`expect` is {}{}",
                         expect->is(TextKind::kScalar) ? quoted(expect->text) : std::string(kind_name(expect->kind)),
                         expected_names(expect->text, kExpectations)));
      return;
    }
    test.expect = static_cast<Expect>(at - kExpectations.begin());
    if (!test.images.empty() && (test.expect == Expect::kExplicitDeny || test.expect == Expect::kImplicitDeny)) {
      refuse(expect->at,
             fmt::format("`expect` is {} of an image, expected `deny`; `code` says more", quoted(expect->text)));
    }
    if (const TextNode* because = node.find("because")) read_because(*because, test);
    if (const TextNode* code = node.find("code")) test.code = read_text(*code, "`code`").text;
    if (const TextNode* violations = node.find("violations")) {
      const bool is_empty = violations->is(TextKind::kList) && violations->items.empty();
      test.violations = is_empty ? std::vector<PlacedText>{} : read_texts(*violations, "`violations`");
    }
  }

  void read_because(const TextNode& node, TestDeclaration& test) {
    const std::string text = read_text(node, "`because`").text;
    const std::size_t hash = text.rfind('#');
    Because because{text.substr(0, hash), 0, node.at};
    const char* const end = text.data() + text.size();
    const char* const digits = hash == std::string::npos ? end : text.data() + hash + 1;
    const auto parsed = std::from_chars(digits, end, because.index);
    if (because.policy.empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
      refuse(node.at, fmt::format("`because` is {}, expected `POLICY#INDEX`, the index from 0", quoted(text)));
    }
    if (test.expect == Expect::kImplicitDeny) {
      refuse(node.at, "`because` of an `implicit-deny`, expected none: no statement decides it");
    }
    test.because = std::move(because);
  }

  std::string path_;
  std::optional<Error> fault_;
  TestFile out_;
  TestDeclaration defaults_;
  ContextSpec default_context_;
};

}  // namespace

std::string_view to_string(Expect expect) { return kExpectations[static_cast<std::size_t>(expect)]; }

Result<TestFile> parse_test_file(std::string_view text, std::string_view path) {
  const auto root = read_text_tree(text, path);
  if (!root) return tl::make_unexpected(root.error());
  return FileReader(path).read(*root);
}

}  // namespace imagewarden::policy
