#pragma once
// Named places on the write path where tests let a process die or count its steps. In the program they are nothing:
// only the tests build audit/ with IMAGEWARDEN_FAULT_POINTS.

#ifdef IMAGEWARDEN_FAULT_POINTS

#include <atomic>

namespace imagewarden::audit {

// Called with the name of each place that is passed, in the thread that passes it. May end the process, may not throw.
using FaultHook = void (*)(const char* name);
inline std::atomic<FaultHook> fault_hook{nullptr};

inline void pass_fault_point(const char* name) {
  if (const FaultHook hook = fault_hook.load()) hook(name);
}

}  // namespace imagewarden::audit

#define IMAGEWARDEN_FAULT(name) ::imagewarden::audit::pass_fault_point(name)
// A limit that is reached rarely, and the one that tests reach often.
#define IMAGEWARDEN_FAULT_VALUE(value, tested) (tested)

#else

#define IMAGEWARDEN_FAULT(name) static_cast<void>(0)
#define IMAGEWARDEN_FAULT_VALUE(value, tested) (value)

#endif
