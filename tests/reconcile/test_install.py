"""Rule sets as objects: what the installer does beside what features/language/install.feature tells."""

from __future__ import annotations

from random import Random

import pytest
import yaml

from ruleplane.api.call import Call
from ruleplane.clock import SECOND, VirtualClock
from ruleplane.errors import Invalid
from ruleplane.lang.load import compile_documents, libraries
from ruleplane.lang.source import parse, shape
from ruleplane.model.kind import Kind
from ruleplane.reconcile.cluster import Cluster
from ruleplane.reconcile.report import Tally, condition, patch
from ruleplane.specs.faults import Fault
from ruleplane.specs.virtual import VirtualCluster
from ruleplane.store.memory import MemoryStore
from ruleplane.trace.recorder import Recorder
from support.drive import drive
from support.labeller import LIBRARY, rules


def config(name="a", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
def cluster():
    cluster = VirtualCluster([])
    cluster.apply(config())
    yield cluster
    cluster.close()


def labels(cluster, name="a"):
    return cluster.get("configmap", name)["metadata"].get("labels", {})


def conditions(cluster, name="labeller"):
    status = cluster.get("ruleset", name)["status"]
    return {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}


# --- the finalizer ----------------------------------------------------------------------------------------------------


def test_a_rule_set_has_the_finalizer_from_its_first_revision(cluster):
    (created,) = cluster.apply(rules())
    assert created["metadata"]["finalizers"] == ["ruleplane.dev/retract"]


def test_the_finalizer_is_not_taken_off_a_rule_set_that_lives(cluster):
    cluster.apply(rules())
    cluster.patch("ruleset", "labeller", {"metadata": {"finalizers": None}})
    assert cluster.get("ruleset", "labeller")["metadata"]["finalizers"] == ["ruleplane.dev/retract"]


def test_a_rule_set_that_is_deleted_runs_no_more_when_it_is_gone(cluster):
    cluster.apply(rules())
    cluster.settle()
    cluster.delete("ruleset", "labeller")
    assert cluster.get("ruleset", "labeller")["metadata"]["deletionTimestamp"]
    cluster.settle()
    assert cluster.find("ruleset", "labeller") is None
    assert cluster.cluster.loop.cache.bounds == []
    assert "v1/ConfigMap" not in cluster.cluster.loop.cache.kinds


def test_one_of_the_same_name_starts_from_nothing(cluster):
    cluster.apply(rules())
    cluster.advance(11)
    assert cluster.get("ruleset", "labeller")["status"]["firings"] == 1
    cluster.delete("ruleset", "labeller")
    cluster.apply(config("b"))
    cluster.settle()
    cluster.apply(rules("no"))
    cluster.advance(11)
    assert cluster.get("ruleset", "labeller")["status"]["firings"] == 2


# --- admission --------------------------------------------------------------------------------------------------------


def test_a_rule_set_from_a_file_is_not_shadowed(cluster):
    cluster.load(rules(name="filed"))
    with pytest.raises(Invalid, match="a rule set of that name is loaded from the scenario's rules"):
        cluster.apply(rules(name="filed"))


def test_the_causes_of_a_refusal_name_the_field(cluster):
    with pytest.raises(Invalid) as caught:
        cluster.apply(rules().replace("${c}", "${d}"))
    (cause,) = caught.value.details["causes"]
    assert (cause["field"], cause["reason"]) == ("spec.rules[0].apply.to", "FieldValueInvalid")
    assert cause["message"].splitlines()[0] == "Invalid value: 1:3: there is no name 'd' here"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("v1/ConfigMapp", '"v1/ConfigMapp": this kind is not served; did you mean v1/ConfigMap?'),
        ("apps/v2/Deployment", "did you mean apps/v1/Deployment?"),
        ("ConfigMap", "this kind is not served"),
    ],
)
def test_a_kind_that_will_never_come_is_refused(cluster, kind, message):
    with pytest.raises(Invalid, match=r"spec\.for\.c\.kind: Invalid value") as caught:
        cluster.apply(rules().replace("v1/ConfigMap", kind))
    assert message in caught.value.message


def test_a_bad_text_with_metadata_alone_changed_may_stay(cluster):
    """After an upgrade a text may no longer load: its labels and finalizers can be changed all the same."""
    cluster.apply(LIBRARY)
    cluster.apply(rules("${word()}"))
    del cluster.cluster.catalog.libraries["words"]
    cluster.cluster.catalog._functions = None
    cluster.patch("ruleset", "labeller", {"metadata": {"labels": {"a": "b"}}})
    with pytest.raises(Invalid, match="there is no function 'word'"):
        cluster.patch("ruleset", "labeller", {"spec": {"doc": "Another one."}})


def test_two_libraries_do_not_share_a_function_name(cluster):
    cluster.apply(LIBRARY)
    with pytest.raises(Invalid, match=r"spec.functions\[word\(\)\].*the function 'word' exists already"):
        cluster.apply(LIBRARY.replace("name: words", "name: others"))


def test_a_library_that_another_calls_stays(cluster):
    cluster.apply(LIBRARY)
    cluster.apply(
        LIBRARY.replace("name: words", "name: a-first").replace("word(): \"'one'\"", "twice(): word() + word()")
    )
    cluster.delete("library", "words")
    cluster.settle()
    cluster.restart()  # what is in use is known after a restart, too
    cluster.settle()
    assert [one["metadata"]["name"] for one in cluster.list("library")] == ["a-first", "words"]
    cluster.delete("library", "a-first")
    cluster.settle()
    assert cluster.list("library") == []


def test_an_edit_that_calls_a_deleted_library_no_more_lets_it_go(cluster):
    cluster.apply(LIBRARY)
    cluster.apply(rules("${word()}"))
    cluster.delete("library", "words")
    cluster.settle()
    assert len(cluster.list("library")) == 1
    cluster.apply(rules("x"))
    cluster.settle()
    assert cluster.list("library") == []


def test_a_function_may_not_take_a_name_that_a_rule_set_uses(cluster):
    cluster.apply(rules("${own()}").replace("  rules:", "  let: {own(): \"'x'\"}\n  rules:"))
    with pytest.raises(Invalid, match=r"the rule set labeller needs it otherwise: spec.let\[own\(\)\]"):
        cluster.apply(LIBRARY.replace("word()", "own()"))


# --- kinds ------------------------------------------------------------------------------------------------------------


WEBSITE = Kind("example.com", "v1", "Website", "websites", namespaced=False, subresources=frozenset({"status"}))


def serve(cluster, kind, *, served=True):
    """The kind comes or goes, as a definition's does."""
    for registry in (cluster.cluster.registry, cluster.cluster.loop.registry):
        (registry.add if served else registry.remove)(kind)


def test_a_rule_set_starts_when_its_kind_is_served_and_stops_when_it_is_not(cluster):
    text = rules("${string(size(sites))}").replace(
        "  rules:", "  watch: {sites: {kind: example.com/v1/Website}}\n  rules:"
    )
    cluster.apply(text)
    cluster.settle()
    assert conditions(cluster) == {"Loaded": ("False", "KindMissing")}
    serve(cluster, WEBSITE)
    cluster.settle()
    assert conditions(cluster)["Loaded"] == ("True", "Loaded")
    assert labels(cluster) == {"seen": "0"}
    serve(cluster, WEBSITE, served=False)
    cluster.settle()
    assert conditions(cluster) == {"Loaded": ("False", "KindMissing")}
    assert cluster.cluster.loop.cache.bounds == []


# --- restarts ---------------------------------------------------------------------------------------------------------


def restarted(store, *texts):
    """A control plane that starts on a store, with these rule sets from files."""
    sources = [(source, shape(source)) for text in texts for source in parse(text, "filed.yaml")]
    cluster = Cluster(store, VirtualClock(), Random(1), Recorder(), compile_documents(sources))
    drive(cluster.start())
    while drive(cluster.step()):
        pass
    return cluster


def put(cluster, text):
    obj = yaml.safe_load(text)
    kind = cluster.registry.of(obj["apiVersion"], obj["kind"])
    return drive(cluster.api.create(kind, "default" if kind.namespaced else "", obj, Call(actor="test")))


def test_after_an_upgrade_bad_ones_are_marked_and_the_others_run():
    store = MemoryStore()
    before = restarted(store)
    put(before, LIBRARY)
    put(before, rules("${word()}", "calls"))
    put(before, rules("first", "taken").replace("seen", "taken"))
    put(before, rules("second", "good").replace("seen", "good"))
    before.close()
    library = LIBRARY.replace("name: words", "name: upgraded")
    sources = [(source, shape(source)) for source in parse(f"{rules('filed', 'taken')}---\n{library}", "filed.yaml")]
    after = Cluster(
        store, VirtualClock(), Random(1), Recorder(), compile_documents(sources), functions=libraries(sources)
    )
    drive(after.start())
    while drive(after.step()):
        pass
    told = {}
    for entry in drive(store.list("ruleplane.dev/rulesets/")).entries:
        (loaded, *_) = entry.value["status"]["conditions"]
        told[entry.value["metadata"]["name"]] = (loaded["status"], loaded["reason"], loaded["message"])
    assert told["good"] == ("True", "Loaded", "it is in force")
    assert told["calls"][0] == "True", "the function is the file's now"
    assert told["taken"] == ("False", "NameTaken", "a rule set of that name is loaded from filed.yaml")
    assert "the function 'word' exists already" in str(after.catalog.bad["words"])
    events = [entry.value for entry in drive(store.list("core/events/")).entries]
    assert {(one["involvedObject"]["name"], one["reason"]) for one in events if one["type"] == "Warning"} == {
        ("taken", "NameTaken"),
        ("words", "Invalid"),
    }


def test_nothing_is_written_by_a_restart_without_a_change(cluster):
    cluster.apply(rules())
    cluster.advance(30)
    revision = cluster.revision
    cluster.restart()
    cluster.advance(30)
    assert cluster.revision == revision
    assert cluster.get("ruleset", "labeller")["status"]["firings"] == 1


# --- errors and faults ------------------------------------------------------------------------------------------------


def test_a_fault_of_the_engine_stays_with_its_rule_set(cluster, monkeypatch):
    cluster.apply(rules())
    cluster.apply(rules(name="other").replace("seen", "other"))
    cluster.settle()
    loop = cluster.cluster.loop
    bound = next(bound for bound in loop.cache.bounds if bound.program.name == "labeller")
    with monkeypatch.context() as patched:
        patched.setattr(bound.program, "rules", None)  # what a bug of ours might leave
        cluster.patch("configmap", "a", {"metadata": {"labels": {"seen": "no", "other": "no"}}})
        cluster.advance(2)
        assert labels(cluster) == {"seen": "no", "other": "yes"}
        assert conditions(cluster)["Healthy"] == ("False", "EngineFault")
    cluster.advance(600)
    assert labels(cluster) == {"seen": "yes", "other": "yes"}
    assert conditions(cluster)["Healthy"] == ("True", "AsExpected")


def test_a_fault_in_a_rule_set_from_a_file_is_not_hidden(cluster):
    cluster.load(rules())
    cluster.settle()
    (bound,) = cluster.cluster.loop.cache.bounds
    bound.program.rules = None
    cluster.patch("configmap", "a", {"metadata": {"labels": {"seen": "no"}}})
    with pytest.raises(TypeError):
        cluster.settle()


def test_counts_are_written_at_intervals_and_then_no_more(cluster):
    cluster.apply(rules("${c.data.?n.orValue('')}"))
    cluster.advance(20)
    written = []
    cluster.cluster.api.observers.append(lambda one: written.append(one) if one.kind.kind == "RuleSet" else None)
    for number in range(50):
        cluster.patch("configmap", "a", {"data": {"n": str(number)}})
        cluster.advance(1)
    assert 4 <= len(written) <= 6
    cluster.advance(20)
    count = len(written)
    cluster.advance(3600)
    assert len(written) == count
    assert cluster.get("ruleset", "labeller")["status"]["firings"] == 51
    assert cluster.next_instant() == 0


def test_a_status_that_cannot_be_written_is_tried_again(cluster):
    cluster.faults.plan(Fault("refused", "patch", "ruleplane.dev/v1/RuleSet", times=2))
    cluster.apply(rules())
    cluster.settle()
    assert labels(cluster) == {}, "what is to come into force is noted first"
    cluster.advance(5)
    assert labels(cluster) == {"seen": "yes"}
    assert conditions(cluster)["Loaded"] == ("True", "Loaded")


def test_the_latest_errors_are_kept_one_per_rule_and_object():
    tally = Tally({"firings": 3, "errors": 1, "lastErrors": [{"rule": "r", "object": "o0", "message": "m", "at": "t"}]})

    class Fired:
        at, key, effects = SECOND, "o", ()

    for number in (1, 2, 3, 4, 5, 1):
        Fired.key = f"o{number}"
        tally.count(Fired, [("r", f"e{number}")])
    tally.count(Fired, [])
    told = tally.told()
    assert (told["firings"], told["errors"]) == (10, 7)
    assert [row["object"] for row in told["lastErrors"]] == ["o1", "o5", "o4", "o3", "o2"]


def test_a_condition_keeps_the_time_of_its_last_transition():
    first = condition({}, "Loaded", True, "Loaded", "", 1, SECOND)
    second = condition({"conditions": [first]}, "Loaded", True, "Loaded", "again", 2, 5 * SECOND)
    third = condition({"conditions": [second]}, "Loaded", False, "Invalid", "", 3, 9 * SECOND)
    assert second["lastTransitionTime"] == first["lastTransitionTime"] != third["lastTransitionTime"]


def test_a_status_patch_says_what_goes():
    before = {"a": 1, "b": 2, "inForce": {"hash": "x", "text": "t"}}
    assert patch(before, {"a": 1, "c": 3, "inForce": {"hash": "y"}}) == {
        "b": None,
        "c": 3,
        "inForce": {"hash": "y", "text": None},
    }
    assert patch(before, before) is None
