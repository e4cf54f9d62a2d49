#pragma once
// Giving memory back early.

namespace imagewarden {

// Empties a container and frees what it held. `container = {}` keeps the memory: for a vector or a string it is an
// assignment of no elements.
template <class Container>
void release(Container& container) {
  Container().swap(container);
}

}  // namespace imagewarden
