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
    if (!has_more() || !kept()) return status::stale;
    result<Value> taken = *std::move(kept());
    kept().reset();
    return taken;
  }

protected:
  void end_with(result<Value> how) noexcept {
    if (how) {
      finish();
      if (is_shared()) kept() = std::move(how);
      return;
    }
    if (how.status() == status::ok) how = error(status::failed);
    finish(how.error());
    kept() = std::move(how);
  }
  void keep(const outcome &outcome) noexcept override {
    if (kept()) return;
    if (outcome.status != status::ok || std::is_void_v<Value>)
      kept() = outcome.error();
    else
      kept() = error(status::stale, "it was finished without a value");
  }
  /// All but the result.
  void clear() noexcept override {
    auto &more = this->more();
    more.on_done = nullptr;
    more.failing.reset();
  }

private:
  struct extras_with : activity::extras {
    std::optional<result<Value>> kept;
  };
  std::unique_ptr<activity::extras> make_extras() const override {
    return std::make_unique<extras_with>();
  }
  std::optional<result<Value>> &kept() {
    return static_cast<extras_with &>(more()).kept;
  }
};

/// The function of a task; one that needs no end takes no room to remember it.
template <class Function>
using kept_function =
    std::conditional_t<std::is_trivially_destructible_v<Function> &&
                           std::is_trivially_copyable_v<Function>,
                       Function, std::optional<Function>>;

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
    static constexpr ptg_task_type type = {sizeof(ptg_task_type),
                                           0,
                                           nullptr,
                                           c_start,
                                           activity::c_drain,
                                           activity::c_cancel,
                                           nullptr,
                                           activity::c_wake,
                                           activity::c_done,
                                           nullptr};
    return type;
  }

  template <class From>
  activity_of(detail::home *home, From &&function)
      : activity_with<value>(home), function_(std::forward<From>(function)) {
  }

private:
  static ptg_status c_start(ptg_runtime *, ptg_task task,
                            void *user_data) noexcept {
    auto &that = *static_cast<activity_of *>(user_data);
    entered entered(that.home(), &that);
    that.set_self(task);
    that.begin();
    that.look();
    return PTG_OK;
  }

  void begin() noexcept {
    result<> made =
        attempt([&] { body_ = call_body(get_function(function_)); });
    if (!made) return this->end_with(made.error());
    if (!body_) return this->end_with(status::no_memory);
    body_.begin(*this);
  }
  void look() noexcept override {
    if (this->is_body_over()) this->end_with(body_.take());
  }
  void clear() noexcept override {
    body_ = {};
    drop(function_);
    activity_with<value>::clear();
  }

  kept_function<Function> function_; // first: the coroutine refers to it
  task<Value> body_;
};

/// One that is a plain function: it has run to its end when it is started.
template <class Function, class Body>
class activity_of final
    : public activity_with<typename body_traits<Body>::value> {
public:
  using value = typename body_traits<Body>::value;

  static const ptg_task_type &type() noexcept {
    static constexpr ptg_task_type type = {sizeof(ptg_task_type),
                                           0,
                                           nullptr,
                                           c_start,
                                           nullptr,
                                           nullptr,
                                           nullptr,
                                           nullptr,
                                           activity::c_done,
                                           nullptr};
    return type;
  }

  template <class From>
  activity_of(detail::home *home, From &&function)
      : activity_with<value>(home), function_(std::forward<From>(function)) {
  }

private:
  static ptg_status c_start(ptg_runtime *, ptg_task task,
                            void *user_data) noexcept {
    auto &that = *static_cast<activity_of *>(user_data);
    entered entered(that.home(), &that);
    that.set_self(task);
    that.end_with(attempt([&]() -> decltype(auto) {
      return call_body(get_function(that.function_));
    }));
    return PTG_OK;
  }
  void look() noexcept override {
  }
  void clear() noexcept override {
    drop(function_);
    activity_with<value>::clear();
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
    activity_->retain();
  }
  spawned(spawned &&other) noexcept
      : task_ref(other), activity_(std::exchange(other.activity_, nullptr)) {
  }
  spawned &operator=(spawned &&other) noexcept {
    spawned moved(std::move(other));
    task_ref::operator=(moved);
    std::swap(activity_, moved.activity_);
    return *this;
  }
  ~spawned() {
    if (activity_ != nullptr) activity_->let_go();
  }

  /// Has it ended?
  bool is_done() const noexcept {
    return activity_ == nullptr || activity_->is_done();
  }

  /// Takes the result, which can be done once. status::busy: it has not ended.
  result<Value> get() noexcept {
    if (activity_ == nullptr) return status::stale;
    return activity_->take_kept();
  }

  /// co_await join() waits for the end and gives a result<Value>, once. A
  /// cancel of who waits does not cancel the task.
  auto join() noexcept;

private:
  detail::activity_with<Value> *activity_ = nullptr;
};

namespace detail {

template <class Value> class join_wait : public watch_wait {
public:
  explicit join_wait(spawned<Value> *joined) noexcept
      : watch_wait(joined->id()), joined_(*joined) {
  }
  bool await_ready() const noexcept {
    return joined_.is_done();
  }
  result<Value> await_resume() noexcept {
    if (joined_.is_done() && !is_cancelled) return joined_.get();
    return watch_wait::await_resume().error();
  }

private:
  spawned<Value> &joined_;
};

/// Spawns by a call of ptg.h: spawn(type, user_data, &task).
template <class Function, class Spawn>
auto spawn_by(home *home, Function &&function, callback<const outcome &> told,
              Spawn &&spawn) {
  using activity = activity_of<std::decay_t<Function>>;
  using spawned_type = ptg::spawned<typename activity::value>;
  using answer = result<spawned_type>;
  auto *made =
      new (std::nothrow) activity(home, std::forward<Function>(function));
  if (made == nullptr) return answer(status::no_memory);
  if (told) made->on_done(std::move(told));
  ptg_task task = PTG_NONE;
  result<> spawned = spawn(activity::type(), made, &task);
  if (spawned) return answer(spawned_type(home, task, made));
  entered entered(home, now_here.running);
  made->let_go();
  return answer(spawned.error());
}

} // namespace detail

template <class Value> auto spawned<Value>::join() noexcept {
  using namespace detail;
  return awaited<join_wait<Value>, spawned *>(this);
}

template <class Function> auto group_ref::spawn(Function &&function) const {
  return detail::spawn_by(
      home(), std::forward<Function>(function), nullptr,
      [&](const ptg_task_type &type, void *user_data, ptg_task *task) {
        return make([&](ptg_runtime *runtime) {
          return ptg_task_spawn(runtime, id(), &type, nullptr, user_data, task);
        });
      });
}

template <class Function>
auto group_ref::spawn(Function &&function, task_options options) const {
  ptg_task_options c = options.to_c();
  return detail::spawn_by(
      home(), std::forward<Function>(function), std::move(options.on_done),
      [&](const ptg_task_type &type, void *user_data, ptg_task *task) {
        return make([&](ptg_runtime *runtime) {
          return ptg_task_spawn(runtime, id(), &type, &c, user_data, task);
        });
      });
}

template <class Function>
auto group_ref::spawn(std::string_view name, Function &&function) const {
  return spawn(std::forward<Function>(function), task_options{.name = name});
}

} // namespace ptg

#endif
