"""Where an object lies: the bucket values of one relation's way of finding it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.model import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ruleplane.lang.program import RelationSpec

    Values = Callable[[dict[str, Any]], tuple[Hashable, ...]]


def placing(spec: RelationSpec) -> Values:
    """object -> the values of its buckets."""
    if spec.mode == "value":
        theirs = spec.theirs
        assert theirs is not None, spec

        def by_value(obj: dict[str, Any]) -> tuple[Hashable, ...]:
            value = theirs(obj)
            if value is None:
                return ()
            if value.__class__ is list:
                return tuple(dict.fromkeys(item for item in value if item.__class__ not in (dict, list)))
            return (value,) if value.__class__ is not dict else ()

        return by_value
    if spec.mode == "labels":
        return by_labels
    if spec.mode == "selectedBy":
        path = spec.selector_path

        def by_selector(obj: dict[str, Any]) -> tuple[Hashable, ...]:
            found: Any = obj
            for name in path:
                found = found.get(name) if found.__class__ is dict else None
            if found.__class__ is not dict:
                return ()
            return ((obj["metadata"].get("namespace", ""), *labels.bucket_of(found)),)

        return by_selector
    return _everywhere


def by_labels(obj: dict[str, Any]) -> tuple[Hashable, ...]:
    """One bucket per label, per label key, and one for all of the namespace."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    return tuple([(namespace, *key) for key in labels.buckets_of(metadata.get("labels"))])


def _everywhere(_obj: dict[str, Any]) -> tuple[Hashable, ...]:
    return ("",)
