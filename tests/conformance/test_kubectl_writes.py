"""What kubectl changes: create, apply, patch, scale, label, edit, delete, and what it is refused."""

from __future__ import annotations

import json

import pytest

REPLICASET = """
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx}]}
"""
MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: "%s"}\n'


@pytest.fixture
def replicaset(kubectl):
    assert kubectl("create", "-f", "-", stdin=REPLICASET) == "replicaset.apps/web created\n"


def read(kubectl, what, path):
    return kubectl("get", what, "-o", f"jsonpath={{{path}}}")


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("configmap", "x", "--from-literal=a=b"), "configmap"),
        (("secret", "generic", "x", "--from-literal=a=b"), "secret"),
        (("serviceaccount", "x"), "serviceaccount"),
        (("deployment", "x", "--image=nginx", "--replicas=0"), "deployment"),
        (("job", "x", "--image=busybox", "--", "true"), "job"),
        (("cronjob", "x", "--image=busybox", "--schedule=* * * * *", "--", "true"), "cronjob"),
        (("role", "x", "--verb=get", "--resource=pods"), "role"),
        (("rolebinding", "x", "--role=x", "--user=u"), "rolebinding"),
        (("quota", "x", "--hard=pods=1"), "resourcequota"),
        (("poddisruptionbudget", "x", "--selector=a=b", "--min-available=1"), "poddisruptionbudget"),
        (("ingress", "x", "--rule=h/p=svc:80"), "ingress"),
        (("service", "clusterip", "x", "--tcp=80:8080"), "service"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_generators_create_what_they_say(kubectl, args, kind):
    assert " created" in kubectl("create", *args)
    made = json.loads(kubectl("get", kind, "x", "-o", "json", "--show-managed-fields"))
    if kind != "serviceaccount":  # which has no field of its own
        assert made["metadata"]["managedFields"][0]["manager"] == "kubectl-create"
    if kind == "deployment":
        assert made["spec"]["replicas"] == 0
    if kind == "service":
        assert made["spec"]["ports"][0]["targetPort"] == 8080


def test_create_namespace_and_what_has_that_name_already(kubectl, namespace):
    other = f"two-{kubectl.version.replace('.', '-')}"
    assert kubectl("create", "namespace", other) == f"namespace/{other} created\n"
    assert "already exists" in kubectl.fails("create", "namespace", namespace)


def test_apply_creates_changes_and_leaves_alone(kubectl):
    assert kubectl("apply", "-f", "-", stdin=MAP % 1) == "configmap/m created\n"
    assert kubectl("apply", "-f", "-", stdin=MAP % 1) == "configmap/m unchanged\n"
    assert kubectl("apply", "-f", "-", stdin=MAP % 2) == "configmap/m configured\n"
    assert read(kubectl, "cm/m", ".data.a") == "2"


def test_server_side_apply_owns_fields_and_tells_conflicts(kubectl):
    ours = ("apply", "--server-side", "--field-manager=ours", "-f", "-")
    theirs = ("apply", "--server-side", "--field-manager=theirs", "-f", "-")
    assert kubectl(*ours, stdin=MAP % 1) == "configmap/m serverside-applied\n"
    assert 'conflict with "ours": .data.a' in kubectl.fails(*theirs, stdin=MAP % 2)
    assert kubectl(*theirs, "--force-conflicts", stdin=MAP % 2) == "configmap/m serverside-applied\n"
    assert read(kubectl, "cm/m", ".data.a") == "2"


def test_diff_shows_the_change_and_makes_none(kubectl):
    kubectl("apply", "-f", "-", stdin=MAP % 1)
    done = kubectl.run("diff", "-f", "-", stdin=MAP % 2)
    assert done.returncode == 1
    assert '-  a: "1"\n+  a: "2"' in done.stdout
    assert read(kubectl, "cm/m", ".data.a") == "1"
    assert kubectl.run("diff", "-f", "-", stdin=MAP % 1).returncode == 0


def test_a_dry_run_keeps_nothing(kubectl):
    made = json.loads(kubectl("create", "-f", "-", "--dry-run=server", "-o", "json", stdin=MAP % 1))
    assert made["metadata"]["uid"]
    assert kubectl("get", "cm", "m", "--ignore-not-found") == ""


@pytest.mark.usefixtures("replicaset")
def test_patch_in_each_of_its_types(kubectl):
    kubectl("patch", "rs", "web", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"b","image":"y"}]}}}}')
    images = read(kubectl, "rs/web", ".spec.template.spec.containers[*].name")
    assert sorted(images.split()) == ["b", "nginx"]
    kubectl("patch", "rs", "web", "--type=merge", "-p", '{"spec":{"replicas":8}}')
    assert read(kubectl, "rs/web", ".spec.replicas") == "8"
    kubectl("patch", "rs", "web", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":9}]')
    assert read(kubectl, "rs/web", ".spec.replicas") == "9"
    kubectl("patch", "rs", "web", "--subresource=status", "--type=merge", "-p", '{"status":{"replicas":4}}')
    assert read(kubectl, "rs/web", ".status.replicas") == "4"


@pytest.mark.usefixtures("replicaset")
def test_scale_with_and_without_a_precondition(kubectl):
    assert kubectl("scale", "rs", "web", "--replicas=5") == "replicaset.apps/web scaled\n"
    kubectl("scale", "rs", "web", "--replicas=2", "--current-replicas=5")
    assert read(kubectl, "rs/web", ".spec.replicas") == "2"
    assert "Expected replicas to be 5" in kubectl.fails("scale", "rs", "web", "--replicas=1", "--current-replicas=5")


@pytest.mark.usefixtures("replicaset")
def test_label_annotate_and_their_removal(kubectl):
    kubectl("label", "rs", "web", "tier=front")
    kubectl("annotate", "rs", "web", "note=hello")
    assert (
        read(kubectl, "rs/web", ".metadata.labels.tier .metadata.annotations.note".replace(" ", "}{")) == "fronthello"
    )
    kubectl("label", "rs", "web", "tier-")
    assert read(kubectl, "rs/web", ".metadata.labels.tier") == ""


def test_edit_sends_what_the_editor_wrote(kubectl):
    kubectl("create", "-f", "-", stdin=MAP % 1)
    edited = kubectl.run("edit", "cm", "m", env={"EDITOR": 'sed -i \'s/a: "1"/a: "7"/\''})
    assert edited.stdout == "configmap/m edited\n", edited.stderr
    assert read(kubectl, "cm/m", ".data.a") == "7"


def test_replace_needs_the_version_it_was_made_from(kubectl):
    kubectl("create", "-f", "-", stdin=MAP % 1)
    stale = kubectl("get", "cm", "m", "-o", "yaml")
    assert kubectl("replace", "-f", "-", stdin=MAP % 2) == "configmap/m replaced\n"
    assert "the object has been modified" in kubectl.fails("replace", "-f", "-", stdin=stale)


def test_unknown_fields_are_refused_or_told(kubectl):
    wrong = (MAP % 1).replace("\ndata:", "\ndta:")
    assert 'strict decoding error: unknown field "dta"' in kubectl.fails("create", "-f", "-", stdin=wrong)
    done = kubectl.run("create", "-f", "-", "--validate=warn", stdin=wrong)
    assert (done.returncode, done.stderr) == (0, 'Warning: unknown field "dta"\n')


def test_invalid_objects_are_refused_with_every_mistake(kubectl):
    wrong = REPLICASET.replace("name: web,", "name: Web_1,").replace("replicas: 3", "replicas: -1")
    refusal = kubectl.fails("create", "-f", "-", stdin=wrong)
    assert 'The ReplicaSet "Web_1" is invalid' in refusal
    assert "metadata.name: Invalid value" in refusal
    assert "spec.replicas: Invalid value: -1: must be greater than or equal to 0" in refusal
