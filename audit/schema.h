#pragma once
// The tables of a log, as SQLite keeps their text. A file whose text differs is another format or was changed.

#include <cstdint>
#include <span>
#include <string_view>

namespace imagewarden::audit {

constexpr std::int64_t kApplicationId = 0x4957414C;  // `IWAL`
constexpr std::int64_t kFormatVersion = 1;           // user_version

struct SchemaObject {
  std::string_view type;  // `table` or `trigger`
  std::string_view name;
  std::string_view table;  // that it stands on
  std::string_view sql;
};

// Sorted by name.
[[nodiscard]] std::span<const SchemaObject> schema_objects();

}  // namespace imagewarden::audit
