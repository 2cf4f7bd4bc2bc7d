// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace freshet {

// Zeros that cost nothing until they are touched: then the system takes a small
// page for them, unless Take was there before.
class Memory {
 public:
  // Ends the process if there is no address space for it, as an allocation
  // that fails does.
  explicit Memory(size_t bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  template <typename T>
  T* As() const {
    return static_cast<T*>(start_);
  }
  size_t bytes() const { return bytes_; }

  // Takes [begin, end) at once, widened to whole huge pages, where the system
  // has them; where that ends. Takes milliseconds for each page, so not for a
  // request's thread.
  size_t Take(size_t begin, size_t end);

 private:
  const size_t bytes_;
  void* const start_;
};

}  // namespace freshet
