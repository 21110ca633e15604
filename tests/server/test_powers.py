"""Nobody does by rules what they may not do themselves: what is asked of those who write rule sets and libraries."""

from __future__ import annotations

from copy import deepcopy

import pytest

from support.http import Client
from support.plane import running

RULE_SETS, LIBRARIES = "/apis/ruleplane.dev/v1/rulesets", "/apis/ruleplane.dev/v1/libraries"
ROLES = "/apis/rbac.authorization.k8s.io/v1"
LABELLER = {
    "apiVersion": "ruleplane.dev/v1",
    "kind": "RuleSet",
    "metadata": {"name": "labeller"},
    "spec": {
        "component": "examples",
        "for": {"c": {"kind": "v1/ConfigMap"}},
        "rules": [{"name": "label", "apply": {"to": "${c}", "metadata": {"labels": {"seen": "yes"}}}}],
    },
}
LABELLERS_NEED = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch", "patch"]}
WRITES_RULES = {
    "apiGroups": ["ruleplane.dev"],
    "resources": ["rulesets", "rulesets/status", "libraries"],
    "verbs": ["create", "update", "patch", "delete", "get"],
}


class Api:
    """Requests as a user whose roles the test gives."""

    def __init__(self, client):
        self.client = client

    def ask(self, method, path, body=None, user="bob", **headers):
        if user:
            headers |= {"Impersonate_User": user, "Impersonate_Group": "authors"}
        return self.client.ask(method, path, body, **headers)

    def give(self, *rules, name="author"):
        """Bob holds just these rules, and may write rules."""
        role = {"metadata": {"name": name}, "rules": [WRITES_RULES, *rules]}
        if self.ask("PUT", f"{ROLES}/clusterroles/{name}", role, user="").status == 404:
            self.ask("POST", f"{ROLES}/clusterroles", role, user="")
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "bob"}]
        binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": subjects}
        self.ask("POST", f"{ROLES}/clusterrolebindings", binding, user="")

    def clear(self):
        for path in (RULE_SETS, LIBRARIES):
            for item in self.ask("GET", path, user="").json["items"]:
                self.ask("DELETE", f"{path}/{item['metadata']['name']}", user="")
            assert any(not self.ask("GET", path, user="").json["items"] for _ in range(2000)), "what held is undone"
        for path in ("clusterroles", "clusterrolebindings", "roles"):
            self.ask("DELETE", f"{ROLES}/{path}/author", user="")


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    with running(tmp_path_factory.mktemp("plane") / "data", nodes=0) as plane:
        yield plane


@pytest.fixture
def api(plane):
    with Client(plane.server) as client:
        made = Api(client)
        yield made
        made.clear()


def edited(obj, *path, value):
    """A copy with another value at a path."""
    copy = deepcopy(obj)
    at = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


def test_who_lacks_what_the_rules_do_is_told_what_in_the_words_of_kubernetes(api):
    api.give({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]})
    refusal = api.ask("POST", RULE_SETS, LABELLER)
    assert refusal.status == 403
    assert refusal.json["message"] == (
        'rulesets.ruleplane.dev "labeller" is forbidden: user "bob" (groups=["authors" "system:authenticated"]) is '
        "attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["configmaps"], Verbs:["patch" "watch"]}'
    )
    assert api.ask("GET", RULE_SETS, user="").json["items"] == []


def test_who_holds_it_writes_rules(api):
    api.give(LABELLERS_NEED)
    assert api.ask("POST", RULE_SETS, LABELLER).status == 201


def test_so_does_who_may_escalate(api):
    api.give({"apiGroups": ["ruleplane.dev"], "resources": ["rulesets"], "verbs": ["escalate"]})
    assert api.ask("POST", RULE_SETS, LABELLER).status == 201


def test_an_administrator_is_not_asked(api):
    assert api.ask("POST", RULE_SETS, LABELLER, user="").status == 201


def test_what_one_holds_in_a_namespace_is_not_enough(api):
    api.give()
    role = {"metadata": {"name": "author"}, "rules": [LABELLERS_NEED]}
    api.ask("POST", f"{ROLES}/namespaces/default/roles", role, user="")
    assert api.ask("POST", RULE_SETS, LABELLER).status == 403


@pytest.mark.parametrize("how", ["put", "merge", "apply"])
def test_an_edit_asks_for_what_the_new_text_does(api, how):
    api.give(LABELLERS_NEED)
    made = api.ask("POST", RULE_SETS, LABELLER).json
    kind = ("spec", "for", "c", "kind")
    if how == "put":
        for _ in range(100):  # its status is being written meanwhile
            read = api.ask("GET", f"{RULE_SETS}/labeller").json
            answer = api.ask("PUT", f"{RULE_SETS}/labeller", edited(read, *kind, value="v1/Secret"))
            if answer.status != 409:
                break
    elif how == "merge":
        body = {"spec": {"for": {"c": {"kind": "v1/Secret"}}}}
        answer = api.ask("PATCH", f"{RULE_SETS}/labeller", body, Content_Type="application/merge-patch+json")
    else:
        body = edited(LABELLER, *kind, value="v1/Secret")
        query = "?fieldManager=bob&force=true"
        answer = api.ask("PATCH", f"{RULE_SETS}/labeller{query}", body, Content_Type="application/apply-patch+yaml")
    assert answer.status == 403
    assert '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "patch" "watch"]}' in answer.json["message"]
    assert api.ask("GET", f"{RULE_SETS}/labeller").json["spec"] == made["spec"]


def test_what_leaves_the_text_as_it_is_asks_for_nothing(api):
    api.ask("POST", RULE_SETS, LABELLER, user="")
    api.give()
    body = {"metadata": {"labels": {"team": "a"}}}
    answer = api.ask("PATCH", f"{RULE_SETS}/labeller", body, Content_Type="application/merge-patch+json")
    assert answer.status == 200
    assert api.ask("DELETE", f"{RULE_SETS}/labeller").status == 200


def test_the_text_that_is_noted_to_be_undone_by_is_nobodys_to_write(api):
    api.ask("POST", RULE_SETS, LABELLER, user="")
    api.give(LABELLERS_NEED)
    body = {"status": {"inForce": {"text": "{}"}}}
    merge = {"Content_Type": "application/merge-patch+json"}
    answer = api.ask("PATCH", f"{RULE_SETS}/labeller/status", body, **merge)
    assert answer.status == 403
    assert '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}' in answer.json["message"]
    assert api.ask("PATCH", f"{RULE_SETS}/labeller/status", {"status": {"firings": 0}}, **merge).status == 200


def test_a_function_that_rules_call_asks_for_what_they_do(api):
    library = {
        "apiVersion": "ruleplane.dev/v1",
        "kind": "Library",
        "metadata": {"name": "words"},
        "spec": {"functions": {"colour(c)": "'red'"}},
    }
    api.give()
    assert api.ask("POST", LIBRARIES, library).status == 201, "nothing calls it yet"
    rule = {"name": "label", "apply": {"to": "${c}", "metadata": {"labels": {"seen": "${colour(c)}"}}}}
    api.ask("POST", RULE_SETS, edited(LABELLER, "spec", "rules", value=[rule]), user="")
    change = {"spec": {"functions": {"colour(c)": "'blue'"}}}
    merge = {"Content_Type": "application/merge-patch+json"}
    refusal = api.ask("PATCH", f"{LIBRARIES}/words", change, **merge)
    assert refusal.status == 403
    assert refusal.json["message"].startswith('libraries.ruleplane.dev "words" is forbidden: user "bob"')
    api.give(LABELLERS_NEED)
    assert api.ask("PATCH", f"{LIBRARIES}/words", change, **merge).status == 200


def test_a_text_that_is_wrong_is_told_so_first(api):
    api.give()
    assert api.ask("POST", RULE_SETS, edited(LABELLER, "spec", "rules", 0, "apply", "to", value="${d}")).status == 422
