#!/usr/bin/env python3
"""order.py - trees of groups, and the order in which each has to end.

The one place where the order relation is written down: `check` hands it to
the model, `check_trace` holds traces of the library against it. It is law,
not algorithm: pairs of groups of which one has to be closed before the
other's own tasks are told anything, and the parent whose rule says so.
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Topology:
    """Groups in the order of their creation, as "name parent [parallel]"."""

    name: str
    groups: tuple[str, ...]
    edges: tuple[str, ...] = ()  # "first later": siblings
    owner: str = ""  # "owned group": a task of the group is the owner's

    @cached_property
    def names(self) -> list[str]:
        return [line.split()[0] for line in self.groups]

    @cached_property
    def parents(self) -> list[int]:
        """The root is its own."""
        return [self.names.index(line.split()[1]) for line in self.groups]

    @cached_property
    def parallel(self) -> set[int]:
        return {i for i, line in enumerate(self.groups) if "parallel" in line}

    @cached_property
    def edge_pairs(self) -> set[tuple[int, int]]:
        return {tuple(map(self.names.index, edge.split())) for edge in self.edges}

    @cached_property
    def owner_pair(self) -> tuple[int, int]:
        """The group of the owner and the group owned; 0, 0: there is none."""
        if not self.owner:
            return 0, 0
        owned, home = map(self.names.index, self.owner.split())
        return home, owned

    def children(self, group: int) -> list[int]:
        return [i for i in range(1, len(self.groups)) if self.parents[i] == group]

    def above(self, group: int) -> set[int]:
        found = set()
        while group != 0:
            group = self.parents[group]
            found.add(group)
        return found

    def within(self, top: int) -> set[int]:
        """The group and all below it."""
        return {i for i in range(len(self.groups)) if i == top or top in self.above(i)}

    def turns(self, parent: int) -> list[int]:
        """Of the children that no edge holds back, the newest is next."""
        waiting, order = self.children(parent), []
        while waiting:
            order.append(max(one for one in waiting if not any(
                (first, one) in self.edge_pairs for first in waiting)))
            waiting.remove(order[-1])
        return order

    def sibling_pairs(self, parent: int) -> set[tuple[int, int]]:
        """(first, later) among the children of one parent."""
        turns = self.turns(parent)
        return {(first, later) for place, first in enumerate(turns)
                for later in turns[place + 1:]
                if parent not in self.parallel or (first, later) in self.edge_pairs}

    def before(self, group: int, parent: int) -> set[int]:
        """Who is closed before the own tasks of the group are told anything,
        by what the parent says of its children."""
        if group == parent:
            return self.within(group) - {group}
        return {inner for first, later in self.sibling_pairs(parent)
                if group in self.within(later) for inner in self.within(first)}


TOPOLOGIES = {topology.name: topology for topology in (
    Topology("serial", ("root root", "a root", "b root", "c b")),
    Topology("edges", ("root root", "a root", "b root", "c root"),
             edges=("a c", "b c")),
    Topology("parallel", ("root root parallel", "a root", "b root", "c root"),
             edges=("b c",)),
    Topology("nested", ("root root", "a root parallel", "b a", "c a", "d root"),
             edges=("b c",)),
    Topology("chain", ("root root", "a root", "b a", "c root", "d c"),
             edges=("a c",)),
    Topology("owned", ("root root", "a root", "b a", "c b", "d b"),
             owner="b a"),
)}


def bits(members: set[int]) -> int:
    return sum(1 << member for member in members)


def macro(name: str, values: list[int]) -> str:
    """A table as a macro of one argument: spin has no constant arrays."""
    text = str(values[-1])
    for index in range(len(values) - 2, -1, -1):
        text = f"((x) == {index} -> {values[index]} : {text})"
    return f"#define {name}(x) {text}"


def promela(topology: Topology) -> str:
    """The tree and its order relation, as the model includes them."""
    every = range(len(topology.groups))
    lines = [
        f"#define GROUPS {len(every)}",
        f"#define PARALLEL {bits(topology.parallel)}",
        macro("PARENT", topology.parents),
        macro("CHILDREN", [bits(set(topology.children(i))) for i in every]),
        macro("WITHIN", [bits(topology.within(i)) for i in every]),
        macro("ABOVE", [bits(topology.above(i)) for i in every]),
        macro("FIRSTS", [bits({first for first, later in topology.edge_pairs
                               if later == i}) for i in every]),
    ]
    for i in every:
        lines.append(macro(f"BEFORE_{i}",
                           [bits(topology.before(i, parent)) for parent in every]))
    text = f"BEFORE_{every[-1]}(p)"
    for i in reversed(every[:-1]):
        text = f"((x) == {i} -> BEFORE_{i}(p) : {text})"
    lines.append(f"#define BEFORE(x, p) {text}")
    return "\n".join(lines) + "\n"
