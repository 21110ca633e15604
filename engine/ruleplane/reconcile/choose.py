"""`choose`: the best of the candidates. Every candidate's verdict is kept, for *why not*.

Primaries that look the same to filters and scores (the same *shape*) share verdicts: a heap of candidates by score,
in which a verdict
is made again only when what it looked at has changed. Ten thousand alike Pods on a thousand nodes cost one verdict
each, not a thousand.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruleplane.lang import heads
    from ruleplane.lang.heads import CompiledRule
    from ruleplane.matcher.index import Bucket
    from ruleplane.reconcile.decide import Pass

TOP = 100  # the highest score
MEMOS = 256  # shapes remembered per rule


class Verdict:
    """What one candidate is worth: its score, or why it is rejected."""

    __slots__ = ("candidate", "final", "key", "raw", "rejected", "score", "tie")

    def __init__(
        self,
        key: str,
        candidate: Any,
        score: float,
        tie: int,
        rejected: tuple[str, ...],
        *,
        final: bool,
        raw: tuple[float, ...] = (),
    ) -> None:
        self.key, self.candidate, self.score, self.tie, self.rejected = key, candidate, score, tie, rejected
        self.final = final
        self.raw = raw  # of each score that is scaled over all who passed


class Memo:
    """Verdicts for one shape."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.heap: list[tuple[float, int, int, Verdict]] = []
        self._count = 0  # the later of two equal verdicts goes last
        self.stale: dict[str, None] = {}
        self.version = -1  # of the collection of candidates, at the last look

    def mark(self, key: str) -> Callable[[], None]:
        """A note to call when what the verdict of ``key`` looked at changes."""
        stale = self.stale

        def tell() -> None:
            stale[key] = None

        return tell

    def put(self, verdict: Verdict) -> None:
        """A candidate's new verdict."""
        self.verdicts[verdict.key] = verdict
        if not verdict.rejected:
            self._count += 1
            heapq.heappush(self.heap, (-verdict.score, verdict.tie, self._count, verdict))
        if len(self.heap) > 64 and len(self.heap) > 4 * len(self.verdicts):
            held = [v for v in self.verdicts.values() if not v.rejected]
            self.heap = [(-v.score, v.tie, number, v) for number, v in enumerate(held)]
            heapq.heapify(self.heap)

    def best(self) -> Verdict | None:
        """The candidate with the highest score."""
        while self.heap:
            verdict = self.heap[0][3]
            if self.verdicts.get(verdict.key) is verdict:
                return verdict
            heapq.heappop(self.heap)
        return None


class Memos:
    """The memos of every `choose`, by rule and shape; ``seed`` decides ties."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._held: dict[Any, dict[Any, Memo]] = {}
        self._starts: dict[Any, int] = {}  # rule -> where its next sample of candidates begins

    def of(self, rule: Any, shape: Any) -> Memo:
        """The memo of one shape, made on first use."""
        memos = self._held.setdefault(rule, {})
        memo = memos.get(shape)
        if memo is None:
            if len(memos) >= MEMOS:
                del memos[next(iter(memos))]
            memo = memos[shape] = Memo()
        return memo

    def forget(self, program: Any) -> None:
        """Nobody decides by this program any more."""
        for rule in [rule for rule in self._held if rule[0] is program]:
            del self._held[rule]
        for rule in [rule for rule in self._starts if rule[0] is program]:
            del self._starts[rule]

    def turn(self, rule: Any, looked: int, count: int) -> int:
        """Where a sample of ``count`` candidates begins, after ``looked`` more were looked at."""
        start = (self._starts.get(rule, self.seed) + looked) % count
        self._starts[rule] = start
        return start

    def tie(self, key: str) -> int:
        """The order of candidates of equal score: seeded, the same in every run with the same seed."""
        return int.from_bytes(hashlib.blake2b(f"{self.seed}\0{key}".encode(), digest_size=6).digest(), "big")


def run_choose(run: Pass, rule: CompiledRule, head: heads.Choose, args: tuple[Any, ...]) -> None:
    """Choose, and add what follows to the pass."""
    candidates = head.candidates(run.scope, *args)
    enough = _enough(run, head, args)
    memo = run.memos.of((run.bound.program, rule.name), _shape(run, head, args)) if head.memo and not enough else Memo()
    if enough:
        _judge_some(run, rule, head, args, memo, list(candidates), enough)
    else:
        _judge_all(run, head, args, memo, candidates)
    best = _scaled_best(memo, head.scores) if head.scaled else memo.best()
    if best is not None:
        _follow(run, rule, head.then, (*args, best.candidate))
        return
    run.decision.blocked = True
    if head.none is not None:
        _follow(run, rule, head.none, (*args, rejections(memo)))


def _enough(run: Pass, head: heads.Choose, args: tuple[Any, ...]) -> int:
    """How many candidates that pass are enough; 0: all are looked at."""
    if head.enough is None:
        return 0
    count = head.enough(run.scope, *args)
    if count.__class__ is not int or count < 0:
        raise EvaluationError(f"choose: enough is {count!r}, a whole number from 0 was expected")
    return int(count)


def _judge_some(
    run: Pass,
    rule: CompiledRule,
    head: heads.Choose,
    args: tuple[Any, ...],
    memo: Memo,
    candidates: list[Any],
    enough: int,
) -> None:
    """Judge candidates in turn, from where the last sample ended, until enough have passed."""
    count = len(candidates)
    if not count:
        return
    name = (run.bound.program, rule.name)
    start = run.memos.turn(name, 0, count)
    passed = looked = 0
    while looked < count and passed < enough:
        candidate = candidates[(start + looked) % count]
        key = _key(candidate)
        _judge(run, head, args, memo, key, candidate, shared=False)
        passed += not memo.verdicts[key].rejected
        looked += 1
    run.memos.turn(name, looked, count)


def _scaled_best(memo: Memo, scores: tuple[heads.Score, ...]) -> Verdict | None:
    """The candidate with the highest score, where some scores are relative to those of all who passed."""
    passed = [verdict for verdict in memo.verdicts.values() if not verdict.rejected]
    totals = [verdict.score for verdict in passed]
    for number, score in enumerate(score for score in scores if score.normalize):
        scaled = normalized([verdict.raw[number] for verdict in passed], reverse=score.normalize == "lowest")
        totals = [total + score.weight * value for total, value in zip(totals, scaled, strict=True)]
    ranked = zip(totals, passed, strict=True)
    return min(ranked, key=lambda pair: (-pair[0], pair[1].tie), default=(0, None))[1]


def normalized(values: list[float], *, reverse: bool) -> list[int]:
    """Scores as whole numbers from 0 to 100, by the highest; ``reverse``: the highest gets 0. As the scheduler's
    DefaultNormalizeScore.

    >>> normalized([0, 1, 3], reverse=False), normalized([0, 1, 3], reverse=True)
    ([0, 33, 100], [100, 67, 0])
    """
    highest = max(values, default=0)
    if highest <= 0:
        return [TOP if reverse else 0 for _ in values]
    scaled = [int(TOP * value / highest) if isinstance(value, float) else TOP * value // highest for value in values]
    return [TOP - value for value in scaled] if reverse else scaled


def _shape(run: Pass, head: heads.Choose, args: tuple[Any, ...]) -> bytes:
    """What filters and scores read of the primary, as a key."""
    found: list[Any] = [run.namespace, *args]
    for path in head.shape:
        value: Any = run.primary
        for name in path:
            value = value.get(name) if value.__class__ is dict else None
        found.append(value)
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS)


def _judge_all(run: Pass, head: heads.Choose, args: tuple[Any, ...], memo: Memo, candidates: Any) -> None:
    """Bring the memo up to the candidates: judge the new and the changed, drop the gone."""
    present: dict[str, Any] = candidates.items if hasattr(candidates, "items") else {_key(c): c for c in candidates}
    verdicts = memo.verdicts
    if memo.stale:
        again = [key for key in memo.stale if key in present]
        memo.stale.clear()
        for key in again:
            _judge(run, head, args, memo, key, present[key])
    if len(verdicts) != len(present) or not head.memo or _moved(memo, candidates):
        for key in [key for key in verdicts if key not in present]:
            del verdicts[key]
        for key in sorted(present):
            held = verdicts.get(key)
            if held is None or held.candidate is not present[key]:
                _judge(run, head, args, memo, key, present[key])


def _moved(memo: Memo, candidates: Any) -> bool:
    """Whether candidates have changed since the last look: told by the version of their collection."""
    version = getattr(candidates, "version", None)
    if version is None:
        return True
    known, memo.version = memo.version, version
    return bool(known != version)


def _key(candidate: Any) -> str:
    metadata = candidate["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _judge(
    run: Pass,
    head: heads.Choose,
    args: tuple[Any, ...],
    memo: Memo,
    key: str,
    candidate: Any,
    *,
    shared: bool = True,
) -> None:
    """Make one verdict, and have it made again when a bucket that it looked at changes."""
    scope = run.scope
    touched: list[Bucket] = []
    outer, run.touched = run.touched, touched
    try:
        rejected, final = _rejections(scope, head, args, candidate)
        score = 0.0
        raw: tuple[float, ...] = ()
        if not rejected:
            for part in head.scores:
                value = part.value(scope, *args, candidate)
                if part.normalize:
                    raw = (*raw, value)
                else:
                    score += part.weight * value
    finally:
        run.touched = outer
    before = memo.verdicts.get(key)
    tie = before.tie if before is not None else run.memos.tie(key)
    memo.put(Verdict(key, candidate, score, tie, rejected, final=final, raw=raw))
    if head.memo and shared and touched:
        tell = memo.mark(key)
        for bucket in touched:
            bucket.watch(tell)


def _rejections(scope: Any, head: heads.Choose, args: tuple[Any, ...], candidate: Any) -> tuple[tuple[str, ...], bool]:
    """The messages of the first filter that the candidate does not pass; () if it passes all."""
    for part in head.filters:
        if part.each is None:
            if part.require(scope, *args, candidate) is not True:
                return (part.message(scope, *args, candidate),), part.final
            continue
        failed = [
            part.message(scope, *args, candidate, element)
            for element in part.each(scope, *args, candidate)
            if part.require(scope, *args, candidate, element) is not True
        ]
        if failed:
            return tuple(dict.fromkeys(failed)), part.final
    return (), False


def rejections(memo: Memo) -> dict[str, Any]:
    """Why nobody was chosen: ``count`` of candidates, ``reasons`` (``2 Insufficient cpu, 3 …``, as Kubernetes sorts
    them), and
    how many were rejected by a ``final`` filter."""
    counts = Counter(message for verdict in memo.verdicts.values() for message in verdict.rejected)
    return {
        "count": len(memo.verdicts),
        "reasons": ", ".join(sorted(f"{count} {message}" for message, count in counts.items())),
        "final": sum(verdict.final for verdict in memo.verdicts.values()),
    }


def _follow(run: Pass, rule: CompiledRule, outcome: heads.Outcome, args: tuple[Any, ...]) -> None:
    effect = None
    if outcome.post is not None:
        effect = run.wishes.post(rule, outcome.post, args)
    if outcome.set is not None:
        effect = run.wishes.set(rule, outcome.set, args)
    if outcome.apply is not None:
        effect = run.wishes.apply(rule, outcome.apply, args)
    if outcome.event and effect is not None:
        notices = run.notices(rule, outcome.event, args)
        effect.done = lambda _obj: notices
