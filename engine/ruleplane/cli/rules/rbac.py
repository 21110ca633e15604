"""``ruleplane rules rbac``: the least rights with which rule sets can run, as manifests.

Found in the rules' text (``lang.rights``), so it errs on the side of more where a text is vague, and says so where a
text does not tell the kind. Rights are those of ``ruleplane run``: what an admission rule changes in others' requests
needs none.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.rules.sources import FROM, load_programs, rule_paths

if TYPE_CHECKING:
    from ruleplane.lang.program import Program
    from ruleplane.lang.rights import Grants
    from ruleplane.model.kind import Registry

_API = "rbac.authorization.k8s.io"


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
    from ruleplane.lang.rights import grants

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
