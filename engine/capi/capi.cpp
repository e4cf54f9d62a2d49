#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/printable.h"
#include "engine/base/version.h"
#include "engine/capi/imagewarden.h"
#include "engine/decide/decide.h"
#include "engine/decide/documents.h"
#include "engine/decide/image_id.h"
#include "engine/inventory/read.h"
#include "engine/inventory/small_file.h"
#include "engine/rules/ruleset.h"

namespace imagewarden {
namespace {

struct Loaded {
  Snapshot snapshot;
  rules::Ruleset rules;
};

iw_status status_of(Errc code) {
  switch (code) {
    case Errc::kMalformedInput:
      return IW_MALFORMED;
    case Errc::kLimit:
      return IW_LIMIT;
    case Errc::kNotFound:
      return IW_NOT_FOUND;
    case Errc::kConflict:
      return IW_CONFLICT;
    case Errc::kUsage:
      return IW_USAGE;
    case Errc::kIo:
      return IW_IO;
    case Errc::kInternal:
      break;
  }
  return IW_INTERNAL;
}

iw_outcome outcome_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllow:
      return IW_ALLOW;
    case Outcome::kIndeterminate:
      return IW_INDETERMINATE;
    case Outcome::kDeny:
      break;
  }
  return IW_DENY;
}

// For callers that know malloc() and free() only. nullptr: no memory.
char* copy_of(std::string_view text) noexcept {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  std::copy(text.begin(), text.end(), copy);
  copy[text.size()] = '\0';
  return copy;
}

char* give(std::string_view text) {
  char* const copy = copy_of(text);
  if (copy == nullptr) throw std::bad_alloc();
  return copy;
}

// Of several lines, one a bad file, the first.
std::string one_line(const std::string& message) {
  const auto more = std::count(message.begin(), message.end(), '\n');
  std::string line = printable(std::string_view(message).substr(0, message.find('\n')));
  if (more > 0) line += " (and " + std::to_string(more) + " more)";
  return line;
}

iw_status failed(char** error, iw_status status, std::string_view text) noexcept {
  if (error != nullptr) *error = copy_of(text);
  return status;
}

// Every call goes through here: no exception gets out, not even one that the caller's callback throws.
template <class F>
iw_status guarded(char** error, F&& body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    const Status done = body();
    return done ? IW_OK : failed(error, status_of(done.error().code), one_line(done.error().message));
  } catch (const std::bad_alloc&) {
    return failed(error, IW_INTERNAL, "out of memory");
  } catch (const std::exception& thrown) {
    return failed(error, IW_INTERNAL, thrown.what());
  } catch (...) {
    return failed(error, IW_INTERNAL, "an exception that is no std::exception");
  }
}

tl::unexpected<Error> missing(std::string_view what) {
  return fail(Errc::kUsage, std::string(what) + ": NULL, or of no size");
}

// The part of a structure that the caller knows; the rest is zero. A caller that knows more than this library may ask
// for nothing that the library does not know.
template <class T>
Result<T> known_part(const T* given, std::string_view what) {
  T known{};
  if (given == nullptr || given->struct_size < sizeof known.struct_size) return missing(what);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof(T); i < given->struct_size; ++i) {
    if (bytes[i] != 0) return fail(Errc::kUsage, std::string(what) + ": a field that this library does not know");
  }
  std::memcpy(&known, given, std::min(sizeof(T), given->struct_size));
  return known;
}

Result<std::vector<std::string>> texts_of(const char* const* texts, std::size_t count, std::string_view what) {
  std::vector<std::string> copies;
  if (texts == nullptr && count > 0) return missing(what);
  copies.reserve(count);
  for (const char* text : std::span(texts, count)) {
    if (text == nullptr) return missing(what);
    copies.emplace_back(text);
  }
  return copies;
}

Result<std::vector<std::string>> images_of(const char* const* images, std::size_t count) {
  auto ids = texts_of(images, count, "image id");
  if (!ids) return ids;
  for (const std::string& id : *ids) {
    if (auto checked = check_image_id(id); !checked) return tl::make_unexpected(checked.error());
  }
  return ids;
}

Result<Time> time_of(const char* text, std::string_view what) {
  auto time = parse_rfc3339(text);
  if (time && !is_writable(*time)) time.reset();
  if (time) return *time;
  return fail(Errc::kUsage, std::string(what) + ": `" + text + "`, expected RFC 3339, as 2026-11-24T08:00:00Z");
}

Result<std::shared_ptr<const Loaded>> load(const iw_sources* given) {
  const auto sources = known_part(given, "sources");
  if (!sources) return tl::make_unexpected(sources.error());
  const auto paths = texts_of(sources->paths, sources->path_count, "path");
  if (!paths) return tl::make_unexpected(paths.error());
  if (paths->empty()) return fail(Errc::kUsage, "no path of an inventory");
  const auto rule_paths = texts_of(sources->rules, sources->rule_count, "rule file");
  if (!rule_paths) return tl::make_unexpected(rule_paths.error());
  ReadOptions options;
  options.skip_bad_files = sources->skip_bad_files != 0;
  if (sources->threads > 0) options.threads = sources->threads;
  if (sources->not_before != nullptr) {
    const auto time = time_of(sources->not_before, "not_before");
    if (!time) return tl::make_unexpected(time.error());
    options.not_before = *time;
  }
  std::vector<rules::RuleSource> rule_files;
  for (const std::string& path : *rule_paths) {
    auto text = read_small_file(path, "rule file");
    if (!text) return tl::make_unexpected(text.error());
    rule_files.push_back({path, std::move(*text)});
  }
  auto ruleset = rules::Ruleset::load(rule_files);
  if (!ruleset) return tl::make_unexpected(ruleset.error());
  auto snapshot = read_inventory(*paths, options);
  if (!snapshot) return tl::make_unexpected(snapshot.error());
  return std::make_shared<const Loaded>(Loaded{std::move(*snapshot), std::move(*ruleset)});
}

Result<Context> context_of(const iw_question& question) {
  const auto keys = texts_of(question.keys, question.key_count, "key");
  if (!keys) return tl::make_unexpected(keys.error());
  const auto values = texts_of(question.values, question.key_count, "value");
  if (!values) return tl::make_unexpected(values.error());
  const auto absent = texts_of(question.absent_keys, question.absent_count, "absent key");
  if (!absent) return tl::make_unexpected(absent.error());
  Context context;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    if ((*keys)[i].empty() || !is_valid_utf8((*keys)[i])) return fail(Errc::kUsage, "key: empty, or not UTF-8");
    if (!is_valid_utf8((*values)[i])) return fail(Errc::kUsage, "value of `" + (*keys)[i] + "`: not UTF-8");
    if (const auto form = expected_form(Key::of((*keys)[i]), Value::of((*values)[i])); !form.empty())
      return fail(Errc::kUsage, "value of `" + (*keys)[i] + "`: expected " + std::string(form));
    context.add_value((*keys)[i], (*values)[i]);
  }
  for (const std::string& key : *absent) {
    if (key.empty() || !is_valid_utf8(key)) return fail(Errc::kUsage, "absent key: empty, or not UTF-8");
    if (context.find(Key::of(key)).state == KeyState::kKnown)
      return fail(Errc::kUsage, "`" + key + "` has a value and is declared absent");
    context.set_absent(key);
  }
  return context;
}

Result<Question> question_of(const iw_question* given) {
  const auto fields = known_part(given, "question");
  if (!fields) return tl::make_unexpected(fields.error());
  if (fields->principal == nullptr) return missing("principal");
  if (fields->now == nullptr) return missing("now");
  auto principal = parse_principal(fields->principal);
  if (!principal) return tl::make_unexpected(principal.error());
  if (fields->account != nullptr) {
    if (!principal->account.empty() && principal->account != fields->account)
      return fail(Errc::kConflict, "account `" + std::string(fields->account) + "`, and principal `" +
                                       std::string(fields->principal) + "` of another one");
    principal->account = fields->account;
  }
  const auto now = time_of(fields->now, "now");
  if (!now) return tl::make_unexpected(now.error());
  auto context = context_of(*fields);
  if (!context) return tl::make_unexpected(context.error());
  // To the second, as the program: what a document says is then exactly what was decided for.
  constexpr std::int64_t kSecondUs = 1'000'000;
  Question question;
  question.principal = std::move(*principal);
  question.context = std::move(*context);
  question.now = Time{now->unix_us / kSecondUs * kSecondUs};
  question.strict = fields->strict != 0;
  return question;
}

Verdict verdict_of(const Snapshot& snapshot, const Decider& decider, const std::string& image) {
  const auto row = snapshot.find_image(decider.account(), image);
  return row ? decider.decide(*row) : decider.decide_missing(image);
}

// As `check` shows it.
void write_checked(JsonWriter& json, const Decision& decision) {
  FactsForm facts;
  write_decision(json, decision, {.all_values = false, .facts = facts.of(decision.facts), .audit = nullptr});
}

std::string line_of(const Decision& decision) {
  std::string line;
  JsonWriter json(line);
  write_checked(json, decision);
  return line + '\n';
}

}  // namespace
}  // namespace imagewarden

// NOLINTBEGIN(readability-identifier-naming)
struct iw_inventory {
  // Owned by the handle and by every decider made of it, whichever lives longest.
  std::shared_ptr<const imagewarden::Loaded> loaded;
};

struct iw_decider {
  std::shared_ptr<const imagewarden::Loaded> loaded;  // outlives the decider, which refers to it
  imagewarden::Decider decider;
  imagewarden::Time now;
};
// NOLINTEND(readability-identifier-naming)

using namespace imagewarden;

const char* iw_version(void) { return version().data(); }
int iw_abi(void) { return IW_ABI; }

iw_status iw_inventory_load(const iw_sources* sources, iw_inventory** inventory, char** error) {
  if (inventory != nullptr) *inventory = nullptr;
  return guarded(error, [&]() -> Status {
    if (inventory == nullptr) return missing("inventory");
    auto loaded = load(sources);
    if (!loaded) return tl::make_unexpected(loaded.error());
    *inventory = new iw_inventory{std::move(*loaded)};
    return {};
  });
}

void iw_inventory_free(iw_inventory* inventory) { delete inventory; }

iw_status iw_decider_create(const iw_inventory* inventory, const iw_question* question, iw_decider** decider,
                            char** error) {
  if (decider != nullptr) *decider = nullptr;
  return guarded(error, [&]() -> Status {
    if (inventory == nullptr) return missing("inventory");
    if (decider == nullptr) return missing("decider");
    const auto asked = question_of(question);
    if (!asked) return tl::make_unexpected(asked.error());
    auto made = Decider::create(inventory->loaded->snapshot, inventory->loaded->rules, *asked);
    if (!made) return tl::make_unexpected(made.error());
    *decider = new iw_decider{inventory->loaded, std::move(*made), asked->now};
    return {};
  });
}

void iw_decider_free(iw_decider* decider) { delete decider; }

iw_status iw_decide(const iw_decider* decider, const char* image, iw_outcome* outcome, char** json, char** error) {
  if (outcome != nullptr) *outcome = IW_DENY;
  if (json != nullptr) *json = nullptr;
  return guarded(error, [&]() -> Status {
    if (decider == nullptr) return missing("decider");
    const auto ids = images_of(&image, 1);
    if (!ids) return tl::make_unexpected(ids.error());
    const Decision decision = decider->decider.decide_image(ids->front());
    if (json != nullptr) *json = give(line_of(decision));
    if (outcome != nullptr) *outcome = outcome_of(decision.outcome);
    return {};
  });
}

iw_status iw_decide_each(const iw_decider* decider, const char* const* images, size_t image_count,
                         iw_on_decision on_decision, void* context, char** error) {
  return guarded(error, [&]() -> Status {
    if (decider == nullptr) return missing("decider");
    if (on_decision == nullptr) return missing("callback");
    const auto ids = images_of(images, image_count);
    if (!ids) return tl::make_unexpected(ids.error());
    for (std::size_t i = 0; i < ids->size(); ++i) {
      const Decision decision = decider->decider.decide_image((*ids)[i]);
      const std::string line = line_of(decision);
      if (on_decision(context, i, outcome_of(decision.outcome), line.c_str(), line.size()) != 0) return {};
    }
    return {};
  });
}

iw_status iw_outcomes(const iw_decider* decider, const char* const* images, size_t image_count, iw_outcome* outcomes,
                      char** error) {
  return guarded(error, [&]() -> Status {
    if (decider == nullptr) return missing("decider");
    if (outcomes == nullptr && image_count > 0) return missing("outcomes");
    const auto ids = images_of(images, image_count);
    if (!ids) return tl::make_unexpected(ids.error());
    for (std::size_t i = 0; i < ids->size(); ++i)
      outcomes[i] = outcome_of(verdict_of(decider->loaded->snapshot, decider->decider, (*ids)[i]).outcome);
    return {};
  });
}

iw_status iw_check(const iw_decider* decider, const char* const* images, size_t image_count, char** json,
                   char** error) {
  if (json != nullptr) *json = nullptr;
  return guarded(error, [&]() -> Status {
    if (decider == nullptr) return missing("decider");
    if (json == nullptr) return missing("json");
    const auto ids = images_of(images, image_count);
    if (!ids) return tl::make_unexpected(ids.error());
    const auto& [snapshot, rules] = *decider->loaded;
    std::vector<Decision> decisions;
    BatchSummary summary;
    DenialCounts codes;
    for (const std::string& id : *ids) {
      const Decision& decision = decisions.emplace_back(decider->decider.decide_image(id));
      summary.count(decision.outcome);
      if (decision.outcome == Outcome::kDeny) ++codes[decision.code];
    }
    std::string text;
    JsonWriter writer(text);
    begin_check(writer, snapshot, rules, decider->now, summary, codes);
    for (const Decision& decision : decisions) write_checked(writer, decision);
    end_check(writer);
    *json = give(text + '\n');
    return {};
  });
}

iw_status iw_explain(const iw_decider* decider, const char* image, char** json, char** error) {
  if (json != nullptr) *json = nullptr;
  return guarded(error, [&]() -> Status {
    if (decider == nullptr) return missing("decider");
    if (json == nullptr) return missing("json");
    const auto ids = images_of(&image, 1);
    if (!ids) return tl::make_unexpected(ids.error());
    const auto& [snapshot, rules] = *decider->loaded;
    const Decision decision = decider->decider.decide_image(ids->front());
    *json = give(explain_document(decision, decider->decider.explain_image(ids->front()), rules,
                                  decider->decider.permission_evaluation(), snapshot, decider->now, nullptr));
    return {};
  });
}

void iw_string_free(char* text) { std::free(text); }
