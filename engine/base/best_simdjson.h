#pragma once
// Which of simdjson's implementations runs: the best one that the processor has. Left alone, simdjson asks the
// environment (SIMDJSON_FORCE_IMPLEMENTATION), and reads nothing at all where that names none.

namespace simdjson {
class implementation;
}

namespace imagewarden {

// Makes it the active one of the process. Whoever uses simdjson calls this before. Thread-safe.
const simdjson::implementation& best_simdjson();

}  // namespace imagewarden
