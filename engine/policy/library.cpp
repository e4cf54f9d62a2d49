#include "engine/policy/library.h"

namespace imagewarden::policy {

// Neither its headers nor the library tell: the version is the one that CMake found.
std::vector<Library> policy_libraries() { return {{"yaml-cpp", IMAGEWARDEN_YAML_CPP_VERSION, ""}}; }

}  // namespace imagewarden::policy
