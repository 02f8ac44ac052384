"""doc.py - the comments of the header, and the tags that end them."""

import re
from typing import NamedTuple

TAGS = ("since", "thread", "callback", "fails")
THREADS = ("any (signal-safe)", "any", "runtime")
ANSWERS = ("yes", "no")
GIVEN = "the status given"

TAG = re.compile(r"@(\w+)")
FAILURE = re.compile(rf"PTG_\w+|those of ptg_\w+\(\)|{GIVEN}|none")


class Tags(NamedTuple):
    since: str
    thread: str
    callback: str
    fails: list[str]


class TagError(Exception):
    """A comment does not say what every comment has to say."""


def comment_before(text: str, offset: int) -> str | None:
    """The comment that stands above what begins at offset.

    Declarations that follow each other without an empty line share the
    comment above the first of them.
    """
    block = text[:offset].rpartition("\n\n")[2]
    begins = [match.start() for match in re.finditer(r"^/\*", block, re.M)]
    if not begins:
        return None
    comment = block[begins[-1] :]
    return clean(comment[: comment.index("*/") + 2])


def clean(comment: str) -> str:
    """The words of a comment, without its stars."""
    inner = comment.strip().removeprefix("/*").removesuffix("*/")
    return "\n".join(re.sub(r"^\s*\* ?", "", line) for line in inner.splitlines())


def tags(comment: str) -> Tags:
    """The tags of a function's comment."""
    pieces = TAG.split(comment)[1:]
    found: dict[str, str] = {}
    for name, value in zip(pieces[::2], pieces[1::2]):
        if name not in TAGS:
            raise TagError(f"@{name} is no tag that we know")
        if name in found:
            raise TagError(f"@{name} is there twice")
        found[name] = " ".join(value.split())
    missing = [f"@{name}" for name in TAGS if not found.get(name)]
    if missing:
        raise TagError(f"{' and '.join(missing)} missing")
    return Tags(
        since(found["since"]),
        choice("thread", found["thread"], THREADS),
        choice("callback", found["callback"], ANSWERS),
        fails(found["fails"]),
    )


def since(value: str) -> str:
    if re.fullmatch(r"\d+\.\d+", value) is None:
        raise TagError(f"@since {value}: not MAJOR.MINOR")
    return value


def choice(tag: str, value: str, choices: tuple[str, ...]) -> str:
    """One of the choices; a remark may follow it, in brackets."""
    for known in choices:
        if re.fullmatch(re.escape(known) + r"( \([^()]*\))?", value):
            return value
    raise TagError(f"@{tag} {value}: not one of {', '.join(choices)}")


def fails(value: str) -> list[str]:
    for word in re.split(r"[\s;,]+", FAILURE.sub("", value)):
        if word not in ("", "and"):
            raise TagError(f"@fails {value}: {word!r} is no status")
    found = FAILURE.findall(value)
    if "none" in found:
        if len(found) > 1:
            raise TagError(f"@fails {value}: none, and yet some")
        return []
    return found


def choice_of(value: str) -> str:
    """The choice without its remark: of 'any (...)' it is 'any'."""
    return value if value in THREADS else value.split(" (")[0]
