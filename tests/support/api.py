"""An API over a memory store, called without awaiting: kinds by reference, values back."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from ruleplane.api.call import Call
from ruleplane.api.defaults import Defaults
from ruleplane.api.validate import Validator
from ruleplane.api.verbs import Api, Query, Removed
from ruleplane.clock import VirtualClock
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas
from ruleplane.store.memory import MemoryStore
from support.drive import drive

if TYPE_CHECKING:
    from ruleplane.api.admission import Admission
    from ruleplane.model.kind import Kind
    from ruleplane.store.base import Entry

Json = dict[str, Any]
SCHEMAS = Schemas.builtin()
VALIDATOR = Validator(SCHEMAS)


class Server:
    """What a test talks to. Kinds are references (``v1/Pod``); the namespace is ``default`` where nothing is said."""

    def __init__(self, *, defaults: bool = False, admission: Admission | None = None, namespaces: bool = True) -> None:
        self.store = MemoryStore()
        self.clock = VirtualClock()
        self.registry = builtin_registry()
        admission = Defaults.builtin() if defaults else admission
        self.api = Api(self.store, self.registry, SCHEMAS, self.clock, Random(1), admission, VALIDATOR)
        if namespaces:
            self.create("v1/Namespace", {"metadata": {"name": "default"}})

    def kind(self, ref: str) -> Kind:
        kind = self.registry.get(ref)
        assert kind is not None, ref
        return kind

    def _where(self, ref: str, namespace: str) -> tuple[Kind, str]:
        kind = self.kind(ref)
        return kind, namespace if kind.namespaced else ""

    def create(self, ref: str, obj: Json, *, actor: str = "test", namespace: str = "default", **call: Any) -> Json:
        kind, space = self._where(ref, namespace)
        return drive(self.api.create(kind, space, obj, Call(actor, **call))).value

    def get(self, ref: str, name: str, *, namespace: str = "default", subresource: str = "") -> Json:
        kind, space = self._where(ref, namespace)
        return drive(self.api.get(kind, space, name, subresource)).value

    def update(
        self, ref: str, obj: Json, *, name: str = "", actor: str = "test", namespace: str = "default",
        subresource: str = "", **call: Any,
    ) -> Json:  # fmt: skip
        kind, space = self._where(ref, namespace)
        name = name or obj["metadata"]["name"]
        return drive(self.api.update(kind, space, name, obj, Call(actor, **call), subresource)).value

    def patch(
        self, ref: str, name: str, body: Any, patch_type: str = "merge", *, actor: str = "test",
        namespace: str = "default", subresource: str = "", force: bool | None = None, **call: Any,
    ) -> Json:  # fmt: skip
        kind, space = self._where(ref, namespace)
        made = self.api.patch(kind, space, name, body, patch_type, Call(actor, **call), subresource, force)
        return drive(made).value

    def apply(self, ref: str, obj: Json, *, actor: str = "test", force: bool = False, **more: Any) -> Json:
        kind = self.kind(ref)
        body = {"apiVersion": kind.api_version, "kind": kind.kind, **obj}
        return self.patch(ref, obj["metadata"]["name"], body, "apply", actor=actor, force=force or None, **more)

    def delete(
        self, ref: str, name: str, options: Json | None = None, *, namespace: str = "default", **call: Any
    ) -> Entry:
        kind, space = self._where(ref, namespace)
        return drive(self.api.delete(kind, space, name, options, Call("test", **call)))

    def post(self, ref: str, name: str, subresource: str, body: Json, *, namespace: str = "default") -> Entry:
        kind, space = self._where(ref, namespace)
        return drive(self.api.post(kind, space, name, subresource, body, Call("test")))

    def list(self, ref: str, namespace: str = "", **query: Any) -> Any:
        return drive(self.api.list(self.kind(ref), namespace, Query(**query)))

    def names(self, ref: str, namespace: str = "", **query: Any) -> list[str]:
        return [entry.value["metadata"]["name"] for entry in self.list(ref, namespace, **query).entries]

    def watch(self, ref: str, namespace: str = "", **query: Any) -> Any:
        return drive(self.api.watch(self.kind(ref), namespace, Query(**query)))


def gone(entry: Entry) -> bool:
    """Whether a deletion left nothing to wait for."""
    return isinstance(entry, Removed)


def config_map(name: str = "settings", **more: Any) -> Json:
    return {"metadata": {"name": name, **more.pop("metadata", {})}, **more}


def pod(name: str = "web", **more: Any) -> Json:
    spec = {"containers": [{"name": "nginx", "image": "nginx:1.27"}], **more.pop("spec", {})}
    return {"metadata": {"name": name, **more.pop("metadata", {})}, "spec": spec, **more}


def deployment(name: str = "web", **spec: Any) -> Json:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "nginx", "image": "nginx:1.27"}]}}
    return {
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def replica_set(name: str = "web", **spec: Any) -> Json:
    return deployment(name, **spec)


def managers(obj: Json) -> dict[str, Json]:
    """The sets of fields by ``manager``, ``manager/Apply`` or ``manager/status``."""
    out: dict[str, Json] = {}
    for entry in obj["metadata"].get("managedFields", []):
        name = entry["manager"]
        if entry["operation"] == "Apply":
            name += "/Apply"
        if "subresource" in entry:
            name += f"/{entry['subresource']}"
        out[name] = entry["fieldsV1"]
    return out
