"""The JSON patch (RFC 6902), by the ``jsonpatch`` library, with Kubernetes' answers to what cannot be applied."""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from ruleplane.errors import BadRequest, Invalid, RequestEntityTooLarge

MOST_OPERATIONS = 10_000


def json_patch(old: dict[str, Any], operations: Any) -> dict[str, Any]:
    """``old`` with the operations applied; ``old`` itself is not changed.

    Raises:
        BadRequest: not a list of operations.
        RequestEntityTooLarge: more than 10,000 of them.
        Invalid: an operation does not fit the object (a path that is not there, a test that fails).
    """
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise BadRequest("error decoding patch: expected a list of operations")
    if len(operations) > MOST_OPERATIONS:
        raise RequestEntityTooLarge(
            f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(operations)}"
        )
    try:
        new: Any = jsonpatch.JsonPatch(operations).apply(old)
    except jsonpatch.InvalidJsonPatch as error:
        raise BadRequest(f"error decoding patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        # clients compare this text; the reason goes into the causes
        raise Invalid(
            "the server rejected our request due to an error in our request",
            details={"causes": [{"reason": "FieldValueInvalid", "message": str(error) or "test failed"}]},
        ) from error
    if not isinstance(new, dict):
        raise Invalid("the server rejected our request due to an error in our request")
    return new
