"""The kinds that rule files may name: the built-in ones, the nodes' own, and those defined beside the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ruleplane.model.kind import Registry
    from ruleplane.model.schema import Schemas


def known_kinds(paths: list[Path]) -> tuple[Registry, Schemas]:
    """Registry and field types; ``paths`` may hold definitions of further kinds. Raises RuleplaneError."""
    import yaml

    from ruleplane.lang.load import definitions
    from ruleplane.model.builtin import builtin_registry
    from ruleplane.model.crd import serve
    from ruleplane.model.data import data_dir
    from ruleplane.model.schema import Schemas

    registry, schemas = builtin_registry(), Schemas.builtin()
    nodes = (data_dir("schemas") / "node-kinds.yaml").read_text(encoding="utf-8")
    serve([*yaml.safe_load_all(nodes), *definitions(paths)], registry, schemas)
    return registry, schemas
