"""Selectors: their grammar, what they mean, and how mistakes in them are told."""

from __future__ import annotations

import pytest

from ruleplane.api.selectors import Selection, label_requirements, label_test, matcher, selector_text
from ruleplane.api.strategies import Selectable
from ruleplane.errors import BadRequest

LABELS = {"app": "web", "tier": "front", "size": "7"}


def matches(text: str, labels: dict[str, str] | None = None) -> bool:
    return label_test(label_requirements(text))(LABELS if labels is None else labels)


@pytest.mark.parametrize(
    "text",
    ["", "app", "app=web", "app==web", "app!=db", "app in (db, web)", "app notin (db)", "!gone", "gone!=x",
     "gone notin (x)", "size>6", "size<8", "app=web,tier=front", " app = web , !gone ", "gone notin ()"],
)  # fmt: skip
def test_these_match(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    ["gone", "app=db", "app!=web", "app in (db)", "app notin (web,db)", "!app", "gone in (x)", "size>7", "app>1",
     "app=web,!tier", "app=", "gone="],
)  # fmt: skip
def test_these_do_not_match(text: str) -> None:
    assert not matches(text)


def test_an_empty_value_matches_an_empty_label() -> None:
    assert matches("app=", {"app": ""})
    assert matches("app in (,x)", {"app": ""})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("app=web tier", "unable to parse requirement: found 'tier', expected: ',' or 'end of string'"),
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("app in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        (",app", "unable to parse requirement: found ',', expected: !, identifier, or 'end of string'"),
        ("app,", "unable to parse requirement: found '', expected: identifier after ','"),
        ("=a", "unable to parse requirement: found '=', expected: !, identifier, or 'end of string'"),
        ("app=-x", "a valid label must be an empty string or consist of"),
        ("a/b/c=d", "name part must consist of"),
        ("size>x", "for 'Gt', 'Lt' operators, the value must be an integer"),
        ("app=" + "x" * 64, "a valid label"),
    ],
)
def test_mistakes_are_told_as_kubernetes_tells_them(text: str, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        label_requirements(text)
    assert message in caught.value.message


def test_a_selector_object_requires_all_of_it() -> None:
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["db"]}],
    }
    assert matcher(selector)(LABELS)
    assert not matcher(selector)({"app": "web", "tier": "db"})
    assert matcher({})({})
    assert not matcher(None)({})


def test_a_selector_object_with_an_unknown_operator_is_refused() -> None:
    with pytest.raises(BadRequest, match='"Like" is not a valid label selector operator'):
        matcher({"matchExpressions": [{"key": "a", "operator": "Like"}]})
    with pytest.raises(BadRequest, match="values set must be non-empty"):
        matcher({"matchExpressions": [{"key": "a", "operator": "In"}]})


def test_a_selector_object_can_be_spelled_as_text() -> None:
    selector = {
        "matchLabels": {"b": "2"},
        "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["y", "x"]},
            {"key": "c", "operator": "DoesNotExist"},
        ],
    }
    assert selector_text(selector) == "a in (x,y),b=2,!c"
    assert selector_text({}) == ""


POD = {"metadata": {"name": "a", "namespace": "d", "labels": LABELS}, "spec": {"nodeName": "n1"}, "status": {}}
FIELDS = {
    "spec.nodeName": Selectable(("spec", "nodeName")),
    "status.phase": Selectable(("status", "phase")),
    "spec.hostNetwork": Selectable(("spec", "hostNetwork"), "false"),
}


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("metadata.name=a", True),
        ("metadata.name==b", False),
        ("metadata.namespace=d,spec.nodeName=n1", True),
        ("spec.nodeName!=n1", False),
        ("status.phase=", True),
        ("status.phase!=Running", True),
        ("spec.hostNetwork=false", True),
    ],
)
def test_fields_are_compared_as_text(text: str, matched: bool) -> None:
    assert Selection(fields=text, supported=FIELDS).test(POD) is matched


def test_a_field_that_cannot_be_selected_by_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"field label not supported: spec\.image"):
        Selection(fields="spec.image=x", supported=FIELDS)


@pytest.mark.parametrize("text", ["spec.nodeName", "a=b=c", r"a=b\c"])
def test_a_field_selector_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="invalid selector"):
        Selection(fields=text, supported={"a": Selectable(("a",)), **FIELDS})


def test_commas_and_equal_signs_can_be_escaped() -> None:
    selection = Selection(fields=r"a=x\,y\=z", supported={"a": Selectable(("a",))})
    assert selection.test({"metadata": {}, "a": "x,y=z"})


def test_a_selection_of_one_name_knows_the_name() -> None:
    assert Selection(fields="metadata.name=a").name == "a"
    assert Selection(fields="metadata.name!=a").name == ""
    assert Selection().everything
