"""Files to programs: what is seen from a file that stands alone."""

from ruleplane.lang.load import load
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
