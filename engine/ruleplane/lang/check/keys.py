"""Keys of a keyed `ensure`: what tells the elements of `each` apart, and which present object is whose.

Without `by` the element itself is its key. A key is one plain value: an object or list is none, and a number is never
equal to a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ruleplane.lang.cel.source import source_error
from ruleplane.lang.check.types import start

if TYPE_CHECKING:
    from ruleplane.lang.cel.shapes import Shape
    from ruleplane.lang.check.types import Types
    from ruleplane.lang.outline import Site

_PLAIN: Final = frozenset({"string", "int", "uint", "double", "bool", "timestamp", "duration"})


def check(types: Types) -> None:
    """Add to the findings of ``types`` what cannot be a key."""
    rules = types.outline.ruleset.spec.rules
    keyed = {index for index, rule in enumerate(rules) if rule.ensure is not None and rule.ensure.each is not None}
    sites: dict[tuple[int, str], Site] = {}
    for site in types.outline.sites:
        if site.rule in keyed and site.path[3] == "ensure":
            sites[site.rule, str(site.path[4])] = site
    for index in sorted(keyed):
        types.rule = rules[index].name
        listed, by, key = (sites.get((index, part)) for part in ("each", "by", "key"))
        wanted = _shape(types, by) if by is not None else _element(types, listed)
        found = _shape(types, key)
        plain = True
        for shape, place, what in (
            (wanted, by or listed, "the key of an element"),
            (found, key, "the key of an object"),
        ):
            if place is None or shape is None or _unknown(shape) or shape.name in _PLAIN:
                continue
            hint = "; give `by`" if place is listed else ""
            message = f"{what} is of type {shape}: a text, a number or a bool tells one from another{hint}"
            types.told("RP006", source_error(message, start(place.expr)))
            plain = False
        if plain and key is not None and wanted is not None and found is not None and _differ(wanted, found):
            message = f"the key of an object is of type {found}, that of an element of type {wanted}: they never meet"
            types.told("RP006", source_error(message, start(key.expr)))
    types.rule = ""


def _shape(types: Types, site: Site | None) -> Shape | None:
    return None if site is None else types.expr(site.expr, types.locals(site.vars))


def _element(types: Types, site: Site | None) -> Shape | None:
    found = _shape(types, site)
    return found.params[0] if found is not None and found.name == "list" else None


def _unknown(shape: Shape) -> bool:
    return shape.variable or shape.name in ("dyn", "null") or (shape.name == "optional" and _unknown(shape.params[0]))


def _differ(one: Shape, other: Shape) -> bool:
    return not _unknown(one) and not _unknown(other) and one.name != other.name
