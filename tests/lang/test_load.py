"""Files to programs: what is seen from a file that stands alone."""

import gc

import pytest

from ruleplane.errors import SourceError
from ruleplane.lang.load import load
from ruleplane.lang.uncollected import uncollected
from ruleplane.model.data import data_dir

ALONE = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: alone}
spec:
  component: tests
  for: {c: {kind: v1/ConfigMap}}
  rules:
    - name: mark
      when: "!isDeleting(c)"
      apply: {to: "${c}", data: {seen: "true"}}
"""


def test_a_file_that_stands_alone_may_call_the_bundled_libraries(tmp_path):
    (tmp_path / "alone.yaml").write_text(ALONE)
    assert [program.name for program in load([tmp_path])] == ["alone"]


def test_a_bundled_library_that_is_given_too_is_read_once(tmp_path):
    (tmp_path / "alone.yaml").write_text(ALONE)
    assert [program.name for program in load([data_dir("rules") / "lib", tmp_path])] == ["alone"]


def test_a_load_pauses_the_garbage_collector_and_leaves_it_as_it_was(tmp_path):
    (tmp_path / "alone.yaml").write_text(ALONE)
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        load([tmp_path])
        assert not gc.isenabled()
    assert gc.isenabled()

    before = gc.get_stats()[0]["collections"]
    load([tmp_path])
    assert gc.get_stats()[0]["collections"] <= before + 1  # one may be due once it is on again
    assert gc.isenabled()


def test_a_load_that_fails_leaves_the_garbage_collector_on(tmp_path):
    with pytest.raises(SourceError, match="no such rule file"):
        load([tmp_path / "missing"])
    assert gc.isenabled()
