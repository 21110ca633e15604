"""Sentences that hold or do not, and when they have to:

    CLAIM                       now
    within N seconds CLAIM      at some moment until then; time stops there
    for N seconds CLAIM         now and after every step until then (it is stable)
    always CLAIM, never CLAIM   from now on, after every step to the end of the scenario
    CLAIM until CLAIM           after every step, until the other holds (which it must within an hour)

A claim is a function of the cluster and of the named parts of its sentence; it raises Mismatch where it does not hold.
Steps register theirs with :func:`claim`; all of them may then be said in every form.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ruleplane.clock import SECOND
from ruleplane.specs.selection import FIELD, OBJECTS, VALUE, Mismatch, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ruleplane.specs.virtual import VirtualCluster

SECONDS = r"\d+(?:\.\d+)? (?:seconds?|minutes?|hours?|days?)"
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_PLACES = {
    "objects": OBJECTS,
    "field": FIELD,
    "value": VALUE,
    "text": r'[^"]*',
    "word": r"[A-Za-z]\w*",
    "rule": r"[a-z0-9/-]+",
    "count": r"no|\d+|at most \d+|at least \d+",
    "number": r"\d+",
    "seconds": SECONDS,
}
_FORMS = (
    ("within", re.compile(rf"within (?P<time>{SECONDS}) (?P<claim>.+)")),
    ("for", re.compile(rf"for (?P<time>{SECONDS}) (?P<claim>.+)")),
    ("always", re.compile(r"always (?P<claim>.+)")),
    ("never", re.compile(r"never (?P<claim>.+)")),
    ("until", re.compile(r"(?P<claim>.+) until (?P<other>.+)")),
)
_HOUR = 3600 * SECOND

Check = "Callable[[VirtualCluster], None]"
_claims: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def pattern(text: str) -> str:
    """The regular expression of a sentence with ``{objects}``, ``{field}``, ``{value}``… ; ``(…)?`` may be left out.

    ``{other:objects}`` names a second place of one sort.
    """

    def place(match: re.Match[str]) -> str:
        name, _, sort = match[1].partition(":")
        return f"(?P<{name}>{_PLACES[sort or name]})"

    return re.sub(r"\{([a-z:]+)\}", place, text)


def claim(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the function that checks sentences of this form."""

    def register(check: Callable[..., None]) -> Callable[..., None]:
        _claims.append((re.compile(pattern(text)), check))
        return check

    return register


def find(sentence: str) -> Callable[[VirtualCluster], None] | None:
    """What checks the sentence now; None where no claim reads so."""
    for regex, check in _claims:
        match = regex.fullmatch(sentence)
        if match is not None:
            parts = {name: _part(regex, name, value) for name, value in match.groupdict().items()}
            return lambda cluster, check=check, parts=parts: check(cluster, **parts)  # type: ignore[misc]
    return None


def _part(regex: re.Pattern[str], name: str, value: str | None) -> Any:
    if value is not None and f"(?P<{name}>{OBJECTS})" in regex.pattern:
        return Selection.parse(value)
    return value


def understood(sentence: str) -> bool:
    """Whether the sentence is a claim, in any form."""
    if find(sentence) is not None:
        return True
    for _, form in _FORMS:
        match = form.fullmatch(sentence)
        if match is not None and all(
            find(match[name]) is not None for name in ("claim", "other") if name in form.groupindex
        ):
            return True
    return False


def _parts_of(form: re.Pattern[str], match: re.Match[str]) -> list[Any]:
    """The checks of the claims within a form; None for what is no claim."""
    return [find(match[name]) for name in ("claim", "other") if name in form.groupindex]


def nanoseconds(text: str) -> int:
    """``90 seconds``, ``2 minutes`` as nanoseconds.

    >>> nanoseconds("1.5 seconds")
    1500000000
    """
    number, unit = text.split()
    return int(float(number) * _UNITS[unit.removesuffix("s")] * SECOND)


def counted(have: int, text: str) -> bool:
    """Whether there are as many as a sentence says.

    >>> counted(0, "no"), counted(3, "at most 2"), counted(3, "at least 2"), counted(3, "3")
    (True, False, True, True)
    """
    number = 0 if text == "no" else int(text.rpartition(" ")[2])
    return have <= number if "most" in text else have >= number if "least" in text else have == number


def tell(cluster: VirtualCluster, sentence: str) -> None:
    """Check a sentence of any form. Raises Mismatch."""
    check = find(sentence)
    if check is not None:
        check(cluster)
        return
    for name, form in _FORMS:
        match = form.fullmatch(sentence)
        if match is None:
            continue
        checks = _parts_of(form, match)
        if all(checks):
            time = nanoseconds(match["time"]) if "time" in form.groupindex else 0
            _FORM[name](cluster, checks, time, match["claim"])
            return
    raise LookupError(f"no claim reads so: {sentence!r}")


def _within(cluster: VirtualCluster, checks: list[Any], time: int, _text: str) -> None:
    start, last = cluster.clock.now(), Mismatch("nothing was looked at")
    for _ in cluster.moments(start + time):
        try:
            checks[0](cluster)
        except Mismatch as mismatch:
            last = mismatch
        else:
            return
    raise Mismatch(f"not within {time / SECOND:g} seconds: {last}", last.objects)


def _for(cluster: VirtualCluster, checks: list[Any], time: int, _text: str) -> None:
    start = cluster.clock.now()
    with _held(cluster, lambda: _at(cluster, checks[0], start)):
        for _ in cluster.moments(start + time):
            _at(cluster, checks[0], start)


def _at(cluster: VirtualCluster, check: Any, start: int) -> None:
    try:
        check(cluster)
    except Mismatch as mismatch:
        after = (cluster.clock.now() - start) / SECOND
        raise Mismatch(f"no longer after {after:g} seconds: {mismatch}", mismatch.objects) from None


def _always(cluster: VirtualCluster, checks: list[Any], _time: int, _text: str) -> None:
    start = cluster.clock.now()
    _at(cluster, checks[0], start)
    cluster.checks.append(lambda: _at(cluster, checks[0], start))


def _never(cluster: VirtualCluster, checks: list[Any], _time: int, text: str) -> None:
    start = cluster.clock.now()

    def check() -> None:
        try:
            checks[0](cluster)
        except Mismatch:
            return
        raise Mismatch(
            f"after {(cluster.clock.now() - start) / SECOND:g} seconds it holds, though never meant to: {text}"
        )

    check()
    cluster.checks.append(check)


def _until(cluster: VirtualCluster, checks: list[Any], _time: int, _text: str) -> None:
    holds, end = checks
    start, over = cluster.clock.now(), False
    last: Mismatch | None = None

    def check() -> None:
        nonlocal over, last
        if over:
            return
        try:
            end(cluster)
        except Mismatch as mismatch:
            last = mismatch
            _at(cluster, holds, start)
        else:
            over = True

    check()
    with _held(cluster, check):
        for _ in cluster.moments(start + _HOUR):
            if over:
                return
            check()
    if not over:
        raise Mismatch(f"not within an hour: {last}", last.objects if last is not None else [])


@contextmanager
def _held(cluster: VirtualCluster, check: Callable[[], None]) -> Iterator[None]:
    cluster.checks.append(check)
    try:
        yield
    finally:
        cluster.checks.remove(check)


_FORM: dict[str, Callable[[VirtualCluster, list[Any], int, str], None]] = {
    "within": _within,
    "for": _for,
    "always": _always,
    "never": _never,
    "until": _until,
}
