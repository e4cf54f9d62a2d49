#include "engine/decide/facts_age.h"

#include <algorithm>

namespace imagewarden {

void FactsAge::add(const FactsAge& other) {
  undated = undated || other.undated;
  if (!other.oldest) return;
  oldest = oldest ? std::min(*oldest, *other.oldest) : *other.oldest;
}

FactsAges::FactsAges(const Snapshot& snapshot, AccountId account) : snapshot_(snapshot) {
  for (const ListStatus& list : snapshot.lists()) {
    // Events are no facts of an image.
    if (list.account != account || list.state == ListState::kAbsent || list.operation == Operation::kLookupEvents)
      continue;
    FactsAge age{list.has_time ? std::optional(list.oldest) : std::nullopt, list.undated};
    (operation_info(list.operation).scope == ListScope::kRegion ? regions_[list.region] : account_).add(age);
  }
  // Documents stand in no list.
  const auto add_page = [&](Provenance source) {
    if (!source.known()) return;
    const Page& page = snapshot.pages()[source.page];
    account_.add({page.has_time ? std::optional(page.exported_at) : std::nullopt, !page.has_time});
  };
  for (const PolicyText& policy : snapshot.ram().policies) {
    if (policy.account == account) add_page(policy.source);
  }
  for (const PolicyText& policy : snapshot.ram().control_policies) {
    if (policy.account == account) add_page(policy.source);
  }
  for (const RecordedFailure& failure : snapshot.failures()) {
    if (failure.account == account) add_page(failure.source);
  }
}

FactsAge FactsAges::of(std::optional<ImageRow> row) const {
  FactsAge age = account_;
  const ImageTable& images = snapshot_.images();
  const std::vector<StringId>* own = row ? &images.region_sets[images.region_set[row->value]] : nullptr;
  for (const auto& [region, age_of_region] : regions_) {
    const bool is_read = own == nullptr || own->empty() || std::find(own->begin(), own->end(), region) != own->end();
    if (is_read) age.add(age_of_region);
  }
  return age;
}

}  // namespace imagewarden
