"""Mistakes in a request's options (not in its object), as Kubernetes answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.errors import Invalid

if TYPE_CHECKING:
    from ruleplane.api.field_error import FieldError


def refuse_options(options: str, *errors: FieldError) -> Invalid:
    """``PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: …``; the caller raises it."""
    texts = [str(error) for error in errors]
    body = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return Invalid(
        f'{options}.meta.k8s.io "" is invalid: {body}',
        details={"group": "meta.k8s.io", "kind": options, "causes": [error.cause() for error in errors]},
    )
