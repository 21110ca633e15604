"""May they: keeps the compiled role bindings current, and refuses in Kubernetes' words.

The decision itself is :mod:`ruleplane.api.authz`, pure. This one reads roles and bindings from the store when one of
them has changed, and otherwise costs a few dictionary look-ups. Base roles that Kubernetes guarantees in every
cluster are data (``schemas/rbac.yaml``) and hold whether or not the objects exist.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.api import refusals
from ruleplane.api.authz import MASTERS, Attributes, Decision, Policy, Rule
from ruleplane.errors import Compacted, Forbidden
from ruleplane.model.data import data_dir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.api.call import User
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Store, Watch

_PREFIX = "rbac.authorization.k8s.io/"


class Authorizer:
    """Answers with the roles and bindings that are in the store now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watch: Watch | None = None
        self._stale = True
        self._policy = Policy(base_policy())

    async def policy(self) -> Policy:
        """The present roles and bindings."""
        if self._stale:
            if self._watch is None:
                self._watch = self._store.watch(_PREFIX, self._store.revision, self._changed)
            self._stale = False  # first: a change while we read makes it stale again
            try:
                self._watch.take()
            except Compacted:
                self._watch.close()
                self._watch = None
                return await self._refresh()
            listing = await self._store.list(_PREFIX)
            self._policy = Policy([*base_policy(), *(entry.value for entry in listing.entries)])
        return self._policy

    async def _refresh(self) -> Policy:
        self._stale = True
        return await self.policy()

    def _changed(self) -> None:
        self._stale = True

    async def decide(self, user: User, asked: Attributes) -> Decision:
        """Whether ``user`` may do what is ``asked``."""
        if MASTERS in user.groups:
            return Decision(True)
        return (await self.policy()).decide(user, asked)

    async def require(self, user: User, asked: Attributes) -> None:
        """Return if ``user`` may do what is ``asked``.

        Raises:
            Forbidden: they may not.
        """
        if MASTERS in user.groups:
            return
        decision = (await self.policy()).decide(user, asked)
        if not decision.allowed:
            raise forbidden(user, asked)

    async def require_to_grant(self, user: User, kind: Kind, obj: dict[str, Any], namespace: str) -> None:
        """Return if ``user`` may give what the role or binding ``obj`` gives: nobody hands out what they do not have,
        unless a role lets them ``escalate`` or ``bind``.

        Raises:
            Forbidden: they may not.
        """
        if MASTERS in user.groups:
            return
        policy = await self.policy()
        ref = obj.get("roleRef")
        of = ref.get("kind", "") if ref else obj.get("kind", "")
        own = obj.get("metadata", {}).get("name", "")
        name = ref.get("name", "") if ref else own
        resource = "clusterroles" if of == "ClusterRole" else "roles"
        verb = "bind" if ref else "escalate"
        if policy.decide(user, Attributes(verb, _PREFIX[:-1], resource, "", namespace, name)).allowed:
            return
        wanted = policy.rules_of_role(ref, namespace) if ref else [Rule(raw) for raw in obj.get("rules") or ()]
        missing = policy.missing(user, wanted, namespace)
        if missing or (ref and not wanted):
            raise _not_held(user, kind, own, listed(missing) or f'the rules of {of} "{name}"')

    async def require_to_hold(self, user: User, kind: Kind, name: str, powers: Iterable[dict[str, Any]]) -> None:
        """Return if ``user`` holds all these rules in the whole cluster, or may ``escalate`` objects of this kind.

        Raises:
            Forbidden: they may not.
        """
        if MASTERS in user.groups:
            return
        policy = await self.policy()
        if policy.decide(user, Attributes("escalate", kind.group, kind.plural, "", "", name)).allowed:
            return
        missing = policy.missing(user, map(Rule, powers), "")
        if missing:
            raise _not_held(user, kind, name, listed(missing))

    def close(self) -> None:
        """Stop following the store."""
        if self._watch is not None:
            self._watch.close()


def listed(missing: Iterable[Attributes]) -> str:
    """What is missing, a line for each resource, as Kubernetes writes rules.

    >>> print(listed([Attributes("get", "apps", "replicasets"), Attributes("create", "apps", "replicasets")]))
    {APIGroups:["apps"], Resources:["replicasets"], Verbs:["create" "get"]}
    """
    verbs: dict[str, set[str]] = {}
    for part in missing:
        resource = f"{part.resource}/{part.subresource}" if part.subresource else part.resource
        of = f'APIGroups:["{part.group}"], Resources:["{resource}"]'
        of = f'NonResourceURLs:["{part.path}"]' if part.path else of
        of += f', ResourceNames:["{part.name}"]' if part.name else ""
        verbs.setdefault(of, set()).add(part.verb)
    return "\n".join(f"{{{of}, Verbs:[{_quoted(found)}]}}" for of, found in sorted(verbs.items()))


def _quoted(words: Iterable[str]) -> str:
    return " ".join(f'"{word}"' for word in sorted(words))


def _not_held(user: User, kind: Kind, name: str, missing: str) -> Forbidden:
    groups = " ".join(f'"{group}"' for group in user.groups)
    why = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:'
    return refusals.forbidden(kind, name, f"{why}\n{missing}")


def forbidden(user: User, asked: Attributes) -> Forbidden:
    """The refusal, in the words that people search for."""
    if asked.path:
        return Forbidden(f'forbidden: User "{user.name}" cannot {asked.describe()}')
    resource = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    subject = f'{resource} "{asked.name}"' if asked.name else resource
    details = {"name": asked.name, "group": asked.group, "kind": asked.resource}
    return Forbidden(
        f'{subject} is forbidden: User "{user.name}" cannot {asked.describe()}',
        details={key: value for key, value in details.items() if value},
    )


@cache
def base_policy() -> tuple[dict[str, Any], ...]:
    """The roles and bindings of every cluster, as objects."""
    return tuple(yaml.safe_load_all((data_dir("schemas") / "rbac.yaml").read_text("utf-8")))
