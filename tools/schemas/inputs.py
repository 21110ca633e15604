"""The published inputs of schemas/: where they are installed, and what their texts hold. Read-only; no network.

- kubernetes-validate: the definitions of every Kubernetes type as JSON Schema, with two additions that are undone here
  (``["x", "null"]`` types, and enums on ``apiVersion`` and ``kind``).
- lightkube-models: one generated Python class per resource and subresource (read as syntax, never imported: its
  base classes live in a package that is not needed otherwise).
- the wire facts: protobuf field numbers.
"""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.37"

# lightkube's words for verbs -> the API's
_VERBS = {"post": "create", "put": "update", "global_list": "list", "global_watch": "watch"}


class MissingInputError(Exception):
    """An input of the generator is not installed: says which, and how to get it."""


@dataclass(slots=True)
class Resource:
    """One resource of the API as lightkube-models describes it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: list[str]
    subresources: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # name -> (reference, verbs)

    @property
    def ref(self) -> str:
        """``apps/v1/ReplicaSet``."""
        return _ref(self.group, self.version, self.kind)


def definitions() -> dict[str, dict[str, Any]]:
    """Every definition of the Kubernetes version, by its full name."""
    folder = _installed("kubernetes-validate", "kubernetes_validate")
    path = folder / "kubernetes-json-schema" / f"v{VERSION}.0-local" / "_definitions.json"
    found: dict[str, dict[str, Any]] = orjson.loads(path.read_bytes())["$defs"]
    return found


def resources() -> list[Resource]:
    """Every resource with its subresources, in the order of the files."""
    folder = _installed("lightkube-models", "lightkube") / "resources"
    found: dict[tuple[str, str, str], Resource] = {}
    children: list[tuple[tuple[str, str, str], str, str, list[str]]] = []
    for path in sorted(folder.glob("*_v*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                _read_class(node, found, children)
    for parent, name, ref, verbs in children:
        found[parent].subresources[name] = (ref, verbs)
    return list(found.values())


def wire_fields() -> dict[str, dict[str, list[Any]]]:
    """Protobuf messages: name -> field -> [number, type]."""
    folder = Path(os.environ.get("KUBERNETES_WIRE_DIR", ROOT.parent / "shared" / "kubernetes-wire"))
    path = folder / "protobuf-fields.json"
    if not path.is_file():
        raise MissingInputError(f"published samples are absent: {path} (KUBERNETES_WIRE_DIR says where they are)")
    found: dict[str, dict[str, list[Any]]] = orjson.loads(path.read_bytes())
    return found


def _installed(name: str, package: str) -> Path:
    try:
        dist = distribution(name)
    except PackageNotFoundError:
        raise MissingInputError(f"{name} is not installed (pip install '.[schemas]')") from None
    if not dist.version.startswith(f"{VERSION}."):
        raise MissingInputError(f"{name} {dist.version} is installed, {VERSION} is needed")
    return Path(str(dist.locate_file(package)))


def _read_class(
    node: ast.ClassDef,
    found: dict[tuple[str, str, str], Resource],
    children: list[tuple[tuple[str, str, str], str, str, list[str]]],
) -> None:
    info = _api_info(node)
    if info is None:
        return
    group, version, kind = info["resource"]
    verbs = sorted({_VERBS.get(verb, verb) for verb in info["verbs"]})
    if "action" in info:
        parent = info["parent"]
        plural = (parent[0], parent[1], info["plural"])
        children.append((plural, info["action"], _ref(group, version, kind), verbs))
        return
    base = ast.unparse(node.bases[0])
    key = (group, version, info["plural"])
    found[key] = Resource(group, version, kind, info["plural"], "Namespaced" in base, verbs)


def _api_info(node: ast.ClassDef) -> dict[str, Any] | None:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_api_info":
            call = statement.value
            assert isinstance(call, ast.Call)
            return {word.arg: _value(word.value) for word in call.keywords if word.arg}
    return None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Call):  # ResourceDef(group, version, kind)
        return tuple(ast.literal_eval(arg) for arg in node.args)
    return ast.literal_eval(node)


def _ref(group: str, version: str, kind: str) -> str:
    return f"{group}/{version}/{kind}" if group else f"{version}/{kind}"
