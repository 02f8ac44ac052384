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
package ptg
