/// @file
/// How a function becomes a task of a group, and what is known of it then.
#ifndef PTG_SPAWN_HPP
#define PTG_SPAWN_HPP

#include "wait.hpp"

namespace ptg {

namespace detail {

template <class Type> inline constexpr bool is_task = false;
template <class Value> inline constexpr bool is_task<task<Value>> = true;

/// Calls the function of a task, with its stop token if it takes that.
template <class Function> decltype(auto) call_body(Function &function) {
  if constexpr (is_task<Function>)
    return std::move(function);
  else if constexpr (std::invocable<Function &, std::stop_token>)
    return function(this_task::stop_token());
  else
    return function();
}
template <class Function>
using body_of = std::decay_t<decltype(call_body(std::declval<Function &>()))>;

/// A task whose result is a Value.
template <class Value> class activity_with : public activity {
public:
  using activity::activity;

  /// The result, once; status::busy: it has not ended.
  result<Value> take_kept() noexcept {
    if (!is_done()) return status::busy;
    std::optional<result<Value>> *kept = has_more() ? room() : nullptr;
    if (kept == nullptr || !*kept) return status::stale;
    result<Value> taken = std::move(**kept);
    kept->reset();
    return taken;
  }

protected:
  void end_with(result<Value> &&how) noexcept {
    if (!how) return fail(how.error());
    if (is_shared() && !put(std::move(how))) return fail(status::no_memory);
    if (ptg_task_finish(runtime(), self(), nullptr) != PTG_OK) take_back();
  }

private:
  struct extras_with : activity::extras {
    std::optional<result<Value>> kept;
  };
  std::unique_ptr<activity::extras> make_extras() const noexcept override {
    return std::unique_ptr<activity::extras>(new (std::nothrow) extras_with);
  }

  /// Where the result is kept; nullptr: there is no memory.
  std::optional<result<Value>> *room() noexcept {
    auto *extras = static_cast<extras_with *>(try_more());
    return extras != nullptr ? &extras->kept : nullptr;
  }
  bool put(result<Value> &&how) noexcept {
    std::optional<result<Value>> *kept = room();
    if (kept != nullptr) *kept = std::move(how);
    return kept != nullptr;
  }
  /// Its own code has finished it before: what counts is what was said then.
  [[gnu::cold]] void take_back() noexcept {
    if (has_more()) room()->reset();
  }

  [[gnu::cold]] void fail(error why) noexcept {
    if (why == status::ok) why = error(status::failed);
    put(why);
    if (!finish_with(runtime(), self(), why)) take_back();
  }
  const error *why() noexcept override {
    if (!has_more()) return nullptr;
    const std::optional<result<Value>> &kept = *room();
    return kept && !*kept ? &kept->error() : nullptr;
  }
  void keep(const outcome &outcome) noexcept override {
    std::optional<result<Value>> *kept = room();
    if (kept == nullptr || *kept) return;
    if (outcome.status != status::ok || std::is_void_v<Value>)
      *kept = outcome.error();
    else
      *kept = worded(status::stale, "it was finished without a value", 0);
  }
};

/// The function of a task; one that needs no end takes no room to remember it,
/// and of a coroutine that was made already there is none.
struct no_function {};
template <class Function>
using kept_function = std::conditional_t<
    is_task<Function>, no_function,
    std::conditional_t<std::is_trivially_destructible_v<Function> &&
                           std::is_trivially_copyable_v<Function>,
                       Function, std::optional<Function>>>;

template <class Function>
Function &get_function(std::optional<Function> &kept) noexcept {
  return *kept;
}
template <class Function> Function &get_function(Function &kept) noexcept {
  return kept;
}
template <class Function> void drop(std::optional<Function> &kept) noexcept {
  kept.reset();
}
template <class Function> void drop(Function &) noexcept {
}

/// Of which type the value of a body is.
template <class Body> struct body_traits {
  using value = typename as_result<Body>::type::value_type;
};
template <class Value> struct body_traits<task<Value>> {
  using value = typename as_result<Value>::type::value_type;
};

template <class Function, class Body = body_of<Function>> class activity_of;

/// One that is a coroutine.
template <class Function, class Value>
class activity_of<Function, task<Value>> final
    : public activity_with<typename body_traits<task<Value>>::value> {
public:
  using value = typename body_traits<task<Value>>::value;

  static const ptg_task_type &type() noexcept {
    return activity::coroutine_type;
  }

  template <class From>
  requires(!is_task<Function>) activity_of(detail::home *home, From &&function)
      : activity_with<value>(home), function_(std::forward<From>(function)) {
  }
  activity_of(detail::home *home,
              task<Value> &&body) noexcept requires is_task<Function>
      : activity_with<value>(home), body_(std::move(body)) {
  }

private:
  void start(ptg_task task) noexcept override {
    entered entered(this->home(), this);
    this->set_self(task);
    if constexpr (!is_task<Function>) {
      result<> made =
          attempt([&] { body_ = call_body(get_function(function_)); });
      if (!made) return this->end_with(made.error());
    }
    if (!body_) return this->end_with(status::no_memory);
    body_.begin(*this);
    look();
  }
  void look() noexcept override {
    if (this->is_body_over()) this->end_with(body_.take());
  }
  void clear() noexcept override {
    body_ = {};
    drop(function_);
    activity::clear();
  }

  // First: the coroutine refers to it.
  [[no_unique_address]] kept_function<Function> function_;
  task<Value> body_;
};

/// One that is a plain function: it has run to its end when it is started.
template <class Function, class Body>
class activity_of final
    : public activity_with<typename body_traits<Body>::value> {
public:
  using value = typename body_traits<Body>::value;

  static const ptg_task_type &type() noexcept {
    return activity::function_type;
  }

  template <class From>
  activity_of(detail::home *home, From &&function)
      : activity_with<value>(home), function_(std::forward<From>(function)) {
  }

private:
  void start(ptg_task task) noexcept override {
    entered entered(this->home(), this);
    this->set_self(task);
    this->end_with(attempt([&]() -> decltype(auto) {
      return call_body(get_function(function_));
    }));
  }
  void look() noexcept override {
  }
  void clear() noexcept override {
    drop(function_);
    activity::clear();
  }

  kept_function<Function> function_;
};

} // namespace detail

/// A task that was spawned, and its result. To hold it keeps the result, and
/// nothing else of the task. For the runtime's thread.
template <class Value = void> class spawned : public task_ref {
public:
  spawned() noexcept = default;
  spawned(detail::home *home, ptg_task id,
          detail::activity_with<Value> *activity) noexcept
      : task_ref(home, id), activity_(activity) {
  }
  spawned(spawned &&) noexcept = default;
  spawned &operator=(spawned &&) noexcept = default;

  /// Has it ended?
  bool is_done() const noexcept {
    return !activity_ || activity_->is_done();
  }

  /// Takes the result, which can be done once. status::busy: it has not ended.
  result<Value> get() noexcept {
    if (!activity_) return status::stale;
    return activity_->take_kept();
  }

  /// co_await join() waits for the end and gives a result<Value>, once. A
  /// cancel of who waits does not cancel the task.
  auto join() const noexcept;

private:
  detail::activity_ptr<detail::activity_with<Value>> activity_;
};

namespace detail {

template <class Value> class join_wait : public watch_wait {
public:
  join_wait(activity_ptr<activity_with<Value>> joined, ptg_task task) noexcept
      : watch_wait(task), joined_(std::move(joined)) {
  }
  bool await_ready() const noexcept {
    return !joined_ || joined_->is_done();
  }
  result<Value> await_resume() noexcept {
    if (!joined_) return status::stale;
    if (joined_->is_done() && !is_cancelled) return joined_->take_kept();
    return watch_wait::await_resume().error();
  }

private:
  activity_ptr<activity_with<Value>> joined_; // who spawned it may let it go
};

/// Destroys what was refused.
struct refuse {
  [[gnu::cold]] void operator()(activity *refused) const noexcept {
    entered entered(refused->home(), now_here.running);
    refused->let_go();
  }
};

/// Makes a task of a function; empty: there is no memory. It is C's once a
/// spawn has been accepted: from another thread it may be over by then.
template <class Function> auto make_activity(home *home, Function &&function) {
  using activity = activity_of<std::decay_t<Function>>;
  static_assert(alignof(activity) <= pool::alignment);
  return std::unique_ptr<activity, refuse>(
      new (std::nothrow) activity(home, std::forward<Function>(function)));
}

/// Spawns by a call of ptg.h on the runtime's thread: spawn(activity, &task).
template <class Function, class Spawn>
auto spawn_by(home *home, Function &&function, Spawn &&spawn) {
  auto made = make_activity(home, std::forward<Function>(function));
  using value = typename decltype(made)::element_type::value;
  using answer = result<ptg::spawned<value>>;
  if (made == nullptr) return answer(status::no_memory);
  ptg_task task = PTG_NONE;
  result<> spawned = spawn(*made, &task);
  if (!spawned) return answer(spawned.error());
  return answer(ptg::spawned<value>(home, task, made.release()));
}

} // namespace detail

template <class Value> auto spawned<Value>::join() const noexcept {
  using namespace detail;
  using joined = activity_ptr<activity_with<Value>>;
  return awaited<join_wait<Value>, joined, ptg_task>(activity_, id());
}

template <class Function> auto group_ref::spawn(Function &&function) const {
  return detail::spawn_by(home(), std::forward<Function>(function),
                          [&](auto &made, ptg_task *task) {
                            return make([&](ptg_runtime *runtime) {
                              return ptg_task_spawn(runtime, id(), &made.type(),
                                                    nullptr, made.user_data(),
                                                    task);
                            });
                          });
}

template <class Function>
auto group_ref::spawn(Function &&function, task_options options) const {
  return detail::spawn_by(home(), std::forward<Function>(function),
                          [&](auto &made, ptg_task *task) {
                            ptg_task_options c = options.to_c();
                            if (options.on_done)
                              made.on_done(std::move(options.on_done));
                            return make([&](ptg_runtime *runtime) {
                              return ptg_task_spawn(runtime, id(), &made.type(),
                                                    &c, made.user_data(), task);
                            });
                          });
}

template <class Function>
auto group_ref::spawn(std::string_view name, Function &&function) const {
  return spawn(std::forward<Function>(function), task_options{.name = name});
}

} // namespace ptg

#endif
