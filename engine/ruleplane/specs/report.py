"""What a failed step shows: the step, what is wrong, the objects it looked at, and what rules last did to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.model.trace import Firing
from ruleplane.trace.render import record_lines

if TYPE_CHECKING:
    from ruleplane.specs.virtual import VirtualCluster

_FIRINGS = 4
_OBJECTS = 2
_LINES = 60


def failure(cluster: VirtualCluster, step: str, message: str, objects: list[dict[str, Any]]) -> str:
    """The whole text."""
    lines = [step, f"  {message}"] if step else [message]
    for obj in objects[:_OBJECTS]:
        lines += ["", *_object(obj)]
        firings = [
            record
            for record, _ in zip(cluster.recorder.log.newest(ref=cluster.ref(obj)), range(_FIRINGS), strict=False)
        ]
        lines += ["", "  the last firings on it:" if firings else "  no rule has fired on it"]
        lines += [f"    {line}" for record in reversed(firings) for line in record_lines(record)]
    if not objects:
        newest = [record for record in cluster.recorder.log.newest() if isinstance(record, Firing)][:_FIRINGS]
        lines += ["", "  the last firings:"] if newest else []
        lines += [f"    {line}" for record in reversed(newest) for line in record_lines(record)]
    for ruleset, error in cluster.errors.items():
        lines.append(f"  last error of {ruleset}: {error}")
    return "\n".join(lines)


def _object(obj: dict[str, Any]) -> list[str]:
    """What the object was, without what only machines read."""
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    text = yaml.safe_dump({**obj, "metadata": metadata}, sort_keys=False, default_flow_style=None, width=110)
    lines = [f"    {line}" for line in text.splitlines()]
    return lines if len(lines) <= _LINES else [*lines[:_LINES], f"    … {len(lines) - _LINES} more lines"]
