#include "engine/base/best_simdjson.h"

#include <simdjson.h>

namespace imagewarden {

const simdjson::implementation& best_simdjson() {
  static const simdjson::implementation* const kBest = [] {
    const auto* const found = simdjson::get_available_implementations().detect_best_supported();
    simdjson::get_active_implementation() = found;
    return found;
  }();
  return *kBest;
}

}  // namespace imagewarden
