#include "engine/inventory/store.h"

#include <algorithm>

namespace imagewarden::inventory {

std::uint16_t DictionaryBuilder::code(Interner& strings, std::string_view text) {
  if (text.data() == nullptr) return DictionaryColumn::kAbsent;
  const auto first = static_cast<unsigned char>(text.empty() ? '\0' : text.front());
  const auto last = static_cast<unsigned char>(text.empty() ? '\0' : text.back());
  Recent& recent = recent_[(text.size() * 5 + first + std::size_t{last} * 3) % recent_.size()];
  if (recent.code != 0 && recent.text == text) return recent.code;
  const StringId id = strings.intern(text);
  const auto [at, added] = codes_.try_emplace(id.value, static_cast<std::uint16_t>(values_.size()));
  if (added) values_.push_back(id);
  recent = {strings.text(id), at->second};
  return at->second;
}

StringId Store::intern_again(std::string_view text) {
  constexpr std::uint32_t kWindow = 16;
  const auto end =
      static_cast<std::uint32_t>(std::min<std::size_t>(strings->size(), std::size_t{last_again_} + 1 + kWindow));
  for (std::uint32_t id = last_again_ + 1; id < end; ++id) {
    if (strings->text({id}) != text) continue;
    last_again_ = id;
    return {id};
  }
  const StringId id = strings->intern(text);
  last_again_ = id.value;
  return id;
}

AccountId Store::account(StringId id) {
  const auto [at, added] = account_index.try_emplace(id.value, static_cast<std::uint32_t>(account_ids.size()));
  if (added) account_ids.push_back(id);
  return {at->second};
}

}  // namespace imagewarden::inventory
