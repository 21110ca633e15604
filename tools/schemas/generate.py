"""Make schemas/kubernetes-1.37*.json and schemas/protobuf-1.37.json from the published inputs and schemas/names.yaml.

    python tools/schemas/generate.py            # write
    python tools/schemas/generate.py --check    # exit code 1 where a file is not what would be written

One definition or kind a line, keys sorted: a new Kubernetes version shows as a readable diff.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import orjson
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from inputs import ROOT, VERSION, MissingInputError, Resource, definitions, resources, wire_fields

_REF = "#/$defs/"
# Types whose published form differs from the input's, or that the engine treats specially.
_SPECIAL: dict[str, dict[str, Any]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string", "format": "quantity"},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "format": "date-time"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": {"type": "string", "format": "micro-time"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "io.k8s.apimachinery.pkg.runtime.RawExtension": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": {"x-kubernetes-preserve-unknown-fields": True},
}
_ANY_OF = (  # object or bool, object or array, array or strings: Go decodes them by hand
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOr",
)
_KEPT = (
    "type", "format", "items", "additionalProperties", "required",
    "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
    "x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key", "x-kubernetes-map-type",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    files: dict[Path, bytes] = {}
    missing = []
    for make in (generate, generate_protobuf):
        try:
            files |= make(files)
        except MissingInputError as error:
            missing.append(str(error))
    stale = [path for path, text in files.items() if not path.is_file() or path.read_bytes() != text]
    for path in stale:
        print(f"schemas: {path.relative_to(ROOT)} {'is not current' if '--check' in arguments else 'written'}")
        if "--check" not in arguments:
            path.write_bytes(files[path])
    for text in missing:
        print(text, file=sys.stderr)
    return 1 if stale and "--check" in arguments else 2 if missing else 0


def generate(_: dict[Path, bytes]) -> dict[Path, bytes]:
    """The files of kinds and their types: path -> bytes. Raises MissingInputError."""
    folder = ROOT / "schemas"
    names = yaml.safe_load((folder / "names.yaml").read_text())
    source = definitions()
    all_resources = resources()
    unknown = set(names["names"]) - {resource.ref for resource in all_resources}
    if unknown:
        raise SystemExit(f"schemas/names.yaml names kinds that Kubernetes {VERSION} does not have: {sorted(unknown)}")
    served = [
        resource for api in names["served"] for resource in sorted(all_resources, key=_plural)
        if resource.ref.rpartition("/")[0] == api
    ]  # fmt: skip
    by_kind = _by_kind(source)
    kinds = [_kind(resource, names, by_kind) for resource in served]
    wanted = _closure([kind["definition"] for kind in kinds] + names["definitions"], source)
    types = {name: _compact(name, source[name]) for name in wanted}
    texts = {name: _descriptions(source[name]) for name in wanted}
    head = {"version": f"{VERSION}.0", "unserved": names["unserved"]}
    return {
        folder / f"kubernetes-{VERSION}.json": _lines({**head, "kinds": kinds, "definitions": types}),
        folder / f"kubernetes-{VERSION}-descriptions.json": _lines({"descriptions": texts}),
    }


def generate_protobuf(made: dict[Path, bytes]) -> dict[Path, bytes]:
    """The file of field numbers, for the definitions that are kept (``made``: the files of this run, which go before
    those on disk): path -> bytes. Raises MissingInputError."""
    folder = ROOT / "schemas"
    types = folder / f"kubernetes-{VERSION}.json"
    kept = orjson.loads(made.get(types) or types.read_bytes())["definitions"]
    return {folder / f"protobuf-{VERSION}.json": _lines({"messages": _messages(wire_fields(), list(kept))})}


def _plural(resource: Resource) -> str:
    return resource.plural


def _by_kind(source: dict[str, dict[str, Any]]) -> dict[str, str]:
    found = {}
    for name, definition in source.items():
        kinds = definition.get("x-kubernetes-group-version-kind", [])
        if len(kinds) == 1:
            group, version, kind = kinds[0]["group"], kinds[0]["version"], kinds[0]["kind"]
            found[f"{group}/{version}/{kind}" if group else f"{version}/{kind}"] = name
    return found


def _kind(resource: Resource, names: dict[str, Any], by_kind: dict[str, str]) -> dict[str, Any]:
    extra = names["names"].get(resource.ref, {})
    kind: dict[str, Any] = {
        "group": resource.group,
        "version": resource.version,
        "kind": resource.kind,
        "plural": resource.plural,
        "namespaced": resource.namespaced,
        "verbs": resource.verbs,
        "definition": by_kind[resource.ref],
    }
    subresources = dict(resource.subresources)
    for name, more in names["subresources"].get(resource.ref, {}).items():
        subresources[name] = (more["kind"], more["verbs"])
    if subresources:
        kind["subresources"] = {name: list(subresources[name]) for name in sorted(subresources)}
    for key, word in (("short", "shortNames"), ("categories", "categories")):
        if key in extra:
            kind[word] = extra[key]
    scale = names["scale"].get(resource.ref)
    if scale:
        kind["scale"] = [scale["wanted"], scale["there"], scale["selector"]]
    return kind


def _closure(roots: list[str], source: dict[str, dict[str, Any]]) -> list[str]:
    found: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [] if name in _SPECIAL else re.findall(r'"#/\$defs/([^"]+)"', orjson.dumps(source[name]).decode())
    return sorted(found)


def _compact(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    if name in _SPECIAL:
        return dict(_SPECIAL[name])
    if name.startswith(_ANY_OF):
        return {"x-kubernetes-preserve-unknown-fields": True}
    small = _schema(definition)
    if "properties" in definition:
        small["properties"] = {key: _schema(value) for key, value in sorted(definition["properties"].items())}
    kinds = definition.get("x-kubernetes-group-version-kind", [])
    if len(kinds) == 1:
        small["x-kubernetes-group-version-kind"] = kinds
    return small


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    small: dict[str, Any] = {}
    if "$ref" in schema:
        small["$ref"] = schema["$ref"].removeprefix(_REF)
    for key in _KEPT:
        if key in schema:
            value = schema[key]
            if key == "type" and isinstance(value, list):  # ["string", "null"] was "string"
                value = next(one for one in value if one != "null")
            elif key in ("items", "additionalProperties") and isinstance(value, dict):
                value = _schema(value)
            small[key] = value
    return small


def _descriptions(definition: dict[str, Any]) -> dict[str, str]:
    texts = {"": definition["description"]} if "description" in definition else {}
    for name, schema in sorted(definition.get("properties", {}).items()):
        if "description" in schema:
            texts[name] = schema["description"]
    return texts


def _messages(source: dict[str, dict[str, list[Any]]], wanted: list[str]) -> dict[str, Any]:
    """The messages of the definitions wanted, and what their fields refer to (inlined structs have no definition)."""
    todo = [_message_name(name) for name in wanted] + ["k8s.io.apimachinery.pkg.runtime.Unknown"]
    todo += [name for name in source if name.rpartition(".")[2].endswith("Options") and ".core.v1." in name]
    found: dict[str, Any] = {}
    while todo:
        name = todo.pop()
        if name in source and name not in found:
            found[name] = source[name]
            for _, type_ in source[name].values():
                todo += re.findall(r"k8s\.io\.[\w.\-]+", type_)
    return {name: found[name] for name in sorted(found)}


def _message_name(definition: str) -> str:
    """``io.k8s.api.core.v1.Pod`` -> ``k8s.io.api.core.v1.Pod``."""
    return "k8s.io." + definition.removeprefix("io.k8s.")


def _lines(content: dict[str, Any]) -> bytes:
    """JSON with one entry of each top-level member a line."""
    parts = []
    for key, value in content.items():
        head = orjson.dumps(key) + b":"
        if isinstance(value, dict) and value:
            rows = [orjson.dumps(name) + b":" + orjson.dumps(one) for name, one in value.items()]
            parts.append(head + b"{\n" + b",\n".join(rows) + b"\n}")
        elif isinstance(value, list) and value:
            parts.append(head + b"[\n" + b",\n".join(orjson.dumps(one) for one in value) + b"\n]")
        else:
            parts.append(head + orjson.dumps(value))
    return b"{" + b",\n".join(parts) + b"}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
