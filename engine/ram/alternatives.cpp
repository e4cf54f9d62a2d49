#include "engine/ram/alternatives.h"

#include <map>
#include <memory>
#include <utility>

namespace imagewarden::ram {
namespace {

bool changes_verdicts(Reading reading) { return reading != Reading::kDenialCode && reading != Reading::kDenialStatus; }

// The readings by which a document is read; all others are asked when a request is.
bool changes_documents(Reading reading) {
  return reading == Reading::kNotResource || reading == Reading::kSingleStatement ||
         reading == Reading::kLooseConditionValue;
}

// Reads each distinct document once.
class Rereader {
 public:
  explicit Rereader(const Readings& readings) : readings_(readings) {}

  void reread(AttachedPolicy& policy) {
    if (policy.document == nullptr) return;
    auto [at, added] = documents_.try_emplace(policy.document.get());
    if (added) {
      auto again = parse_document(policy.document->text, policy.name, policy.document->kind, readings_);
      // It was read before, so it is a JSON object under every reading.
      at->second = again ? std::move(*again) : policy.document;
    }
    policy.document = at->second;
  }
  void reread(std::vector<AttachedPolicy>& policies) {
    for (AttachedPolicy& policy : policies) reread(policy);
  }

 private:
  const Readings& readings_;
  std::map<const Document*, std::shared_ptr<const Document>> documents_;
};

}  // namespace

PrincipalPolicies read_again(const PrincipalPolicies& policies, const Readings& readings) {
  PrincipalPolicies again = policies;
  Rereader reader(readings);
  reader.reread(again.account_level);
  for (ResourceGroupPolicy& grouped : again.resource_group_level) reader.reread(grouped.policy);
  reader.reread(again.session_policies);
  for (ControlLevel& level : again.control_levels) reader.reread(level.policies);
  return again;
}

std::vector<AlternativeVerdict> evaluate_alternatives(const PrincipalPolicies& policies, const Request& request,
                                                      const Readings& readings) {
  std::vector<AlternativeVerdict> out;
  for (const ReadingInfo& info : reading_table()) {
    if (!changes_verdicts(info.reading)) continue;
    const auto count = static_cast<std::uint8_t>(info.choices.size());  // a handful
    for (std::uint8_t choice = 0; choice < count; ++choice) {
      if (choice == readings.choice(info.reading)) continue;
      Readings other = readings;
      other.set(info.reading, choice);
      const Principal principal =
          Principal::compile(changes_documents(info.reading) ? read_again(policies, other) : policies, other);
      out.push_back({info.reading, choice, principal.decide(request)});
    }
  }
  return out;
}

}  // namespace imagewarden::ram
