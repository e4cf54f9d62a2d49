#include "engine/decide/image_id.h"

#include <fmt/format.h>

#include "engine/base/limits.h"
#include "engine/base/printable.h"

namespace imagewarden {

Status check_image_id(std::string_view id) {
  if (id.size() <= limits::kMaxIdBytes && is_valid_utf8(id)) return {};
  return fail(Errc::kUsage,
              fmt::format("`{}` is not an image id, expected UTF-8 of at most {} bytes", id, limits::kMaxIdBytes));
}

}  // namespace imagewarden
