#include "engine/decide/predicates.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/decide/intervals.h"

namespace imagewarden {
namespace {

using rules::Fact;

static_assert(std::endian::native == std::endian::little, "pack_bits() takes row 0 from the lowest byte");

// The atoms over one dictionary column: four of them share a table, two bits each.
struct Lookup {
  static constexpr std::size_t kAtoms = 4;
  const std::uint16_t* narrow{};  // codes, one of the two
  const std::uint32_t* wide{};
  std::vector<std::uint8_t> table;  // by code: bit 2k for `holds` of atom k, bit 2k + 1 for `may_hold`
  std::vector<std::uint32_t> atoms;
};

// An atom over a relation. Rows with entries are looked at one by one, unless every entry has the same say.
struct RelationTest {
  std::uint32_t atom{};
  RelationKind kind{};
  TriWord empty;  // complete, and none
  TriWord open;   // none that is known
  bool is_constant{};
  TriWord any;  // is_constant: with at least one
};

// An atom over a column of numbers.
struct NumberTest {
  std::uint32_t atom{};
  const std::int32_t* narrow{};  // one of the two
  const std::int64_t* wide{};
  std::int64_t missing{};  // stands for no value
  Intervals intervals;
  TriWord absent;
  TriWord open;
  const RowBits* known_absent{};  // rows whose missing value is certainly absent; null: none
};

// An atom that has to look at each row's text.
struct TextTest {
  std::uint32_t atom{};
  const StringId* ids{};
};

struct TagTest {
  std::uint32_t atom{};
  StringId key;
};

// Packs bit `bit` of each of 64 bytes.
std::uint64_t pack_bits(const std::array<std::uint8_t, kBlockRows>& bytes, unsigned bit) {
  constexpr std::uint64_t kLowBits = 0x0101010101010101U;
  constexpr std::uint64_t kGather = 0x0102040810204080U;
  std::uint64_t packed = 0;
  for (std::size_t group = 0; group < kBlockRows / 8; ++group) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + group * 8, 8);
    packed |= ((((eight >> bit) & kLowBits) * kGather) >> 56U) << (group * 8);
  }
  return packed;
}

// Bits [first, first + count) of a bitmap.
std::uint64_t load_bits(const RowBits& bits, std::uint32_t first, std::size_t count) {
  const auto words = bits.words();
  const std::size_t word = first / 64;
  const unsigned shift = first % 64;
  std::uint64_t value = words[word] >> shift;
  if (shift != 0 && shift + count > 64) value |= words[word + 1] << (64 - shift);
  return value;
}

bool takes_every_text(const Atom& atom) {
  if (atom.op != Operator::kStringLike && atom.op != Operator::kStringNotLike) return false;
  return std::any_of(atom.values.begin(), atom.values.end(), [](const Value& wanted) {
    return !wanted.text.empty() && wanted.text.find_first_not_of('*') == std::string::npos;
  });
}

// Two atoms with one signature have one value.
std::string signature(const Atom& atom) {
  std::string text{static_cast<char>(atom.op), static_cast<char>(atom.quantifier)};
  const auto append = [&](std::string_view part) { text += std::to_string(part.size()) + ':' + std::string(part); };
  append(atom.key.lower);
  for (const Value& value : atom.values) append(value.text);
  return text;
}

void set_bit(TriWord& word, std::size_t row, Tri value) {
  const std::uint64_t bit = std::uint64_t{1} << row;
  if (value == Tri::kTrue) word.holds |= bit;
  if (value != Tri::kFalse) word.may_hold |= bit;
}

}  // namespace

struct Predicates::Impl {
  Impl(const FactScope& scope_given, std::span<const rules::Rule> rules_given)
      : scope(scope_given), all_rules(rules_given) {
    for (const rules::Rule& rule : all_rules) {
      static_cast<void>(violation_of(rule, [&](const Condition& condition) {
        std::vector<std::uint32_t> of_condition;
        for (const Atom& atom : condition.atoms) of_condition.push_back(number_of(atom));
        conditions.push_back(std::move(of_condition));
        return TriWord{};
      }));
    }
    numbers.clear();
  }

  std::uint32_t number_of(const Atom& atom) {
    const auto [at, added] = numbers.try_emplace(signature(atom), static_cast<std::uint32_t>(atoms.size()));
    if (added) {
      atoms.push_back(&atom);
      constants.push_back({});
      compile(at->second);
    }
    return at->second;
  }

  void compile(std::uint32_t number);
  void compile_number(std::uint32_t number, Fact fact);
  template <class Code, class ValueOf>
  void add_lookup(std::uint32_t number, const Code* codes, std::size_t size, ValueOf&& value_of);
  void add_column(std::uint32_t number, const DictionaryColumn& column);
  void add_constant(std::uint32_t number, Tri value) { constants[number] = TriWord::of(value); }

  void evaluate_atoms(std::uint32_t first, std::size_t count, std::span<TriWord> words) const;
  void run_lookup(const Lookup& lookup, std::uint32_t first, std::size_t count, std::span<TriWord> words) const;
  [[nodiscard]] TriWord run_relation(const RelationTest& test, std::uint32_t first, std::size_t count) const;
  [[nodiscard]] TriWord run_number(const NumberTest& test, std::uint32_t first, std::size_t count) const;
  [[nodiscard]] TriWord run_text(const TextTest& test, std::uint32_t first, std::size_t count) const;
  [[nodiscard]] TriWord run_tag(const TagTest& test, std::uint32_t first, std::size_t count) const;
  [[nodiscard]] Tri read_row(std::uint32_t atom, std::uint32_t row) const {
    return evaluate_atom(*atoms[atom], read_key(scope, atoms[atom]->key, {ImageRow{row}, {}}));
  }

  const FactScope scope;
  const std::span<const rules::Rule> all_rules;
  std::vector<std::vector<std::uint32_t>> conditions;  // atoms of each condition, in the order of violation_of()
  std::vector<const Atom*> atoms;                      // distinct ones; of the rules
  std::vector<TriWord> constants;                      // by atom; those of the tests below are overwritten
  std::vector<Lookup> lookups;
  std::vector<RelationTest> relations;
  std::vector<NumberTest> number_tests;
  std::vector<TextTest> texts;
  std::vector<TagTest> tags;
  std::map<std::string, std::uint32_t> numbers;  // while compiling
};

void Predicates::Impl::compile(std::uint32_t number) {
  const Atom& atom = *atoms[number];
  const ImageTable& images = scope.snapshot.images();
  const rules::FactInfo* info = rules::find_fact(atom.key);
  if (info == nullptr) {
    add_constant(number, evaluate_atom(atom, read_key(scope, atom.key, {})));
    return;
  }
  const Tri absent = atom.evaluate({KeyState::kAbsent, {}}, Readings{});
  const Tri open = atom.evaluate({KeyState::kOpen, {}}, Readings{});
  if (const RelationKind kind = relation_of(info->fact); kind != RelationKind::kCount) {
    RelationTest test{number, kind, TriWord::of(absent), TriWord::of(open), takes_every_text(atom), {}};
    const Value some = Value::of_string("x");
    test.any = TriWord::of(atom.evaluate({KeyState::kKnown, {&some, 1}}, Readings{}));
    relations.push_back(test);
    return;
  }
  switch (info->fact) {
    case Fact::kCallerAllowed:
    case Fact::kTemplateQueryError:
      add_constant(number, evaluate_atom(atom, read_fact(scope, *info, atom.key, {})));
      return;
    case Fact::kExists: {
      const Value yes = Value::of_bool(true);
      add_constant(number, atom.evaluate({KeyState::kKnown, {&yes, 1}}, Readings{}));
      return;
    }
    case Fact::kImageType:
      return add_column(number, images.type);
    case Fact::kStatus:
      return add_column(number, images.status);
    case Fact::kProductType:
      return add_column(number, images.product);
    case Fact::kOwner:
      return add_column(number, images.owner);
    case Fact::kSessionType:
      return add_column(number, images.session_type);
    case Fact::kBizType:
      return add_column(number, images.biz_type);
    case Fact::kOwnedByAccount: {
      const StringId account = scope.snapshot.accounts()[scope.account.value].id;
      return add_lookup(number, images.owner.codes.data(), images.owner.values.size(), [&](std::size_t code) {
        if (code == DictionaryColumn::kAbsent) return absent;
        if (code == DictionaryColumn::kOpen) return open;
        const Value value = Value::of_bool(images.owner.values[code] == account);
        return atom.evaluate({KeyState::kKnown, {&value, 1}}, Readings{});
      });
    }
    case Fact::kRegionStatus:
      return add_lookup(number, images.distribution.data(), images.distributions.size(), [&](std::size_t code) {
        std::vector<Value> values;
        for (const RegionStatus& entry : images.distributions[code])
          values.push_back(Value::of_string(scope.snapshot.text(entry.status)));
        return atom.evaluate({values.empty() ? KeyState::kAbsent : KeyState::kKnown, values}, Readings{});
      });
    case Fact::kRegions:
      return add_lookup(number, images.region_set.data(), images.region_sets.size(), [&](std::size_t code) {
        std::vector<Value> values;
        for (const StringId region : images.region_sets[code])
          values.push_back(Value::of_string(scope.snapshot.text(region)));
        return atom.evaluate({values.empty() ? KeyState::kOpen : KeyState::kKnown, values}, Readings{});
      });
    case Fact::kId:
      texts.push_back({number, images.id.data()});
      return;
    case Fact::kName:
      texts.push_back({number, images.name.data()});
      return;
    case Fact::kParentImageId:
      texts.push_back({number, images.parent.data()});
      return;
    case Fact::kBaseImageId:
      texts.push_back({number, images.base.data()});
      return;
    case Fact::kTag:
      tags.push_back(
          {number, scope.snapshot.find_string(std::string_view(atom.key.name).substr(atom.key.name.find('/') + 1))});
      return;
    case Fact::kSizeGib:
    case Fact::kAgeDays:
    case Fact::kCreatedAt:
    case Fact::kSharedCount:
      return compile_number(number, info->fact);
    case Fact::kDeliveryGroups:
    case Fact::kWorkstations:
    case Fact::kDesktopGroups:
    case Fact::kPooledDesktops:
    case Fact::kCloudComputers:
    case Fact::kTemplates:
    case Fact::kCommunityChildren:
    case Fact::kSharedWith:
    case Fact::kRecordedErrors:
    case Fact::kCount:
      break;
  }
  assert(false);  // every fact is bound above
}

void Predicates::Impl::compile_number(std::uint32_t number, Fact fact) {
  const ImageTable& images = scope.snapshot.images();
  const Atom& atom = *atoms[number];
  NumberTest test;
  test.atom = number;
  test.absent = TriWord::of(atom.evaluate({KeyState::kAbsent, {}}, Readings{}));
  test.open = TriWord::of(atom.evaluate({KeyState::kOpen, {}}, Readings{}));
  test.missing = -1;
  if (fact == Fact::kSizeGib) {
    test.narrow = images.size_gib.data();
    test.intervals = integers_that_meet(atom);
  } else if (fact == Fact::kSharedCount) {
    test.narrow = images.shared_count.data();
    test.known_absent = &images.permission_exported;
    test.intervals = integers_that_meet(atom);
  } else {
    test.wide = images.created_us.data();
    test.missing = ImageTable::kNoTime;
    test.intervals =
        fact == Fact::kAgeDays ? creations_of_age(integers_that_meet(atom), scope.now) : times_that_meet(atom);
  }
  number_tests.push_back(std::move(test));
}

template <class Code, class ValueOf>
void Predicates::Impl::add_lookup(std::uint32_t number, const Code* codes, std::size_t size, ValueOf&& value_of) {
  const auto same_column = [&](const Lookup& lookup) {
    // Where there is no image, the columns are all one null pointer.
    if (codes == nullptr || lookup.atoms.size() == Lookup::kAtoms) return false;
    if constexpr (sizeof(Code) == sizeof(std::uint16_t))
      return lookup.narrow == codes;
    else
      return lookup.wide == codes;
  };
  auto found = std::find_if(lookups.begin(), lookups.end(), same_column);
  if (found == lookups.end()) {
    Lookup lookup;
    if constexpr (sizeof(Code) == sizeof(std::uint16_t))
      lookup.narrow = codes;
    else
      lookup.wide = codes;
    lookup.table.resize(size);
    found = lookups.insert(lookups.end(), std::move(lookup));
  }
  const std::size_t shift = found->atoms.size() * 2;
  for (std::size_t code = 0; code < size; ++code) {
    const Tri value = value_of(code);
    const unsigned bits = value == Tri::kTrue ? 3U : value == Tri::kUnknown ? 2U : 0U;
    found->table[code] = static_cast<std::uint8_t>(found->table[code] | bits << shift);
  }
  found->atoms.push_back(number);
}

void Predicates::Impl::add_column(std::uint32_t number, const DictionaryColumn& column) {
  const Atom& atom = *atoms[number];
  add_lookup(number, column.codes.data(), column.values.size(), [&](std::size_t code) {
    if (code == DictionaryColumn::kAbsent) return atom.evaluate({KeyState::kAbsent, {}}, Readings{});
    if (code == DictionaryColumn::kOpen) return atom.evaluate({KeyState::kOpen, {}}, Readings{});
    const Value value = Value::of_string(scope.snapshot.text(column.values[code]));
    return atom.evaluate({KeyState::kKnown, {&value, 1}}, Readings{});
  });
}

void Predicates::Impl::run_lookup(const Lookup& lookup, std::uint32_t first, std::size_t count,
                                  std::span<TriWord> words) const {
  std::array<std::uint8_t, kBlockRows> bytes;
  const std::uint8_t* const table = lookup.table.data();
  if (lookup.narrow != nullptr) {
    const std::uint16_t* const codes = lookup.narrow + first;
    for (std::size_t i = 0; i < count; ++i) bytes[i] = table[codes[i]];
  } else {
    const std::uint32_t* const codes = lookup.wide + first;
    for (std::size_t i = 0; i < count; ++i) bytes[i] = table[codes[i]];
  }
  // Bits of rows past the block are unspecified, but must not be undefined.
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(count), bytes.end(), std::uint8_t{0});
  for (std::size_t k = 0; k < lookup.atoms.size(); ++k) {
    const auto bit = static_cast<unsigned>(2 * k);
    words[lookup.atoms[k]] = {pack_bits(bytes, bit), pack_bits(bytes, bit + 1)};
  }
}

TriWord Predicates::Impl::run_relation(const RelationTest& test, std::uint32_t first, std::size_t count) const {
  const Relation& relation = scope.snapshot.relation(test.kind);
  const std::uint64_t any = load_bits(relation.any, first, count);
  const std::uint64_t complete =
      test.kind == RelationKind::kRecordedErrors ? ~std::uint64_t{0} : load_bits(relation.complete, first, count);
  const std::uint64_t empty = ~any & complete;
  const std::uint64_t open = ~any & ~complete;
  TriWord word{(test.empty.holds & empty) | (test.open.holds & open),
               (test.empty.may_hold & empty) | (test.open.may_hold & open)};
  if (test.is_constant) return word | TriWord{test.any.holds & any, test.any.may_hold & any};
  for (std::size_t i = 0; i < count; ++i) {
    if ((any >> i & 1U) != 0) set_bit(word, i, read_row(test.atom, first + static_cast<std::uint32_t>(i)));
  }
  return word;
}

TriWord Predicates::Impl::run_number(const NumberTest& test, std::uint32_t first, std::size_t count) const {
  std::array<std::int64_t, kBlockRows> values{};
  if (test.narrow != nullptr) {
    std::copy_n(test.narrow + first, count, values.begin());
  } else {
    std::copy_n(test.wide + first, count, values.begin());
  }
  std::uint64_t missing = 0;
  std::uint64_t inside = 0;
  for (std::size_t i = 0; i < count; ++i) missing |= std::uint64_t{values[i] == test.missing} << i;
  for (const Interval& interval : test.intervals) {
    for (std::size_t i = 0; i < count; ++i) {
      inside |= std::uint64_t{values[i] >= interval.first && values[i] <= interval.last} << i;
    }
  }
  inside &= ~missing;
  const std::uint64_t absent = test.known_absent == nullptr ? 0 : missing & load_bits(*test.known_absent, first, count);
  const std::uint64_t open = missing & ~absent;
  return {inside | (test.absent.holds & absent) | (test.open.holds & open),
          inside | (test.absent.may_hold & absent) | (test.open.may_hold & open)};
}

TriWord Predicates::Impl::run_text(const TextTest& test, std::uint32_t first, std::size_t count) const {
  const Atom& atom = *atoms[test.atom];
  TriWord word;
  for (std::size_t i = 0; i < count; ++i) {
    const StringId id = test.ids[first + i];
    const bool is_there = id != StringId{};
    set_bit(word, i,
            is_there ? tri_of(atom.meets_text(scope.snapshot.text(id)))
                     : atom.evaluate({KeyState::kAbsent, {}}, Readings{}));
  }
  return word;
}

TriWord Predicates::Impl::run_tag(const TagTest& test, std::uint32_t first, std::size_t count) const {
  const ImageTable& images = scope.snapshot.images();
  const Atom& atom = *atoms[test.atom];
  const Tri absent = atom.evaluate({KeyState::kAbsent, {}}, Readings{});
  const auto begin = std::lower_bound(images.tags.begin(), images.tags.end(), first,
                                      [](const Tag& tag, std::uint32_t row) { return tag.row < row; });
  std::uint64_t tagged = 0;
  for (auto tag = begin; tag != images.tags.end() && tag->row < first + count; ++tag) {
    if (tag->key == test.key) tagged |= std::uint64_t{1} << (tag->row - first);
  }
  TriWord word;
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = first + static_cast<std::uint32_t>(i);
    const bool needs_look = (tagged >> i & 1U) != 0 || !images.list_source[row].known();
    set_bit(word, i, needs_look ? read_row(test.atom, row) : absent);
  }
  return word;
}

void Predicates::Impl::evaluate_atoms(std::uint32_t first, std::size_t count, std::span<TriWord> words) const {
  std::copy(constants.begin(), constants.end(), words.begin());
  for (const Lookup& lookup : lookups) run_lookup(lookup, first, count, words);
  for (const RelationTest& test : relations) words[test.atom] = run_relation(test, first, count);
  for (const NumberTest& test : number_tests) words[test.atom] = run_number(test, first, count);
  for (const TextTest& test : texts) words[test.atom] = run_text(test, first, count);
  for (const TagTest& test : tags) words[test.atom] = run_tag(test, first, count);
}

Predicates::Predicates(const FactScope& scope, std::span<const rules::Rule> rules)
    : impl_(std::make_unique<Impl>(scope, rules)) {}
Predicates::~Predicates() = default;

void Predicates::violations(std::uint32_t first, std::size_t count, std::span<TriWord> out) const {
  assert(count <= kBlockRows && out.size() == impl_->all_rules.size());
  constexpr std::size_t kStackAtoms = 128;
  std::array<TriWord, kStackAtoms> stack;
  std::vector<TriWord> heap;
  std::span<TriWord> words(stack);
  if (impl_->atoms.size() > kStackAtoms) {
    heap.resize(impl_->atoms.size());
    words = heap;
  }
  impl_->evaluate_atoms(first, count, words);
  std::size_t condition = 0;
  for (std::size_t rule = 0; rule < out.size(); ++rule) {
    out[rule] = violation_of(impl_->all_rules[rule], [&](const Condition&) {
      TriWord all = TriWord::of(Tri::kTrue);
      for (const std::uint32_t atom : impl_->conditions[condition]) all = all & words[atom];
      ++condition;
      return all;
    });
  }
}

}  // namespace imagewarden
