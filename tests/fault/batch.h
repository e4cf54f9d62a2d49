#pragma once
// What tests and their helper programs append: batches that both can make from a few numbers.

#include <sstream>
#include <string>
#include <vector>

#include "audit/log.h"

namespace imagewarden::audit::test {

// The drafts of one append(), told by few numbers, so that other processes can say what they appended.
struct Batch {
  std::string key;  // no other batch has it; no white space
  std::uint64_t first_seq{};
  std::size_t count{};
  std::size_t padding{};  // bytes of text in each record
  bool has_details{};
};

inline Draft draft_of(const Batch& batch, std::size_t index) {
  Draft draft;
  draft.verb = "check";
  draft.operation = "appstreaming:DeleteImage";
  draft.principal = "user/alice";
  draft.image = "img-" + std::to_string(index);
  draft.outcome = index % 2 == 0 ? "allow" : "deny";
  draft.count = static_cast<std::int64_t>(batch.count);
  draft.note = batch.key + " " + std::to_string(index) + " " + std::string(batch.padding, 'x');
  if (batch.has_details) {
    draft.detail = "{\"batch\":\"" + batch.key + "\",\"index\":" + std::to_string(index) + "}";
    draft.decision_digest = "sha256:" + to_hex(sha256(draft.detail));
  }
  return draft;
}

inline std::vector<Draft> drafts_of(const Batch& batch) {
  std::vector<Draft> drafts;
  for (std::size_t i = 0; i < batch.count; ++i) drafts.push_back(draft_of(batch, i));
  return drafts;
}

// One line, without its end, and back.
inline std::string format_batch(const Batch& batch) {
  std::ostringstream out;
  out << batch.key << ' ' << batch.first_seq << ' ' << batch.count << ' ' << batch.padding << ' ' << batch.has_details;
  return out.str();
}

inline Batch parse_batch(const std::string& line) {
  std::istringstream in(line);
  Batch batch;
  in >> batch.key >> batch.first_seq >> batch.count >> batch.padding >> batch.has_details;
  return batch;
}

}  // namespace imagewarden::audit::test
