"""``ruleplane rules rbac``: the least rights with which rule sets can run, as manifests.

Found in the rules' text (``lang.access``), so it errs on the side of more where a text is vague, and says so where a
text does not tell the kind. Rights are those of ``ruleplane run``: what an admission rule changes in others' requests
needs none.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.rules.sources import FROM, load_programs, rule_paths
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.lang.program import Program
    from ruleplane.model.kind import Kind, Registry

_API = "rbac.authorization.k8s.io"
_WRITES = frozenset({"create", "patch", "update", "delete"})
Grants = dict[tuple[str, str], set[str]]  # (API group, resource) -> verbs


def rbac(
    paths: list[Path] = FROM,
    name: str = typer.Option("", "--name", help="Of the role and its service account (default: the rule set's)."),
    namespace: str = typer.Option(
        "", "--namespace", "-n", help="As for `ruleplane run --namespace`: rights in this namespace only."
    ),
    account_namespace: str = typer.Option(
        "", "--account-namespace", help="Where the service account lives (default: --namespace, or default)."
    ),
    elect: bool = typer.Option(True, "--leader-elect/--no-leader-elect", help="With rights on the lease, or without."),
) -> None:
    """Print the least role that rule sets need, with its binding and service account, ready for kubectl apply -f -.

    Examples: [bold]ruleplane rules rbac my.yaml | kubectl apply -f -[/bold] ·
    [bold]ruleplane rules rbac my.yaml -n shop --name shopkeeper[/bold]
    """
    import yaml

    from ruleplane.cli.rules.kinds import known_kinds

    where = rule_paths(paths)
    programs = load_programs(where)
    registry, _ = known_kinds(where)
    name = name or (programs[0].name if len(programs) == 1 else "ruleplane")
    made = manifests(programs, registry, name, namespace, account_namespace or namespace or "default", elect=elect)
    typer.echo(yaml.safe_dump_all(made, sort_keys=False, default_flow_style=None, width=120), nl=False)


def manifests(
    programs: list[Program], registry: Registry, name: str, namespace: str, home: str, *, elect: bool
) -> list[dict[str, Any]]:
    """Service account, roles and bindings."""
    wide, narrow = grants(programs, registry)
    if not namespace:
        for key, verbs in narrow.items():
            wide[key] |= verbs
        narrow = defaultdict(set)
    lease: Grants = defaultdict(set)
    if elect:
        lease["coordination.k8s.io", "leases"] = {"get", "create", "patch"}
    if namespace == home:
        for key, verbs in lease.items():
            narrow[key] |= verbs
        lease = {}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": home}
    made: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": home}}
    ]
    if wide:
        made += _role("ClusterRole", name, "", wide, subject)
    if narrow:
        made += _role("Role", name, namespace, narrow, subject)
    if lease:
        made += _role("Role", f"{name}-leader-election", home, lease, subject)
    return made


def grants(programs: Iterable[Program], registry: Registry) -> tuple[Grants, Grants]:
    """What is needed on kinds of the cluster, and on kinds that live in namespaces. Raises RuleplaneError."""
    from ruleplane.lang.access import EVENT, UNKNOWN, accesses

    wide: Grants = defaultdict(set)
    narrow: Grants = defaultdict(set)
    for program in programs:
        lasting = any(rule.lasting for rule in program.rules)
        found = accesses(program)
        written = {access.kind for access in found if access.verb in _WRITES}
        for access in found:
            if access.verb == "admit":
                continue
            if access.verb == "get" and access.kind not in written and not (lasting and access.kind == program.kind):
                continue  # what is only read is listed and watched
            if access.kind == UNKNOWN:
                raise RuleplaneError(
                    f"{program.source.file}: rule {access.rule} of {program.name} writes an object whose kind the "
                    "text does not tell: name it through a variable, a relation, or a map with apiVersion and kind"
                )
            if access.kind == "*":
                wide["*", "*"].add(access.verb)
                continue
            kind = _kind(registry, access.kind, program)
            resource = f"{kind.plural}/{access.subresource}" if _separate(kind, access.subresource) else kind.plural
            (narrow if kind.namespaced else wide)[kind.group, resource].add(access.verb)
            if (
                access.verb in _WRITES and access.kind != EVENT
            ):  # an answer that is lost, or a name that is taken, is looked up
                (narrow if kind.namespaced else wide)[kind.group, kind.plural].add("get")
    return wide, narrow


def _separate(kind: Kind, subresource: str) -> bool:
    return subresource in kind.subresources  # what a kind does not have is written with the object itself


def _kind(registry: Registry, ref: str, program: Program) -> Kind:
    kind = registry.get(ref)
    if kind is None:
        raise RuleplaneError(
            f"{program.source.file}: {program.name} names {ref}, which is no built-in kind: "
            "give the file that defines it beside the rules"
        )
    return kind


def _role(what: str, name: str, namespace: str, grants: Grants, subject: dict[str, str]) -> list[dict[str, Any]]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    grouped: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, resource), verbs in sorted(grants.items()):
        grouped[group, tuple(sorted(verbs))].append(resource)
    rules = [
        {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
        for (group, verbs), resources in grouped.items()
    ]
    role = {"apiVersion": f"{_API}/v1", "kind": what, "metadata": metadata, "rules": rules}
    reference = {"apiGroup": _API, "kind": what, "name": name}
    binding = {"apiVersion": f"{_API}/v1", "kind": f"{what}Binding", "metadata": metadata, "roleRef": reference}
    return [role, {**binding, "subjects": [subject]}]
