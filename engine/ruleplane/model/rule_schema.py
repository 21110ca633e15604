"""The JSON Schema of rule files, for editors: completion, hovers and underlined mistakes while one types.

Made of the models in ``ruleset.py`` and ``heads.py``, so that it says what the loader says of keys and their shapes;
what an expression means, and which keys exclude one another, is told by ``ruleplane rules check``.
``schemas/ruleset.schema.json`` is generated from here (``make schemas``). Draft 7, because that is the newest that
every release of yaml-language-server reads.
"""

from __future__ import annotations

from typing import Any

_REF = "#/definitions/"


def json_schema() -> dict[str, Any]:
    """The schema of one document of a rule file: a rule set or a library, told apart by ``kind``."""
    from pydantic import TypeAdapter  # at build time only: see trace.py

    from ruleplane.model.ruleset import API_VERSION, Library, RuleSet

    made = TypeAdapter(RuleSet | Library).json_schema(by_alias=True, ref_template=_REF + "{model}")
    definitions = {name: _plain(part) for name, part in made["$defs"].items()}
    for name in ("RuleSet", "Library"):
        for key in ("apiVersion", "kind"):  # said once, at the top, where an editor completes them
            definitions[name]["properties"][key] = True
    _open_ended(definitions)
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://ruleplane.dev/schemas/ruleset.schema.json",
        "title": "A rule file of ruleplane",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The version of the rule language."},
            "kind": {
                "enum": ["RuleSet", "Library"],
                "description": "`RuleSet`: a controller on one page. `Library`: named pure functions.",
            },
        },
        "if": {"properties": {"kind": {"const": "Library"}}, "required": ["kind"]},
        "then": {"$ref": _REF + "Library"},
        "else": {"$ref": _REF + "RuleSet"},
        "definitions": dict(sorted(definitions.items())),
    }
    marked: dict[str, Any] = _with_markdown(schema)
    return marked


def _plain(part: Any) -> Any:
    """Without what helps no editor: titles, defaults, and null beside an optional value."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    plain: dict[str, Any] = {}
    for key, value in part.items():
        if key == "properties":
            plain[key] = {name: _plain(item) for name, item in value.items()}
        elif key == "description":
            plain[key] = " ".join(value.split())
        elif key not in ("title", "default"):
            plain[key] = _plain(value)
    choices = [choice for choice in plain.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        plain = {**choices[0], **{key: value for key, value in plain.items() if key != "anyOf"}}
    elif choices:
        plain["anyOf"] = choices
    if "patternProperties" in plain:  # the pattern says which names there may be
        plain["additionalProperties"] = False
    if "$ref" in plain and len(plain) > 1:  # draft 7 looks at nothing beside a reference
        plain = {"type": "object", "allOf": [{"$ref": plain.pop("$ref")}], **plain}
    return plain


def _open_ended(definitions: dict[str, Any]) -> None:
    """What the models leave to validators or to templates, said as far as a schema can."""
    for name, key in (("RuleSetSpec", "for"), ("Rule", "each"), ("Ensure", "each"), ("Filter", "each")):
        definitions[name]["properties"][key] |= {"minProperties": 1, "maxProperties": 1}
    target = {
        "to": {"description": "The object (template), as ${x}."},
        "subresource": {"type": "string", "description": "The subresource that is written, as status."},
    }
    definitions["Rule"]["properties"]["apply"] |= {"properties": target, "required": ["to"]}
    definitions["Outcome"]["properties"]["apply"] |= {"properties": target}
    definitions["Ensure"]["properties"]["template"] |= {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"type": "string", "description": "Kind of the objects, as v1/Pod or apps/v1/ReplicaSet."},
            "from": {"description": "A starting value, for creation only (template)."},
        },
    }
    definitions["Choose"]["additionalProperties"] = {
        "type": "string",
        "description": "The variable, and the list of candidates that it stands for.",
    }
    definitions["Relation"]["dependencies"] = {"theirs": ["ours"], "ours": ["theirs"]}


def _with_markdown(part: Any) -> Any:
    """Descriptions with code in them once more as Markdown, which editors prefer, and else show backticks raw."""
    if isinstance(part, list):
        return [_with_markdown(item) for item in part]
    if not isinstance(part, dict):
        return part
    shown = {}
    for key, value in part.items():
        shown[key] = _with_markdown(value)
        if key == "description" and isinstance(value, str) and "`" in value:
            shown["description"] = value.replace("`", "'")
            shown["markdownDescription"] = value
    return shown


if __name__ == "__main__":
    import json
    import sys

    sys.stdout.write(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")
