#include "audit/record.h"

#include <charconv>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "engine/base/json_plain.h"
#include "engine/base/json_writer.h"

namespace imagewarden::audit {
namespace {

enum class Shape : std::uint8_t { kText, kInteger };

struct FieldSpec {
  std::string_view key;  // `"account":`
  Shape shape;
  bool always;  // written also where it is empty
};

constexpr std::array<FieldSpec, kFieldCount> kFields = {{
    {R"("account":)", Shape::kText, false},    {R"("code":)", Shape::kText, false},
    {R"("count":)", Shape::kInteger, false},   {R"("decided_at":)", Shape::kText, false},
    {R"("decision":)", Shape::kText, false},   {R"("engine":)", Shape::kText, false},
    {R"("host":)", Shape::kText, false},       {R"("image":)", Shape::kText, false},
    {R"("inventory":)", Shape::kText, false},  {R"("kind":)", Shape::kText, true},
    {R"("note":)", Shape::kText, false},       {R"("operation":)", Shape::kText, false},
    {R"("origin":)", Shape::kText, true},      {R"("outcome":)", Shape::kText, false},
    {R"("permission":)", Shape::kText, false}, {R"("possible_codes":)", Shape::kText, false},
    {R"("principal":)", Shape::kText, false},  {R"("pseq":)", Shape::kInteger, true},
    {R"("request":)", Shape::kText, false},    {R"("rules":)", Shape::kText, false},
    {R"("schema":)", Shape::kInteger, true},   {R"("seq":)", Shape::kInteger, true},
    {R"("time":)", Shape::kText, true},        {R"("user":)", Shape::kText, false},
    {R"("verb":)", Shape::kText, false},       {R"("writer":)", Shape::kText, true},
}};

constexpr std::size_t fixed_bytes() {
  std::size_t bytes = 2;
  for (const FieldSpec& field : kFields) bytes += field.key.size() + 20;  // a comma, quotes or at most 19 digits
  return bytes;
}

constexpr std::size_t kUsualBytes = 4'096;  // that hold the draft of almost any record

constexpr bool is_sorted() {
  for (std::size_t i = 1; i < kFields.size(); ++i) {
    if (kFields[i - 1].key >= kFields[i].key) return false;
  }
  return true;
}
static_assert(is_sorted());

constexpr std::array<std::string_view, 10> kKindWords = {"log-start",  "decision",  "batch-start", "batch-end",
                                                         "key-change", "redaction", "retention",   "import",
                                                         "heartbeat",  "rotation"};

char* put(char* at, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

// Bytes of the well-formed UTF-8 sequence that starts at text[at], 0 if there is none (surrogates and overlong forms
// are not).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(at);
  const unsigned second = byte(at + 1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !tail(at + 1)) return 0;
  if (first < 0xe0) return 2;
  if (!tail(at + 2) || (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if (first < 0xf0) return 3;
  if (!tail(at + 3) || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return 4;
}

// Bytes of the canonical escape at text[at], which is a backslash; 0 if RFC 8785 writes it in another way.
std::size_t escape_length(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return 0;
  if (std::string_view("\"\\bfnrt").find(text[at + 1]) != std::string_view::npos) return 2;
  if (text.substr(at + 1, 3) != "u00" || at + 6 > text.size() || (text[at + 4] != '0' && text[at + 4] != '1')) return 0;
  const std::size_t low = std::string_view("0123456789abcdef").find(text[at + 5]);
  if (low == std::string_view::npos) return 0;
  const bool has_short_form = text[at + 4] == '0' && (low == 8 || low == 9 || low == 10 || low == 12 || low == 13);
  return has_short_form ? 0 : 6;
}

// What the log adds to a draft: bit i for field i, as every field of every record is asked.
constexpr std::uint32_t of_log() {
  static_assert(kFieldCount <= 32);
  std::uint32_t bits = 0;
  for (const Field field : {Field::kHost, Field::kOrigin, Field::kPseq, Field::kSchema, Field::kSeq, Field::kTime,
                            Field::kUser, Field::kWriter}) {
    bits |= 1U << static_cast<unsigned>(field);
  }
  return bits;
}
constexpr std::uint32_t kOfLog = of_log();
constexpr bool is_of_log(std::size_t field) { return (kOfLog >> field & 1U) != 0; }
// Where one piece of a draft ends.
constexpr bool ends_piece(std::size_t field) { return is_of_log(field) && !is_of_log(field - 1); }

constexpr std::size_t piece_count() {
  std::size_t count = 0;
  for (std::size_t i = 1; i < kFieldCount; ++i) count += static_cast<std::size_t>(ends_piece(i));
  return count;
}
static_assert(!is_of_log(0) && is_of_log(kFieldCount - 1) && piece_count() == DraftBatch::kPieces);

// The texts of a draft in the order of the leaf; those of integers and of the log stay empty.
std::array<std::string_view, kFieldCount> texts_of(const Draft& draft) {
  return {draft.account,
          draft.code,
          {},
          draft.decided_at,
          draft.decision_digest,
          draft.engine,
          {},
          draft.image,
          draft.inventory_digest,
          to_string(draft.kind),
          draft.note,
          draft.operation,
          {},
          draft.outcome,
          draft.permission,
          draft.possible_codes,
          draft.principal,
          {},
          draft.request_digest,
          draft.rules_digest,
          {},
          {},
          {},
          {},
          draft.verb,
          {}};
}

// `YYYY-MM-DDTHH:MM:SS.ffffffZ` and nothing that RFC 3339 allows besides, so that each time has one form.
std::optional<Time> parse_stamp(std::string_view text) {
  if (text.size() != 27 || text[10] != 'T' || text[17] > '5' || text[19] != '.' || text[26] != 'Z') return std::nullopt;
  return parse_rfc3339(text);
}

class Scanner {
 public:
  Scanner(std::string_view leaf, LeafView& view, std::string& problem) : leaf_(leaf), view_(view), problem_(problem) {}

  bool scan() {
    view_.count = 0;
    if (!take("{")) return refuse("expected `{`");
    bool is_first = true;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const FieldSpec& field = kFields[i];
      view_.texts[i] = {};
      const std::size_t before = at_;
      if ((!is_first && !take(",")) || !take(field.key)) {
        at_ = before;
        if (field.always) return refuse(fmt::format("expected member {}", field.key.substr(0, field.key.size() - 1)));
        continue;
      }
      is_first = false;
      if (field.shape == Shape::kText ? !take_text(i) : !take_integer(i)) return false;
    }
    if (!take("}") || at_ != leaf_.size()) return refuse("expected the end, or a known member in its place");
    return interpret();
  }

 private:
  bool refuse(std::string_view what) {
    problem_ = fmt::format("not a canonical record at byte {}: {}", at_, what);
    return false;
  }

  bool take(std::string_view wanted) {
    if (!leaf_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  bool take_text(std::size_t field) {
    if (!take("\"")) return refuse("expected a string");
    const std::size_t begin = at_;
    while (true) {
      at_ += plain_json_length<PlainJson::kAscii>(leaf_, at_);
      if (at_ == leaf_.size()) return refuse("string without an end");
      if (leaf_[at_] == '"') break;
      const std::size_t length = leaf_[at_] == '\\'                              ? escape_length(leaf_, at_)
                                 : static_cast<unsigned char>(leaf_[at_]) < 0x20 ? 0
                                                                                 : utf8_length(leaf_, at_);
      if (length == 0) return refuse("a control character, an escape that is not needed, or no UTF-8");
      at_ += length;
    }
    view_.texts[field] = leaf_.substr(begin, at_ - begin);
    ++at_;
    if (!kFields[field].always && view_.texts[field].empty()) return refuse("an empty member, which is left out");
    return true;
  }

  bool take_integer(std::size_t field) {
    std::int64_t value = 0;
    const char* const begin = leaf_.data() + at_;
    const auto [end, error] = std::from_chars(begin, leaf_.data() + leaf_.size(), value);
    const auto digits = static_cast<std::size_t>(end - begin);
    if (error != std::errc{} || value < 0 || value > kMaxInteger || *begin == '-' || (*begin == '0' && digits > 1)) {
      return refuse("expected an integer from 0 to 2^53-1");
    }
    if (!kFields[field].always && value == 0) return refuse("an empty member, which is left out");
    at_ += digits;
    const auto name = static_cast<Field>(field);
    if (name == Field::kCount) view_.count = value;
    if (name == Field::kSchema) view_.schema = value;
    if (name == Field::kSeq) view_.seq = static_cast<std::uint64_t>(value);
    if (name == Field::kPseq) view_.pseq = static_cast<std::uint64_t>(value);
    return true;
  }

  bool interpret() {
    if (view_.schema != kRecordSchema) {
      problem_ = fmt::format("record schema {}, this program knows {}", view_.schema, kRecordSchema);
      return false;
    }
    const std::string_view word = view_.text(Field::kKind);
    std::size_t kind = 0;
    while (kind < kKindWords.size() && kKindWords[kind] != word) ++kind;
    if (kind == kKindWords.size()) {
      problem_ = fmt::format("unknown kind of record `{}`", word);
      return false;
    }
    view_.kind = static_cast<RecordKind>(kind);
    const auto time = parse_stamp(view_.text(Field::kTime));
    if (!time) {
      problem_ = fmt::format("time `{}` is not of the form 2026-11-24T08:00:00.000000Z", view_.text(Field::kTime));
      return false;
    }
    view_.time = *time;
    return true;
  }

  std::string_view leaf_;
  std::size_t at_{};
  LeafView& view_;
  std::string& problem_;
};

}  // namespace

std::string_view to_string(RecordKind kind) { return kKindWords[static_cast<std::size_t>(kind)]; }

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string escape_text(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string unescape_text(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\\') {
      text += raw[at];
      continue;
    }
    const char letter = raw[++at];
    constexpr std::string_view kLetters = "\"\\bfnrt";
    constexpr std::string_view kMeant = "\"\\\b\f\n\r\t";
    if (letter != 'u') {
      text += kMeant[kLetters.find(letter)];
      continue;
    }
    unsigned code = 0;
    std::from_chars(raw.data() + at + 1, raw.data() + at + 5, code, 16);
    text += static_cast<char>(code);
    at += 4;
  }
  return text;
}

bool append_text(std::string& out, std::string_view text) {
  if (plain_json_length<PlainJson::kAscii>(text, 0) == text.size()) {
    out += text;
    return true;
  }
  if (!is_utf8(text)) return false;
  out += escape_text(text);
  return true;
}

bool append_pieces(std::string& out, const Draft& draft, DraftPlaces& places) {
  const auto texts = texts_of(draft);
  constexpr std::size_t kFixed = fixed_bytes();
  std::size_t bound = kFixed;
  std::uint32_t plain = 0;  // bit i: text i is copied as it is
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (plain_json_length<PlainJson::kAscii>(texts[i], 0) == texts[i].size()) {
      plain |= 1U << i;
      bound += texts[i].size();
    } else if (is_utf8(texts[i])) {
      bound += 6 * texts[i].size();
    } else {
      return false;
    }
  }
  // Plain copies to the stack, then one append: a call of append() for each part costs more than the hash, and a buffer
  // that grows by `bound` is written with zeroes first.
  std::array<char, kUsualBytes> usual;
  std::string large;
  if (bound > usual.size()) large.resize(bound);
  char* const begin = large.empty() ? usual.data() : large.data();
  char* at = begin;
  const std::size_t before = out.size();
  std::size_t piece = 0;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldSpec& field = kFields[i];
    if (is_of_log(i)) {
      if (ends_piece(i)) places.ends[piece++] = before + static_cast<std::size_t>(at - begin);
    } else if (field.shape == Shape::kInteger) {
      if (draft.count == 0 && !field.always) continue;
      at = put(at, ",");
      at = put(at, field.key);
      const fmt::format_int digits(draft.count);
      at = put(at, {digits.data(), digits.size()});
    } else {
      if (texts[i].empty() && !field.always) continue;
      at = put(at, ",");
      at = put(at, field.key);
      at = put(at, "\"");
      places.texts[i] = before + static_cast<std::size_t>(at - begin);
      at = put(at, (plain >> i & 1U) != 0 ? texts[i] : std::string_view(escape_text(texts[i])));
      at = put(at, "\"");
    }
  }
  out.append(begin, at);
  return true;
}

std::optional<EncodedStamp> EncodedStamp::of(const Stamp& stamp) {
  EncodedStamp encoded;
  bool is_good = true;
  const auto key_of = [](Field field) { return kFields[static_cast<std::size_t>(field)].key; };
  const auto add = [&](std::string& out, Field field, std::string_view text) {
    if (text.empty() && !kFields[static_cast<std::size_t>(field)].always) return;
    is_good = is_good && is_utf8(text);
    out += ',';
    out += key_of(field);
    append_json_string(out, text);
  };
  add(encoded.host_, Field::kHost, stamp.host);
  add(encoded.origin_, Field::kOrigin, stamp.origin);
  encoded.before_pseq_ = fmt::format(",{}", key_of(Field::kPseq));
  encoded.before_seq_ = fmt::format(",{}{},{}", key_of(Field::kSchema), stamp.schema, key_of(Field::kSeq));
  encoded.before_time_ = fmt::format(",{}\"", key_of(Field::kTime));
  encoded.after_time_ = "\"";
  add(encoded.after_time_, Field::kUser, stamp.user);
  add(encoded.writer_, Field::kWriter, stamp.writer);
  encoded.writer_ += '}';
  if (!is_good) return std::nullopt;
  return encoded;
}

void EncodedStamp::append_leaf(std::string& out, const DraftBatch::Pieces& draft, std::string_view time,
                               std::uint64_t seq, std::uint64_t pseq) const {
  const fmt::format_int seq_digits(seq);
  const fmt::format_int pseq_digits(pseq);
  const std::array<std::string_view, 15> parts = {draft[0],
                                                  host_,
                                                  draft[1],
                                                  origin_,
                                                  draft[2],
                                                  before_pseq_,
                                                  {pseq_digits.data(), pseq_digits.size()},
                                                  draft[3],
                                                  before_seq_,
                                                  {seq_digits.data(), seq_digits.size()},
                                                  before_time_,
                                                  time,
                                                  after_time_,
                                                  draft[4],
                                                  writer_};
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  const std::size_t before = out.size();
  out.resize(before + bytes);
  char* at = out.data() + before;
  for (const std::string_view part : parts) at = put(at, part);
  out[before] = '{';  // in the place of a comma: each member has one before it
}

bool scan_leaf(std::string_view leaf, LeafView& view, std::string& problem) {
  return Scanner(leaf, view, problem).scan();
}

std::string encode_record(const Record& record) {
  std::string leaf;
  const std::string time = format_rfc3339_us(record.time);
  const auto stamp = EncodedStamp::of({.schema = record.schema,
                                       .origin = record.origin,
                                       .writer = record.writer,
                                       .host = record.host,
                                       .user = record.user});
  const auto draft = DraftBatch::of({&record.draft, 1});
  // A string that is not UTF-8 has no leaf; the empty one is refused by every reader.
  if (stamp && draft) stamp->append_leaf(leaf, draft->pieces(0), time, record.seq, record.pseq);
  return leaf;
}

Record record_of(const LeafView& view) {
  const auto text = [&view](Field field) { return unescape_text(view.text(field)); };
  Record record;
  Draft& draft = record.draft;
  draft.kind = view.kind;
  draft.verb = text(Field::kVerb);
  draft.operation = text(Field::kOperation);
  draft.principal = text(Field::kPrincipal);
  draft.account = text(Field::kAccount);
  draft.image = text(Field::kImage);
  draft.outcome = text(Field::kOutcome);
  draft.code = text(Field::kCode);
  draft.possible_codes = text(Field::kPossibleCodes);
  draft.permission = text(Field::kPermission);
  draft.decided_at = text(Field::kDecidedAt);
  draft.inventory_digest = text(Field::kInventory);
  draft.rules_digest = text(Field::kRules);
  draft.request_digest = text(Field::kRequest);
  draft.decision_digest = text(Field::kDecision);
  draft.engine = text(Field::kEngine);
  draft.count = view.count;
  draft.note = text(Field::kNote);
  record.schema = view.schema;
  record.origin = text(Field::kOrigin);
  record.seq = view.seq;
  record.time = view.time;
  record.writer = text(Field::kWriter);
  record.pseq = view.pseq;
  record.host = text(Field::kHost);
  record.user = text(Field::kUser);
  return record;
}

Result<Record> decode_record(std::string_view leaf) {
  LeafView view;
  std::string problem;
  if (!scan_leaf(leaf, view, problem)) return fail(Errc::kMalformedInput, std::move(problem));
  return record_of(view);
}

}  // namespace imagewarden::audit
