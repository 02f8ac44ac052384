// Package ptg is libptg for Go: persistent task groups, which own the
// goroutines of a program and know how to end them, in order, in bounded time.
//
// A [Runtime] is a tree of groups on an OS thread of its own. [Group.Go] runs a
// function as a task on a goroutine, with a context of its own. A group stays
// open when it is idle. A task that fails, or panics, harms no sibling: its
// error goes to the group's handler. [Group.Shutdown] ends a group with all
// below it: the tasks are told to finish soon ([Draining]), after the grace
// their contexts are cancelled, newest first, and who has not ended after the
// cancel wait is abandoned and named in the [Report].
//
// What is said of states, orders and limits in the specification of libptg
// holds here word for word.
//
// # Goroutines
//
// Everything may be called from any goroutine, and in hooks, unless it says
// otherwise. A call is carried out on the runtime's thread and waits for it,
// unless it says that it is mail. Functions that are given to this package are
// called on that thread, one at a time, and must not wait, but for those that run
// on a goroutine of their own: [TaskSpec].Run and what is given to [Go].
//
// # Errors
//
// The error of a call is an [*Error], in which [errors.Is] finds the [Status]:
// [ErrInvalid] of what is malformed, [ErrStale] of what is gone, [ErrKind] of a
// handle that names something else, [ErrClosed] of a runtime that is closed, and
// what is said at the call. A call that fails has changed nothing, unless that is
// said there.
//
// # Ownership and time
//
// What is given is copied, and what is returned is the caller's own. Instants are
// of the runtime's clock: see [Runtime.Now].
package ptg
