#include "cli/plan_seal.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/session.h"
#include "engine/base/json_tree.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"

namespace imagewarden::cli {
namespace {

constexpr std::string_view kSealMember = ",\"seal\":";

std::string seal_text(const SealedPlan& plan) {
  return fmt::format("imagewarden plan/1\nplan {}\ninventory {}\nrules {}\nlog {} {} {}\n", plan.digest,
                     plan.inventory_digest, plan.rules_digest, plan.place.log, plan.place.first_seq,
                     plan.place.last_seq);
}

// What follows `NAME ` in its line, from `text` on; takes the line off.
std::string take_line(std::string_view& text, std::string_view name) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (!line.starts_with(name)) return {};
  return std::string(line.substr(name.size()));
}

std::string_view text_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value != nullptr && value->is(JsonType::kString) ? value->text : std::string_view{};
}

std::vector<std::string> texts_of(const JsonValue& array) {
  std::vector<std::string> texts;
  for (const JsonValue& item : array.items) texts.emplace_back(item.text);
  return texts;
}

// Of a document whose seal was good: it has the form that this program writes.
bool read_images(const JsonValue& root, SealedPlan& plan) {
  const JsonValue* images = root.find("images");
  if (images == nullptr) return false;
  for (const JsonValue& item : images->items) {
    plan.ids.emplace_back(text_of(item, "image"));
    const JsonValue* order = item.find("order");
    const JsonValue* effects = item.find("effects");
    if (order == nullptr || effects == nullptr) return false;
    if (!order->is(JsonType::kNumber)) continue;
    const JsonValue* regions = effects->find("regions");
    const JsonValue* templates = effects->find("templates");
    if (regions == nullptr || templates == nullptr) return false;
    SealedImage image{plan.ids.back(), std::string(text_of(item, "image_name")), texts_of(*regions), std::nullopt};
    if (templates->is(JsonType::kArray)) image.templates = texts_of(*templates);
    plan.images.push_back(std::move(image));
  }
  return true;
}

Status check_signatures(const audit::Note& note, std::span<const audit::VerifierKey> keys) {
  const auto good = audit::verify_note(note, keys);
  if (!good) return tl::make_unexpected(good.error());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    bool has_signed = false;
    for (const audit::GoodSignature& one : *good) has_signed = has_signed || one.key == i;
    if (!has_signed) return fail(Errc::kMalformedInput, fmt::format("`{}` has not signed it", keys[i].name));
  }
  return {};
}

}  // namespace

Status check_sealed_size(std::size_t bytes) {
  if (bytes <= limits::kMaxSealedPlanBytes) return {};
  return fail(Errc::kLimit, fmt::format("a plan of {} bytes is too large to be sealed: at most {}", bytes,
                                        limits::kMaxSealedPlanBytes));
}

Result<SealedPlan> parse_sealed_plan(std::string_view bytes, std::span<const audit::VerifierKey> keys) {
  if (keys.empty())
    return fail(Errc::kUsage, "a sealed plan is checked with a key: add `--vkey KEY`, as `audit checkpoint` shows it");
  const auto refuse = [](std::string_view why) { return fail(Errc::kMalformedInput, std::string(why)); };
  const auto document = JsonDocument::parse(bytes);
  if (!document) return refuse("no sealed plan: it is not JSON");
  const std::string seal(text_of(document->root(), "seal"));
  std::string end(kSealMember);
  append_json_string(end, seal);
  end += "}\n";
  if (seal.empty() || !bytes.ends_with(end)) return refuse("no sealed plan: it does not end with its seal");
  const auto note = audit::parse_note(seal);
  if (!note) return fail(Errc::kMalformedInput, fmt::format("seal: {}", note.error().message));
  if (const auto checked = check_signatures(*note, keys); !checked)
    return fail(Errc::kMalformedInput, fmt::format("seal: {}", checked.error().message));

  SealedPlan plan;
  plan.digest = sha256_text(bytes.substr(0, bytes.size() - end.size()));
  std::string_view text = note->text;
  take_line(text, "imagewarden plan/1");
  const std::string sealed_digest = take_line(text, "plan ");
  plan.inventory_digest = take_line(text, "inventory ");
  plan.rules_digest = take_line(text, "rules ");
  const std::string log = take_line(text, "log ");
  const std::size_t last = log.rfind(' ');
  const std::size_t first = last == std::string::npos || last == 0 ? std::string::npos : log.rfind(' ', last - 1);
  if (first == std::string::npos) return refuse("seal: no seal of a plan");
  plan.place.log = log.substr(0, first);
  plan.place.first_seq = std::strtoull(log.c_str() + first, nullptr, 10);
  plan.place.last_seq = std::strtoull(log.c_str() + last, nullptr, 10);
  if (sealed_digest != plan.digest) return refuse("the plan was changed after it was sealed");
  // The text is one of ours to the letter, so that nothing else that the key signs passes for a seal.
  if (seal_text(plan) != note->text) return refuse("seal: no seal of a plan");
  plan.request = text_of(document->root(), "request");
  if (!read_images(document->root(), plan)) return refuse("no plan that this program knows");
  return plan;
}

std::string seal_plan(std::string_view document, std::string_view inventory_digest, std::string_view rules_digest,
                      const PlanPlace& place, const audit::SigningKey& key) {
  SealedPlan plan;
  plan.digest = sha256_text(document);
  plan.inventory_digest = inventory_digest;
  plan.rules_digest = rules_digest;
  plan.place = place;
  audit::Note note{seal_text(plan), {}};
  audit::sign_note(note, place.log, key);
  return audit::format_note(note);
}

Result<SealedPlan> open_plan(const std::string& path, std::span<const audit::VerifierKey> keys) {
  if (keys.empty()) return parse_sealed_plan({}, keys);
  const auto bytes = read_small_file(path, "plan");
  if (!bytes) return tl::make_unexpected(bytes.error());
  auto plan = parse_sealed_plan(*bytes, keys);
  if (!plan) return fail(plan.error().code, fmt::format("{}: {}", path, plan.error().message));
  return plan;
}

}  // namespace imagewarden::cli
