"""A picture of rule sets as text that other programs draw: Mermaid, Graphviz, JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ruleplane.cli.rules.picture import folded, short

if TYPE_CHECKING:
    from ruleplane.cli.rules.picture import Arrow, Picture

_MOST = 6  # fields on an arrow


def to_json(picture: Picture) -> str:
    """For programs: nothing is folded."""

    def plain(arrow: Arrow) -> dict[str, Any]:
        return {"ruleset": arrow.rules, "kind": arrow.kind, "primary": arrow.primary, "fields": arrow.fields}

    found = {
        "rulesets": [{"name": name, "component": c, "doc": doc} for name, (c, doc) in picture.sets.items()],
        "reads": [plain(arrow) for arrow in picture.reads],
        "writes": [{**plain(arrow), "verbs": arrow.verbs} for arrow in picture.writes],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def to_mermaid(picture: Picture) -> str:
    """A flowchart, for documents: dotted arrows are read, solid ones written; a thick one begins at the primary."""
    lines = ["flowchart LR"]
    kinds = list(dict.fromkeys([*picture.kinds(picture.reads), *picture.kinds(picture.writes)]))
    lines += [f'  {_id("k", kind)}["{_safe(short(kind))}"]' for kind in kinds]
    lines += [f'  {_id("r", name)}(["{_safe(name)}"])' for name in picture.sets]
    for arrow in picture.reads:
        body = "==>" if arrow.primary else "-.->"
        lines.append(f"  {_id('k', arrow.kind)} {body}{_label(arrow.fields, '<br>')} {_id('r', arrow.rules)}")
    for arrow in picture.writes:
        label = _label([", ".join(arrow.verbs), *arrow.fields], "<br>")
        lines.append(f"  {_id('r', arrow.rules)} -->{label} {_id('k', arrow.kind)}")
    lines.append("  classDef rules fill:#dbeafe,stroke:#1d4ed8,color:#1e3a8a")
    if picture.sets:
        lines.append(f"  class {','.join(_id('r', name) for name in picture.sets)} rules")
    return "\n".join(lines) + "\n"


def to_dot(picture: Picture) -> str:
    """Graphviz."""
    lines = ["digraph rules {", '  rankdir=LR; node [fontname="Helvetica"]; edge [fontname="Helvetica", fontsize=9];']
    kinds = list(dict.fromkeys([*picture.kinds(picture.reads), *picture.kinds(picture.writes)]))
    lines += [f"  {json.dumps('kind ' + kind)} [label={json.dumps(short(kind))}, shape=box];" for kind in kinds]
    lines += [
        f'  {json.dumps(name)} [shape=box, style="rounded,filled", fillcolor="#dbeafe"];' for name in picture.sets
    ]
    for arrow in picture.reads:
        style = "bold" if arrow.primary else "dashed"
        label = json.dumps("\n".join(folded(arrow.fields, _MOST)))
        lines.append(
            f"  {json.dumps('kind ' + arrow.kind)} -> {json.dumps(arrow.rules)} [style={style}, label={label}];"
        )
    for arrow in picture.writes:
        label = json.dumps("\n".join([", ".join(arrow.verbs), *folded(arrow.fields, _MOST)]))
        lines.append(f"  {json.dumps(arrow.rules)} -> {json.dumps('kind ' + arrow.kind)} [label={label}];")
    return "\n".join([*lines, "}"]) + "\n"


def _id(prefix: str, name: str) -> str:
    return f"{prefix}_{re.sub(r'[^A-Za-z0-9]', '_', name) or 'unknown'}"


def _label(fields: list[str], between: str) -> str:
    shown = folded(fields, _MOST)
    return f'|"{between.join(map(_safe, shown))}"|' if shown else ""


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;")
