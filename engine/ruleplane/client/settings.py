"""How to run rules against a server of others: what ``ruleplane run`` was told. Nothing is read or checked here;
:mod:`ruleplane.runner` does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruleplane.client.election import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Settings:
    """How to run. ``kubeconfig``: as in ``$KUBECONFIG``; "" is the service account of the Pod that we run in."""

    rules: list[Path]
    kubeconfig: str
    context: str = ""
    namespace: str = ""  # the only one that is watched and written; "": all
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dry_run: bool = False  # decide each object once, write nothing, end
    once: bool = False  # end when there is nothing more to do
    retract: bool = False  # every `while` is false: undo what was done, end
    elect: bool = True  # several runs of the same rule sets: one writes
    terms: Terms = field(default_factory=Terms)
    trace_dir: Path | None = None
    identity: str = ""  # of this run in an election; "": made
