#include "engine/base/version.h"

namespace imagewarden {

std::string engine_version() { return "imagewarden " + std::string(version()); }

}  // namespace imagewarden
