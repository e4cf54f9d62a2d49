#pragma once
// What the tampering tests ask of a forger.

#include <string>

#include "tests/unit/audit/forger.h"

namespace imagewarden::audit::test {

// A log whose records are `runs`, every count and every hash as it should be for them. The stored checkpoints stay.
inline void rewrite_log(const std::string& path, const Runs& runs) {
  Forger forger(path);
  forger.rewrite(runs);
  forger.restore_guards();
}

inline void forget_checkpoints(const std::string& path) {
  Forger forger(path);
  forger.exec("DELETE FROM checkpoints");
  forger.restore_guards();
}

}  // namespace imagewarden::audit::test
