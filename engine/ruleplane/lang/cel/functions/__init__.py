"""The standard functions, by theme. Importing a module declares its functions; :data:`STANDARD` holds them all.

The specification's own, cel-go's extensions (strings, math, lists, sets, encoders, optionals, regex, network) and
Kubernetes' (quantity, url, semver, named formats, list aggregates):
https://kubernetes.io/docs/reference/using-api/cel/
"""

from __future__ import annotations

from typing import Final

from ruleplane.lang.cel.functions import (
    core,
    encoders,
    formats,
    formatting,
    lists,
    math,
    network,
    optionals,
    quantities,
    regexes,
    semvers,
    sets,
    strings,
    times,
    urls,
    wrappers,
)
from ruleplane.lang.cel.registry import Function, declared

MODULES: Final = (
    core,
    encoders,
    formatting,
    formats,
    lists,
    math,
    network,
    optionals,
    quantities,
    regexes,
    semvers,
    sets,
    strings,
    times,
    urls,
    wrappers,
)

STANDARD: Final[dict[str, Function]] = declared()
"""By key: ``size``, ``.size`` (a member), ``math.greatest``."""
