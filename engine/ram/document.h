#pragma once
// A RAM policy document: read, checked, kept with the place of each part. Source: RAM "Policy structure and syntax".

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/condition/condition.h"

namespace imagewarden::ram {

enum class Effect : std::uint8_t { kDeny = 0, kAllow = 1 };

struct Pattern {
  std::string text;
  std::uint32_t offset{};
};

// Who a trust policy's statement is for: `RAM`, `Service`, `Federated` and their values.
struct PrincipalPattern {
  std::string type;
  std::string value;
};

struct Statement {
  Effect effect{Effect::kDeny};
  bool effect_known{};  // false: Effect missing or misspelled
  bool not_action{};
  bool not_resource{};
  std::vector<Pattern> actions;
  std::vector<Pattern> resources;
  std::vector<PrincipalPattern> principals;  // trust policies only
  Condition condition;
  std::optional<std::string>
      not_evaluable;  // why RAM would refuse it or we cannot read it; never a match, never ignored
  // Whether the part was read well enough to say what it does not match. Asked only of a statement that is not
  // evaluable: one whose action certainly differs cannot matter, one whose action cannot be read could match.
  bool actions_known{};
  bool resources_known{};
  bool principals_known{};  // trust policies only
  std::uint32_t offset{};   // of the statement's `{`
};

enum class DocumentKind : std::uint8_t { kPermission, kTrust };

// Immutable once parsed; shared by everything that it is attached to.
struct Document {
  std::string text;  // as given
  DocumentKind kind{DocumentKind::kPermission};
  std::vector<Statement> statements;

  [[nodiscard]] TextPosition position(std::uint32_t offset) const { return text_position(text, offset); }
};

// Reads a document as it may be *stored*: what is malformed becomes a statement that is not evaluable. A wrong or
// missing Version makes every statement so; a document without a readable Statement holds one such statement.
// Error only where the text is not JSON, or not an object (kMalformedInput, `NAME:LINE:COLUMN POINTER: …`).
[[nodiscard]] Result<std::shared_ptr<const Document>> parse_document(std::string_view text, std::string_view name,
                                                                     DocumentKind kind, const Readings& readings);

}  // namespace imagewarden::ram
