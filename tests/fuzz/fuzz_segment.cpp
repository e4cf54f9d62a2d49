// A row of the derived index: what is taken apart are seqs that rise, and put together again they are the same.

#include <vector>

#include "audit/segment.h"
#include "tests/fuzz/support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace imagewarden;
  std::string_view seqs = fuzz::text_of(data, size);
  std::uint64_t first_seq = 0;
  for (; !seqs.empty() && first_seq < (std::uint64_t{1} << 48U); seqs.remove_prefix(1)) {
    const auto byte = static_cast<unsigned char>(seqs.front());
    if (byte == 0xff) break;
    first_seq = first_seq << 8U | byte;
  }
  std::vector<std::uint64_t> read;
  const bool is_good = audit::decode_segment(first_seq, seqs, [&](std::uint64_t seq) { read.push_back(seq); });
  fuzz::require(read.size() <= seqs.size() + 1, "no more seqs than bytes");
  for (std::size_t i = 0; i < read.size(); ++i) {
    fuzz::require(read[i] < audit::kMaxSeq && (i == 0 || read[i] > read[i - 1]), "seqs rise");
  }
  if (!is_good) return 0;
  fuzz::require(!read.empty() && read.front() == first_seq, "the first one is there");
  std::string again;
  for (std::size_t i = 1; i < read.size(); ++i) audit::append_varint(again, read[i] - read[i - 1]);
  fuzz::require(again.size() <= seqs.size(), "the shortest form is written");
  std::vector<std::uint64_t> second;
  fuzz::require(
      audit::decode_segment(first_seq, again, [&](std::uint64_t seq) { second.push_back(seq); }) && second == read,
      "the same seqs again");
  return 0;
}
