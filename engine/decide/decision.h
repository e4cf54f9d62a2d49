#pragma once
// A Decision: the whole answer for one image, as plain data, and its JSON form (docs/schema/decision.schema.json).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/json_writer.h"
#include "engine/decide/facts_age.h"
#include "engine/rules/ruleset.h"

namespace imagewarden {

enum class Outcome : std::uint8_t { kDeny = 0, kIndeterminate = 1, kAllow = 2 };
[[nodiscard]] std::string_view to_string(Outcome outcome);

// One fact that a finding rests on, at one place of the export.
struct Evidence {
  std::string fact;                 // condition key: `image:DeliveryGroups`
  std::vector<std::string> values;  // what was found there
  std::string source;  // file and JSON pointer; empty where the fact is not from the export (a list's absence)
};

struct Finding {
  std::string rule;
  std::string code;
  rules::Basis basis{};
  std::vector<Evidence> evidence;  // all of it; output lists at most ten values
  std::string remedy;
};

struct UnknownFinding {
  std::string rule;
  std::vector<std::string>
      needs;            // exports that would decide it: `DescribeImagePermission ImageId=img-1`, or a context key
  std::string because;  // `not exported`, `40 of 62 items`, `status `FOO` is not known`, …
  std::vector<Evidence> evidence;  // facts that were read, if any
};

struct PermissionStatement {
  std::string statement;  // `Custom/ops-images#0`
  std::string effect;     // `Allow` | `Deny` | `` (not known)
  std::string via;        // `group/ops`
  std::string source;     // where the policy document stands
};

struct NearMiss {
  std::string statement;
  std::string via;
  struct FailedCondition {
    std::string condition;  // `IpAddress acs:SourceIp`
    std::vector<std::string> wanted;
    std::vector<std::string> found;  // empty: the request does not carry the key
    bool open{};                     // not given: what it holds is not known
  };
  std::vector<FailedCondition> failed;
};

struct Permission {
  std::string decision;                         // allow | explicit-deny | implicit-deny | indeterminate
  std::string step;                             // AccountLevelIdentityBasedPolicy, …; empty for root
  std::vector<PermissionStatement> statements;  // those that decided
  std::vector<NearMiss> near_misses;
  std::vector<std::string> open_keys;
  std::vector<std::string> not_known;
};

struct Effects {
  std::optional<std::vector<std::string>> templates;  // nothing: not known
  std::vector<std::string> regions;
  std::vector<std::string> cloud_computers;  // lose the image to be reset to; those that the export shows
};

// Another choice of one reading under which the answer is another one.
struct ReadingDependence {
  std::string reading;  // `deny-narrow-resource`
  std::string choice;   // `applies`
  Outcome outcome{Outcome::kDeny};
  std::string code;  // as Decision::code
};

// What all decisions of one caller have in common, as write_decision() writes it.
struct DecisionForm {
  std::string permission;   // a value
  std::string assumptions;  // a value
  std::string plain;        // members from `account` to `permission` of a decision that is_plain()
};

struct Decision {
  std::string image;
  std::string image_name;
  std::string account;
  std::string principal;  // `user/alice`
  std::string operation;
  Outcome outcome{Outcome::kDeny};
  std::string code;  // allow: `200`; indeterminate: empty
  std::optional<std::int32_t> http_status;
  std::string message;
  std::vector<std::string> possible_codes;
  std::vector<Finding> violations;
  std::vector<UnknownFinding> unknowns;
  std::vector<Finding> guards;
  Permission permission;
  Effects effects;
  std::vector<std::string> assumptions;                // what was taken as given: `no control policies …`
  FactsAge facts;                                      // of what it rests on; no part of the digest
  std::vector<ReadingDependence> depends_on_readings;  // empty: the same under all readings, one at a time
  // Where it is at hand, so that it is not written again for each image. Whoever changes account, principal, operation,
  // permission or assumptions resets it.
  std::shared_ptr<const DecisionForm> form;
};
// Whether it allows, and there is no finding: then it differs from others of its caller in image, image_name, effects
// and facts alone.
[[nodiscard]] bool is_plain(const Decision& decision);
// The form of decisions that share account, principal, operation, permission and assumptions with this one.
// Precondition: one that is_plain() and has no form.
[[nodiscard]] std::shared_ptr<const DecisionForm> make_form(const Decision& plain);

// Where the decision was logged; part of the printed JSON, never of the digest.
struct AuditPlace {
  std::string log;
  std::uint64_t seq{};
};

// Decision::facts as a JSON value. It is kept for the next decision, which mostly rests on exports of the same age. Not
// thread-safe.
class FactsForm {
 public:
  // Valid until the next call.
  [[nodiscard]] std::string_view of(const FactsAge& facts) &;

 private:
  FactsAge facts_;
  std::string json_;  // empty: none yet
};

struct DecisionJsonOptions {
  bool all_values{};            // explain: no cut after ten
  std::string_view facts{};     // FactsForm::of() decision.facts: when what it rests on was exported; empty: no member
  const AuditPlace* audit{};    // null: no `audit` member
  std::string_view document{};  // decision_document() of the decision, where it is at hand: not written a second time
};
void write_decision(JsonWriter& json, const Decision& decision, const DecisionJsonOptions& options);
// The document that the digest is of: all values, neither `facts` nor `audit`.
[[nodiscard]] std::string decision_document(const Decision& decision);
void decision_document(const Decision& decision, std::string& document);  // in the place of what it was
// `sha256:HEX` of it.
[[nodiscard]] std::string decision_digest(const Decision& decision);

}  // namespace imagewarden
