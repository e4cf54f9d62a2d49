#include "audit/library.h"

#include <fmt/format.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

namespace imagewarden::audit {

std::vector<Library> audit_libraries() {
  constexpr int kWrapper = SQLITECPP_VERSION_NUMBER;  // 3002001: 3.2.1
  return {{"SQLite", SQLITE_VERSION, ::sqlite3_libversion()},
          {"SQLiteCpp", fmt::format("{}.{}.{}", kWrapper / 1'000'000, kWrapper / 1'000 % 1'000, kWrapper % 1'000), ""}};
}

}  // namespace imagewarden::audit
