#pragma once
// A policy test file as written: what it declares, with the place of every part. Nothing is looked up yet; that is
// test_suite.h. Format: docs/policy-test.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/json_tree.h"
#include "engine/base/time.h"
#include "engine/policy/yaml.h"

namespace imagewarden::policy {

struct PlacedText {
  std::string text;
  TextPosition at;
};

// A policy that a test file names by its path or holds itself.
struct PolicyUse {
  std::string name;  // as `because` names it: given, or the file's name without its extension
  std::string path;  // as written; empty: the document stands in the test file
  std::string text;  // the document of such a one, as JSON, and where its parts stand
  std::vector<SourcePoint> points;
  TextPosition at;
};

struct ContextKey {
  std::string key;
  std::vector<std::string> values;  // at least one
  TextPosition at;
};

struct ContextSpec {
  std::vector<ContextKey> given;
  std::vector<PlacedText> absent;
};

enum class Expect : std::uint8_t { kAllow, kDeny, kExplicitDeny, kImplicitDeny, kIndeterminate };
// `allow`, `explicit-deny`, …
[[nodiscard]] std::string_view to_string(Expect expect);

// The statement that must be among those that decide.
struct Because {
  std::string policy;
  std::uint32_t index{};
  TextPosition at;
};

// One item of `tests`: every combination of its lists is one case.
struct TestDeclaration {
  PlacedText name;
  std::vector<PlacedText> principals;
  std::vector<PlacedText> actions;
  std::vector<PlacedText> resources;
  std::vector<PlacedText> images;  // instead of actions and resources: whole DeleteImage decisions
  std::string resource_group;
  std::vector<ContextSpec> contexts;  // at least one, defaults merged in
  std::optional<Time> now;
  std::optional<std::vector<PolicyUse>> policies;  // instead of the file's
  std::optional<std::vector<PolicyUse>> session_policies;
  std::vector<std::vector<PolicyUse>> control_policies;  // one list a level, root first
  TextPosition session_at;
  Expect expect{Expect::kDeny};
  std::optional<Because> because;
  std::string code;                                   // empty: any
  std::optional<std::vector<PlacedText>> violations;  // ids of rules and guards, exact
};

struct TestFile {
  std::string path;
  std::string account;  // for acs:PrincipalARN; empty: not given
  std::optional<PlacedText> inventory;
  bool has_policies{};
  std::vector<PolicyUse> policies;
  ContextSpec defaults;  // merged into every context already; kept for tests that are written for this file
  std::vector<TestDeclaration> tests;
};

// kMalformedInput, kLimit: `PATH:LINE:COLUMN: what, what was expected`. Pure; `path` is for messages and tells JSON
// from YAML.
[[nodiscard]] Result<TestFile> parse_test_file(std::string_view text, std::string_view path);

}  // namespace imagewarden::policy
