// A Condition element, compiled and evaluated: what is open must never be answered otherwise than what it may turn out
// to be.

#include <array>
#include <string>
#include <vector>

#include "engine/condition/condition.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

constexpr std::array<const char*, 8> kSamples = {"",     "a",    "true",        "7",
                                                 "-0.5", "vpc-", "203.0.113.7", "2026-08-12T17:00:00+08:00"};

// A context in which every key of the condition has this state and these values.
Context context_of(const Condition& condition, KeyState state, const std::vector<Value>& values) {
  Context context;
  for (const Atom& atom : condition.atoms) context.set(atom.key.name, state, values);
  return context;
}

void check(const JsonValue& json, const Readings& readings) {
  const auto compiled = compile_condition(json, readings);
  if (!compiled) {
    fuzz::require(!compiled.error().what.empty(), "a fault has a reason");
    return;
  }
  for (const Atom& atom : compiled->atoms) {
    fuzz::require(!atom.values.empty() && atom.values.size() == atom.value_offsets.size(),
                  "an atom has values, each with a place");
  }
  const auto ask = [&](KeyState state, const std::vector<Value>& values) {
    return evaluate(*compiled, context_of(*compiled, state, values), readings);
  };
  const Tri open = ask(KeyState::kOpen, {});
  const Tri absent = ask(KeyState::kAbsent, {});
  fuzz::require(absent != Tri::kUnknown, "an absent key is certain");
  fuzz::require(ask(KeyState::kKnown, {}) == absent, "no value at all is an absent key");
  fuzz::require(open == Tri::kUnknown || open == absent, "an open key may be absent");
  for (const char* first : kSamples) {
    const Tri one = ask(KeyState::kKnown, {Value::of(first)});
    fuzz::require(one != Tri::kUnknown, "a known key is certain");
    fuzz::require(open == Tri::kUnknown || open == one, "an open key may have any value");
    const Tri partial = ask(KeyState::kPartial, {Value::of(first)});
    fuzz::require(partial == Tri::kUnknown || partial == one, "a partial key may be whole");
    for (const char* second : kSamples) {
      const Tri two = ask(KeyState::kKnown, {Value::of(first), Value::of(second)});
      fuzz::require(partial == Tri::kUnknown || partial == two, "a partial key may have more values");
      fuzz::require(ask(KeyState::kKnown, {Value::of(second), Value::of(first)}) == two,
                    "the order of values does not matter");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = JsonDocument::parse(fuzz::text_of(data, size));
  if (!json) return 0;
  Readings readings;
  check(json->root(), readings);
  for (const ReadingInfo& info : reading_table()) readings.set(info.reading, 1);
  check(json->root(), readings);
  return 0;
}
