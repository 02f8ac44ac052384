/* shutdown.pml - the shutdown protocol of a tree of groups, for spin.
 *
 * Three parties. The host asks for shutdowns, spawns, and ends its tasks or
 * does not: an obedient task is one that happens to end when it is told to, a
 * stubborn one happens never to, and spin tries both. The library follows the
 * rules. The clock, here a part of the library, moves on when all that is
 * ready has been done, and only then does a limit fall (decision 8).
 *
 * What the rules must bring about is asserted where it could be broken, each
 * time under a [name]; `check` reads the names. What decides (the sets under
 * "groups" and "tasks") is kept apart from what only watches (under
 * "watched"), or a rule would be checked against itself.
 *
 * The tree, its order relation, the tasks and the limits are in topology.pml,
 * which `check` writes from order.py. Groups are numbered in the order of
 * their creation, the root is 0; a set is bits in a byte. Each MUTANT_ is a
 * mistake that must be found, each SAW a situation that must be reached.
 */
#include "topology.pml"

#define BIT(x) (1 << (x))
#define IN(set, x) (((set) >> (x)) & 1)
#define ALL (BIT(GROUPS) - 1)
#define NOBODY 15
#define NEVER 255
#define LESSER(a, b) ((a) < (b) -> (a) : (b))
#define GREATER(a, b) ((a) > (b) -> (a) : (b))

/* ---------------------------------------------------------------- state -- */

/* Groups. Ending, not begun: it waits for its turn, and is open. Begun: it is
 * draining. Own: its children are closed, its own tasks are in their phase. */
byte ending, begun, own, cancelling, closed;
byte forced; /* straight to cancel */
byte brief;  /* its limits were shortened */

byte now = 1;
byte since[GROUPS];    /* its own phase began */
byte end_at[GROUPS];   /* its own phase ends */
byte close_by[GROUPS] = NEVER; /* its share of a deadline */
byte reserve[GROUPS];  /* what of that is for its cancel phase */

/* Tasks, each in one of these at most but for to_tell. An abandoned one has
 * not ended yet; failing: its failure is to be handled; untold: its end is. */
byte unborn = SPARE, pending, running = FIRST_TASKS, failing, untold;
byte abandoned;
byte to_tell; /* that the phase has begun */

/* What the host may still ask for. */
byte asks = ASKS;

/* Watched. */
byte drained, cancelled, done, given_up, cleanup; /* tasks */
byte told_closed; /* groups */
byte strays;      /* one below was asked for by itself, so ahead of its turn */
byte due[GROUPS] = NEVER; /* the earliest deadline that was asked for */

/* Situations; `check` asks for each whether it is ever seen. */
#define ABANDONED 0
#define BINDING 1
#define FORCED_IN_DRAIN 2
#define DEADLINE_WITH_STRAYS 3
#define OWNER_TRIGGERED 4
#define CLEANUP_SPAWN 5
#define INSIDER 6
#define LATE_FAILURE 7
#define SCALED_SHARES 8
#ifdef WITNESS
short seen;
#define SAW(situation) seen = seen | BIT(situation)
#else
#define SAW(situation) skip
#endif

/* Scratch: means nothing between two steps. */
hidden byte group, task, top, mode, how;
hidden byte child, found, pass, placed, place;
hidden byte remaining, share_by, keeps, end_was;
hidden byte turn[GROUPS], need[GROUPS], tail[GROUPS], need_own[GROUPS];

/* ---------------------------------------------------------------- turns -- */

/* Sets found to the child of p whose turn it is: the newest that no edge holds
 * back, when none is under way (decision 4). */
inline find_next(p) {
  found = NOBODY;
  for (child : 1 .. GROUPS - 1) {
    if
    :: IN(CHILDREN(p) & ~begun, child) && (FIRSTS(child) & ~closed) == 0 ->
#ifdef MUTANT_FORCED_IN_REVERSE
      if :: found == NOBODY || !IN(forced, p) -> found = child :: else fi
#else
      found = child
#endif
    :: else
    fi
  }
  if :: (CHILDREN(p) & begun & ~closed) != 0 -> found = NOBODY :: else fi
}

#ifdef MUTANT_FORCED_IGNORES_EDGES
#define IS_HELD(group) \
  (!IN(forced, group) && (FIRSTS(group) & ending & ~closed) != 0)
#elif defined(MUTANT_EDGES_AS_WHEN_ASKED)
byte held[GROUPS]; /* by how many, when it was asked for */
#define IS_HELD(group) (held[group] != 0)
#else
#define IS_HELD(group) ((FIRSTS(group) & ending & ~closed) != 0)
#endif

/* Alone: no ancestor is ending, so its turn is now. */
#define IS_TOP(group) ((group) == 0 || !IN(ending, PARENT(group)))

/* found is what find_next() found. */
#define IS_CALLED(group) \
  (IN(begun, PARENT(group)) && \
   (IN(PARALLEL, PARENT(group)) || found == (group)))
#ifdef MUTANT_OWNER_PATH_UNORDERED
byte by_owner;
#define HAS_TURN(group) \
  (IS_TOP(group) || IN(by_owner, group) || IS_CALLED(group))
#elif defined(MUTANT_ASKED_FOR_STAYS_AHEAD)
byte asked; /* by itself, when no ancestor was ending */
#define HAS_TURN(group) \
  (IS_TOP(group) || IN(asked, group) || IS_CALLED(group))
#else
#define HAS_TURN(group) (IS_TOP(group) || IS_CALLED(group))
#endif

/* ------------------------------------------------------------ deadlines -- */

#define GRACE_OF(group) \
  (IN(forced, group) -> 0 : (IN(brief, group) -> LESSER(GRACE, BRIEF) : GRACE))
#define WAIT_OF(group) (IN(brief, group) -> LESSER(WAIT, BRIEF) : WAIT)

/* Sets turn[] of the children of p: 0 for those closed; then come those under
 * way, whatever their place would have been; then the others, as above. */
inline number_turns(p) {
  placed = closed;
  for (child : 1 .. GROUPS - 1) {
    turn[child] = 0;
#ifndef MUTANT_STRAYS_IN_THEIR_PLACE
    if
    :: IN(CHILDREN(p) & begun & ~closed, child) ->
      turn[child] = 1;
      placed = placed | BIT(child)
    :: else
    fi
#endif
  }
  for (pass : 2 .. GROUPS) {
    found = NOBODY;
    for (child : 1 .. GROUPS - 1) {
      if
      :: IN(CHILDREN(p) & ~placed, child) && (FIRSTS(child) & ~placed) == 0 ->
        found = child
      :: else
      fi
    }
    if
    :: found != NOBODY ->
      turn[found] = pass;
      placed = placed | BIT(found)
    :: else
    fi
  }
}

/* Of two children of p that are not closed: is it the other's turn later? */
#define IS_LATER(p, other, one) \
  (IN(PARALLEL, p) -> (IN(FIRSTS(other), one) && !IN(begun, other)) : \
                      turn[other] > turn[one])

/* Sets need[p] and the tail[] of its children, whose needs are known. */
inline sum_up(p) {
  number_turns(p);
  for (child : 1 .. GROUPS - 1) {
    if :: IN(CHILDREN(p), child) -> tail[child] = 0 :: else fi
  }
  for (pass : 1 .. GROUPS - 2) { /* as often as a chain may be long */
    for (child : 1 .. GROUPS - 1) {
      for (found : 1 .. GROUPS - 1) {
        if
        :: IN(CHILDREN(p) & ~closed, child) &&
           IN(CHILDREN(p) & ~closed, found) && IS_LATER(p, found, child) ->
          tail[child] = GREATER(tail[child], need[found] + tail[found])
        :: else
        fi
      }
    }
  }
  need[p] = 0;
  for (child : 1 .. GROUPS - 1) {
    if
    :: IN(CHILDREN(p) & ~closed, child) ->
      need[p] = GREATER(need[p], need[child] + tail[child])
    :: else
    fi
  }
  need_own[p] = (IN(cancelling, p) -> end_at[p] - now :
                                      LESSER(WAIT_OF(p), remaining));
  need[p] = need[p] + need_own[p]
}

#define SCALED(part) \
  (need[top] <= remaining -> (part) : ((part) * remaining) / need[top])

/* Shares the deadline of top out over all below it (decision 5). */
inline share() {
  remaining = close_by[top] - now;
  for (place : 1 .. GROUPS) { /* children have higher numbers than parents */
    if
    :: IN(WITHIN(top) & ~closed, GROUPS - place) -> sum_up((GROUPS - place))
    :: else
    fi
  }
  reserve[top] = SCALED(need_own[top]);
  keeps = 0; /* an earlier share that is tighter, with all below */
  for (group : 1 .. GROUPS - 1) {
    if
    :: group != top && IN(WITHIN(top) & ~closed, group) ->
#ifdef MUTANT_LIMITS_SUMMED
      share_by = NEVER - 1; /* only the top knows of the deadline */
#else
      share_by = close_by[PARENT(group)] -
                 SCALED(need_own[PARENT(group)] + tail[group]);
#endif
      if
      :: IN(keeps, PARENT(group)) || share_by >= close_by[group] ->
        keeps = keeps | BIT(group)
      :: else ->
        close_by[group] = share_by;
        reserve[group] = SCALED(need_own[group])
      fi
    :: else
    fi
  }
}

/* --------------------------------------------------------------- phases -- */

/* Sets end_at[g] for the phase that it is in. */
inline arm(group) {
  if
  :: IN(cancelling, group) ->
    end_at[group] = LESSER(since[group] + WAIT_OF(group), close_by[group])
  :: else ->
    end_at[group] = since[group] + GRACE_OF(group);
    if
    :: close_by[group] != NEVER ->
#ifdef MUTANT_NO_RESERVE
      end_at[group] = LESSER(end_at[group], close_by[group])
#else
      end_at[group] = LESSER(end_at[group], close_by[group] - reserve[group])
#endif
    :: else
    fi
  fi;
  end_at[group] = GREATER(end_at[group], now)
}

inline begin_cancel(group) {
  assert(close_by[group] == NEVER ||
         now + reserve[group] <= close_by[group]); /* [reserve] */
  if
  :: close_by[group] != NEVER && now < since[group] + GRACE_OF(group) -> SAW(BINDING)
  :: else
  fi;
  if
  :: close_by[group] != NEVER && reserve[group] < WAIT_OF(group) -> SAW(SCALED_SHARES)
  :: else
  fi;
  cancelling = cancelling | BIT(group);
  since[group] = now;
  arm(group);
#ifndef MUTANT_STARTS_IN_CANCEL
  /* What has not started never will: its end is told like any other. */
  untold = untold | (pending & TASKS(group));
  pending = pending & ~TASKS(group);
#endif
#ifdef MUTANT_DRAIN_AFTER_CANCEL
  late_drain = late_drain | (to_tell & TASKS(group));
#endif
  to_tell = to_tell | (running & TASKS(group))
}

#ifdef MUTANT_DRAIN_AFTER_CANCEL
byte late_drain; /* still to be told so after the cancel */
#endif

/* The children are closed: the phase of the group's own tasks begins. */
inline begin_own(group) {
  assert((BEFORE(group, group) & ~closed) == 0); /* [children first] */
  for (child : 0 .. GROUPS - 1) {
    assert(IN(strays, child) || (BEFORE(group, child) & ~closed) == 0); /* [order] */
  }
  own = own | BIT(group);
  since[group] = now;
  arm(group);
  if
  :: end_at[group] <= now -> begin_cancel(group)
  :: else -> to_tell = to_tell | (running & TASKS(group))
  fi
}

inline begin(group) {
  assert((FIRSTS(group) & ending & ~closed) == 0); /* [edges] */
  assert(IS_TOP(group) || IN(begun, PARENT(group))); /* [its turn] */
  assert(IS_TOP(group) || IN(PARALLEL, PARENT(group)) ||
         (CHILDREN(PARENT(group)) & begun & ~closed) == 0); /* [one at a time] */
  begun = begun | BIT(group)
}

#ifdef MUTANT_PARENT_DOES_NOT_WAIT
#define HAS_CHILDREN(group) 0
#else
#define HAS_CHILDREN(group) ((CHILDREN(group) & ~closed) != 0)
#endif

/* Lets begin whoever may now: parents have lower numbers than children. */
inline settle() {
  for (group : 0 .. GROUPS - 1) {
    if
    :: IN(ending & ~begun, group) ->
      if :: group > 0 -> find_next(PARENT(group)) :: else fi;
      if
      :: !IS_HELD(group) && HAS_TURN(group) -> begin(group)
      :: else
      fi
    :: else
    fi;
    if
    :: IN(begun & ~own, group) && !HAS_CHILDREN(group) -> begin_own(group)
    :: else
    fi
  }
}

/* ------------------------------------------------------------- requests -- */

#define PLAIN 0
#define FORCE 1
#define SHORTEN 2
#define EARLY 3 /* a deadline */
#define LATE 4  /* a deadline that is further off */

/* Applies what was tightened to the phases under way: nothing is put off. */
inline hurry() {
  for (group : 0 .. GROUPS - 1) {
    if
    :: IN(WITHIN(top) & own & ~closed, group) ->
      end_was = end_at[group];
#ifdef MUTANT_SECOND_CALL_EXTENDS
      since[group] = now;
#endif
      if
      :: IN(forced & ~cancelling, group) ->
        SAW(FORCED_IN_DRAIN);
        begin_cancel(group)
      :: else ->
        arm(group);
        assert(end_at[group] <= end_was) /* [not put off] */
      fi
    :: else
    fi
  }
}

#ifdef MUTANT_DEADLINE_EXTENDS
#define IS_TIGHTER(new, old) ((new) != (old))
#else
#define IS_TIGHTER(new, old) ((new) < (old))
#endif

inline take_deadline(duration) {
  if
  :: IS_TIGHTER(now + duration, close_by[top]) ->
    if :: strays != 0 -> SAW(DEADLINE_WITH_STRAYS) :: else fi;
    close_by[top] = now + duration;
    share()
  :: else
  fi;
  for (group : 0 .. GROUPS - 1) {
    if
    :: IN(WITHIN(top) & ~closed, group) ->
      due[group] = LESSER(due[group], now + duration)
    :: else
    fi
  }
}

inline ask() {
  if
  :: top != 0 && !IN(ending, top) && IS_TOP(top) ->
#ifdef MUTANT_ASKED_FOR_STAYS_AHEAD
    asked = asked | BIT(top);
#endif
    strays = strays | ABOVE(top)
  :: else
  fi;
#ifdef MUTANT_EDGES_AS_WHEN_ASKED
  for (child : 1 .. GROUPS - 1) {
    if
    :: !IN(ending, top) && IN(FIRSTS(top) & ending & ~closed, child) ->
      held[top]++
    :: else
    fi
  }
#endif
  ending = ending | (WITHIN(top) & ~closed);
  if :: mode == FORCE -> forced = forced | (WITHIN(top) & ~closed) :: else fi;
  if :: mode == SHORTEN -> brief = brief | (WITHIN(top) & ~closed) :: else fi;
  if :: mode == EARLY -> take_deadline(DEADLINE) :: else fi;
  if :: mode == LATE -> take_deadline((DEADLINE + 1)) :: else fi;
  hurry();
  settle()
}

/* A deadline on a group that waits for its turn would be a promise about those
 * that it waits for; the model leaves that case out. See README.md. */
#define IS_WAITING(group) \
  (IN(begun, group) -> 0 : (IS_HELD(group) || !IS_TOP(group)))

/* ---------------------------------------------------------------- tasks -- */

inline end_task(task) {
  running = running & ~BIT(task);
  to_tell = to_tell & ~BIT(task);
#ifdef MUTANT_DRAIN_AFTER_CANCEL
  late_drain = late_drain & ~BIT(task);
#endif
  if
  :: task == OWNER && !IN(ending | closed, OWNED) ->
    SAW(OWNER_TRIGGERED);
    top = OWNED;
    mode = PLAIN;
#ifdef MUTANT_OWNER_PATH_UNORDERED
    by_owner = WITHIN(OWNED);
#endif
    ask()
  :: else
  fi
}

/* On whose behalf a task is spawned: of nobody inside its group or below; of
 * a task there; of one there, and marked as clean-up. */
#define OUTSIDE 0
#define INSIDE 1
#define CLEANUP 2

#define IS_DRAINING(g) IN(begun & ~cancelling & ~closed, g)
#ifdef MUTANT_OUTSIDER_WHILE_DRAINING
#define ADMITS(g, how) (!IN(cancelling | closed, g))
#elif defined(MUTANT_SPAWN_WHEN_CLOSED)
#define ADMITS(g, how) (!IN(begun & ~closed, g))
#elif defined(MUTANT_INSIDER_REFUSED)
#define ADMITS(g, how) (!IN(begun, g))
#elif defined(MUTANT_ANY_SPAWN_WHEN_CANCELLING)
#define ADMITS(g, how) (!IN(begun, g) || (how != OUTSIDE && !IN(closed, g)))
#else
#define ADMITS(g, how) \
  (!IN(begun, g) || (how != OUTSIDE && IS_DRAINING(g)) || \
   (how == CLEANUP && IN(cancelling & ~closed, g)))
#endif

inline spawn(t) {
  group = GROUP(t);
  if
  :: ADMITS(group, how) ->
    assert(!IN(closed, group)); /* [admission] */
    assert(!IN(begun, group) || how != OUTSIDE); /* [admission] */
    assert(!IN(cancelling, group) || how == CLEANUP); /* [admission] */
    if
    :: IN(cancelling, group) ->
      SAW(CLEANUP_SPAWN);
      cleanup = cleanup | BIT(t)
    :: IS_DRAINING(group) -> SAW(INSIDER)
    :: else
    fi;
    unborn = unborn & ~BIT(t);
    pending = pending | BIT(t)
  :: else -> /* work under way may go on */
    assert(how == OUTSIDE || IN(cancelling | closed, group)) /* [admission] */
  fi
}

/* -------------------------------------------------------------- library -- */

/* One of up to five groups or tasks of which P holds. */
#define SOME(P) (P(0) || P(1) || P(2) || P(3) || P(4))
#define CHOOSE(P, x) \
  if :: P(0) -> x = 0 :: P(1) -> x = 1 :: P(2) -> x = 2 \
  :: P(3) -> x = 3 :: P(4) -> x = 4 fi

#define TO_TELL(group) ((group) < GROUPS && (to_tell & TASKS(group)) != 0)
#define TO_HANDLE(task) IN(failing, task)
#ifdef MUTANT_OWNER_DONE_EARLY
#define TO_BE_DONE(task) IN(untold, task)
#else
#define TO_BE_DONE(task) \
  (IN(untold, task) && \
   ((task) != OWNER || !IN(ending, OWNED) || IN(closed, OWNED)))
#endif
#ifdef MUTANT_CLOSES_UNTOLD
#define LIVE (pending | running | failing)
#else
#define LIVE (pending | running | failing | untold)
#endif
#ifdef MUTANT_CLOSED_TOLD_TWICE
#define TO_CLOSE(group) \
  ((group) < GROUPS && IN(own, group) && (LIVE & TASKS(group)) == 0)
#else
#define TO_CLOSE(group) \
  ((group) < GROUPS && IN(own & ~closed, group) && (LIVE & TASKS(group)) == 0)
#endif
#define IS_READY \
  (pending != 0 || to_tell != 0 || failing != 0 || SOME(TO_BE_DONE) || \
   SOME(TO_CLOSE))
#define IS_DUE(group) \
  ((group) < GROUPS && IN(own & ~closed, group) && end_at[group] <= now)

/* A limit that falls: the clock waits for it. */
#ifdef MUTANT_NEVER_GIVES_UP
#define IS_TO_FALL(g) (IS_DUE(g) && !IN(cancelling, g))
#else
#define IS_TO_FALL(g) IS_DUE(g)
#endif

/* Starts the oldest of those that were accepted. */
inline start() {
  task = 0;
  do :: !IN(pending, task) -> task++ :: else -> break od;
  group = GROUP(task);
  assert(!IN(closed, group)); /* [start] */
  assert(!IN(cancelling, group) || IN(cleanup, task)); /* [start] */
  pending = pending & ~BIT(task);
  running = running | BIT(task);
  /* One that comes while its group drains is told so after its start. */
  if :: IN(own & ~cancelling, group) -> to_tell = to_tell | BIT(task) :: else fi
}

/* Tells the newest task of g that is to be told. */
inline tell(group) {
  task = 7;
  do :: !IN(to_tell & TASKS(group), task) -> task-- :: else -> break od;
#ifdef MUTANT_OLDEST_FIRST
  task = 0;
  do :: !IN(to_tell & TASKS(group), task) -> task++ :: else -> break od;
#endif
  assert(!IN(closed, group)); /* [told] */
  if
#ifdef MUTANT_DRAIN_AFTER_CANCEL
  :: IN(cancelling, group) && IN(late_drain & cancelled, task) ->
    to_tell = to_tell & ~BIT(task);
    late_drain = late_drain & ~BIT(task);
    assert(!IN(cancelled, task)) /* [no drain after cancel] */
#endif
  :: IN(cancelling, group) ->
    assert(!IN(cancelled, task)); /* [once] */
    assert((cancelled & TASKS(group) & (BIT(task) - 1)) == 0); /* [newest first] */
    cancelled = cancelled | BIT(task);
#ifdef MUTANT_CANCEL_TWICE
    if :: true :: to_tell = to_tell & ~BIT(task) fi
#elif defined(MUTANT_DRAIN_AFTER_CANCEL)
    if :: !IN(late_drain, task) -> to_tell = to_tell & ~BIT(task) :: else fi
#else
    to_tell = to_tell & ~BIT(task)
#endif
  :: !IN(cancelling, group) ->
    assert(!IN(drained, task)); /* [once] */
    assert(!IN(cancelled, task)); /* [no drain after cancel] */
    drained = drained | BIT(task);
    to_tell = to_tell & ~BIT(task)
  fi
}

/* A failure goes to the task's group, and to the nearest one above that is not
 * closed when it comes late; when all are, its end alone is told. */
inline handle(t) {
  group = GROUP(t);
#ifndef MUTANT_HANDLER_AFTER_CLOSED
  do
  :: IN(closed, group) && group > 0 -> group = PARENT(group)
  :: else -> break
  od;
#endif
  if
  :: IN(closed, group) && IN(given_up, t) && group == 0 -> skip
  :: else -> assert(!IN(closed, group)) /* [handler] */
  fi;
  if :: group != GROUP(t) -> SAW(LATE_FAILURE) :: else fi;
  failing = failing & ~BIT(t);
  untold = untold | BIT(t)
}

/* The end of a task has been told; what it was told before is no matter. */
inline tell_done(task) {
  assert(!IN(done, task)); /* [once] */
  assert(task != OWNER || !IN(ending, OWNED) || IN(closed, OWNED)); /* [owner] */
  assert(!IN(closed, GROUP(task)) || IN(given_up, task)); /* [told] */
  untold = untold & ~BIT(task);
  done = done | BIT(task);
  drained = drained & ~BIT(task);
  cancelled = cancelled & ~BIT(task)
}

inline close(group) {
  assert(!IN(told_closed, group)); /* [closed once] */
  assert(now <= due[group]); /* [deadline] */
  closed = closed | BIT(group);
  told_closed = told_closed | BIT(group);
  since[group] = 0;
  end_at[group] = 0;
  close_by[group] = 0;
  reserve[group] = 0;
#ifdef MUTANT_EDGES_AS_WHEN_ASKED
  for (child : 1 .. GROUPS - 1) {
    if
    :: IN(FIRSTS(child), group) && held[child] > 0 -> held[child]--
    :: else
    fi
  }
#endif
#ifdef MUTANT_NEXT_IS_FORGOTTEN
  if :: IN(forced, group) -> skip :: else -> settle() fi
#else
  settle()
#endif
}

inline give_up(group) {
  if :: running & TASKS(group) -> SAW(ABANDONED) :: else fi;
  given_up = given_up | (running & TASKS(group));
  abandoned = abandoned | (running & TASKS(group));
  running = running & ~TASKS(group)
}

inline tick() {
  now++;
  for (group : 0 .. GROUPS - 1) {
    assert(IN(closed, group) || now <= due[group]) /* [deadline] */
  }
}

active proctype library() {
end:
  do
  :: d_step { pending != 0 -> start(); skip }
  :: atomic { SOME(TO_TELL) -> CHOOSE(TO_TELL, group);
       d_step { tell(group); skip } }
  :: atomic { SOME(TO_HANDLE) -> CHOOSE(TO_HANDLE, task);
       d_step { handle(task); skip } }
  :: atomic { SOME(TO_BE_DONE) -> CHOOSE(TO_BE_DONE, task);
       d_step { tell_done(task) } }
  :: atomic { SOME(TO_CLOSE) -> CHOOSE(TO_CLOSE, group);
       d_step { close(group); skip } }
  :: atomic { !IS_READY && SOME(IS_TO_FALL) -> CHOOSE(IS_TO_FALL, group);
       d_step {
       if
       :: !IN(cancelling, group) -> begin_cancel(group)
       :: else -> give_up(group)
       fi; skip } }
  :: d_step { !IS_READY && !SOME(IS_DUE) && (own & ~closed) != 0 ->
       tick(); skip }
  od
}

/* Nothing can go on: then nothing may be left half done. */
active proctype stuck() {
end:
  timeout -> assert((ending & ~closed) == 0 && !IS_READY) /* [no deadlock] */
}

/* ----------------------------------------------------------------- host -- */

#define IS_RUNNING(task) IN(running, task)
#define IS_ABANDONED(task) IN(abandoned, task)
#define CAN_FAIL(task) IN(running & FAILING, task)
#define CAN_FAIL_LATE(task) IN(abandoned & FAILING, task)
#define IS_UNBORN(task) IN(unborn, task)
#define CAN_BE_ASKED(group) ((group) < GROUPS && IN(TOPS & ~closed, group))

/* What an atomic chose first is kept in x: scratch would not survive that
 * spin comes back to it for the next choice. */
active proctype host() {
  byte x;
end:
  do
  :: atomic { asks > 0 && SOME(CAN_BE_ASKED) -> CHOOSE(CAN_BE_ASKED, x);
       if
       :: mode = PLAIN
       :: IN(MODES, FORCE) -> mode = FORCE
       :: IN(MODES, SHORTEN) -> mode = SHORTEN
       :: IN(MODES, EARLY) && !IS_WAITING(x) -> mode = EARLY
       :: IN(MODES, LATE) && !IS_WAITING(x) -> mode = LATE
       fi;
       d_step { top = x; x = 0; asks--; ask(); skip } }
  /* A task ends, well or not: asked to or not, in time or late. */
  :: atomic { SOME(IS_RUNNING) -> CHOOSE(IS_RUNNING, task); d_step {
       untold = untold | BIT(task);
       end_task(task); skip } }
  :: atomic { SOME(CAN_FAIL) -> CHOOSE(CAN_FAIL, task); d_step {
       failing = failing | BIT(task);
       end_task(task); skip } }
  :: atomic { SOME(IS_ABANDONED) -> CHOOSE(IS_ABANDONED, task); d_step {
       abandoned = abandoned & ~BIT(task);
       untold = untold | BIT(task) } }
  :: atomic { SOME(CAN_FAIL_LATE) -> CHOOSE(CAN_FAIL_LATE, task); d_step {
       abandoned = abandoned & ~BIT(task);
       failing = failing | BIT(task) } }
  :: atomic { SOME(IS_UNBORN) -> CHOOSE(IS_UNBORN, x);
       if
       :: how = OUTSIDE
       :: (running & TASKS_WITHIN(GROUP(x))) != 0 -> how = INSIDE
       :: (running & TASKS_WITHIN(GROUP(x))) != 0 -> how = CLEANUP
       fi;
       d_step { task = x; x = 0; spawn(task); skip } }
#ifdef NAGGING
  /* Asks again and again, to no effect: only fairness lets time pass. */
  :: (ending & ~closed) != 0 -> skip
#endif
  od
}

/* ----------------------------------------------------------- properties -- */

/* Whatever was asked to end is closed some day, if only time passes. */
ltl ends { [] <> ((ending & ~closed) == 0) }
#ifdef WITNESS
ltl saw_abandoned { [] !IN(seen, ABANDONED) }
ltl saw_binding { [] !IN(seen, BINDING) }
ltl saw_forced_in_drain { [] !IN(seen, FORCED_IN_DRAIN) }
ltl saw_deadline_with_strays { [] !IN(seen, DEADLINE_WITH_STRAYS) }
ltl saw_owner_triggered { [] !IN(seen, OWNER_TRIGGERED) }
ltl saw_cleanup_spawn { [] !IN(seen, CLEANUP_SPAWN) }
ltl saw_insider { [] !IN(seen, INSIDER) }
ltl saw_late_failure { [] !IN(seen, LATE_FAILURE) }
ltl saw_scaled_shares { [] !IN(seen, SCALED_SHARES) }
#endif
