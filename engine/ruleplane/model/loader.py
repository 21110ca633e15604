"""How YAML is read: by PyYAML's rules, in C where there is C, and each plain text is looked at once.

Which type a plain text has (``true``, ``12``, ``2024-01-01``) PyYAML asks several regular expressions, anew for every
text, though in rule files most of them are the same few keys.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_Base):  # type: ignore[misc] # untyped
    """For ``yaml.load``, and for who walks the nodes."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node without one."""
        if kind is yaml.ScalarNode and implicit[0]:
            return _tag(value)
        return super().resolve(kind, value, implicit)


@lru_cache(maxsize=4096)
def _tag(text: str) -> str:
    for tag, pattern in _Base.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return str(tag)
    return str(_Base.DEFAULT_SCALAR_TAG)
