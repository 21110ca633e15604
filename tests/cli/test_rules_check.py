"""``ruleplane rules check`` and ``rules explain``."""

from __future__ import annotations

import json

import pytest

from ruleplane import __version__

HEAD = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: sample}
spec:
  component: tests
  for: {rs: {kind: apps/v1/ReplicaSet}}
"""
BAD = HEAD + '  rules:\n    - name: report\n      status: {replicas: "${rs.spec.replcas + pods}"}\n'
GOOD = HEAD + '  rules:\n    - name: report\n      status: {replicas: "${rs.spec.replicas}"}\n'
UNUSED = GOOD.replace("  rules:", "  let: {spare: '1'}\n  rules:")


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "sample.yaml"
        path.write_text(text)
        return path

    return write


def test_every_finding_is_shown_with_its_line_and_a_caret(ruleplane, file):
    path = file(BAD)
    told = ruleplane("rules", "check", path)
    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0].startswith(f"{path}:9:37: error[RP005] ReplicaSetSpec has no field 'replcas'; did you mean")
    assert lines[1].strip().startswith("status:")
    assert lines[1][lines[2].index("^") :].startswith("replcas")
    assert "error[RP002] there is no name 'pods' here" in told.out
    assert "2 errors (ruleplane rules explain RP002 says more)" in told.err


def test_good_rules_have_nothing_found(ruleplane, file):
    told = ruleplane("rules", "check", file(GOOD))
    assert (told.code, told.out, told.err.strip()) == (0, "", "nothing found")


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"])
def test_where_there_are_no_rules_nothing_is_clean(ruleplane, file, text):
    path = file(text)
    for place in (path, path.parent):
        told = ruleplane("rules", "check", place)
        assert (told.code, told.out) == (1, "")
        assert f"error: no rule set or library in {place} (a rule file begins with apiVersion: ruleplane." in told.err


def test_a_rule_set_without_an_apiversion_is_not_taken_for_another_manifest(ruleplane, file):
    told = ruleplane("rules", "check", file(GOOD.partition("\n")[2]))
    assert told.code == 1
    assert "error[RP001] apiVersion: expected 'ruleplane.dev/v1', found None" in told.out


def test_two_rule_sets_of_one_name_are_told_at_the_second(ruleplane, file):
    path = file(GOOD)
    other = path.with_name("second.yaml")
    other.write_text(GOOD)
    told = ruleplane("rules", "check", path.parent)
    assert told.code == 1
    assert f"{other}:3:18: error[RP001] the rule set 'sample' exists already, in {path}" in told.out


def test_a_file_that_is_named_twice_is_one_file(ruleplane, file):
    path = file(GOOD)
    told = ruleplane("rules", "check", path, path.parent, path)
    assert (told.code, told.err.strip()) == (0, "nothing found")


def test_what_the_document_itself_lacks_is_said_so(ruleplane, file):
    told = ruleplane("rules", "check", file("apiVersion: ruleplane.dev/v1\nkind: RuleSet\n"))
    assert "error[RP001] missing key 'metadata' in the document" in told.out


def test_warnings_fail_only_when_asked_to(ruleplane, file):
    path = file(UNUSED)
    assert ruleplane("rules", "check", path).code == 0
    told = ruleplane("rules", "check", "--strict", path)
    assert told.code == 1
    assert "warning[RP011] `spare` is never used" in told.out


def test_a_path_that_is_not_there_is_no_clean_result(ruleplane, tmp_path):
    told = ruleplane("rules", "check", tmp_path / "none")
    assert told.code == 1
    assert "no such rule file or directory" in told.err


def test_json_has_one_finding_a_line(ruleplane, file):
    path = file(BAD)
    rows = [json.loads(line) for line in ruleplane("rules", "check", path, "-o", "json").out.splitlines()]
    assert [row["code"] for row in rows] == ["RP005", "RP002"] or [row["code"] for row in rows] == ["RP002", "RP005"]
    assert all(row["file"] == str(path) and row["line"] == 9 for row in rows)
    assert all(row["ruleset"] == "sample" and row["rule"] == "report" for row in rows)


def test_sarif_has_the_structure_that_the_standard_asks_for(ruleplane, file):
    path = file(BAD)
    log = json.loads(ruleplane("rules", "check", path, "-o", "sarif").out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("ruleplane rules check", __version__)
    assert all(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] for rule in driver["rules"])
    assert len(run["results"]) == 2
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "error"
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == path.as_uri()
        assert place["region"]["startLine"] == 9
        assert place["region"]["startColumn"] > 0


def test_the_fields_of_a_custom_resource_beside_the_rules_are_known(ruleplane, tmp_path):
    (tmp_path / "crd.yaml").write_text(CRD)
    (tmp_path / "rules.yaml").write_text(SITES)
    told = ruleplane("rules", "check", tmp_path)
    assert told.code == 1
    assert "Website has no field 'spce'" not in told.out
    assert "has no field 'hots'; did you mean 'host'?" in told.out
    assert "RP021" not in told.out


def test_a_version_that_only_a_cluster_may_serve_is_a_warning_here_and_a_misspelt_kind_is_none(ruleplane, file):
    text = GOOD.replace("rules:", "watch: {hpas: {kind: KIND}}\n  rules:").replace(
        ".replicas}", ".replicas + size(hpas)}"
    )
    told = ruleplane("rules", "check", file(text.replace("KIND", "autoscaling/v1/HorizontalPodAutoscaler")))
    assert told.code == 0
    assert "warning[RP022] autoscaling/v1/HorizontalPodAutoscaler is of a version that ruleplane does not" in told.out
    assert "`ruleplane up` serves autoscaling/v2/HorizontalPodAutoscaler" in told.out
    for wrong in (
        "autoscaling/v2/HorizontalPodAutoscalar",
        "autoscaling/HorizontalPodAutoscaler",
        "v1/Pods",
        "v1/Nothing",
    ):
        told = ruleplane("rules", "check", file(text.replace("KIND", wrong)))
        assert told.code == 1
        assert f"error[RP004] there is no kind {wrong}" in told.out


def test_a_code_is_explained(ruleplane):
    told = ruleplane("rules", "explain", "rp005")
    assert told.code == 0
    assert told.out.startswith("RP005: an object has no such field (error)\n\n")
    assert "bad:" in told.out
    assert "good:" in told.out
    assert ruleplane("rules", "explain", "RP999").code == 1


CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: websites.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: websites, singular: website, kind: Website}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, required: [host], properties: {host: {type: string}}}}
"""
SITES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: sites}
spec:
  component: tests
  for: {site: {kind: example.com/v1/Website}}
  rules:
    - name: tell
      event: {reason: Seen, message: "${site.spec.hots}"}
"""
