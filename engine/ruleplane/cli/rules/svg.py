"""Draws a picture of rule sets as SVG: what is read on the left, rule sets in the middle, what is written on the right.

Boxes are ordered so that arrows cross little (each goes to the mean height of its neighbours, a few times over). No
program and no font is needed: widths are reckoned for a font that every system has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from ruleplane.cli.rules.picture import folded, short
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from ruleplane.cli.rules.picture import Arrow, Picture

LINE, PAD, GAP, CHANNEL, MARGIN = 17, 10, 18, 170, 28
HEAD = 58  # title and column headings
_LEGEND = "thick: what a rule set is for · dashed: what else it looks at · thin: what it writes"
_COLOURS = (
    "#2563eb",
    "#c2410c",
    "#15803d",
    "#7c3aed",
    "#be123c",
    "#0e7490",
    "#a16207",
    "#4d7c0f",
    "#9d174d",
    "#475569",
)


@dataclass
class Box:
    """A kind or a rule set: a title, smaller lines, and where it lies."""

    title: str
    note: str = ""
    lines: list[str] = field(default_factory=list)
    colour: str = ""
    hint: str = ""  # shown over the box by a browser
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def height(self) -> float:
        """With its lines."""
        return 2 * PAD + LINE * (1 + bool(self.note) + len(self.lines))

    @property
    def middle(self) -> float:
        """Half of its height down."""
        return self.y + self.height / 2

    def reckon(self) -> float:
        """How wide its texts are."""
        texts = [(self.title, 8.0), (self.note, 6.4), *((line, 6.7) for line in self.lines)]
        return max(len(text) * wide for text, wide in texts) + 2 * PAD


def draw(picture: Picture, title: str) -> str:
    """The SVG text."""
    if not picture.sets:
        raise RuleplaneError("drawing rule sets: none is left to draw")
    few = len(picture.sets) <= 2
    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(picture.sets)}
    left = {kind: _kind(kind, picture.reads, 24 if few else 7) for kind in picture.kinds(picture.reads)}
    right = {kind: _kind(kind, picture.writes, 24 if few else 7) for kind in picture.kinds(picture.writes)}
    middle = {n: Box(n, component, colour=colours[n], hint=doc) for n, (component, doc) in picture.sets.items()}
    _order(picture, left, middle, right)
    width = _columns([left, middle, right])
    bottom = max(box.y + box.height for column in (left, middle, right) for box in column.values())
    width, height = max(width, 560), bottom + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="DejaVu Sans, Verdana, Helvetica, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    for column, heading in ((left, "reads"), (middle, "rule set"), (right, "writes")):
        if column:
            x = next(iter(column.values())).x
            out.append(_text(x, MARGIN + 6, heading, 13, "#64748b", bold=True))
    out += [_curve(left[a.kind], middle[a.rules], colours[a.rules], a, picture.reads) for a in picture.reads]
    out += [_curve(middle[a.rules], right[a.kind], colours[a.rules], a, picture.writes) for a in picture.writes]
    for column in (left, middle, right):
        out += [_box(box) for box in column.values()]
    out.append(_text(MARGIN, bottom + MARGIN + 4, _LEGEND, 10.5, "#64748b"))
    return "\n".join([*out, "</svg>"]) + "\n"


def _kind(kind: str, arrows: list[Arrow], most: int) -> Box:
    mine = [arrow for arrow in arrows if arrow.kind == kind]
    fields = sorted({each for arrow in mine for each in arrow.fields})
    verbs = list(dict.fromkeys(verb for arrow in mine for verb in arrow.verbs))
    group = kind.rpartition("/")[0]
    return Box(short(kind), " · ".join(verbs) or group, folded(fields, most), hint=kind)


def _order(picture: Picture, *columns: dict[str, Box]) -> None:
    """Sort each column by the mean place of its neighbours, until it settles."""
    left, middle, right = columns
    reads = [(arrow.kind, arrow.rules) for arrow in picture.reads]
    writes = [(arrow.kind, arrow.rules) for arrow in picture.writes]
    both = [(rules, f"<{kind}") for kind, rules in reads] + [(rules, f">{kind}") for kind, rules in writes]
    for _ in range(8):
        _sort(left, reads, _places(middle))
        _sort(right, writes, _places(middle))
        _sort(middle, both, {**_places(left, "<"), **_places(right, ">")})


def _places(column: dict[str, Box], prefix: str = "") -> dict[str, float]:
    return {prefix + name: (number + 0.5) / len(column) for number, name in enumerate(column)}


def _sort(column: dict[str, Box], pairs: list[tuple[str, str]], places: dict[str, float]) -> None:
    """By the mean of the ``places`` of those that each box is paired with; who has none stays."""
    own = _places(column)
    near: dict[str, list[float]] = {}
    for name, other in pairs:
        near.setdefault(name, []).append(places[other])
    means = {name: sum(near[name]) / len(near[name]) if name in near else own[name] for name in column}
    items = sorted(column.items(), key=lambda item: means[item[0]])
    column.clear()
    column.update(items)


def _columns(columns: list[dict[str, Box]]) -> float:
    """Place the boxes; the width of it all."""
    x = float(MARGIN)
    heights = [sum(box.height + GAP for box in column.values()) for column in columns]
    for column, height in zip(columns, heights, strict=True):
        if not column:
            continue
        width = max(box.reckon() for box in column.values())
        spare = (max(heights) - height) / (len(column) + 1)  # a short column is spread over the height of the others
        y = HEAD + spare
        for box in column.values():
            box.x, box.y, box.width = x, y, width
            y += box.height + GAP + spare
        x += width + CHANNEL
    return x - CHANNEL + MARGIN


def _curve(a: Box, b: Box, colour: str, arrow: Arrow, arrows: list[Arrow]) -> str:
    """From the right side of one box to the left side of another; ends are spread along the sides."""
    by_rules = [each for each in arrows if each.rules == arrow.rules]
    by_kind = [each for each in arrows if each.kind == arrow.kind]
    reads = not arrow.verbs
    y1 = _spread(a, (by_kind if reads else by_rules).index(arrow), len(by_kind if reads else by_rules))
    y2 = _spread(b, (by_rules if reads else by_kind).index(arrow), len(by_rules if reads else by_kind))
    x1, x2 = a.x + a.width, b.x - 7
    bend = (x2 - x1) / 2
    dash = "" if arrow.primary or not reads else ' stroke-dasharray="5 4"'
    wide = 2.2 if arrow.primary and reads else 1.4
    return (
        f'<path d="M{x1:.1f} {y1:.1f} C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}" '
        f'fill="none" stroke="{colour}" stroke-width="{wide}" stroke-opacity="0.75"{dash}/>'
        f'<path d="M{x2 + 7:.1f} {y2:.1f} l-8 -4 v8 z" fill="{colour}"/>'
    )


def _spread(box: Box, number: int, count: int) -> float:
    inside = min(box.height - 12, 12.0 * count)
    return box.middle + (number + 0.5 - count / 2) * inside / count


def _box(box: Box) -> str:
    rules = bool(box.colour)
    fill, stroke = ("#f8fafc", "#94a3b8") if not rules else ("#ffffff", box.colour)
    parts = [
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{10 if rules else 4}" fill="{fill}" stroke="{stroke}" stroke-width="{2 if rules else 1}"/>'
    ]
    y = box.y + PAD + 12
    parts.append(_text(box.x + PAD, y, box.title, 13, box.colour or "#0f172a", bold=True))
    if box.note:
        y += LINE
        parts.append(_text(box.x + PAD, y, box.note, 10.5, "#64748b"))
    for line in box.lines:
        y += LINE
        parts.append(_text(box.x + PAD, y, line, 11, "#334155"))
    return f"<g><title>{escape(box.hint)}</title>{''.join(parts)}</g>"


def _text(x: float, y: float, text: str, size: float, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{weight}>{escape(text)}</text>'
