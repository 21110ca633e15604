"""The virtual cluster: time, rest, and what spins."""

import pytest

from ruleplane.clock import SECOND
from ruleplane.errors import BadRequest, NotFound
from ruleplane.specs.virtual import SpinError, VirtualCluster

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {{name: test}}
spec:
  component: test
  for: {{c: {{kind: v1/ConfigMap}}}}
  rules:
    - name: only
      doc: For this test.
{rule}
"""


@pytest.fixture
def cluster():
    made = VirtualCluster(())
    yield made
    made.close()


def load(cluster, rule):
    cluster.load(RULES.format(rule=rule))


def config(name="one", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_time_stands_still_while_there_is_work(cluster):
    load(cluster, '      apply: {to: "${c}", data: {seen: yes indeed}}')
    before = cluster.clock.now()
    cluster.apply([config(f"c{number}") for number in range(50)])
    cluster.rest()
    assert {c["data"]["seen"] for c in cluster.list("cm")} == {"yes indeed"}
    assert cluster.clock.now() == before


def test_time_goes_from_one_instant_with_work_to_the_next(cluster):
    load(
        cluster,
        "      when: now >= timestamp(c.metadata.creationTimestamp) + duration('90s')\n"
        '      apply: {to: "${c}", data: {old: very}}',
    )
    cluster.apply(config(old="no"))
    start = cluster.clock.now()
    moments = [(moment - start) / SECOND for moment in cluster.moments(start + 120 * SECOND)]
    assert moments == [0, 90, 120]
    assert cluster.get("configmap", "one")["data"]["old"] == "very"


def test_rules_that_never_rest_are_told_with_their_keys(cluster):
    load(cluster, '      apply: {to: "${c}", data: {count: "${string([c].sum(x, int(x.data.count) + 1))}"}}')
    cluster.apply(config(count="1"))
    with pytest.raises(SpinError, match=r"test \(only\) on v1/ConfigMap/default/one: \d+ times"):
        cluster.settle()


def test_kinds_have_all_the_names_that_kubectl_knows(cluster):
    cluster.apply(config())
    for word in ("cm", "configmap", "configmaps", "ConfigMap", "ConfigMaps"):
        assert cluster.get(word, "one")["kind"] == "ConfigMap"
    with pytest.raises(BadRequest, match="doesn't have a resource type"):
        cluster.get("confmap", "one")
    with pytest.raises(NotFound):
        cluster.get("cm", "two")


def test_a_manifest_of_unknown_kind_or_field_is_refused(cluster):
    with pytest.raises(BadRequest, match='no matches for kind "Confmap" in version "v1"'):
        cluster.apply("{apiVersion: v1, kind: Confmap, metadata: {name: x}}")
    with pytest.raises(BadRequest, match="dta"):
        cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, dta: {}}")


def test_the_same_seed_gives_the_same_names():
    def names(seed):
        cluster = VirtualCluster(seed=seed)
        cluster.add_machine()
        spec = {"containers": [{"name": "main", "image": "x"}]}
        for _ in range(3):
            cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
            cluster.settle()
        uids = [pod["metadata"]["uid"] for pod in cluster.list("pods")]
        cluster.close()
        return uids

    assert names(7) == names(7)
    assert names(7) != names(8)


def test_a_restart_forgets_everything_but_the_stores():
    cluster = VirtualCluster()
    cluster.add_machine()
    cluster.settle()
    before, loop = cluster.revision, cluster.cluster.loop
    cluster.restart()
    cluster.settle()
    assert cluster.cluster.loop is not loop
    assert cluster.revision == before
    cluster.close()
