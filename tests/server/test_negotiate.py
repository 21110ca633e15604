"""Negotiation: the first form that can be made, in the client's order."""

import pytest

from ruleplane.errors import NotAcceptable
from ruleplane.server.negotiate import Form, negotiate

TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Form()),
        ("*/*", Form()),
        ("application/json, */*", Form()),
        ("application/vnd.kubernetes.protobuf,application/json", Form()),
        ("application/yaml", Form("application/yaml")),
        ("application/json;q=0.5,application/yaml", Form("application/yaml")),
        (TABLE, Form("application/json", "Table", "meta.k8s.io", "v1")),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Form()),
        ("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
         Form("application/json", "PartialObjectMetadata", "meta.k8s.io", "v1")),
        ("application/json;stream=watch", Form()),
    ],
)  # fmt: skip
def test_the_first_form_that_can_be_made_is_chosen(accept, form):
    assert negotiate(accept) == form


def test_aggregated_discovery_is_a_form_of_discovery_only():
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    assert negotiate(accept, True).content_type == (
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    )
    assert negotiate(accept) == Form()


@pytest.mark.parametrize(
    "accept", ["text/html", "application/vnd.kubernetes.protobuf", "application/json;q=0", TABLE[:47]]
)
def test_what_cannot_be_made_is_not_acceptable(accept):
    if accept.startswith("application/json;as"):
        accept = "application/json;as=Nothing;v=v1;g=meta.k8s.io"
    with pytest.raises(NotAcceptable):
        negotiate(accept)
