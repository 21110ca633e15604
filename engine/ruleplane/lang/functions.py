"""What rule expressions have beyond CEL: the clock, hashes, selectors, free places. Verbs only, no Kubernetes kinds.

``ENGINE`` holds those that need the running decision, and those that only the loader writes (their names begin with
``@``).
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Any

import orjson

from ruleplane.clock import SECOND
from ruleplane.errors import EvaluationError
from ruleplane.lang import cel, cron
from ruleplane.lang.cel.values import Duration, Optional, Timestamp
from ruleplane.lang.template import to_json, to_text
from ruleplane.model import labels as label_sets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ruleplane.lang.changed import Changed
    from ruleplane.lang.program import Scope

# Kubernetes' alphabet for generated suffixes: no vowels, no look-alikes
SAFE = "bcdfghjklmnpqrstvwxz2456789"


def suffix(digest: bytes, length: int = 5) -> str:
    """A name suffix from a digest, in Kubernetes' alphabet.

    >>> suffix(bytes(8))
    'bbbbb'
    """
    number, out = int.from_bytes(digest[:8], "big"), []
    for _ in range(length):
        number, index = divmod(number, len(SAFE))
        out.append(SAFE[index])
    return "".join(out)


def stable_hash(value: Any) -> str:
    """A short hash of any JSON value, equal for equal values whatever the order of keys.

    >>> stable_hash({"a": 1, "b": 2}) == stable_hash({"b": 2, "a": 1})
    True
    """
    data = orjson.dumps(to_json(value), option=orjson.OPT_SORT_KEYS)
    return suffix(hashlib.blake2b(data, digest_size=8).digest(), 10)


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, Any] | None) -> bool:
    """Whether a label selector (or plain label map) matches labels, just as relations by `selector` find objects.

    >>> selects({"matchLabels": {"a": "b"}}, {"a": "b"})
    True
    """
    return label_sets.matches(selector, labels)


def first_free(cidr: str, used: Iterable[str], skip: int = 1) -> str:
    """The lowest address of a network that is not used, after the first ``skip``. Raises EvaluationError when none is
    left.

    >>> first_free("10.244.1.0/24", ["10.244.1.1"])
    '10.244.1.2'
    """
    network = _network(cidr)
    taken = set(used)
    base, last = int(network.network_address), int(network.broadcast_address)
    make = type(network.network_address)
    for number in range(base + skip, last if network.version == 4 else last + 1):
        text = str(make(number))
        if text not in taken:
            return text
    raise EvaluationError(f"no address of {cidr} is free ({len(taken)} in use)")


def first_free_subnet(cidr: str, prefix: int, used: Iterable[str]) -> str:
    """The lowest subnet of length ``prefix`` that is not used. Raises EvaluationError when none is left.

    >>> first_free_subnet("10.244.0.0/16", 24, ["10.244.0.0/24"])
    '10.244.1.0/24'
    """
    network = _network(cidr)
    if not network.prefixlen <= prefix <= network.max_prefixlen:
        raise EvaluationError(f"a /{prefix} does not fit into {cidr}")
    taken = set(used)
    base, size = int(network.network_address), 1 << (network.max_prefixlen - prefix)
    make = type(network.network_address)
    for number in range(base, int(network.broadcast_address) + 1, size):
        text = f"{make(number)}/{prefix}"
        if text not in taken:
            return text
    raise EvaluationError(f"no /{prefix} of {cidr} is free ({len(taken)} in use)")


def greatest(maps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Key by key, the greatest value of several maps.

    >>> greatest([{"a": 1, "b": 5}, {"a": 2}])
    {'a': 2, 'b': 5}
    """
    found: dict[str, Any] = {}
    for each in maps:
        for key, value in each.items():
            if key not in found or found[key] < value:
                found[key] = value
    return found


_networks: dict[str, ipaddress.IPv4Network | ipaddress.IPv6Network] = {}


def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    found = _networks.get(cidr)
    if found is None:
        try:
            found = ipaddress.ip_network(cidr)
        except ValueError as error:
            raise EvaluationError(f"{cidr!r} is not a network: {error}") from None
        if len(_networks) > 10_000:
            _networks.clear()
        _networks[cidr] = found
    return found


# --- the clock ------------------------------------------------------------------------------------------------------


def _instant(value: Any) -> int:
    if type(value) is Timestamp:
        return value.ns
    raise EvaluationError(f"`now` is compared with an instant, not with {type(value).__name__} (use timestamp(…))")


def _compare(scope: Scope, other: Any) -> tuple[int, int]:
    instant, now = _instant(other), scope.ctx.now()
    return now, instant


def _now_lt(scope: Scope, other: Any) -> bool:
    now, instant = _compare(scope, other)
    if now < instant:
        scope.ctx.wake_at(instant)
    return now < instant


def _now_le(scope: Scope, other: Any) -> bool:
    now, instant = _compare(scope, other)
    if now <= instant:
        scope.ctx.wake_at(instant + 1)
    return now <= instant


def _now_gt(scope: Scope, other: Any) -> bool:
    return not _now_le(scope, other)


def _now_ge(scope: Scope, other: Any) -> bool:
    return not _now_lt(scope, other)


def tick(scope: Scope, step: Any, phase: Any = "") -> Timestamp:
    """The last multiple of ``step`` (a duration) that has passed; the rule wakes at the next. A ``phase`` (any text)
    shifts the
    multiples, so that many objects do not tick at once."""
    nanos = step.ns if type(step) is Duration else cel_duration(step)
    if nanos <= 0:
        raise EvaluationError("tick() takes a positive duration")
    shift = int.from_bytes(hashlib.blake2b(str(phase).encode(), digest_size=8).digest(), "big") % nanos if phase else 0
    at = (scope.ctx.now() - shift) // nanos * nanos + shift
    scope.ctx.wake_at(at + nanos)
    return Timestamp(at)


def cron_prev(scope: Scope, schedule: Any, zone: Any) -> Timestamp:
    """When a schedule last struck in a time zone; the rule wakes when it strikes next."""
    schedule, zone, now = _text(schedule), _text(zone), scope.ctx.now()
    coming = cron.following(schedule, zone, now)
    if coming is not None:
        scope.ctx.wake_at(coming)
    return Timestamp(cron.previous(schedule, zone, now))


def cron_next(scope: Scope, schedule: Any, zone: Any) -> Timestamp:
    """When a schedule strikes next in a time zone; the rule wakes then."""
    schedule, zone = _text(schedule), _text(zone)
    coming = cron.following(schedule, zone, scope.ctx.now())
    if coming is None:
        raise EvaluationError(f"the schedule {schedule!r} does not strike within {cron.YEARS} years")
    scope.ctx.wake_at(coming)
    return Timestamp(coming)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise EvaluationError(f"a schedule and a time zone are texts, found {type(value).__name__}")


def cel_duration(text: Any) -> int:
    """Nanoseconds of a duration given as text (``10s``)."""
    if not isinstance(text, str):
        raise EvaluationError(f"a duration was expected, found {type(text).__name__}")
    return int(cel.STANDARD["duration"].call(text).ns)


def _seen(scope: Scope, obj: Any, *path: str) -> Timestamp:
    return Timestamp(scope.ctx.seen(obj, "", path))


def _changed(scope: Scope, *siblings: str) -> Changed:
    return scope.ctx.changed(siblings)


def _history(scope: Scope, site: str, value: Any, span: Any) -> list[dict[str, Any]]:
    nanos = span.ns if type(span) is Duration else cel_duration(span)
    if nanos <= 0:
        raise EvaluationError("history() takes a positive duration")
    return [{"at": Timestamp(at), "value": held} for at, held in scope.ctx.history(site, value, nanos)]


def backoff(base: Any, cap: Any, count: int) -> Duration:
    """``base`` doubled ``count`` times, at most ``cap`` (durations, or texts like ``10s``).

    >>> backoff("10s", "5m", 3).ns // 1_000_000_000
    80
    """
    low = base.ns if type(base) is Duration else cel_duration(base)
    high = cap.ns if type(cap) is Duration else cel_duration(cap)
    return Duration(min(high, low << min(max(count, 0), 60)))


def spread(span: Any, key: str) -> Duration:
    """A part of ``span`` (a duration) that ``key`` decides, evenly over all keys: what a crowd should not do at once.

    >>> spread("10s", "a") == spread("10s", "a"), spread("10s", "a") == spread("10s", "b")
    (True, False)
    """
    nanos = span.ns if type(span) is Duration else cel_duration(span)
    part = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest(), "big")
    return Duration(nanos * part >> 48)


def _identity(value: Any) -> Any:
    return value


def _json(value: Any) -> Any:
    return to_json(value)


# functions that ask the clock: a rule that calls one may come out differently later
TIME = frozenset(
    {"@now_lt", "@now_le", "@now_gt", "@now_ge", "tick", "cronPrev", "cronNext", "@changed", "@seen", "@history"}
)

ENGINE: dict[str, cel.Function] = {
    function.name: function
    for function in (
        cel.Function("@json", _json),
        cel.Function("@optional", _identity),
        cel.Function("@text", to_text),
        cel.Function("@now_lt", _now_lt, takes_scope=True),
        cel.Function("@now_le", _now_le, takes_scope=True),
        cel.Function("@now_gt", _now_gt, takes_scope=True),
        cel.Function("@now_ge", _now_ge, takes_scope=True),
        cel.Function("@seen", _seen, takes_scope=True),
        cel.Function("@history", _history, takes_scope=True),
        cel.Function("@changed", _changed, takes_scope=True),
        cel.Function("tick", tick, takes_scope=True),
        cel.Function("cronPrev", cron_prev, takes_scope=True),
        cel.Function("cronNext", cron_next, takes_scope=True),
        cel.Function("backoff", backoff),
        cel.Function("spread", spread),
        cel.Function("greatest", greatest),
        cel.Function("hash", stable_hash),
        cel.Function("selects", selects),
        cel.Function("firstFree", first_free),
        cel.Function("firstFreeSubnet", first_free_subnet),
    )
}

__all__ = ["ENGINE", "SAFE", "SECOND", "TIME", "Optional", "backoff", "cel_duration", "stable_hash", "suffix", "tick"]
