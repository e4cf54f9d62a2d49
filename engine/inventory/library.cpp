#include "engine/inventory/library.h"

#include <zlib.h>
#include <zstd.h>

namespace imagewarden {

std::vector<Library> inventory_libraries() {
  return {{"zlib", ZLIB_VERSION, ::zlibVersion()}, {"zstd", ZSTD_VERSION_STRING, ::ZSTD_versionString()}};
}

}  // namespace imagewarden
