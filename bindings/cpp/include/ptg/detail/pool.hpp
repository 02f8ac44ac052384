/// @file
/// Memory for tasks and coroutines, which come and go all the time.
#ifndef PTG_DETAIL_POOL_HPP
#define PTG_DETAIL_POOL_HPP

#include <array>
#include <cstddef>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define PTG_DETAIL_NO_POOL 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PTG_DETAIL_NO_POOL 1
#endif
#endif

namespace ptg::detail {

/// Free blocks of a thread, in steps of 64 bytes up to 1 KiB, a bounded number
/// of each; larger ones come from operator new. A block may be given back on
/// another thread than it was taken on. Under the address sanitizer nothing is
/// kept, so that it sees all.
class pool {
public:
  /// Returns nullptr when there is no memory.
  static void *take(std::size_t size) noexcept {
    std::size_t step = step_of(size);
    if (step < steps) {
      list &free = lists_[step];
      if (block *first = free.first) {
        free.first = first->next;
        free.room++;
        return first;
      }
      size = (step + 1) * step_size;
    }
    return ::operator new(size, std::align_val_t(step_size), std::nothrow);
  }

  static constexpr std::size_t alignment = 64;

  /// A size that is in no list.
  static constexpr std::size_t largest = std::size_t(-1);

  static void give_back(void *memory, std::size_t size) noexcept {
    std::size_t step = step_of(size);
    if (step < steps) {
      list &free = lists_[step];
      if (free.room > 0 || open()) {
        free.first = new (memory) block{free.first};
        free.room--;
        return;
      }
    }
    ::operator delete(memory, std::align_val_t(step_size));
  }

private:
  static constexpr std::size_t step_size = alignment;
#if defined(PTG_DETAIL_NO_POOL)
  static constexpr std::size_t steps = 0;
#else
  static constexpr std::size_t steps = 16;
#endif
  static constexpr std::size_t most = 4096; // blocks kept of one size

  struct block {
    block *next;
  };
  struct list {
    block *first;
    std::size_t room; // for so many more blocks
  };

  /// Empties the lists when the thread ends. The lists themselves need neither
  /// making nor ending, which keeps them cheap to reach.
  struct ending {
    void touch() noexcept {
    }
    ~ending() {
      for (list &free : lists_) {
        while (block *first = free.first) {
          free.first = first->next;
          ::operator delete(first, std::align_val_t(step_size));
        }
        free.room = 0;
      }
    }
  };

  /// Makes room, the first time; returns false: that was done before, there is
  /// no more.
  [[gnu::cold]] static bool open() noexcept {
    if (std::exchange(was_opened_, true)) return false;
    at_end_.touch();
    for (list &free : lists_)
      free.room = most;
    return true;
  }

  static constexpr std::size_t step_of(std::size_t size) noexcept {
    return (size - 1) / step_size;
  }

  static inline constinit thread_local std::array<list, steps + 1> lists_{};
  static inline constinit thread_local bool was_opened_ = false;
  static inline thread_local ending at_end_;
};

/// Base of what lives in the pool.
struct pooled {
  static void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
    return pool::take(size);
  }
  static void operator delete(void *memory, std::size_t size) noexcept {
    pool::give_back(memory, size);
  }
  static void operator delete(void *memory, const std::nothrow_t &) noexcept {
    pool::give_back(memory, pool::largest); // its constructor threw
  }
};

} // namespace ptg::detail

#endif
