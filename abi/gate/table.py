"""table.py - functions.md: what may be called where, and how it fails."""

from .header import Interface

HEAD = """\
# Every function: where it may be called, and how it fails

Made by `abi/lock` from the tags in `include/ptg/ptg.h`; a test compares the two.

- **Thread**: *runtime* is the thread that created the runtime, elsewhere the call answers `PTG_ETHREAD`; *any* is any
  thread; *any (signal-safe)* is also inside a signal handler.
- **In callbacks**: whether a callback of the runtime may call it; where not, it answers `PTG_EREENTRANT`.
- **Fails with**: every failing status that it can answer. More may come in a later version: treat every negative
  status as a failure.

| Function | Since | Thread | In callbacks | Fails with |
|---|---|---|---|---|
"""


def text_of(interface: Interface) -> str:
    rows = []
    for name, function in interface["functions"].items():
        fails = [f"`{status}`" if status.startswith("PTG_") else status
                 for status in function["fails"]]
        cells = [f"`{name}`", function["since"], function["thread"],
                 function["callback"], " ".join(fails) or "never"]
        rows.append(f"| {' | '.join(cells)} |\n")
    return HEAD + "".join(rows)
