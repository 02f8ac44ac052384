# protocol.py - the adapter protocol (../../adapter.md): lines, calls, refusals.
#
# An adapter has a method for each request that its implementation can carry
# out, request_spawn(request) and so on. It returns the fields of the answer,
# or None, or raises Refused. While a call is open, requests are read and
# carried out inside it: reading blocks even in a coroutine, which is right, for
# it is the suite's turn to speak.

import inspect
import json
import os
import sys


class Refused(Exception):
    """The request is answered with this status instead of ok."""


def accept(request, *fields, **fixed):
    """Refuses, as unsupported, every field but those that the implementation
    has: fields, and those of fixed where they ask for what it does anyway."""
    for field, value in request.items():
        if field == "op" or field in fields or value is None or value is False:
            continue
        if field in fixed and value in fixed[field]:
            continue
        raise Refused("unsupported")


def write(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def read():
    """The suite's next line; the end of its lines ends the adapter, wherever
    it stands."""
    line = sys.stdin.readline()
    if not line:
        sys.stderr.flush()
        os._exit(0)
    return json.loads(line)


def carry_out(adapter, request):
    method = getattr(adapter, "request_" + request["op"], None)
    if method is None:
        raise Refused("unsupported")
    return method(request)


def call(adapter, what, **fields):
    """Tells of a call of the implementation; returns what the suite says that
    it returns."""
    write(call=what, **fields)
    while True:
        request = read()
        if request["op"] == "return":
            return request
        try:
            result = carry_out(adapter, request)
            if inspect.iscoroutine(result):
                result.close()
                raise Refused("reentrant")
            write(status="ok", **(result or {}))
        except Refused as refused:
            write(status=str(refused))


async def serve(adapter):
    """Answers until the suite wants a new beginning, and returns that request.
    Methods that are coroutines turn the loop: they are for here only."""
    while True:
        request = read()
        if request["op"] == "reset":
            return request
        try:
            result = carry_out(adapter, request)
            if inspect.iscoroutine(result):
                result = await result
            write(status="ok", **(result or {}))
        except Refused as refused:
            write(status=str(refused))
