"""Base64. https://pkg.go.dev/github.com/google/cel-go/ext#Encoders"""

from __future__ import annotations

import base64
import binascii

from ruleplane.lang.cel.registry import standard
from ruleplane.lang.cel.source import CelError


@standard("base64.encode(bytes) -> string")
def encode(data: bytes) -> str:
    """With padding."""
    return base64.b64encode(data).decode()


@standard("base64.decode(string) -> bytes")
def decode(text: str) -> bytes:
    """With or without padding.

    >>> decode("aGVsbG8")
    b'hello'
    """
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CelError(f"base64.decode(): {error}") from None
