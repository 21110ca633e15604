"""What the API does differently for one kind than for another, as data: ``rules/apiserver/strategies.yaml``.

A :class:`Strategy` is made once per kind and holds ready-made tuples, since every write looks at one. Not here:
defaults (``defaults.py``) and validation (``validate.py``).
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from ruleplane.errors import SourceError
from ruleplane.model.data import data_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruleplane.model.kind import Kind

FieldPath: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graceful:
    """Deletion waits for whoever ends the object: the grace is read at ``seconds``; there is none if one of the paths
    of ``immediate`` has one of the values listed with it."""

    seconds: FieldPath
    immediate: tuple[tuple[FieldPath, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Terminating:
    """Deletion also waits for the list at ``finalizers`` to be empty; ``fields`` are set as soon as it is asked for."""

    finalizers: FieldPath
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Selectable:
    """A field that field selectors may name: where its value is, and what it is when absent."""

    path: FieldPath
    default: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One kind's ways; the meaning of each is told at the head of the data file."""

    status: bool  # status is a subresource
    generation: tuple[str, ...]  # top-level fields whose change counts; () none; ("*",) all but metadata and status
    unconditional: bool
    create_on_update: bool
    status_metadata: bool
    status_at_creation: bool
    initial: dict[str, Any]
    graceful: Graceful | None
    terminating: Terminating | None
    parts: Mapping[str, tuple[FieldPath, ...]]
    selectable: Mapping[str, Selectable]
    cleanup: str  # a finalizer that every deletion adds, "" for none
    plain: tuple[str, str] | None  # a map of texts that clients may write, and the map of base64 that they become

    def stored(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the texts at one end of ``plain`` as base64 at the other, where they win; itself if there are
        none."""
        if self.plain is None or self.plain[0] not in body:
            return body
        origin, into = self.plain
        out = {**body}
        texts = out.pop(origin) or {}
        if texts:
            coded = {
                name: None if text is None else b64encode(str(text).encode()).decode() for name, text in texts.items()
            }
            out[into] = {**(out.get(into) or {}), **coded}
        return out


@dataclass(slots=True)
class Settings:
    """The file, read: what holds for all kinds, and each kind's strategy on demand."""

    namespace_kind: str
    key_defaults: dict[str, Any]
    value_fields: frozenset[str]
    kinds: dict[str, dict[str, Any]]
    builtin: dict[str, Any]
    other: dict[str, Any]
    _made: dict[str, tuple[Kind, Strategy]] = field(default_factory=dict)

    def of(self, kind: Kind) -> Strategy:
        """The strategy of a kind."""
        made = self._made.get(kind.ref)
        if made is None or made[0] is not kind:
            made = self._made[kind.ref] = (kind, self._make(kind))
        return made[1]

    def _make(self, kind: Kind) -> Strategy:
        own = None if kind.custom else self.kinds.get(kind.ref)
        rows = {**(self.other if own is None else self.builtin), **(own or {})}
        generation = rows.pop("generation")
        named = {"none": (), "spec": ("spec",), "content": ("*",)}
        graceful, terminating = rows.pop("graceful", None), rows.pop("terminating", None)
        plain = rows.pop("plain", None)
        strategy = Strategy(
            status="status" in kind.subresources,
            generation=named[generation] if isinstance(generation, str) else tuple(generation),
            unconditional=rows.pop("unconditional"),
            create_on_update=rows.pop("createOnUpdate", False),
            status_metadata=rows.pop("statusMetadata"),
            status_at_creation=rows.pop("statusAtCreation", False),
            initial=rows.pop("initial", {}),
            graceful=Graceful(
                as_path(graceful["seconds"]),
                tuple((as_path(path), frozenset(values)) for path, values in graceful.get("immediate", {}).items()),
            )
            if graceful
            else None,
            terminating=Terminating(as_path(terminating["finalizers"]), terminating["fields"]) if terminating else None,
            cleanup=rows.pop("cleanup", ""),
            plain=(plain["from"], plain["into"]) if plain else None,
            parts={name: tuple(map(as_path, paths)) for name, paths in rows.pop("parts", {}).items()},
            selectable={
                **{".".join(path): Selectable(path) for path in kind.selectable},
                **{
                    row["label"]: Selectable(as_path(row.get("path", row["label"])), row.get("default", ""))
                    for row in rows.pop("selectable", ())
                },
            },
        )
        if rows:
            raise SourceError(f"{kind.ref}: unknown {', '.join(rows)}", file="rules/apiserver/strategies.yaml")
        return strategy


def as_path(text: str) -> FieldPath:
    """``spec.nodeName`` as a tuple of field names."""
    return tuple(text.split("."))


@cache
def settings() -> Settings:
    """The bundled file. Raises SourceError where it holds a word that nobody reads."""
    data = yaml.safe_load((data_dir("rules") / "apiserver" / "strategies.yaml").read_text(encoding="utf-8"))
    known = {"namespaceKind", "keyDefaults", "valueFields", "other", "builtin", "kinds"}
    if data.keys() != known:
        raise SourceError(
            f"expected exactly {', '.join(sorted(known))}; found {', '.join(sorted(data))}",
            file="rules/apiserver/strategies.yaml",
        )
    return Settings(
        namespace_kind=data["namespaceKind"],
        key_defaults=data["keyDefaults"],
        value_fields=frozenset(data["valueFields"]),
        kinds=data["kinds"],
        builtin=data["builtin"],
        other=data["other"],
    )
