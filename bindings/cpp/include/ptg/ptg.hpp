/// @file
/// Persistent task groups in C++: all of the binding.
#ifndef PTG_PTG_HPP
#define PTG_PTG_HPP

#if __cplusplus < 202002L
#error "ptg/ptg.hpp needs C++20: -std=c++20"
#endif

#include "completion.hpp"
#include "events.hpp"
#include "group.hpp"
#include "process.hpp"
#include "queue.hpp"
#include "remote.hpp"
#include "runtime.hpp"
#include "signals.hpp"
#include "snapshot.hpp"
#include "sort.hpp"
#include "spawn.hpp"
#include "this_task.hpp"
#include "timer.hpp"
#include "wait.hpp"
#include "work.hpp"

#endif
