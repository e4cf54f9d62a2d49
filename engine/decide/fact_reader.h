#pragma once
// What the facts of a rule's condition say of one image: values, how far they are known, and where each stands in the
// export. The one place that binds the vocabulary of rules/facts.h to a Snapshot; the predicates of a batch
// (predicates.h) are made from it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/base/tri.h"
#include "engine/condition/condition.h"
#include "engine/inventory/snapshot.h"
#include "engine/rules/facts.h"

namespace imagewarden {

// One value of a fact and its place.
struct FactEntry {
  Value value;
  Provenance source;  // unknown where it is derived
  std::string field;  // below the record: `Status`, `TagList/2/Value`
};

struct FactState {
  KeyState state{KeyState::kAbsent};
  std::vector<FactEntry> entries;
};

// What can be done so that an image may be deleted after all, whatever rule asks for it.
enum class Repair : std::uint8_t {
  kUnshare,                // SharedWith and SharedCount: nobody
  kReleaseDeliveryGroups,  // no known delivery group uses it
  kReleaseWorkstations,
  kReleasePools,      // no known desktop group, and no cloud computer of one
  kWaitUntilCreated,  // what is being created is available
  kWithdrawChildren,  // no known community image was made from it
  kCount,
};
inline constexpr std::size_t kRepairs = static_cast<std::size_t>(Repair::kCount);

// As if something had been done since the export: what the exports do not show stays unknown.
struct FactChanges {
  std::uint8_t repairs{};    // bit i: Repair i was done to the image that is asked about
  const RowBits* deleted{};  // images that are gone; null: none
  [[nodiscard]] bool has(Repair repair) const { return (repairs >> static_cast<unsigned>(repair) & 1U) != 0; }
};
// The facts that a repair changes, and those that the deletion of other images changes, as a set of bits.
[[nodiscard]] std::uint64_t facts_changed_by(Repair repair);
[[nodiscard]] std::uint64_t facts_changed_by_deletions();

// What a question is about, beside the image. References must outlive what is made from it.
struct FactScope {
  const Snapshot& snapshot;
  AccountId account;
  Tri caller_allowed{Tri::kUnknown};
  const Context& context;  // of the request, acs:CurrentTime and acs:PrincipalARN included
  Time now;
  const FactChanges* changes{};  // null: none
};

// An image of the account's lists, or an id that they do not show.
struct ImageSubject {
  std::optional<ImageRow> row;
  std::string_view missing_id;  // without a row
};

[[nodiscard]] FactState read_fact(const FactScope& scope, const rules::FactInfo& info, const Key& key,
                                  const ImageSubject& image);
// The key of a condition: a fact, or a key of the request.
[[nodiscard]] FactState read_key(const FactScope& scope, const Key& key, const ImageSubject& image);
// The atom over such a state. Rules are our own language, so the default readings hold.
[[nodiscard]] Tri evaluate_atom(const Atom& atom, const FactState& state);

// Whether the account has an image of that id although no row shows it: kFalse by a complete list, else kUnknown.
[[nodiscard]] Tri exists_without_row(const Snapshot& snapshot, AccountId account, std::string_view id);
// `m-…`: ids of DescribeImages; all others are of ListImage.
[[nodiscard]] bool is_desktop_image_id(std::string_view id);

// The relation that a fact lists, or kCount.
[[nodiscard]] RelationKind relation_of(rules::Fact fact);
// Whether all that could stand in the relation to the image is known.
[[nodiscard]] bool is_complete(const Snapshot& snapshot, RelationKind kind, ImageRow row);
// Whether all templates of the image are known.
[[nodiscard]] bool knows_templates(const Snapshot& snapshot, ImageRow row);
// Whole days from creation to `now`, rounded down; of an image without a time: not to be asked.
[[nodiscard]] std::int64_t age_days(std::int64_t created_us, Time now);
// Codes of the recorded failures of DescribeTemplates as a whole, each once.
[[nodiscard]] std::vector<FactEntry> template_query_errors(const Snapshot& snapshot, AccountId account);

}  // namespace imagewarden
