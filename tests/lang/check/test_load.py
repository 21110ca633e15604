"""What loads has no errors: every load asks the checker."""

from __future__ import annotations

import logging

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.load import checked, compile_documents, documents, load

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: sample}
spec:
  component: tests
  for: {rs: {kind: apps/v1/ReplicaSet}}
  let: {spare: "1"}
  rules:
    - name: report
      status: {replicas: "${rs.spec.FIELD}", readyReplicas: "${rs.spec.FIELD}"}
"""


@pytest.fixture
def file(tmp_path):
    def write(field):
        path = tmp_path / "sample.yaml"
        path.write_text(RULES.replace("FIELD", field))
        return path

    return write


def test_an_error_of_the_checker_keeps_rules_from_being_loaded(file):
    path = file("replcas")
    assert compile_documents(documents([path]))
    with pytest.raises(SourceError, match=r"has no field 'replcas'; did you mean 'replicas'\? \[RP005\]") as caught:
        load([path])
    assert (caught.value.file, caught.value.line) == (str(path), 10)
    assert "(and 1 more: ruleplane rules check shows them all)" in caught.value.message


def test_a_warning_is_told_and_the_rules_are_loaded(file, caplog):
    with caplog.at_level(logging.WARNING, logger="ruleplane.rules"):
        (program,) = load([file("replicas")])
    assert program.name == "sample"
    (record,) = caplog.records
    assert "`spare` is never used [RP011]" in record.getMessage()


def test_whoever_loads_may_take_the_warnings(file, caplog):
    warnings = []
    checked(documents([file("replicas")]), warned=warnings.append)
    assert [warning.code for warning in warnings] == ["RP011"]
    assert not caplog.records


def test_a_load_knows_which_versions_are_served(tmp_path):
    path = tmp_path / "sample.yaml"
    path.write_text(RULES.replace("FIELD", "replicas").replace("apps/v1/", "apps/v1beta1/"))
    with pytest.raises(SourceError, match=r"there is no kind apps/v1beta1/ReplicaSet; did you mean .* \[RP004\]"):
        load([path])
