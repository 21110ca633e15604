"""The checks of ``metadata``: names, labels, annotations, finalizers, owner references, in Kubernetes' words.

Not here: generating names, uid and timestamps, and what may not change (the verbs do that).

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruleplane.api.field_error import FieldError, field_error, invalid_value, required
from ruleplane.api.text_format import label_value, qualified_name

if TYPE_CHECKING:
    from ruleplane.api.text_format import Check

ANNOTATIONS_LIMIT = 256 * 1024
_PLAIN_FINALIZERS = frozenset(("orphan", "foregroundDeletion", "kubernetes"))
_KNOWN_LIMIT = 20_000
# (key, value) pairs and keys found right before: the same few labels are on every object
_known_labels: set[tuple[str, str]] = set()
_known_keys: set[str] = set()


def check_metadata(
    metadata: dict[str, Any], namespaced: bool, name_check: Check, *, short_finalizers: bool = False
) -> list[FieldError]:
    """What is wrong with an object's metadata; ``name_check`` tells what is wrong with a name of its kind."""
    errors: list[FieldError] = []
    _check_name(metadata, name_check, errors)
    namespace = metadata.get("namespace", "")
    if namespaced and not namespace:
        errors.append(required("metadata.namespace"))
    elif namespace and not namespaced:
        errors.append(field_error("metadata.namespace", "FieldValueForbidden", "not allowed on this type"))
    labels = metadata.get("labels")
    if labels:
        for pair in labels.items():
            if pair not in _known_labels:
                _check_label(pair, errors)
    annotations = metadata.get("annotations")
    if annotations:
        _check_annotations(annotations, errors)
    if "finalizers" in metadata:
        _check_finalizers(metadata["finalizers"], short_finalizers, errors)
    if "ownerReferences" in metadata:
        _check_owners(metadata["ownerReferences"], errors)
    return errors


def _check_name(metadata: dict[str, Any], name_check: Check, errors: list[FieldError]) -> None:
    generate = metadata.get("generateName")
    if generate:
        # what follows the prefix makes a trailing dash right
        masked = generate[:-2] + "a" if len(generate) > 1 and generate.endswith("-") else generate
        errors += [invalid_value("metadata.generateName", generate, text) for text in name_check(masked)]
    name = metadata.get("name", "")
    if name:
        errors += [invalid_value("metadata.name", name, text) for text in name_check(name)]
    elif not generate:
        errors.append(required("metadata.name", "name or generateName is required"))


def _check_label(pair: tuple[str, str], errors: list[FieldError]) -> None:
    key, value = pair
    found = [invalid_value("metadata.labels", key, text) for text in qualified_name(key)]
    found += [invalid_value("metadata.labels", value, text) for text in label_value(value)]
    errors += found
    if not found:
        if len(_known_labels) >= _KNOWN_LIMIT:
            _known_labels.clear()
        _known_labels.add(pair)


def _check_annotations(annotations: dict[str, str], errors: list[FieldError]) -> None:
    total = 0
    for key, value in annotations.items():
        total += len(key) + (len(value) if value.isascii() else len(value.encode()))
        if key not in _known_keys:
            found = [invalid_value("metadata.annotations", key, text) for text in qualified_name(key.lower())]
            errors += found
            if not found and len(_known_keys) < _KNOWN_LIMIT:
                _known_keys.add(key)
    if total > ANNOTATIONS_LIMIT:
        detail = f"may not be more than {ANNOTATIONS_LIMIT} bytes"
        errors.append(field_error("metadata.annotations", "FieldValueTooLong", detail))


def _check_finalizers(finalizers: list[str], short: bool, errors: list[FieldError]) -> None:
    for index, name in enumerate(finalizers):
        path = f"metadata.finalizers[{index}]"
        found = [invalid_value(path, name, text) for text in qualified_name(name)]
        if not found and not short and "/" not in name and name not in _PLAIN_FINALIZERS:
            text = "name is neither a standard finalizer name nor is it fully qualified"
            found.append(invalid_value(path, name, text))
        errors += found


def _check_owners(owners: list[dict[str, Any]], errors: list[FieldError]) -> None:
    controllers = []
    for index, owner in enumerate(owners):
        path = f"metadata.ownerReferences[{index}]"
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                errors += [invalid_value(f"{path}.{field}", owner.get(field, ""), "must not be empty")]
        if owner.get("controller"):
            controllers.append(owner.get("name", ""))
    if len(controllers) > 1:
        detail = (
            "Only one reference can have Controller set to true. Found \"true\" in references for "
            f"{controllers[0]} and {controllers[1]}"
        )  # fmt: skip
        errors.append(invalid_value("metadata.ownerReferences", owners, detail))
