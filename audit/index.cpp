#include "audit/index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "audit/files.h"
#include "audit/index_store.h"
#include "audit/layout.h"
#include "audit/record.h"
#include "audit/tree.h"

namespace imagewarden::audit {
namespace {

// That many records are read through faster than an index is opened and synchronised. So a log that is listed after
// every few records does not write each time, and a small log has no index.
constexpr std::uint64_t kMaxUnindexed = 8'192;
// Candidates that are closer than this are read in one go, as a run is read as a whole in any case.
constexpr std::uint64_t kMaxGap = 128;
constexpr std::uint64_t kMinBlock = 1'024;  // the candidates of one block are in memory; blocks grow from here
constexpr std::uint64_t kMaxBlock = 1U << 18U;
constexpr std::uint64_t kProgressEvery = 16'384;

constexpr std::array kIndexed{Field::kImage, Field::kPrincipal, Field::kCode, Field::kOutcome};

Term index_term(Field field, std::string_view escaped) { return term_of(static_cast<std::uint8_t>(field), escaped); }

// A query as the bytes of the leaves answer it: texts are compared escaped.
class Filter {
 public:
  explicit Filter(const RecordQuery& query) : query_(query) {
    const std::array<std::string_view, kIndexed.size()> texts{query.image, query.principal, query.code, query.outcome};
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!texts[i].empty()) wanted_.emplace_back(kIndexed[i], escape_text(texts[i]));
    }
  }
  [[nodiscard]] bool has_fields() const { return !wanted_.empty(); }
  [[nodiscard]] std::vector<Term> terms() const {
    std::vector<Term> terms;
    for (const auto& [field, text] : wanted_) terms.push_back(index_term(field, text));
    return terms;
  }
  [[nodiscard]] bool matches(const LeafView& view) const {
    return std::all_of(wanted_.begin(), wanted_.end(),
                       [&](const auto& wanted) { return view.text(wanted.first) == wanted.second; }) &&
           (!query_.since || view.time >= *query_.since) && (!query_.until || view.time < *query_.until);
  }

 private:
  const RecordQuery& query_;
  std::vector<std::pair<Field, std::string>> wanted_;
};

tl::unexpected<Error> bad_record(const std::string& log_path, std::uint64_t seq, std::string_view problem) {
  return fail(Errc::kMalformedInput, fmt::format("{}: record {}: {}", log_path, seq, problem));
}

// By term, and by seq within one: least digit first, which keeps the order of what is equal. The postings come by seq,
// so that only the bits of the term are sorted; a fifth of the time of a comparison sort.
void sort_by_term(std::vector<Posting>& postings, std::vector<Posting>& scratch) {
  constexpr unsigned kDigitBits = 11;
  static_assert(kTermBits % kDigitBits == 0);
  scratch.resize(postings.size());
  for (unsigned shift = kChunkBits; shift < 64; shift += kDigitBits) {
    std::array<std::size_t, std::size_t{1} << kDigitBits> places{};
    const auto digit = [shift](Posting posting) { return posting >> shift & ((1U << kDigitBits) - 1); };
    for (const Posting posting : postings) ++places[digit(posting)];
    std::exclusive_scan(places.begin(), places.end(), places.begin(), std::size_t{0});
    for (const Posting posting : postings) scratch[places[digit(posting)]++] = posting;
    postings.swap(scratch);
  }
}

std::string hash_of(std::string_view leaf) { return std::string(digest_bytes(leaf_hash(leaf))); }

// The index as one query uses it. Whatever fails here is no error of the query: without an index the log is read.
class Index {
 public:
  // As far as it is right for this log, and caught up with it where it is more than a little behind `end`.
  static Index open(Log& log, const std::string& log_path, std::uint64_t end, const IndexProgress& progress) {
    Index index;
    const auto canonical = canonical_path(log_path);
    if (!canonical) return index;
    auto store = IndexStore::open(*canonical + ".index", *canonical);
    if (!store) return index;
    index.store_ = std::move(*store);
    if (!index.settle(log)) {
      index.store_.reset();
      return index;
    }
    if (end > index.mark_.size + kMaxUnindexed && index.store_->is_writable()) index.catch_up(log, progress);
    return index;
  }

  // How many records it answers for, from the first one on.
  [[nodiscard]] std::uint64_t size() const { return store_ ? mark_.size : 0; }

  // The shortest list first: the others are only asked about what it names.
  void order(std::vector<Term>& terms) {
    if (!store_ || terms.size() < 2) return;
    std::vector<std::pair<std::uint64_t, Term>> weighed;
    for (const Term term : terms) {
      const auto weight = store_->weight(mark_.generation, term);
      if (!weight) return give_up(weight.error());
      weighed.emplace_back(*weight, term);
    }
    std::sort(weighed.begin(), weighed.end());
    std::transform(weighed.begin(), weighed.end(), terms.begin(), [](const auto& pair) { return pair.second; });
  }

  // The records of [from, to) that hold all terms. False, and size() is 0 from then on, where it cannot say.
  bool find(std::span<const Term> terms, std::uint64_t from, std::uint64_t to, std::vector<std::uint64_t>& seqs) {
    if (!store_) return false;
    auto done = store_->collect(mark_.generation, terms.front(), from, to, seqs);
    for (const Term term : terms.subspan(1)) {
      if (!done || seqs.empty()) break;
      done = store_->retain(mark_.generation, term, seqs);
    }
    if (!done) give_up(done.error());
    return done.has_value();
  }

 private:
  // True with the mark of an index that is right for this log; one that is not is made empty.
  bool settle(Log& log) {
    for (const bool may_reset : {true, false}) {
      const auto mark = store_->mark();
      if (!mark) return false;
      const auto fit = *mark ? fits(**mark, log) : Result<bool>(false);
      if (!fit) return false;
      if (*fit) {
        mark_ = **mark;
        return true;
      }
      if (!may_reset || !store_->is_writable() || !store_->reset(log.origin())) return false;
    }
    return false;
  }

  // The last record it covers is the log's: each one names its place, time and writer, so that no other log has it.
  static Result<bool> fits(const IndexMark& mark, Log& log) {
    if (mark.origin != log.origin()) return false;
    if (mark.size == 0) return mark.last_leaf.empty();
    const auto leaf = log.leaf(mark.size - 1);
    if (!leaf && leaf.error().code != Errc::kNotFound) return tl::make_unexpected(leaf.error());
    return leaf && hash_of(*leaf) == mark.last_leaf;
  }

  void catch_up(Log& log, const IndexProgress& progress) {
    std::vector<Posting> postings;
    std::vector<Posting> scratch;
    while (true) {
      const auto head = log.head();
      if (!head || mark_.size >= head->size) return;
      // The lock first: of two processes one reads the log, the other one waits and goes on where it ends.
      const auto begun = store_->begin();
      if (!begun) return;
      const auto fit = *begun ? fits(**begun, log) : Result<bool>(false);
      if (!fit || !*fit) return give_up(Error{Errc::kConflict, "made anew meanwhile"});
      mark_ = **begun;
      if (mark_.size >= head->size) return store_->rollback();
      IndexMark after = mark_;
      if (!read_chunk(log, head->size, progress, postings, after)) return store_->rollback();
      sort_by_term(postings, scratch);
      if (const auto added = store_->add(after, postings); !added) {
        if (added.error().code == Errc::kMalformedInput) give_up(added.error());
        return;
      }
      mark_ = after;
    }
  }

  // The terms of up to a chunk of records after the mark. False if there is nothing to add: a record that cannot be
  // read stops it for good, and whoever reads the log there hears of it.
  static bool read_chunk(Log& log, std::uint64_t end, const IndexProgress& progress, std::vector<Posting>& postings,
                         IndexMark& after) {
    postings.clear();
    const std::uint64_t first = after.size;
    const std::uint64_t count = std::min(kChunkRecords, end - first);
    std::string last;
    LeafView view;
    std::string problem;
    const auto visited = log.read(first, count, [&](std::uint64_t seq, std::string_view leaf) {
      if (!scan_leaf(leaf, view, problem)) return false;
      for (const Field field : kIndexed) {
        const std::string_view text = view.text(field);
        if (!text.empty()) postings.push_back(index_term(field, text) << kChunkBits | (seq - first));
      }
      after.size = seq + 1;
      if (progress && after.size % kProgressEvery == 0) progress(after.size, end);
      // A log that grows is read while it is written: only here is the end of the chunk known.
      if (after.size == first + count) last = leaf;
      return true;
    });
    if (after.size == first) return false;
    if (last.empty()) {
      // It stopped early.
      const auto leaf = log.leaf(after.size - 1);
      if (!leaf) return false;
      last = *leaf;
    }
    static_cast<void>(visited);
    after.last_leaf = hash_of(last);
    return true;
  }

  void give_up(const Error& error) {
    store_->rollback();
    // The next query makes it anew.
    if (error.code == Errc::kMalformedInput && store_->is_writable()) static_cast<void>(store_->reset(mark_.origin));
    store_.reset();
  }

  std::optional<IndexStore> store_;
  IndexMark mark_;
};

// The first record in [from, to) that was written at `time` or later; `to` if there is none.
Result<std::uint64_t> first_since(Log& log, const std::string& log_path, Time time, std::uint64_t from,
                                  std::uint64_t to) {
  LeafView view;
  std::string problem;
  while (from < to) {
    const std::uint64_t middle = from + (to - from) / 2;
    const auto leaf = log.leaf(middle);
    if (!leaf) return tl::make_unexpected(leaf.error());
    if (!scan_leaf(*leaf, view, problem)) return bad_record(log_path, middle, problem);
    if (view.time < time) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

// One query at work.
class Finder {
 public:
  Finder(Log& log, const std::string& log_path, const RecordQuery& query, const IndexProgress& progress)
      : log_(log), log_path_(log_path), query_(query), filter_(query), terms_(filter_.terms()), progress_(progress) {}

  Status run(const RecordVisitor& visit) {
    const auto head = log_.head();
    if (!head) return tl::make_unexpected(head.error());
    std::uint64_t from = 0;
    std::uint64_t to = head->size;
    if (query_.since) {
      const auto found = first_since(log_, log_path_, *query_.since, from, to);
      if (!found) return tl::make_unexpected(found.error());
      from = *found;
    }
    if (query_.until) {
      const auto found = first_since(log_, log_path_, *query_.until, from, to);
      if (!found) return tl::make_unexpected(found.error());
      to = *found;
    }
    if (filter_.has_fields() && to - from > kMaxUnindexed) {
      index_ = Index::open(log_, log_path_, to, progress_);
      index_.order(terms_);
    }
    return query_.limit ? visit_last(from, to, *query_.limit, visit) : visit_all(from, to, visit);
  }

 private:
  // Calls `take(leaf, view)` for those of `seqs` that match, in order, until it returns false; then the answer is
  // false.
  template <class Take>
  Result<bool> look_at(std::span<const std::uint64_t> seqs, Take&& take) {
    Status status;
    bool goes_on = true;
    const auto look = [&](std::uint64_t seq, std::string_view leaf) {
      std::string problem;
      if (!scan_leaf(leaf, view_, problem)) {
        status = bad_record(log_path_, seq, problem);
        return false;
      }
      goes_on = !filter_.matches(view_) || take(leaf);
      return goes_on;
    };
    std::size_t at = 0;
    while (at < seqs.size()) {
      std::size_t end = at + 1;
      while (end < seqs.size() && seqs[end] - seqs[end - 1] <= kMaxGap) ++end;
      if (end == at + 1) {
        const auto leaf = log_.leaf(seqs[at]);
        if (!leaf) return tl::make_unexpected(leaf.error());
        look(seqs[at], *leaf);
      } else {
        std::size_t next = at;
        const auto visited = log_.read(seqs[at], seqs[end - 1] - seqs[at] + 1, [&](std::uint64_t seq, auto leaf) {
          if (seq != seqs[next]) return true;
          ++next;
          return look(seq, leaf);
        });
        if (!visited) return tl::make_unexpected(visited.error());
      }
      if (!status) return tl::make_unexpected(status.error());
      if (!goes_on) return false;
      at = end;
    }
    return true;
  }

  // What of [from, to) has to be looked at. False: everything, as the index does not say.
  bool candidates(std::uint64_t from, std::uint64_t to) {
    seqs_.clear();
    if (filter_.has_fields() && to <= index_.size() && index_.find(terms_, from, to, seqs_)) return true;
    seqs_.resize(to - from);
    std::iota(seqs_.begin(), seqs_.end(), from);
    return !filter_.has_fields();
  }

  Status visit_all(std::uint64_t from, std::uint64_t to, const RecordVisitor& visit) {
    std::uint64_t width = kMinBlock;
    for (std::uint64_t begin = from; begin < to;) {
      std::uint64_t end = begin + std::min(width, to - begin);
      // A block is of one sort.
      if (begin < index_.size()) end = std::min(end, index_.size());
      candidates(begin, end);
      const auto goes_on = look_at(seqs_, [&](std::string_view leaf) { return visit(record_of(view_), leaf); });
      if (!goes_on) return tl::make_unexpected(goes_on.error());
      if (!*goes_on) return {};
      if (progress_) progress_(end - from, to - from);
      begin = end;
      width = std::min(2 * width, kMaxBlock);
    }
    return {};
  }

  // From the end: only as much is looked at as is needed.
  Status visit_last(std::uint64_t from, std::uint64_t to, std::uint64_t limit, const RecordVisitor& visit) {
    std::vector<std::string> found;  // the newest one first
    std::vector<std::string> part;
    std::uint64_t width = kMinBlock;
    for (std::uint64_t end = to; end > from && found.size() < limit;) {
      std::uint64_t begin = end - std::min(width, end - from);
      if (begin < index_.size() && end > index_.size()) begin = std::max(from, index_.size());
      const bool is_exact = candidates(begin, end);
      std::span<const std::uint64_t> rest = seqs_;
      // Should the index name others as well, twice as many the next time.
      for (std::uint64_t factor = 1; !rest.empty() && found.size() < limit; factor *= 2) {
        const std::uint64_t wanted = limit - found.size();
        const std::size_t count =
            is_exact && wanted < rest.size() / factor ? static_cast<std::size_t>(wanted * factor) : rest.size();
        part.clear();
        const auto looked_at = look_at(rest.last(count), [&](std::string_view leaf) {
          part.emplace_back(leaf);
          return true;
        });
        if (!looked_at) return tl::make_unexpected(looked_at.error());
        const std::size_t used = std::min<std::size_t>(part.size(), wanted);
        found.insert(found.end(), std::move_iterator(part.rbegin()),
                     std::move_iterator(part.rbegin() + static_cast<std::ptrdiff_t>(used)));
        rest = rest.first(rest.size() - count);
      }
      if (progress_) progress_(to - begin, to - from);
      end = begin;
      width = std::min(2 * width, kMaxBlock);
    }
    for (auto leaf = found.rbegin(); leaf != found.rend(); ++leaf) {
      const auto record = decode_record(*leaf);
      if (!record) return tl::make_unexpected(record.error());
      if (!visit(*record, *leaf)) return {};
    }
    return {};
  }

  Log& log_;
  const std::string& log_path_;
  const RecordQuery& query_;
  Filter filter_;
  std::vector<Term> terms_;
  const IndexProgress& progress_;
  Index index_;
  LeafView view_;
  std::vector<std::uint64_t> seqs_;
};

}  // namespace

Status find_records(Log& log, const std::string& log_path, const RecordQuery& query, const IndexProgress& progress,
                    const RecordVisitor& visit) {
  for (const std::string* const text : {&query.image, &query.principal, &query.code, &query.outcome}) {
    if (!is_utf8(*text)) return {};  // no record holds it
  }
  if (query.limit && *query.limit == 0) return {};
  return Finder(log, log_path, query, progress).run(visit);
}

}  // namespace imagewarden::audit
