"""Firings that fight: two keys, of two rule sets or of one, that put a field of one object to and fro.

In one pass two values for one field are a contradiction, and nothing is written (``effect``). Two passes cannot see
that of each other: each finds the other's value, and puts its own back, for ever. Here that is seen, told, and slowed
down.

A field changes hands for good reasons: who is overwritten changes its mind, or lets the other's value be. So only a
*return* counts: a key writes again what it had written, over another's value, in its first decision that sees it. One
may be right (a machine that was given up is back, and says so). Two in a row, one of each, are a fight:

    #10 red writes x    #11 blue writes y    #12 red writes x: a return    #13 blue wants y, as before: a fight

From then on the request that would write the field waits, longer at each return; whoever lets go ends it.

Guarantees: a request is held back only in a fight, and comes through after its delay. Memory is bounded: where many
objects are written, only some are watched, each until it has rested for a while; then others take their places.
Called by the loop, before and after the effects of a pass are sent; pure but for what it remembers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND
from ruleplane.reconcile.effect import Notice, leaf_values
from ruleplane.reconcile.firing import ref_of
from ruleplane.reconcile.queue import BASE, CAP

if TYPE_CHECKING:
    from ruleplane.matcher.bound import Bound
    from ruleplane.model.schema import Schemas
    from ruleplane.reconcile.effect import Decision, Effect
    from ruleplane.reconcile.queue import Key
    from ruleplane.reconcile.send import Sent

    Row = tuple[Key, int, int, Effect]  # what a Write is made of, while nobody fights

WINDOW = 3 * CAP  # ns: what was overwritten longer ago does not count as put back
OBJECTS = 2048  # whose writes are remembered
REST = 60 * SECOND  # so long nobody has written an object before its place is given to another
FOUGHT = 16384  # objects of which overwritten fields are remembered
REASON = "FieldContested"


@dataclass(slots=True)
class Write:
    """One patch that was made."""

    key: Key
    firing: int
    at: int
    effect: Effect
    known: dict[str, Any] | None = None

    def values(self, schemas: Schemas) -> dict[str, Any]:
        """What it wrote, by the fields that it changed."""
        if self.known is None:
            self.known = _values(self.effect, schemas)
        return self.known


@dataclass(slots=True)
class Contest:
    """One field that one key has written over another's value."""

    last: Write
    claims: dict[Key, Write] = field(default_factory=dict)  # of those overwritten, until they let it be
    returns: int = 0  # in a row
    began: dict[Key, int] = field(default_factory=dict)  # the first firing of each in that row
    until: int = 0  # no return before


class Rivals:
    """Who wrote what last, as far as it may matter."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._writes: dict[str, list[Row]] = {}  # uid -> the latest of each key and subresource, in their order
        self._contests: dict[str, dict[str, Contest]] = {}  # uid -> path; the latest at the end
        self._claimed: dict[Key, dict[tuple[str, str], None]] = {}  # uid and path of its claims

    # --- before a pass's effects are sent -----------------------------------------------------------------------------

    def hold(self, key: Key, decision: Decision, now: int) -> None:
        """Take out of a decision the requests that would go on with a fight too soon, and tell so in its errors. Who
        does not want back what another has overwritten has let it go."""
        claimed = self._claimed.get(key)
        if not claimed:
            return
        held: dict[int, tuple[Effect, list[str], Contest]] = {}
        for uid, path in list(claimed):
            contest = self._contests[uid][path]
            effect, value = self._wish(decision, uid, path)
            if effect is None:
                if not decision.errors and not decision.more:  # else it may yet want it
                    self._let_go(key, uid, path)
            elif self._goes_on(contest, key, path, value, now) and now < contest.until:
                _, paths, longest = held.setdefault(id(effect), (effect, [], contest))
                paths.append(path)
                if contest.until > longest.until:
                    held[id(effect)] = effect, paths, contest
        for effect, paths, contest in held.values():
            told = _told(contest, paths, contest.claims[key], contest.last)
            wait = (contest.until - contest.last.at) / SECOND
            decision.errors.append((",".join(effect.rules), f"{told}; this time it waits for {wait:g} s"))
            decision.not_before = max(decision.not_before, contest.until)
        if held:
            decision.effects = [effect for effect in decision.effects if id(effect) not in held]

    def _wish(self, decision: Decision, uid: str, path: str) -> tuple[Effect | None, Any]:
        for effect in decision.effects:
            if effect.verb == "patch" and effect.uid == uid:
                values = _values(effect, self._schemas)
                if path in values:
                    return effect, values[path]
        return None, None

    def _goes_on(self, contest: Contest, key: Key, path: str, value: Any, now: int) -> bool:
        if not contest.returns or now - contest.last.at > WINDOW:
            return False
        return _same(contest.claims[key].values(self._schemas)[path], value)

    # --- after --------------------------------------------------------------------------------------------------------

    def note(self, key: Key, firing: int, decision: Decision, sent: Sent, now: int) -> None:
        """What a pass has written. A return that is one too many is told: in the errors of the decision, and by an
        Event."""
        records, at = sent.records, 0
        for effect in decision.effects:
            paths = effect.paths
            if not paths or effect.verb != "patch":
                continue
            found = at
            while found < len(records) and records[found].paths is not paths:
                found += 1
            if found == len(records):
                continue
            record, at = records[found], found + 1
            if record.outcome != "done":
                continue
            effect.done = effect.failed = None  # they were told: what they hold need not be remembered
            uid, row = record.uid, (key, firing, now, effect)
            rows = self._writes.get(uid)
            if rows is not None or uid in self._contests:
                self._written(uid, rows, row, decision, sent)
            elif len(self._writes) < OBJECTS or self._make_room(now):
                self._writes[uid] = [row]

    def _written(self, uid: str, rows: list[Row] | None, row: Row, decision: Decision, sent: Sent) -> None:
        key, effect = row[0], row[3]
        others = [other for other in rows or () if other[0] != key and _meet(other[3], effect)]
        if others or uid in self._contests:
            self._fought(uid, Write(*row), [Write(*other) for other in others], decision, sent)
        if rows is not None:
            rows[:] = [other for other in rows if other[0] != key or other[3].subresource != effect.subresource]
            rows.append(row)

    def _make_room(self, now: int) -> bool:
        """Whether an object could be forgotten that nobody has written for a while."""
        uid, rows = next(iter(self._writes.items()))
        del self._writes[uid]
        if now - rows[-1][2] >= REST:
            return True
        self._writes[uid] = rows  # behind the others
        return False

    def _fought(self, uid: str, write: Write, others: list[Write], decision: Decision, sent: Sent) -> None:
        """Compare with whom this write has overwritten, field by field."""
        contests = self._contests.pop(uid, {})
        paths, fights = [], []
        for path, value in write.values(self._schemas).items():
            contest = contests.get(path)
            if contest is None:
                rows = [row for row in others if path in row.values(self._schemas)]
                before = max(rows, key=_firing, default=None)
                if before is None or _same(before.values(self._schemas)[path], value):
                    continue
                contest = contests[path] = Contest(before)
            before = contest.last
            if self._overwrite(contest, write, uid, path, value) and contest.returns > 1:
                paths.append(path)
                fights.append((contest, before))
        if contests:
            self._contests[uid] = contests
            self._forget_old(write.at)
        if fights:
            contest, rival = fights[0]
            rule, told = ",".join(write.effect.rules), _told(contest, paths, write, rival)
            decision.errors.append((rule, told))
            decision.not_before = 2 * contest.until - write.at  # the other's turn comes first
            sent.notices.append(Notice(rule, REASON, told, "Warning", _about(write.effect)))

    def _overwrite(self, contest: Contest, write: Write, uid: str, path: str, value: Any) -> bool:
        """Whether it is a return."""
        last, mine = contest.last, contest.claims.get(write.key)
        contest.last = write
        if last.key == write.key or _same(last.values(self._schemas)[path], value):
            return False  # somebody else, who is no rule, was between
        if mine is not None:
            self._unclaim(contest, write.key, uid, path)
        contest.claims[last.key] = last
        self._claimed.setdefault(last.key, {})[uid, path] = None
        back = mine is not None and _same(mine.values(self._schemas)[path], value) and write.at - last.at <= WINDOW
        if not back:
            contest.began = {last.key: last.firing}
        contest.began.setdefault(write.key, write.firing)
        contest.returns = contest.returns + 1 if back else 0
        contest.until = write.at + min(BASE << min(contest.returns - 1, 40), CAP) if back else 0
        return back

    # --- forgetting ---------------------------------------------------------------------------------------------------

    def forget(self, bound: Bound) -> list[Key]:
        """Nothing of these rules counts any more. The keys that fought with it need wait no longer."""
        freed: dict[Key, None] = {}
        for uid, rows in list(self._writes.items()):
            rows[:] = [row for row in rows if row[0][0] is not bound]
            if not rows:
                del self._writes[uid]
        for uid, contests in list(self._contests.items()):
            for path, contest in list(contests.items()):
                if contest.last.key[0] is bound:
                    freed |= dict.fromkeys(key for key in contest.claims if key[0] is not bound)
                    self._end(uid, path)
                else:
                    for key in [key for key in contest.claims if key[0] is bound]:
                        self._let_go(key, uid, path)
        return list(freed)

    def _let_go(self, key: Key, uid: str, path: str) -> None:
        contest = self._contests[uid][path]
        self._unclaim(contest, key, uid, path)
        if not contest.claims:
            self._end(uid, path)

    def _unclaim(self, contest: Contest, key: Key, uid: str, path: str) -> None:
        del contest.claims[key]
        claimed = self._claimed[key]
        del claimed[uid, path]
        if not claimed:
            del self._claimed[key]

    def _end(self, uid: str, path: str) -> None:
        contests = self._contests[uid]
        contest = contests.pop(path)
        if not contests:
            del self._contests[uid]
        for key in list(contest.claims):
            self._unclaim(contest, key, uid, path)

    def _forget_old(self, now: int) -> None:
        while self._contests:
            uid, contests = next(iter(self._contests.items()))
            if len(self._contests) <= FOUGHT and now - max(one.last.at for one in contests.values()) <= WINDOW:
                return
            for path in list(contests):
                self._end(uid, path)


def _told(contest: Contest, paths: list[str], mine: Write, theirs: Write) -> str:
    """The same words as long as a fight lasts."""
    effect = mine.effect
    where = f"{effect.namespace}/{effect.name}" if effect.namespace else effect.name
    more = f" (and {len(paths) - 1} more of its fields)" if len(paths) > 1 else ""
    same = mine.key[0] is theirs.key[0]
    both = " and ".join(_name(write, contest.began[write.key], same) for write in (mine, theirs))
    what = f"{effect.kind.kind} {where}: {paths[0]}{more}"
    return f"{what} goes to and fro between {both}: each puts its own value back over the other's"


def _name(write: Write, firing: int, with_key: bool) -> str:
    bound, _ = write.key
    whose = f" for {ref_of(*write.key)}" if with_key else ""
    return f"{bound.program.name}/{','.join(write.effect.rules)}{whose} (firing {firing})"


def _about(effect: Effect) -> dict[str, Any]:
    metadata = {"namespace": effect.namespace, "name": effect.name, "uid": effect.uid}
    return {"apiVersion": effect.kind.api_version, "kind": effect.kind.kind, "metadata": metadata}


def _firing(write: Write) -> int:
    return write.firing


def _same(one: Any, other: Any) -> bool:
    return bool(one == other and one.__class__ is other.__class__)


def _meet(one: Effect, other: Effect) -> bool:
    """Whether two patches may have changed one field."""
    if {one.subresource, other.subresource} == {"", "status"}:
        return False
    return any(
        mine.startswith(theirs) or theirs.startswith(mine) for mine in one.paths for theirs in other.paths
    )  # a field of what the other made anew counts, too


def _values(effect: Effect, schemas: Schemas) -> dict[str, Any]:
    """What a patch says of each field that it changes."""
    leaves = leaf_values(schemas.node(effect.kind), effect.body)
    return {path: value for path, value in leaves if any(_within(path, changed) for changed in effect.paths)}


def _within(path: str, changed: str) -> bool:
    return path.startswith(changed) and path[len(changed) : len(changed) + 1] in ("", ".", "[")
