"""configurations.py - what is checked of the model: how large, and with which
mistakes built in.

Limits are ticks. Bounds are chosen so that all of it takes about a minute.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Configuration:
    """A tree with tasks, and what the host may do with it."""

    topology: str
    tasks: tuple[str, ...]  # each one's group; "+": not there yet
    asks: int  # how many shutdowns the host may ask for
    tops: tuple[str, ...] = ("root",)  # of which groups
    modes: tuple[str, ...] = ("plain", "force", "shorten", "early", "late")
    grace: int = 2
    wait: int = 1
    deadline: int = 4  # of "early"; "late" is one more
    failing: tuple[int, ...] = ()  # tasks that may fail


CONFIGURATIONS = {
    # A chain of three turns, everything that the root can be asked for.
    "serial": Configuration("serial", ("root", "a", "b", "c"), asks=2),
    # The deadline is shorter than what the cancel phases want.
    "scaled": Configuration("serial", ("root", "a", "b", "c"), asks=2, wait=2,
                            deadline=5, modes=("plain", "early", "late")),
    # Edges against the order of creation; any group at any time.
    "edges": Configuration("edges", ("a", "b", "c"), asks=3,
                           tops=("root", "a", "b", "c"),
                           modes=("plain", "force", "early")),
    "parallel": Configuration("parallel", ("root", "a", "b", "c"), asks=2,
                              tops=("root", "b", "c")),
    "nested": Configuration("nested", ("a", "b", "c", "d"), asks=2,
                            tops=("root", "a", "c"),
                            modes=("plain", "force", "early")),
    # One waits for a sibling when the root's shutdown comes on top.
    "held": Configuration("nested", ("b", "c", "d"), asks=3,
                          tops=("root", "b", "c"), modes=("plain", "early")),
    # An edge between groups that have children, any group at any time.
    "chain": Configuration("chain", ("a", "b", "d"), asks=3,
                           tops=("root", "a", "b", "c"),
                           modes=("plain", "early")),
    "owned": Configuration("owned", ("root", "a", "c", "d"), asks=2,
                           tops=("root", "b"), modes=("plain", "force", "early")),
    # Spawns from inside and outside, failures, late ends.
    "spawning": Configuration("serial", ("a", "c", "+b", "+c"), asks=2,
                              modes=("plain", "force"), failing=(0, 1)),
}

# Where it is checked that all ends, under fairness; small, and so where most
# situations and mistakes are met.
SMALL = {
    "small serial": Configuration("serial", ("root", "c"), asks=2),
    "small edges": Configuration("edges", ("a", "c"), asks=2,
                                 tops=("root", "a", "b", "c"), modes=("plain", "early")),
    "small owned": Configuration("owned", ("root", "a", "d"), asks=1,
                                 modes=("plain", "early")),
}

# Situations, and the configuration that must reach them.
WITNESSES = {
    "abandoned": "small serial",
    "binding": "small serial",
    "forced_in_drain": "small serial",
    "deadline_with_strays": "small edges",
    "owner_triggered": "small owned",
    "cleanup_spawn": "spawning",
    "insider": "spawning",
    "late_failure": "spawning",
    "scaled_shares": "scaled",
}

# Mistakes: the configuration, and the property, that must find each.
MUTANTS = {
    "parent_does_not_wait": ("small serial", "children first"),
    "forced_ignores_edges": ("parallel", "edges"),
    "forced_in_reverse": ("small serial", "order"),
    "owner_path_unordered": ("small owned", "order"),
    "edges_as_when_asked": ("edges", "edges"),
    "next_is_forgotten": ("small serial", "no deadlock"),
    "never_gives_up": ("small owned", "ends"),
    "limits_summed": ("serial", "reserve"),
    "no_reserve": ("small serial", "reserve"),
    "strays_in_their_place": ("small edges", "reserve"),
    "asked_for_stays_ahead": ("held", "its turn"),
    "second_call_extends": ("small serial", "not put off"),
    "deadline_extends": ("serial", "deadline"),
    "cancel_twice": ("small serial", "once"),
    "drain_after_cancel": ("small serial", "no drain after cancel"),
    "oldest_first": ("spawning", "newest first"),
    "starts_in_cancel": ("spawning", "start"),
    "closes_untold": ("small serial", "told"),
    "closed_told_twice": ("small serial", "closed once"),
    "handler_after_closed": ("spawning", "handler"),
    "owner_done_early": ("small owned", "owner"),
    "outsider_while_draining": ("spawning", "admission"),
    "insider_refused": ("spawning", "admission"),
    "any_spawn_when_cancelling": ("spawning", "admission"),
    "spawn_when_closed": ("spawning", "admission"),
}
