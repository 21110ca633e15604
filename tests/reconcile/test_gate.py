"""What is refused at the admission of a rule set: what its kinds do not have, as this cluster knows them."""

from __future__ import annotations

import pytest

from ruleplane.errors import Invalid
from ruleplane.specs.virtual import VirtualCluster

SITES = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sites.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: sites, singular: site, kind: Site, listKind: SiteList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {host: {type: string}}}}
"""
HOSTS = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: hosts}
spec:
  component: examples
  for: {s: {kind: example.com/v1/Site, where: "has(s.spec.host)"}}
  rules:
    - name: label
      apply: {to: "${s}", metadata: {labels: {host: "${s.spec.host}"}}}
"""


@pytest.fixture
def cluster():
    cluster = VirtualCluster([])
    yield cluster
    cluster.close()


def test_a_field_that_a_custom_kind_does_not_have_is_refused(cluster):
    cluster.apply(HOSTS.replace("s.spec.host}", "s.spec.hots}"))  # nobody can know yet
    cluster.delete("ruleset", "hosts")
    cluster.apply(SITES)
    cluster.settle()
    with pytest.raises(Invalid) as caught:
        cluster.apply(HOSTS.replace("s.spec.host}", "s.spec.hots}"))
    (cause,) = caught.value.details["causes"]
    assert cause["field"] == "spec.rules[0].apply.metadata.labels.host"
    assert "1:10: s.spec has no field 'hots'; did you mean 'host'? [RP005]" in cause["message"]
    with pytest.raises(Invalid, match=r"Site has no field 'metdata'; did you mean 'metadata'\? \[RP007\]"):
        cluster.apply(HOSTS.replace("metadata: {labels", "metdata: {labels"))
    cluster.apply(HOSTS)


def test_a_definition_that_changes_changes_what_is_refused(cluster):
    cluster.apply(SITES)
    cluster.settle()
    later = HOSTS.replace("host", "port")
    with pytest.raises(Invalid, match="has no field 'port'"):
        cluster.apply(later)
    cluster.apply(SITES.replace("host: {type: string}", "port: {type: string}"))
    cluster.settle()
    cluster.apply(later)
