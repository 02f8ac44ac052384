"""mutants.py - the table of what may happen to ptg.h, and what the gate has to
say to it. test_gate.py runs it."""

from typing import NamedTuple

SAME = "same"  # nothing that the lock keeps has changed
HARMLESS = "harmless"  # passes once the lock is written anew
BREAKING = "breaking"  # passes only when MAJOR moves as well
REFUSED = "refused"  # not a header that we may have at all


class Mutant(NamedTuple):
    name: str
    verdict: str
    says: str  # what the gate's words must contain
    old: str  # a regular expression with one match in ptg.h
    new: str


# The comment of ptg_runtime_get_root(), and a new function above it.
ROOT = r"/\* Sets \*out to the root group;"
NEW_FUNCTION = """\
/* Does what is new.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL */
PTG_API ptg_status ptg_new_thing(int32_t thing);

/* Sets *out to the root group;"""
# The end of that function's comment, and its tags.
TAGS = r"(stays good until destroy\.\n \* )@since 0\.1  @thread runtime  @callback yes"

MUTANTS = [
    # Harmless.
    Mutant("another comment", SAME, "",
           r"Zero names nothing\.", "Zero is nobody."),
    Mutant("functions in another order", HARMLESS, "functions.md",
           r"(?s)(/\* Sets \*out to the root group;.*?;\n\n)(/\* Sets \*out to the "
           r"loop,.*?;\n\n)", r"\2\1"),
    Mutant("a new function", HARMLESS, "ptg_new_thing is new",
           ROOT, NEW_FUNCTION),
    Mutant("a new status at the end", HARMLESS, "PTG_ENEWEST is new",
           r"(PTG_EDEADLK = -19)", r"\1,\n  PTG_ENEWEST = -20"),
    Mutant("a new macro", HARMLESS, "PTG_NEW_MAX is new",
           r"(#define PTG_NAME_MAX 255)", r"\1\n#define PTG_NEW_MAX 3"),
    Mutant("a field appended to a sized struct", HARMLESS,
           "ptg_outcome.newest is new, at the end",
           r"\n\} ptg_outcome;", r"\n  uint64_t newest;\n} ptg_outcome;"),
    Mutant("a reserved field put to use", HARMLESS,
           "ptg_timer_info.newest took reserved0's place",
           r"uint32_t reserved0; /\* zero \*/\n  uint64_t fired;",
           "uint32_t newest;\n  uint64_t fired;"),
    Mutant("a new opaque struct", HARMLESS, "struct ptg_newest is new",
           r"struct ptg_group_options;\n", "struct ptg_group_options;\n"
           "typedef struct ptg_newest ptg_newest;\n"),
    Mutant("a parameter renamed", HARMLESS, "has another name",
           r"ptg_status_name\(ptg_status status\)",
           "ptg_status_name(ptg_status value)"),
    Mutant("a promise widened", HARMLESS, "had @thread runtime, has any",
           TAGS, r"\1@since 0.1  @thread any  @callback yes"),
    Mutant("one more way to fail", HARMLESS, "ptg_watch_remove() fails anew",
           r"(and user_data is released\.\n.*\n.*@fails PTG_EINVAL) ",
           r"\1 PTG_EBUSY "),
    # Removed.
    Mutant("a function removed", BREAKING, "ptg_abi_version is gone",
           r"PTG_API uint32_t ptg_abi_version\(void\);", ""),
    Mutant("a constant removed", BREAKING, "PTG_TASK_ABANDONED is gone",
           r",\n  PTG_TASK_ABANDONED = 3[^\n]*", ""),
    Mutant("a macro removed", BREAKING, "PTG_REASON_MAX is gone",
           r"#define PTG_REASON_MAX 255\n", ""),
    Mutant("an initializer removed", BREAKING, "PTG_TIMER_INFO_INIT is gone",
           r"#define PTG_TIMER_INFO_INIT \\\n[^\n]*\n", ""),
    Mutant("a field removed", BREAKING, "ptg_shutdown_options shrank",
           r"  int64_t deadline_ns;    /\* from this call to all closed[^\n]*\n", ""),
    Mutant("a callback type removed", BREAKING, "ptg_alloc_fn is gone",
           r"(?s)typedef void \*\(\*ptg_alloc_fn\).*?;(.*?)ptg_alloc_fn alloc;",
           r"\1void *alloc;"),
    # Reordered.
    Mutant("two fields swapped", BREAKING, "are in another order",
           r"(  int64_t cancel_ns;   /\*[^\n]*\n)(  int64_t closed_ns; [^\n]*\n)",
           r"\2\1"),
    Mutant("a field in the middle", BREAKING, "ptg_outcome.value moved",
           r"(  uint64_t value;     /\* the task's own)", r"  uint64_t newest;\n\1"),
    Mutant("parameters swapped", BREAKING, "ptg_group_stops_before() took",
           r"ptg_runtime \*runtime, ptg_group first,\s+ptg_group later",
           "ptg_group first, ptg_runtime *runtime, ptg_group later"),
    # Narrowed.
    Mutant("a field narrowed", BREAKING, "ptg_timer_info.missed had 8 bytes",
           r"uint64_t missed; ", "uint32_t missed, reserved1; "),
    Mutant("a parameter narrowed", BREAKING, "ptg_task_sleep() took",
           r"(ptg_task_sleep\([^)]*)int64_t duration_ns", r"\1int32_t duration_ns"),
    Mutant("another thread", BREAKING, "had @thread any, has runtime",
           r"(Gives a way in back(?s:.*?)@thread) any", r"\1 runtime"),
    Mutant("no longer in callbacks", BREAKING, "had @callback yes, has no",
           TAGS, r"\1@since 0.1  @thread runtime  @callback no"),
    # Renumbered.
    Mutant("a status renumbered", BREAKING, "PTG_EFULL was -15, is -25",
           r"PTG_EFULL = -15", "PTG_EFULL = -25"),
    Mutant("a status in the middle", BREAKING, "PTG_TASK_RUNNING was 2, is 3",
           r"PTG_TASK_RUNNING = 2,\n  PTG_TASK_ABANDONED = 3",
           "PTG_TASK_NEWEST = 2,\n  PTG_TASK_RUNNING = 3,\n"
           "  PTG_TASK_ABANDONED = 4"),
    Mutant("a flag renumbered", BREAKING, "PTG_SPAWN_OBSERVED was 2, is 4",
           r"PTG_SPAWN_OBSERVED UINT32_C\(2\)", "PTG_SPAWN_OBSERVED UINT32_C(4)"),
    # Retyped.
    Mutant("a constant retyped", BREAKING, "PTG_NAME_MAX was int, is unsigned",
           r"PTG_NAME_MAX 255", "PTG_NAME_MAX 255u"),
    Mutant("a typedef retyped", BREAKING, "ptg_watch was uint64_t, is int64_t",
           r"typedef uint64_t ptg_watch;", "typedef int64_t ptg_watch;"),
    Mutant("a field retyped", BREAKING, "ptg_event.code was int32_t, is uint32_t",
           r"int32_t code;        /\* likewise; see", "uint32_t code; /* see"),
    Mutant("a result retyped", BREAKING, "ptg_abi_version() returned uint32_t",
           r"PTG_API uint32_t ptg_abi_version", "PTG_API int32_t ptg_abi_version"),
    Mutant("a callback retyped", BREAKING, "ptg_release_fn was",
           r"\(\*ptg_release_fn\)\(void \*user_data\)",
           "(*ptg_release_fn)(void *user_data, int32_t why)"),
    # What no header of ours may be.
    Mutant("no tag at all", REFUSED, "no comment above it",
           ROOT + r"(?s:.*?)\*/\n", ""),
    Mutant("a tag missing", REFUSED, "ptg_runtime_get_root: @thread missing",
           TAGS, r"\1@since 0.1  @callback yes"),
    Mutant("an unknown tag", REFUSED, "@returns is no tag",
           TAGS, r"\1@since 0.1  @thread runtime  @callback yes @returns much"),
    Mutant("a thread that is none", REFUSED, "@thread main: not one of",
           TAGS, r"\1@since 0.1  @thread main  @callback yes"),
    Mutant("a status that is none", REFUSED, "PTG_ENONE, which is no status",
           r"(Gives up a watch(?s:.*?)@fails PTG_EINVAL) ", r"\1 PTG_ENONE "),
    Mutant("a constant for a status", REFUSED, "PTG_EVENT_START, which is no",
           r"(Gives up a watch(?s:.*?)@fails) PTG_EINVAL ", r"\1 PTG_EVENT_START "),
    Mutant("from the future", REFUSED, "@since 0.9, but the header is",
           TAGS, r"\1@since 0.9  @thread runtime  @callback yes"),
    Mutant("a struct without its size", REFUSED, "ptg_new does not say its size",
           r"struct ptg_group_options;\n", "struct ptg_group_options;\n"
           "typedef struct ptg_new {\n  uint64_t newest;\n} ptg_new;\n"),
    Mutant("a hole", REFUSED, "ptg_shutdown_options has a hole at its end",
           r"\n\} ptg_shutdown_options;", "\n  uint32_t n;\n} ptg_shutdown_options;"),
    Mutant("a union", REFUSED, "a union",
           r"struct ptg_group_options;\n", "struct ptg_group_options;\n"
           "union ptg_new { uint64_t a; double b; };\n"),
    Mutant("no C", REFUSED, "error:",
           r"typedef uint64_t ptg_group;", "typedef uint65_t ptg_group;"),
]
