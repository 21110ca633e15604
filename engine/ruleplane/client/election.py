"""One of several runs of the same rule sets writes: leader election by a lease, as client-go does it.

Flow: :meth:`Election.attempt` reads the lease, takes it if it is free, given up, or not renewed for its whole duration
*as seen from here* (clocks of machines differ: their times are never compared with ours), and renews it while it is
ours. The shell calls it every ``retry`` seconds, and :meth:`release` at the end.

Guarantees: ``leading`` ends on its own, without any request, ``renew`` seconds after the last renewal was *begun*:
before another run may take the lease. A process that was stopped or suspended finds so at its next look at the clock.

The clock is passed in; it must go on while the machine is suspended.
https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ruleplane.api.call import Call
from ruleplane.clock import SECOND, rfc3339_micro
from ruleplane.errors import AlreadyExists, ApiError, Conflict, NotFound, ServiceUnavailable

if TYPE_CHECKING:
    from ruleplane.clock import Clock
    from ruleplane.model.kind import Kind

LEASE = "coordination.k8s.io/v1/Lease"


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds: how long others wait for a renewal, how long we lead without one, and how often we try."""

    duration: float = 15.0
    renew: float = 10.0
    retry: float = 2.0

    def __post_init__(self) -> None:
        if not self.duration > self.renew > self.retry > 0:
            raise ValueError(f"{self}: the duration must be longer than the renewal, and that longer than the retry")


class Verbs(Protocol):
    """What an election needs of an API."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Any:
        """One object."""

    async def create(self, kind: Kind, namespace: str, obj: dict[str, Any], call: Call) -> Any:
        """A new object."""

    async def patch(
        self, kind: Kind, namespace: str, name: str, body: Any, patch_type: str, call: Call, subresource: str = ""
    ) -> Any:
        """A changed object."""


class Election:
    """One candidate for one lease."""

    def __init__(
        self,
        verbs: Verbs,
        kind: Kind,
        namespace: str,
        name: str,
        identity: str,
        clock: Clock,
        terms: Terms | None = None,
    ) -> None:
        self.namespace, self.name, self.identity = namespace, name, identity
        self.terms = terms or Terms()
        self.trouble = ""  # why the last attempt failed, if not because another leads
        self._verbs, self._kind, self._clock = verbs, kind, clock
        self._call = Call(actor="ruleplane-leader-election", field_validation="Ignore")
        self._seen: dict[str, Any] | None = None  # the lease's spec as it was last …
        self._seen_at = 0  # … and since when, by our clock, it has been so
        self._renewed: int | None = None  # when our last successful renewal was begun

    @property
    def leading(self) -> bool:
        """Whether we may write."""
        return self._renewed is not None and self._clock.now() < self._renewed + int(self.terms.renew * SECOND)

    @property
    def holder(self) -> str:
        """Who leads, as far as we know."""
        return str((self._seen or {}).get("holderIdentity") or "")

    @property
    def reason(self) -> str:
        """Why we do not lead, as far as we know."""
        if self.trouble:
            return self.trouble
        if self.holder == self.identity:
            return f"it could not be renewed within {self.terms.renew:g} s"
        return f"{self.holder or 'nobody'} holds it now"

    def check(self) -> None:
        """Raise ServiceUnavailable unless we lead: asked before every write."""
        if not self.leading:
            raise ServiceUnavailable(f"the lease {self.namespace}/{self.name} is not ours: nothing is written any more")

    async def attempt(self) -> bool:
        """Take or renew the lease if we may; whether we lead. Never raises: ``trouble`` says why not."""
        begun = self._clock.now()
        try:
            renewed = await self._attempt(begun)
        except (AlreadyExists, Conflict):
            renewed = False  # another was quicker
        except ApiError as error:
            self.trouble = error.message
            return self.leading
        self.trouble = ""
        if renewed:
            self._renewed = begun
        return self.leading

    async def _attempt(self, begun: int) -> bool:
        try:
            entry = await self._verbs.get(self._kind, self.namespace, self.name)
        except NotFound:
            spec = self._spec(begun, {})
            lease = {
                "apiVersion": self._kind.api_version,
                "kind": self._kind.kind,
                "metadata": {"name": self.name, "namespace": self.namespace},
                "spec": spec,
            }
            entry = await self._verbs.create(self._kind, self.namespace, lease, self._call)
            self._observe(entry.value.get("spec") or spec)
            return True
        have = entry.value.get("spec") or {}
        self._observe(have)
        if not self._may_take(have):
            self._renewed = None
            return False
        await self._write(entry.value["metadata"], self._spec(begun, have))
        return True

    def _observe(self, spec: dict[str, Any]) -> None:
        if spec != self._seen:
            self._seen, self._seen_at = spec, self._clock.now()

    def _may_take(self, have: dict[str, Any]) -> bool:
        holder = have.get("holderIdentity")
        if not holder or holder == self.identity:
            return True
        lasts = have.get("leaseDurationSeconds") or self.terms.duration
        return self._clock.now() >= self._seen_at + int(lasts * SECOND)

    def _spec(self, now: int, have: dict[str, Any]) -> dict[str, Any]:
        ours = have.get("holderIdentity") == self.identity
        stamp = rfc3339_micro(now)
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": max(1, round(self.terms.duration)),
            "acquireTime": have.get("acquireTime", stamp) if ours else stamp,
            "renewTime": stamp,
            "leaseTransitions": (have.get("leaseTransitions") or 0) + (0 if ours or not have else 1),
        }

    async def _write(self, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
        guard = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        body = {"metadata": guard, "spec": spec}
        entry = await self._verbs.patch(self._kind, self.namespace, self.name, body, "merge", self._call)
        self._observe(entry.value.get("spec") or spec)

    async def release(self) -> None:
        """Give the lease up, so that the next need not wait; nothing happens where it is not ours. Never raises."""
        if not self.leading:
            return
        self._renewed = None  # first: whatever becomes of the request, we write no more
        try:
            entry = await self._verbs.get(self._kind, self.namespace, self.name)
            have = entry.value.get("spec") or {}
            if have.get("holderIdentity") == self.identity:
                now = rfc3339_micro(self._clock.now())
                given_up = {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": now, "acquireTime": now}
                await self._write(entry.value["metadata"], {**have, **given_up})
        except ApiError as error:
            self.trouble = error.message
