"""Compiles `event`: what is told of what a head did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruleplane.lang import heads
from ruleplane.model.heads import EventText

if TYPE_CHECKING:
    from ruleplane.lang.reads import Abstract
    from ruleplane.lang.rules import Place
    from ruleplane.model.heads import EventSpec

# Kubernetes' own controllers use these words for what they do to their objects
_REASONS = {
    "created": "SuccessfulCreate",
    "deleted": "SuccessfulDelete",
    "updated": "SuccessfulUpdate",
    "refused": "FailedCreate",
}


def compile_events(place: Place, shape: EventSpec) -> heads.Events:
    """The Events of one rule. Raises SourceError."""
    events = heads.Events()
    if place.unit.grouped and shape.about is None:
        raise place.unit.source.error("a group is no object that could be told of: give `about`", place.path, key=True)
    about = place.inside("about").target(shape.about)[0] if shape.about is not None else None
    host = place.inside("host").template(shape.host)[0] if shape.host is not None else None
    if shape.reason is not None:
        text = EventText(reason=shape.reason, message=shape.message or "", type=shape.type)
        events.done = (_told(place, text, about, host, len(place.params)),)
    for moment, reason in _REASONS.items():
        value = getattr(shape, moment)
        if value is None:
            continue
        here = place.inside(moment)
        if isinstance(value, str):
            value = EventText(reason=reason, message=value, type="Warning" if moment == "refused" else "Normal")
        texts = value if isinstance(value, list) else [value]
        places = [here.inside(index) if isinstance(value, list) else here for index in range(len(texts))]
        told = tuple(
            _told(_with(at, moment), text, about, host, len(place.params))
            for at, text in zip(places, texts, strict=True)
        )
        setattr(events, moment, told)
    return events


def _with(place: Place, moment: str) -> Place:
    extra: dict[str, Abstract] = {"object": None} if moment != "refused" else {"error": None}
    inner = place.inside(moment, extra)
    inner.path = place.path
    return inner


def _told(place: Place, text: EventText, about: heads.Fn | None, host: heads.Fn | None, takes: int) -> heads.Told:
    parts = []
    for key in ("reason", "message", "type"):
        at = place.inside(key)
        if at.path not in place.unit.source.places:
            at.path = place.path
        parts.append(at.template(getattr(text, key), now=True)[0])
    return heads.Told(parts[0], parts[1], parts[2], about, host, takes)
