"""store_server --port PORT --store FILE - a line-protocol server that loses nothing when it is told to end.

Three groups: the listener in `accept`, a task a connection in `handlers`, and in `store` a queue that writes, so that
one line is written after the other. They end in this order: who is connected is answered, and what was answered is in
the file.
"""

import argparse
import asyncio
import contextlib
import sys

import ptg

LIMITS = {"grace": 2, "cancel_wait": 1, "deadline": 5}
CAPACITY = 1024


class Store:
    """Appends lines to a file, each before it says so."""

    def __init__(self, group, path):
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - it is closed with the group
        self._count = 0
        self._queue = ptg.Queue(group, self._write, CAPACITY, name="writer")

    def _write(self, message):
        line, stored = message
        self._file.write(line)
        self._file.flush()
        self._count += 1
        if not stored.done():
            stored.set_result(None)

    async def put(self, key, value):
        stored = asyncio.get_running_loop().create_future()
        await self._queue.put((f"{key} {value}\n", stored))
        await stored

    def count(self):
        return self._count

    def close(self, _group):
        self._file.close()


async def answer(store, line):
    match line.split():
        case ["put", key, value]:
            await store.put(key, value)
            return f"stored {key}"
        case ["count"]:
            return str(store.count())
    return f"error: {line!r} is neither 'put KEY VALUE' nor 'count'"


async def handle(store, handlers, reader, writer):
    """Answers line by line; once the group drains, what has been read, and no more."""
    draining = asyncio.ensure_future(handlers.wait_draining())
    try:
        while True:
            if draining.done():
                writer.transport.pause_reading()
            line = await next_line(reader, draining)
            if line is None:
                break
            writer.write((await answer(store, line) + "\n").encode())
            await writer.drain()
        if draining.done():
            await hang_up(reader, writer)
    except ConnectionError:
        pass  # it is the other side's to go
    finally:
        draining.cancel()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def hang_up(reader, writer):
    """Has the client see the last answers: a connection that is closed on what was not read yet could lose them."""
    writer.write_eof()
    writer.transport.resume_reading()
    while await reader.read(65536):
        pass


async def next_line(reader, draining):
    """None: there will be no more."""
    read = asyncio.ensure_future(reader.readline())
    if draining.done():
        await asyncio.sleep(0)  # a whole line that is here already is read by then
    else:
        await asyncio.wait({read, draining}, return_when=asyncio.FIRST_COMPLETED)
    if not read.done():
        read.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await read
        return None
    line = read.result()
    return line.decode(errors="replace").rstrip("\r\n") if line.endswith(b"\n") else None


async def listen(port, accept, handlers, store):
    def connected(reader, writer):
        try:
            handlers.create_task(handle(store, handlers, reader, writer))
        except ptg.PtgError:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await accept.wait_draining()


async def main(options):
    root = ptg.get_runtime().root
    storing = root.add_group(name="store", on_closed=lambda group: store.close(group))
    store = Store(storing, options.store)
    handlers = root.add_group(name="handlers")
    accept = root.add_group(name="accept")
    accept.stops_before(handlers)
    handlers.stops_before(storing)
    accept.create_task(listen(options.port, accept, handlers, store))


def print_report(report):
    for row in report:
        print(
            f"report {row.path} drained={row.drained} cancelled={row.cancelled} failed={row.failed} "
            f"refused={row.refused} abandoned={row.abandoned}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", required=True)
    sys.exit(ptg.run(main(parser.parse_args()), **LIMITS, on_report=print_report))
