"""Role-based access control as a pure function: roles and bindings in, a decision with its reason out.

What it isn't: a cache or a reader of the store; :mod:`ruleplane.server.authz` feeds it with objects and asks it per
request. Default is deny; nothing can be denied by a rule. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruleplane.api.selectors import matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ruleplane.api.call import User

Json = dict[str, Any]

MASTERS = "system:masters"  # may do everything, without any role: how the first administrator gets in
_SERVICE_ACCOUNT = "system:serviceaccount"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked for. A path outside the resources has ``path`` and a lower-case HTTP method as ``verb``; everything
    else has ``resource``."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def describe(self) -> str:
        """As Kubernetes words it after "User "x" cannot"."""
        if self.path:
            return f'{self.verb} path "{self.path}"'
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        scope = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return f'{self.verb} resource "{resource}" in API group "{self.group}" {scope}'


class Rule:
    """One ``PolicyRule``, as sets."""

    __slots__ = ("groups", "names", "paths", "raw", "resources", "verbs")

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        self.verbs = frozenset(raw.get("verbs") or ())
        self.groups = frozenset(raw.get("apiGroups") or ())
        self.resources = frozenset(raw.get("resources") or ())
        self.names = frozenset(raw.get("resourceNames") or ())
        self.paths = tuple(raw.get("nonResourceURLs") or ())

    def allows(self, asked: Attributes) -> bool:
        """Whether this rule grants ``asked`` (its namespace is the binding's concern)."""
        if asked.verb not in self.verbs and "*" not in self.verbs:
            return False
        if asked.path:
            return any(_path_matches(path, asked.path) for path in self.paths)
        if asked.group not in self.groups and "*" not in self.groups:
            return False
        if self.names and asked.name not in self.names:
            return False
        return self._has_resource(asked.resource, asked.subresource)

    def _has_resource(self, resource: str, subresource: str) -> bool:
        resources = self.resources
        if "*" in resources:
            return True
        if not subresource:
            return resource in resources
        return f"{resource}/{subresource}" in resources or f"*/{subresource}" in resources

    def parts(self) -> Iterator[Attributes]:
        """Every single thing that this rule grants, wildcards kept as such."""
        for verb in self.verbs:
            for path in self.paths:
                yield Attributes(verb, path=path)
            for group in self.groups:
                for resource in self.resources:
                    head, _, tail = resource.partition("/")
                    for name in self.names or ("",):
                        yield Attributes(verb, group, head, tail, name=name)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a binding gives to a subject: ``rules`` in ``namespace`` ("": everywhere)."""

    namespace: str
    rules: tuple[Rule, ...]
    origin: str  # for the reason: 'ClusterRoleBinding "x" of ClusterRole "y" to User "z"'


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it is allowed, and why (a sentence, "" where no role says anything)."""

    allowed: bool
    reason: str = ""


class Policy:
    """All roles and bindings, indexed by subject."""

    def __init__(self, objects: Iterable[Json]) -> None:
        by_kind: dict[str, list[Json]] = {}
        for obj in objects:
            by_kind.setdefault(obj["kind"], []).append(obj)
        cluster_roles = by_kind.get("ClusterRole", [])
        self._roles: dict[tuple[str, str, str], tuple[Rule, ...]] = {}
        for role in cluster_roles:
            self._roles["ClusterRole", "", role["metadata"]["name"]] = _rules_of(role, cluster_roles)
        for role in by_kind.get("Role", []):
            meta = role["metadata"]
            self._roles["Role", meta["namespace"], meta["name"]] = _rules_of(role, ())
        self._grants: dict[tuple[str, str], list[Grant]] = {}
        for kind in ("ClusterRoleBinding", "RoleBinding"):
            for binding in by_kind.get(kind, []):
                self._bind(kind, binding)

    def _bind(self, kind: str, binding: Json) -> None:
        meta = binding["metadata"]
        namespace = meta.get("namespace", "")
        rules = self.rules_of_role(binding["roleRef"], namespace)
        if not rules:
            return  # the role may come later; until then the binding gives nothing
        ref = binding["roleRef"]
        place = f"{meta['name']}/{namespace}" if namespace else meta["name"]
        for subject in binding.get("subjects") or ():
            key = _subject_key(subject, namespace)
            origin = f'{kind} "{place}" of {ref["kind"]} "{ref["name"]}" to {subject["kind"]} "{_shown(subject)}"'
            self._grants.setdefault(key, []).append(Grant(namespace, rules, origin))

    def rules_of_role(self, ref: Json, namespace: str) -> tuple[Rule, ...]:
        """The rules that a binding's ``roleRef`` in ``namespace`` stands for; none where there is no such role."""
        kind = ref.get("kind", "")
        return self._roles.get((kind, namespace if kind == "Role" else "", ref.get("name", "")), ())

    def decide(self, user: User, asked: Attributes) -> Decision:
        """Whether ``user`` may do what is ``asked``."""
        if MASTERS in user.groups:
            return Decision(True)
        for grant in self._grants_of(user):
            if grant.namespace and grant.namespace != asked.namespace:
                continue
            for rule in grant.rules:
                if rule.allows(asked):
                    return Decision(True, f"RBAC: allowed by {grant.origin}")
        return Decision(False)

    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that ``user`` has in ``namespace``."""
        if MASTERS in user.groups:
            return [
                Rule({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}),
                Rule({"verbs": ["*"], "nonResourceURLs": ["*"]}),
            ]
        grants = self._grants_of(user)
        return [rule for grant in grants if grant.namespace in ("", namespace) for rule in grant.rules]

    def missing(self, user: User, wanted: Iterable[Rule], namespace: str) -> list[Attributes]:
        """What of ``wanted`` the user does not have in ``namespace`` and so may not give to anyone."""
        owned = self.rules_for(user, namespace)
        parts = (part for rule in wanted for part in rule.parts())
        return [part for part in parts if not any(_covers(rule, part) for rule in owned)]

    def _grants_of(self, user: User) -> Iterator[Grant]:
        grants = self._grants
        yield from grants.get(("User", user.name), ())
        for group in user.groups:
            yield from grants.get(("Group", group), ())


def _covers(rule: Rule, part: Attributes) -> bool:
    """Whether ``rule`` grants ``part``, whose wildcards and empty name stand for everything."""
    if rule.names and not part.name:
        return False
    return rule.allows(part)


def _rules_of(role: Json, others: Iterable[Json]) -> tuple[Rule, ...]:
    rules = [Rule(raw) for raw in role.get("rules") or ()]
    for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        wanted = matcher(selector)
        for other in others:
            if other is not role and wanted(other["metadata"].get("labels") or {}):
                rules += [Rule(raw) for raw in other.get("rules") or ()]
    return tuple(rules)


def _subject_key(subject: Json, namespace: str) -> tuple[str, str]:
    if subject["kind"] == "ServiceAccount":
        return "User", f"{_SERVICE_ACCOUNT}:{subject.get('namespace') or namespace}:{subject['name']}"
    return subject["kind"], subject["name"]


def _shown(subject: Json) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"{subject['name']}/{subject.get('namespace', '')}"
    name: str = subject["name"]
    return name


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))
