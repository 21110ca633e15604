"""Objects as people type them."""

from __future__ import annotations

import pytest

from ruleplane.errors import BadRequest
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.kind import Kind
from ruleplane.model.schema import Schemas
from ruleplane.trace.names import display, parse

REGISTRY, SCHEMAS = builtin_registry(), Schemas.builtin()


@pytest.mark.parametrize(
    ("text", "ref", "field"),
    [
        ("pod/web", "v1/Pod/shop/web", ""),
        ("po/web.spec.nodeName", "v1/Pod/shop/web", "spec.nodeName"),
        ("Pods/web.status.conditions[type=Ready].status", "v1/Pod/shop/web", "status.conditions[type=Ready].status"),
        ("deploy/web.spec", "apps/v1/Deployment/shop/web", "spec"),
        ("deployments.apps/web", "apps/v1/Deployment/shop/web", ""),
        ("node/ip-10-0-0-1.ec2.internal", "v1/Node//ip-10-0-0-1.ec2.internal", ""),
        ("no/ip-10-0-0-1.ec2.internal.status.capacity", "v1/Node//ip-10-0-0-1.ec2.internal", "status.capacity"),
        ("events/web.17a", "v1/Event/shop/web.17a", ""),
        ("ing.networking.k8s.io/web", "networking.k8s.io/v1/Ingress/shop/web", ""),
    ],
)
def test_every_name_that_kubectl_takes_is_taken(text, ref, field):
    target = parse(text, "shop", REGISTRY, SCHEMAS)
    assert (target.ref, target.field) == (ref, field)


@pytest.mark.parametrize(
    ("text", "name", "field"),
    [
        ("widget/w.status.size", "w", "status.size"),
        ("widget/a.b", "a.b", ""),
        ("wd/a.b.metadata.uid", "a.b", "metadata.uid"),
    ],
)
def test_of_a_kind_whose_schema_is_not_at_hand_the_usual_fields_are_known(text, name, field):
    registry = builtin_registry()
    registry.add(Kind("example.com", "v1", "Widget", "widgets", namespaced=True, short_names=("wd",)))
    target = parse(text, "shop", registry, SCHEMAS)
    assert (target.ref, target.field) == (f"example.com/v1/Widget/shop/{name}", field)


@pytest.mark.parametrize("text", ["", "pod", "pod/", "/web"])
def test_what_names_no_object_is_refused(text):
    with pytest.raises(BadRequest, match="does not name an object"):
        parse(text, "default", REGISTRY, SCHEMAS)


def test_an_unknown_kind_is_told_as_kubectl_tells_it():
    with pytest.raises(BadRequest, match=r"the server doesn't have a resource type 'widgets' in group 'acme\.io'"):
        parse("widgets.acme.io/x", "default", REGISTRY, SCHEMAS)


def test_a_reference_is_shown_as_one_would_type_it():
    assert display("v1/Pod/shop/web", REGISTRY) == "pod/web -n shop"
    assert display("v1/Node//node-1", REGISTRY) == "node/node-1"
