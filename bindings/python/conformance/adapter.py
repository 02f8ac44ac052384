"""The binding as an adapter of the conformance suite; it speaks as spec/adapter.md says.

A task is a `ptg.CallbackTask`, which does what the suite says; groups, hooks, watches, timers and queues are those that
any program has.
"""

import operations
from wire import wire

wire.answer = operations.carry_out
wire.serve()
operations.discard()
operations.close_remote()
