"""The kinds that rules are checked against: the built-in ones, the nodes' own, and those of definitions given.

Nothing is read before it is asked for; a catalogue without definitions of its own is shared by the whole process.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.lang.cel.schema_shapes import shape_of
from ruleplane.lang.cel.shapes import DYN
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.crd import serve
from ruleplane.model.data import data_dir
from ruleplane.model.loader import Loader
from ruleplane.model.schema import SchemaNode, Schemas, complete

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ruleplane.lang.cel.shapes import Shape
    from ruleplane.model.kind import Kind, Registry


class Catalogue:
    """Kinds with their field types. Raises RuleplaneError for a definition that is none."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self.registry, self.schemas = registry, schemas
        self._shapes: dict[str, Shape] = {}
        self._nodes: dict[str, SchemaNode | None] = {}

    @classmethod
    def of(cls, crds: Iterable[dict[str, Any]] = ()) -> Catalogue:
        """The kinds that every cluster has, and those of these definitions."""
        more = list(crds)
        return _with(more) if more else _standard()

    def kind(self, ref: str) -> Kind | None:
        """By reference."""
        return self.registry.get(ref)

    def node(self, ref: str) -> SchemaNode | None:
        """The field types of a kind; of ``*`` those that every object has; None where nobody told them."""
        if ref not in self._nodes:
            kind = self.registry.get(ref)
            if kind is not None:
                self._nodes[ref] = self.schemas.node(kind) if self.schemas.knows(kind) else None
            else:
                self._nodes[ref] = SchemaNode(self.schemas, complete({})) if ref == "*" else None
        return self._nodes[ref]

    def shape(self, ref: str) -> Shape:
        """The shape of a kind's objects; anything where nobody told it."""
        found = self._shapes.get(ref)
        if found is None:
            node = self.node(ref)
            found = self._shapes[ref] = DYN if node is None else shape_of(node)
        return found

    def defaulted(self, ref: str, path: tuple[str, ...]) -> bool:
        """Whether every object of a kind has the field, because the API server gives it where it is left out (``path``
        goes through lists without a mark)."""
        return path in _defaults().get(ref, ())

    def demanded(self, definition: str, field: str) -> bool:
        """Whether the API server refuses objects without the field, beyond what the schema requires."""
        return field in _demands().get(definition.removeprefix("io.k8s.api."), ())

    def native(self, ref: str) -> bool:
        """Whether the group is one that Kubernetes itself serves: a kind of it that is not there never will be."""
        group = ref.rsplit("/", 2)[0] if ref.count("/") == 2 else ""
        return group in {kind.group for kind in self.registry if not kind.custom} or "." not in group

    def version(self, ref: str) -> bool:
        """Whether anything of the group and version is here."""
        api = ref.rpartition("/")[0]
        return any(kind.api_version == api for kind in self.registry)

    def nearest(self, ref: str) -> str:
        """The reference that was probably meant, or ""."""
        refs = [kind.ref for kind in self.registry]
        same = [one for one in refs if one.rpartition("/")[2] == ref.rpartition("/")[2]]
        close = same or get_close_matches(ref, refs, 1)
        return close[0] if close else ""


@cache
def _demands() -> dict[str, frozenset[str]]:
    """Definition -> the fields that may not be empty (the part `refine` of ``rules/apiserver/validation.yaml``)."""
    text = (data_dir("rules") / "apiserver" / "validation.yaml").read_text(encoding="utf-8")
    lines = text[text.index("\nrefine:") + 1 :].split("\n")
    end = next((n for n, line in enumerate(lines) if n and line[:1].isalpha()), len(lines))
    refined = yaml.load("\n".join(lines[:end]), Loader)["refine"]
    return {
        name: frozenset(field for field, asked in fields.items() if asked.get("nonempty"))
        for name, fields in refined.items()
    }


@cache
def _defaults() -> dict[str, set[tuple[str, ...]]]:
    """Kind -> the fields that have a default whatever the object (``rules/apiserver/defaults.yaml``)."""
    text = (data_dir("rules") / "apiserver" / "defaults.yaml").read_text(encoding="utf-8")
    file = yaml.load(text, Loader)
    found: dict[str, set[tuple[str, ...]]] = {}
    for entry in file["defaults"]:
        if "when" in entry:
            continue
        for kind, start in _places(entry["of"], file["places"]):
            for inside in _listed(entry.get("in", "")):
                for path in _spread(inside):
                    fields = entry.get("fields") or {}
                    whole = tuple(part for part in (*start, *path) if part)
                    found.setdefault(kind, set()).update((*whole, name) for name in fields)
    return found


def _places(of: Any, places: dict[str, dict[str, str]]) -> list[tuple[str, list[str]]]:
    return [
        (kind, start.replace("[]", "").split("."))
        for one in _listed(of)
        for kind, start in (places[one].items() if one in places else [(one, "")])
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _spread(path: str) -> list[tuple[str, ...]]:
    """``spec.{a,b}[].c`` as the paths that it stands for, lists unmarked."""
    parts = [part.strip("{}").split(",") for part in path.replace("[]", "").split(".")]
    return list(product(*parts))


def _with(crds: Iterable[dict[str, Any]]) -> Catalogue:
    registry, schemas = builtin_registry(), Schemas.builtin()
    text = (data_dir("schemas") / "node-kinds.yaml").read_text(encoding="utf-8")
    serve([*(doc for doc in yaml.load_all(text, Loader) if doc), *crds], registry, schemas)
    return Catalogue(registry, schemas)


@cache
def _standard() -> Catalogue:
    return _with(())
