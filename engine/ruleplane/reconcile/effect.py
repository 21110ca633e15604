"""Effects as data: what a decision wants changed. All wishes for one object and subresource become one :class:`Effect`.

Two rules that want different values at one path of one object contradict each other: nothing of that object is
written, and the
firing says so with both rules (:class:`ContradictionError`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ruleplane.api.merge import child, element_key, element_keys, merge_fields
from ruleplane.errors import RuleplaneError
from ruleplane.lang.changed import Changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ruleplane.model.kind import Kind
    from ruleplane.model.schema import SchemaNode
    from ruleplane.reconcile.history import Past


class Made(NamedTuple):
    """The first object that an `ensure` made in a firing, and what for: a key of its list, or a digest of the body."""

    kind: str
    key: str
    uid: str
    version: str  # resourceVersion
    mark: str


class ContradictionError(RuleplaneError):
    """Two rules of one set want different values for one field."""


@dataclass(slots=True)
class Notice:
    """A Kubernetes Event to record once its effect is done."""

    rule: str
    reason: str
    message: str
    type: str
    about: dict[str, Any]
    host: str = ""


@dataclass(slots=True)
class Effect:
    """One request. ``body``: the object to create, the fields to patch, or the subresource's object to post."""

    verb: Literal["create", "patch", "delete", "post"]
    kind: Kind
    namespace: str
    name: str
    rules: list[str]
    subresource: str = ""
    body: Any = None
    patch_type: str = "fields"
    uid: str = ""  # precondition
    guarded: bool = False  # resourceVersion precondition: the wish depends on the object that it changes
    seen: str = ""  # resourceVersion that the decision saw
    grace: int | None = None
    propagation: str = ""
    manager: str = ""  # who owns what is written (default: the rule set)
    paths: tuple[str, ...] = ()
    done: Callable[[dict[str, Any]], list[Notice]] | None = None
    failed: Callable[[str], list[Notice]] | None = None
    mark: str = ""  # of a creation: what it is made for (see Made)
    batch: int = 0  # creations of one `ensure` share a number: a refusal stops the rest

    @property
    def target(self) -> tuple[str, str, str, str]:
        """What the request is about."""
        return self.kind.ref, self.namespace, self.name, self.subresource


@dataclass(slots=True)
class Decision:
    """What one pass over one key wants, and what it found out."""

    effects: list[Effect] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)  # rule, message
    wake_at: int = 0
    blocked: bool = False
    past: Past = field(default_factory=dict)  # what `history` is to know at the next pass
    more: bool = False  # a slice of a larger change: decide again after this
    not_before: int = 0  # of errors: when it may be tried again at the earliest


def resolve(node: SchemaNode | None, have: Any, want: Any) -> Any:
    """``want`` with every `changed(…)` replaced: by what is there while the named siblings are the same, else by its
    instant."""
    if want.__class__ is dict:
        out = {}
        for name, value in want.items():
            if value.__class__ is Changed:
                out[name] = _changed(have, want, name, value)
            elif value.__class__ is dict or value.__class__ is list:
                out[name] = resolve(child(node, name), have.get(name) if have.__class__ is dict else None, value)
            else:
                out[name] = value
        return out
    if want.__class__ is list:
        keys = element_keys(node)
        element = node.items if node is not None else None
        present = {element_key(keys, item): item for item in have or ()} if keys and have.__class__ is list else {}
        return [resolve(element, present.get(element_key(keys, item)) if keys else None, item) for item in want]
    return want


def _changed(have: Any, want: dict[str, Any], name: str, value: Changed) -> str:
    if have.__class__ is dict and name in have and all(have.get(s) == want.get(s) for s in value.siblings):
        return str(have[name])
    return value.now


def combine(node: SchemaNode | None, one: Any, other: Any, path: str = "") -> Any:
    """Both wishes as one patch. Raises ContradictionError with the path where they differ."""
    if one.__class__ is dict and other.__class__ is dict:
        out = dict(one)
        for name, value in other.items():
            out[name] = combine(child(node, name), out[name], value, f"{path}.{name}") if name in out else value
        return out
    keys = element_keys(node)
    if one.__class__ is list and other.__class__ is list and keys:
        element = node.items if node is not None else None
        merged = {element_key(keys, item): item for item in one}
        for item in other:
            key = element_key(keys, item)
            merged[key] = combine(element, merged[key], item, f"{path}{list(key)}") if key in merged else item
        return list(merged.values())
    if one == other and one.__class__ is other.__class__:
        return one
    # which two is not said: errors are shown to people who may not read every object
    raise ContradictionError(f"{path.removeprefix('.') or 'the whole object'} should have two values at once")


def absent(node: SchemaNode | None, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """Of a wish, the fields that an object does not say. A list whose elements are told apart by keys lacks those
    that it does not have, and fields of those that it has; any other list says all.

    >>> absent(None, {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}, "d": 4})
    {'a': {'c': 3}, 'd': 4}
    """
    out: dict[str, Any] = {}
    for name, value in want.items():
        if value is None:
            continue  # an absent field stays absent
        if name not in have:
            out[name] = value
        elif value.__class__ is dict and have[name].__class__ is dict:
            inner = absent(child(node, name), have[name], value)
            if inner:
                out[name] = inner
        elif value.__class__ is list and have[name].__class__ is list:
            items = _absent_items(child(node, name), have[name], value)
            if items:
                out[name] = items
    return out


def _absent_items(node: SchemaNode | None, have: list[Any], want: list[Any]) -> list[Any]:
    keys = element_keys(node)
    if not keys:
        return []
    present = {element_key(keys, item): item for item in have}
    element = node.items if node is not None else None
    out = []
    for item in want:
        key = element_key(keys, item)
        if key not in present:
            out.append(item)
        elif item.__class__ is dict and (inner := absent(element, present[key], item)):
            out.append({**{name: item[name] for name in keys if name in item}, **inner})
    return out


def patched(node: SchemaNode | None, have: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """The object after a patch by field; the same object if nothing changes."""
    return merge_fields(node, have, want)


def changed_paths(node: SchemaNode | None, have: Any, want: Any, path: str = "") -> list[str]:
    """The fields of a wish that differ from what is there: ``spec.nodeName``,
    ``status.conditions[type=Ready].status``."""
    if want.__class__ is dict and have.__class__ is dict:
        return [
            found
            for name, value in want.items()
            if value is not have.get(name)
            for found in changed_paths(child(node, name), have.get(name), value, f"{path}.{name}" if path else name)
        ]
    keys = element_keys(node)
    if want.__class__ is list and keys:
        element = node.items if node is not None else None
        present = {element_key(keys, item): item for item in have or ()} if have.__class__ is list else {}
        found_paths: list[str] = []
        for item in want:
            key = element_key(keys, item)
            label = ",".join(f"{name}={value}" for name, value in zip(keys, key, strict=True))
            found_paths += changed_paths(element, present.get(key), item, f"{path}[{label}]")
        return found_paths
    return [] if want == have and want.__class__ is have.__class__ else [path]


def leaf_values(node: SchemaNode | None, want: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a wish that holds no further ones, with its value; paths as in :func:`changed_paths`.

    >>> list(leaf_values(None, {"spec": {"nodeName": "n", "ports": [1]}, "data": None}))
    [('spec.nodeName', 'n'), ('spec.ports', [1]), ('data', None)]
    """
    keys = element_keys(node)
    if want.__class__ is dict and want:
        for name, value in want.items():
            yield from leaf_values(child(node, name), value, f"{path}.{name}" if path else name)
    elif want.__class__ is list and keys and want:
        element = node.items if node is not None else None
        for item in want:
            label = ",".join(f"{name}={value}" for name, value in zip(keys, element_key(keys, item), strict=True))
            yield from leaf_values(element, item, f"{path}[{label}]")
    else:
        yield path, want
