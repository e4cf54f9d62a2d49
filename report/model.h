#pragma once
// The compliance report as plain data: every number and row that one of its forms shows. Made by build_report(), then
// only rendered: the forms cannot disagree. Text is as the exports, the log and the files have it; each renderer
// escapes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/decide/decision.h"
#include "engine/rules/controls.h"

namespace imagewarden::report {

// `deny`, 46: in the order in which it is shown.
using NamedCount = std::pair<std::string, std::uint64_t>;

struct ImageLine {
  std::string account;
  std::string id;
  std::string name;
  std::string type;  // as spelled; empty: not known, as all of these
  std::string status;
  std::string product;
  std::string created;  // RFC 3339
  std::optional<std::int64_t> age_days;
  std::optional<std::int32_t> size_gib;
  std::vector<std::string> regions;
  Outcome outcome{Outcome::kDeny};
  std::string code;                  // `200`, that of the deciding rule, or empty where not decided
  std::string rule;                  // the deciding rule of a denial
  std::vector<std::string> unknown;  // rules that are open
  // What a deletion takes with it.
  std::uint64_t templates{};
  bool templates_known{};
  std::uint64_t cloud_computers{};
};

// Images of one age and product line.
struct AgeCell {
  std::string product;
  std::vector<std::uint64_t> counts;  // one for each of ImagePart::ages
};

struct SharedImage {
  std::string account;
  std::string id;
  std::string name;
  std::string other;  // shared out: the account that it is shared with, empty: not named; shared in: its owner
};

struct Deleter {
  std::string account;
  std::string principal;
  bool is_certain{};
  std::string via;        // `root`, `direct`, `group`
  std::string holder;     // `group/ops`
  std::string statement;  // `Custom/ops-images#0`
  std::string source;
  std::vector<std::string> conditions;
  std::vector<std::string> not_known;
  std::vector<std::string> assumable_by;  // of a role
};

struct Missing {
  std::string account;
  std::string call;
  std::string command;  // to type
  std::string because;
};

struct ListLine {
  std::string name;
  std::string account;
  std::string region;
  std::string state;  // `complete`, `cut off`, `absent`
  std::uint64_t items{};
  std::string oldest;  // RFC 3339; empty: not known
  std::string reason;
};

struct InventoryPart {
  std::string digest;
  std::uint64_t files{};
  std::uint64_t bytes{};
  std::optional<Time> oldest;
  std::optional<Time> newest;
  std::vector<std::string> accounts;
  std::string decided_for;  // `user/alice`; empty: what holds for every caller, without a permission
  std::string operation;
  std::vector<std::string> assumptions;

  std::vector<ImageLine> images;
  std::uint64_t allow{};
  std::uint64_t deny{};
  std::uint64_t indeterminate{};
  std::vector<NamedCount> codes;  // of denials, most first
  std::vector<std::string> ages;  // names of the classes
  std::vector<AgeCell> products;  // most images first
  std::uint64_t freed_gib{};      // of the images that can be deleted
  std::uint64_t taken_templates{};
  std::uint64_t taken_computers{};
  std::vector<NamedCount> unknown_rules;  // images that wait for each

  std::uint64_t principals{};  // asked
  std::uint64_t deleters{};    // that may
  std::uint64_t maybe_deleters{};
  std::vector<Deleter> access;  // a row a way
  std::vector<SharedImage> shared_out;
  std::vector<SharedImage> shared_in;
  std::vector<Missing> missing;
  std::vector<ListLine> lists;
  std::vector<std::string> skipped;  // files, with why
};

struct LogPart {
  std::string path;
  std::string origin;
  bool verifies{};
  std::string problem;
  std::optional<std::uint64_t> first_bad;
  std::uint64_t size{};
  std::string root;  // hex; empty where the log does not verify
  std::uint64_t checkpoints{};
  std::optional<std::uint64_t> anchored;
  std::uint64_t cosigners{};
  std::string checkpoint;  // the newest signed note; empty: none
  // Below: counted only where the records can be read.
  bool counted{};
  std::optional<Time> first;
  std::optional<Time> last;
  std::vector<NamedCount> kinds;
  std::vector<NamedCount> outcomes;
  std::vector<NamedCount> codes;
  std::vector<NamedCount> days;  // decisions a day, in order
  std::vector<NamedCount> principals;
  std::uint64_t principals_count{};
  std::uint64_t images_count{};
};

enum class CheckState : std::uint8_t { kNotAssessed = 0, kFinding, kWaived, kPass };
[[nodiscard]] std::string_view to_string(CheckState state);

enum class Change : std::uint8_t { kNone, kNew, kUnchanged };
[[nodiscard]] std::string_view to_string(Change change);  // kNone: empty

struct ReportFinding {
  rules::Check check{};
  std::string subject;  // names it within its check, the same in every report
  std::string text;
  std::string source;                 // file and pointer, where there is one
  std::optional<std::size_t> waiver;  // in force
  Change change{};
};

struct CheckLine {
  rules::Check check{};
  CheckState state{};
  std::uint64_t findings{};  // not waived
  std::uint64_t waived{};
  std::string because;  // not assessed: why
};

struct ControlLine {
  rules::Control control;
  CheckState state{};
  std::uint64_t findings{};
};

struct WaiverLine {
  rules::ControlWaiver waiver;
  bool is_expired{};
  std::uint64_t findings{};  // that it covers, or covered
};

struct RuleLine {
  std::string id;
  std::string code;
  std::string basis;
  std::string explanation;
  std::string source;
};

struct InputLine {
  std::string what;  // `inventory`, `rules`, `controls`, `audit log`, `report before`
  std::string name;
  std::string version;
  std::string digest;
};

struct FixedFinding {
  std::string check;
  std::string subject;
  std::string text;
};

struct Comparison {
  std::string path;
  std::string time;  // of the report before
  std::uint64_t fresh{};
  std::uint64_t unchanged{};
  std::vector<FixedFinding> fixed;
};

struct ReportModel {
  std::string version;  // of the program
  Time now;
  std::optional<InventoryPart> inventory;
  std::optional<LogPart> log;
  std::vector<rules::Framework> frameworks;
  std::vector<CheckLine> checks;        // in the order of the enum
  std::vector<ReportFinding> findings;  // by check, then subject
  std::vector<ControlLine> controls;
  std::vector<WaiverLine> waivers;
  std::vector<RuleLine> rules;                                // in the order in which they decide
  std::vector<std::pair<std::string, std::string>> readings;  // that are not the default, with what holds instead
  std::vector<InputLine> inputs;
  std::optional<Comparison> comparison;
};

}  // namespace imagewarden::report
