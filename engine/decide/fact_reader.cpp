#include "engine/decide/fact_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace imagewarden {
namespace {

using rules::Fact;

constexpr std::int64_t kDayUs = std::int64_t{24} * 3600 * 1'000'000;

FactState known(Value value, Provenance source, std::string field) {
  FactState state;
  state.state = KeyState::kKnown;
  state.entries.push_back({std::move(value), source, std::move(field)});
  return state;
}

FactState open() { return {KeyState::kOpen, {}}; }
FactState absent() { return {KeyState::kAbsent, {}}; }

// The repair that empties a relation.
std::optional<Repair> repair_of(RelationKind kind) {
  switch (kind) {
    case RelationKind::kDeliveryGroups:
      return Repair::kReleaseDeliveryGroups;
    case RelationKind::kWorkstations:
      return Repair::kReleaseWorkstations;
    case RelationKind::kDesktopGroups:
    case RelationKind::kPooledDesktops:
      return Repair::kReleasePools;
    case RelationKind::kCommunityChildren:
      return Repair::kWithdrawChildren;
    case RelationKind::kSharedWith:
      return Repair::kUnshare;
    case RelationKind::kCloudComputers:
    case RelationKind::kTemplates:
    case RelationKind::kRecordedErrors:
    case RelationKind::kCount:
      break;
  }
  return std::nullopt;
}

constexpr std::uint64_t bit_of(Fact fact) { return std::uint64_t{1} << static_cast<unsigned>(fact); }
static_assert(static_cast<std::size_t>(Fact::kCount) <= 64);

// The fields of one image. A record of ListImage spells a field otherwise than one of DescribeImages.
class ImageFacts {
 public:
  ImageFacts(const FactScope& scope, ImageRow row)
      : scope_(scope), snapshot_(scope.snapshot), images_(scope.snapshot.images()), row_(row) {}

  [[nodiscard]] FactState column(const DictionaryColumn& column, Provenance source, std::string_view field) const {
    const std::uint16_t code = column.codes[row_.value];
    if (code == DictionaryColumn::kAbsent) return absent();
    if (code == DictionaryColumn::kOpen) return open();
    return known(Value::of_string(snapshot_.text(column.values[code])), source, std::string(field));
  }
  [[nodiscard]] FactState text(StringId id, Provenance source, std::string_view field) const {
    if (id == StringId{}) return absent();
    return known(Value::of_string(snapshot_.text(id)), source, std::string(field));
  }
  [[nodiscard]] bool is_listed() const { return list().known(); }
  [[nodiscard]] Provenance list() const { return images_.list_source[row_.value]; }
  [[nodiscard]] Provenance described() const { return images_.describe_source[row_.value]; }
  // The records that the type and the status were taken from.
  [[nodiscard]] Provenance type_source() const {
    return images_.type_from_describe.test(row_.value) ? described() : list();
  }
  [[nodiscard]] Provenance status_source() const {
    return images_.status_from_describe.test(row_.value) ? described() : list();
  }
  // What both kinds of record have: from the one of ListImage where there is one.
  [[nodiscard]] Provenance any_source() const { return is_listed() ? list() : described(); }
  [[nodiscard]] std::string_view spelled(std::string_view listed, std::string_view described_name) const {
    return is_listed() ? listed : described_name;
  }

  [[nodiscard]] FactState owned_by_account() const {
    const std::uint16_t code = images_.owner.codes[row_.value];
    if (code == DictionaryColumn::kAbsent) return absent();
    if (code == DictionaryColumn::kOpen) return open();
    const StringId account = snapshot_.accounts()[scope_.account.value].id;
    return known(Value::of_bool(images_.owner.values[code] == account), list(), "AliUid");
  }

  [[nodiscard]] FactState region_status() const {
    FactState out;
    const auto& entries = images_.distributions[images_.distribution[row_.value]];
    for (std::size_t i = 0; i < entries.size(); ++i) {
      out.entries.push_back({Value::of_string(snapshot_.text(entries[i].status)), list(),
                             fmt::format("ImageRegionDistributeList/{}/Status", i)});
    }
    out.state = out.entries.empty() ? KeyState::kAbsent : KeyState::kKnown;
    return out;
  }

  [[nodiscard]] FactState regions() const {
    FactState out;
    const auto& set = images_.region_sets[images_.region_set[row_.value]];
    if (set.empty()) return open();
    for (const StringId region : set)
      out.entries.push_back({Value::of_string(snapshot_.text(region)), any_source(), ""});
    out.state = KeyState::kKnown;
    return out;
  }

  [[nodiscard]] FactState tag(const Key& key) const {
    // DescribeImages answers no tags.
    if (!is_listed()) return open();
    const std::string_view wanted = std::string_view(key.name).substr(key.name.find('/') + 1);
    FactState out;
    for (const Tag& tag : images_.tags_of(row_)) {
      if (snapshot_.text(tag.key) != wanted) continue;
      out.state = KeyState::kKnown;
      out.entries.push_back(
          {Value::of_string(snapshot_.text(tag.value)), list(), fmt::format("TagList/{}/Value", tag.index)});
    }
    return out;
  }

  // A value of Status or RegionStatus, once what is being created is there.
  [[nodiscard]] FactState settled(FactState state) const {
    if (scope_.changes == nullptr || !scope_.changes->has(Repair::kWaitUntilCreated)) return state;
    for (FactEntry& entry : state.entries) {
      const std::string& text = entry.value.text;
      if (text == "CREATING" || text == "INIT") entry.value = Value::of_string("AVAILABLE");
      if (text == "Creating") entry.value = Value::of_string("Available");
    }
    return state;
  }

  // Whether what stands in the relation is not there any more.
  [[nodiscard]] bool is_gone(RelationKind kind, const RelatedEntry& entry) const {
    if (scope_.changes == nullptr) return false;
    if (const auto repair = repair_of(kind); repair && scope_.changes->has(*repair)) return true;
    if (kind != RelationKind::kCommunityChildren || scope_.changes->deleted == nullptr) return false;
    const auto child = snapshot_.find_image(scope_.account, snapshot_.text(entry.id));
    return child && scope_.changes->deleted->test(child->value);
  }

  // Where the number of accounts is known, so is the end of unsharing.
  [[nodiscard]] bool is_unshared(RelationKind kind) const {
    return kind == RelationKind::kSharedWith && images_.shared_count[row_.value] >= 0 && scope_.changes != nullptr &&
           scope_.changes->has(Repair::kUnshare);
  }

  [[nodiscard]] FactState related(RelationKind kind) const {
    FactState out;
    for (const RelatedEntry& entry : snapshot_.relation(kind).of(row_)) {
      if (is_gone(kind, entry)) continue;
      out.entries.push_back(
          {Value::of_string(snapshot_.text(entry.id)), entry.source, std::string(snapshot_.text(entry.field))});
    }
    if (!is_complete(snapshot_, kind, row_) && !is_unshared(kind)) {
      out.state = out.entries.empty() ? KeyState::kOpen : KeyState::kPartial;
    } else {
      out.state = out.entries.empty() ? KeyState::kAbsent : KeyState::kKnown;
    }
    return out;
  }

  [[nodiscard]] FactState shared_count() const {
    const std::int32_t count = images_.shared_count[row_.value];
    const bool is_unshared = scope_.changes != nullptr && scope_.changes->has(Repair::kUnshare);
    if (count >= 0 && is_unshared) return known(Value::of_integer(0), {}, "");
    if (count >= 0) return known(Value::of_integer(count), described(), "SharedCount");
    return images_.permission_exported.test(row_.value) ? absent() : open();
  }

 private:
  const FactScope& scope_;
  const Snapshot& snapshot_;
  const ImageTable& images_;
  ImageRow row_;
};

FactState caller_allowed(Tri allowed) {
  if (allowed == Tri::kUnknown) return open();
  return known(Value::of_bool(allowed == Tri::kTrue), {}, "");
}

FactState of_missing(const FactScope& scope, Fact fact, std::string_view id) {
  if (fact == Fact::kId) return id.empty() ? absent() : known(Value::of_string(id), {}, "");
  if (fact != Fact::kExists) return open();
  // An empty id names no image (inferred).
  const Tri exists = id.empty() ? Tri::kFalse : exists_without_row(scope.snapshot, scope.account, id);
  return exists == Tri::kUnknown ? open() : known(Value::of_bool(false), {}, "");
}

}  // namespace

std::uint64_t facts_changed_by(Repair repair) {
  switch (repair) {
    case Repair::kUnshare:
      return bit_of(Fact::kSharedWith) | bit_of(Fact::kSharedCount);
    case Repair::kReleaseDeliveryGroups:
      return bit_of(Fact::kDeliveryGroups);
    case Repair::kReleaseWorkstations:
      return bit_of(Fact::kWorkstations);
    case Repair::kReleasePools:
      return bit_of(Fact::kDesktopGroups) | bit_of(Fact::kPooledDesktops);
    case Repair::kWaitUntilCreated:
      return bit_of(Fact::kStatus) | bit_of(Fact::kRegionStatus);
    case Repair::kWithdrawChildren:
      return bit_of(Fact::kCommunityChildren);
    case Repair::kCount:
      break;
  }
  return 0;
}

std::uint64_t facts_changed_by_deletions() { return bit_of(Fact::kCommunityChildren); }

bool is_desktop_image_id(std::string_view id) { return id.starts_with("m-"); }

Tri exists_without_row(const Snapshot& snapshot, AccountId account, std::string_view id) {
  if (!is_desktop_image_id(id)) {
    return snapshot.list_state(Operation::kListImage, account, {}) == ListState::kComplete ? Tri::kFalse
                                                                                           : Tri::kUnknown;
  }
  const std::vector<StringId>& regions = snapshot.accounts()[account.value].regions;
  const bool complete = std::all_of(regions.begin(), regions.end(), [&](StringId region) {
    return snapshot.list_state(Operation::kDescribeImages, account, region) == ListState::kComplete;
  });
  return complete && !regions.empty() ? Tri::kFalse : Tri::kUnknown;
}

RelationKind relation_of(Fact fact) {
  switch (fact) {
    case Fact::kDeliveryGroups:
      return RelationKind::kDeliveryGroups;
    case Fact::kWorkstations:
      return RelationKind::kWorkstations;
    case Fact::kDesktopGroups:
      return RelationKind::kDesktopGroups;
    case Fact::kPooledDesktops:
      return RelationKind::kPooledDesktops;
    case Fact::kCloudComputers:
      return RelationKind::kCloudComputers;
    case Fact::kTemplates:
      return RelationKind::kTemplates;
    case Fact::kCommunityChildren:
      return RelationKind::kCommunityChildren;
    case Fact::kSharedWith:
      return RelationKind::kSharedWith;
    case Fact::kRecordedErrors:
      return RelationKind::kRecordedErrors;
    case Fact::kCallerAllowed:
    case Fact::kExists:
    case Fact::kId:
    case Fact::kName:
    case Fact::kImageType:
    case Fact::kStatus:
    case Fact::kRegionStatus:
    case Fact::kProductType:
    case Fact::kOwner:
    case Fact::kOwnedByAccount:
    case Fact::kParentImageId:
    case Fact::kBaseImageId:
    case Fact::kSessionType:
    case Fact::kBizType:
    case Fact::kSizeGib:
    case Fact::kAgeDays:
    case Fact::kCreatedAt:
    case Fact::kRegions:
    case Fact::kTag:
    case Fact::kSharedCount:
    case Fact::kTemplateQueryError:
    case Fact::kCount:
      break;
  }
  return RelationKind::kCount;
}

bool is_complete(const Snapshot& snapshot, RelationKind kind, ImageRow row) {
  // A failure that was not recorded is not a fact that is missing.
  return kind == RelationKind::kRecordedErrors || snapshot.relation(kind).complete.test(row.value);
}

bool knows_templates(const Snapshot& snapshot, ImageRow row) {
  const ImageTable& images = snapshot.images();
  const std::string_view product = snapshot.text(images.product.values[images.product.codes[row.value]]);
  // Only cloud desktop images have templates; where the product line is none of the others, it may be one.
  return product == "CloudApp" || product == "WuyingServer" || is_complete(snapshot, RelationKind::kTemplates, row);
}

std::int64_t age_days(std::int64_t created_us, Time now) {
  const std::int64_t age_us = now.unix_us - created_us;
  return age_us / kDayUs - (age_us % kDayUs < 0 ? 1 : 0);
}

std::vector<FactEntry> template_query_errors(const Snapshot& snapshot, AccountId account) {
  std::vector<FactEntry> found;
  for (const RecordedFailure& failure : snapshot.failures()) {
    if (failure.operation != Operation::kDescribeTemplates || failure.account != account ||
        failure.subject != StringId{})
      continue;
    const std::string_view code = snapshot.text(failure.code);
    const bool is_new =
        std::none_of(found.begin(), found.end(), [&](const FactEntry& entry) { return entry.value.text == code; });
    if (is_new) found.push_back({Value::of_string(code), failure.source, "Code"});
  }
  return found;
}

FactState read_fact(const FactScope& scope, const rules::FactInfo& info, const Key& key, const ImageSubject& image) {
  const Fact fact = info.fact;
  if (fact == Fact::kCallerAllowed) return caller_allowed(scope.caller_allowed);
  if (fact == Fact::kTemplateQueryError) {
    FactState state{KeyState::kKnown, template_query_errors(scope.snapshot, scope.account)};
    if (state.entries.empty()) state.state = KeyState::kAbsent;
    return state;
  }
  if (!image.row) return of_missing(scope, fact, image.missing_id);

  const ImageTable& images = scope.snapshot.images();
  const std::uint32_t row = image.row->value;
  const ImageFacts facts(scope, *image.row);
  if (const RelationKind kind = relation_of(fact); kind != RelationKind::kCount) return facts.related(kind);
  const std::int64_t created_us = images.created_us[row];
  const std::string_view created = facts.spelled("GmtCreate", "CreationTime");
  switch (fact) {
    case Fact::kExists:
      return known(Value::of_bool(true), facts.any_source(), "ImageId");
    case Fact::kId:
      return facts.text(images.id[row], facts.any_source(), "ImageId");
    case Fact::kName:
      return facts.text(images.name[row], facts.any_source(), facts.spelled("ImageName", "Name"));
    case Fact::kImageType:
      return facts.column(images.type, facts.type_source(), "ImageType");
    case Fact::kStatus:
      return facts.settled(facts.column(images.status, facts.status_source(), "Status"));
    case Fact::kRegionStatus:
      return facts.settled(facts.region_status());
    case Fact::kProductType:
      return facts.column(images.product, facts.any_source(), facts.spelled("ProductType", ""));
    case Fact::kOwner:
      return facts.column(images.owner, facts.list(), "AliUid");
    case Fact::kOwnedByAccount:
      return facts.owned_by_account();
    case Fact::kParentImageId:
      return facts.text(images.parent[row], facts.list(), "ParentImageId");
    case Fact::kBaseImageId:
      return facts.text(images.base[row], facts.list(), "BaseImageId");
    case Fact::kSessionType:
      return facts.column(images.session_type, facts.any_source(), "SessionType");
    case Fact::kBizType:
      return facts.column(images.biz_type, facts.list(), "BizType");
    case Fact::kSizeGib:
      if (images.size_gib[row] < 0) return open();
      return known(Value::of_integer(images.size_gib[row]), facts.any_source(),
                   std::string(facts.spelled("SystemDiskSize", "Size")));
    case Fact::kAgeDays:
      if (created_us == ImageTable::kNoTime) return open();
      return known(Value::of_integer(age_days(created_us, scope.now)), facts.any_source(), std::string(created));
    case Fact::kCreatedAt:
      if (created_us == ImageTable::kNoTime) return open();
      return known(Value::of_time(Time{created_us}), facts.any_source(), std::string(created));
    case Fact::kRegions:
      return facts.regions();
    case Fact::kTag:
      return facts.tag(key);
    case Fact::kSharedCount:
      return facts.shared_count();
    case Fact::kCallerAllowed:
    case Fact::kDeliveryGroups:
    case Fact::kWorkstations:
    case Fact::kDesktopGroups:
    case Fact::kPooledDesktops:
    case Fact::kCloudComputers:
    case Fact::kTemplates:
    case Fact::kCommunityChildren:
    case Fact::kSharedWith:
    case Fact::kRecordedErrors:
    case Fact::kTemplateQueryError:
    case Fact::kCount:
      break;
  }
  return open();
}

FactState read_key(const FactScope& scope, const Key& key, const ImageSubject& image) {
  if (const rules::FactInfo* info = rules::find_fact(key)) return read_fact(scope, *info, key, image);
  const KeyFacts facts = scope.context.find(key);
  FactState state{facts.state, {}};
  for (const Value& value : facts.values) state.entries.push_back({value, {}, ""});
  return state;
}

Tri evaluate_atom(const Atom& atom, const FactState& state) {
  std::vector<Value> values;
  values.reserve(state.entries.size());
  for (const FactEntry& entry : state.entries) values.push_back(entry.value);
  return atom.evaluate({state.state, values}, Readings{});
}

}  // namespace imagewarden
