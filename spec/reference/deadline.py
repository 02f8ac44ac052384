"""deadline.py - how a deadline is shared out, and the plan: deadline.md in code."""

FOREVER = 2**63 - 1
KILL_WAIT = 1_000_000_000  # [PTG-SHUT-28]


class Share:
    """A group is closed by close_by, of which reserve is for its cancel phase."""

    def __init__(self, close_by=FOREVER, reserve=0):
        self.close_by, self.reserve = close_by, reserve


def duration(option):
    return FOREVER if option == "forever" else 0 if option == "at_once" else option


def plus(*parts):
    return min(FOREVER, sum(parts))


def grace(group):
    return 0 if group.is_forced else min(duration(group.grace), group.grace_cap)


def wait(group):
    return min(duration(group.cancel_wait), group.cancel_wait_cap)


def kill(group):
    return KILL_WAIT if group.kill() else 0


def cancel_at(group, share, began, given=0):  # [PTG-DEAD-08]
    end = plus(began, grace(group))
    if share.close_by == FOREVER:
        return end
    return max(began, min(max(end, given), share.close_by - share.reserve))


def give_up_at(group, share, began):  # [PTG-DEAD-09]
    end = plus(began, wait(group))
    if share.close_by == FOREVER:
        return end
    return max(began, min(end, share.close_by - min(kill(group), share.reserve // 2)))


class Sharing:
    """One sharing out: own, need, tail and part as the text has them."""

    def __init__(self, top, close_by, now, is_plan):
        self.now, self.is_plan = now, is_plan
        self.left = max(0, close_by - now)
        self.need_of, self.tail_of = {}, {}
        self.sum_up(top)
        self.need = self.need_of[top]

    def own(self, group):
        if group.state == "closed":
            return 0
        if group.state == "cancelling" and not self.is_plan and (group.limit_at is not None or group.is_killing):
            rest = max(0, (group.limit_at or 0) - self.now)
            return min(self.left, rest if group.is_killing else plus(rest, kill(group)))
        return min(self.left, plus(wait(group), kill(group)))

    def sum_up(self, group):
        span, turns = 0, group.turns()
        for child in turns:
            self.sum_up(child)
        for child in reversed(turns):
            tail = 0 if group.is_parallel else span
            if group.is_parallel:
                for later in child.edges_out:
                    if not later.has_begun:
                        tail = max(tail, plus(self.need_of[later], self.tail_of[later]))
            self.tail_of[child] = tail
            span = max(span, plus(self.need_of[child], tail))
        self.need_of[group] = plus(span, self.own(group))

    def part(self, x):
        return x if self.need <= self.left else x * self.left // self.need


def share_out(top, now, shares=None):
    """Shares out the deadline that top has [PTG-DEAD-01]; into the plan's shares if they are given."""
    def share_of(group):
        return group.share if shares is None else shares[group]
    sharing = Sharing(top, share_of(top).close_by, now, shares is not None)
    keeps = {top: False}
    share_of(top).reserve = sharing.part(sharing.own(top))
    for group in list(top.walk())[1:]:
        if group.state == "closed" or group.parent not in keeps:
            continue
        after = plus(sharing.own(group.parent), sharing.tail_of[group])
        by = share_of(group.parent).close_by - sharing.part(after)
        keeps[group] = keeps[group.parent] or by >= share_of(group).close_by  # [PTG-DEAD-05]
        if not keeps[group]:
            share_of(group).close_by, share_of(group).reserve = by, sharing.part(sharing.own(group))


class Plan:
    """A shutdown played through with every limit used up [PTG-DEAD-17]."""

    def __init__(self, top):
        self.shares = {group: Share() for group in top.walk()}
        self.rows, self.closed = [], {}
        self.drain, self.waits_for, self.cancel = {}, {}, {}
        self.play(top, 0, None)
        critical, at = set(), top
        while at is not None:  # [PTG-DEAD-19]
            critical.add(at)
            at = self.waits_for[at]
        self.rows.sort(key=lambda group: self.drain[group])  # stable: children first, by turns
        self.rows = [{"group": group, "waits_for": self.waits_for[group], "is_critical": group in critical,
                      "begin": self.drain[group], "cancel": self.cancel[group], "closed": self.closed[group]}
                     for group in self.rows]

    def play(self, group, begin, after):
        share = self.shares[group]
        if group.deadline:
            by = plus(begin, duration(group.deadline))
            if by < share.close_by:
                share.close_by = by
                share_out(group, begin, self.shares)
        last, last_begin = after, begin
        turns = group.turns()
        for place, child in enumerate(turns):
            child_begin, child_after = begin, after
            firsts = child.edges_in if group.is_parallel and not child.has_begun else []
            if not group.is_parallel and place > 0:
                firsts = [turns[place - 1]]
            for first in reversed(firsts):  # of equal ones the one declared first
                if first in self.closed and self.closed[first] >= child_begin:
                    child_begin, child_after = self.closed[first], first
            self.play(child, child_begin, child_after)
        for child in turns:
            if self.closed[child] >= last_begin:
                last, last_begin = child, self.closed[child]
        self.drain[group], self.waits_for[group] = last_begin, last
        self.cancel[group] = cancel_at(group, share, last_begin)
        given_up = give_up_at(group, share, self.cancel[group])
        self.closed[group] = max(self.cancel[group], min(plus(given_up, kill(group)), share.close_by))
        self.rows.append(group)
