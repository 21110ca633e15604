"""Registry, schemas and validator of the built-in kinds, made once a test process, and ordinary objects to change."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ruleplane.api.validate import Validator
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.schema import Schemas

if TYPE_CHECKING:
    from ruleplane.model.kind import Kind, Registry

Json = dict[str, Any]


@cache
def registry() -> Registry:
    """Not to be changed."""
    return builtin_registry()


@cache
def schemas() -> Schemas:
    """Not to be changed."""
    return Schemas.builtin()


@cache
def validator() -> Validator:
    """The validator of the built-in kinds with this checkout's rules."""
    return Validator(schemas())


def kind(ref: str) -> Kind:
    """By reference: ``v1/Pod``."""
    found = registry().get(ref)
    assert found is not None, ref
    return found


def changed(obj: Any, path: str, value: Any = ...) -> Any:
    """A copy with another value at a path such as ``spec.containers.0.image`` (``...`` removes it)."""
    head, _, rest = path.partition(".")
    key: Any = int(head) if isinstance(obj, list) else head
    new = list(obj) if isinstance(obj, list) else dict(obj)
    if rest:
        new[key] = changed(obj[key] if isinstance(obj, list) or key in obj else {}, rest, value)
    elif value is ...:
        del new[key]
    else:
        new[key] = value
    return new


def pod(**spec: Any) -> Json:
    """A Pod as a ReplicaSet makes it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web-x",
            "namespace": "default",
            "labels": {"app": "web"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": True}
            ],
        },
        "spec": {
            "containers": [
                {
                    "name": "nginx",
                    "image": "nginx:1.25",
                    "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "500m"}},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }
            ],
            "volumes": [{"name": "data", "emptyDir": {}}],
            "restartPolicy": "Always",
            **spec,
        },
        "status": {"phase": "Running"},
    }


def workload(ref: str, **spec: Any) -> Json:
    """A ReplicaSet, Deployment, … of three Pods."""
    api_version, _, name = ref.rpartition("/")
    return {
        "apiVersion": api_version,
        "kind": name,
        "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "nginx", "image": "nginx"}]},
            },
            **spec,
        },
    }


CRONTABS: Json = {
    "metadata": {"name": "crontabs.stable.example.com"},
    "spec": {
        "group": "stable.example.com",
        "scope": "Namespaced",
        "conversion": {"strategy": "Webhook"},  # of another version than the stored one nothing can be served
        "names": {"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "shortNames": ["ct"]},
        "versions": [
            {"name": "v1beta1", "served": True, "storage": False},
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "additionalPrinterColumns": [
                    {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"},
                    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                },
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "description": "A table of times.",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["cronSpec"],
                                "properties": {
                                    "cronSpec": {"type": "string", "pattern": r"^(\S+ ){4}\S+$"},
                                    "image": {"type": "string", "description": "What runs.", "nullable": True},
                                    "replicas": {"type": "integer", "minimum": 1, "maximum": 10},
                                    "mode": {"type": "string", "enum": ["Fast", "Slow"]},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                },
                            },
                            "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
                        },
                    }
                },
            },
        ],
    },
}
