"""Rule sets and libraries that come as objects: mistakes are placed by field, and functions travel with a text."""

from __future__ import annotations

import pytest
import yaml

from ruleplane.errors import SourceError
from ruleplane.lang.installed import add_library, compile_ruleset
from ruleplane.lang.library import Functions
from ruleplane.lang.load import documents, libraries
from ruleplane.lang.walk import closure
from ruleplane.model.data import data_dir

RULES = """\
apiVersion: ruleplane.dev/v1
kind: RuleSet
metadata: {name: odd, uid: 1234, resourceVersion: "7", finalizers: [ruleplane.dev/retract]}
spec:
  component: test
  for: {o: {kind: v1/ConfigMap, where: "isWanted(o)"}}
  watch:
    nodes: {kind: v1/Node, theirs: "label(it, 'zone')", ours: "'a'"}
  let:
    twice(x): x + x
  rules:
    - name: one
      when: "size(nodes) > 0"
      apply:
        to: ${o}
        data: {size: "n-${twice('x')}"}
    - name: two
      when: |
        size(nodes) > 0 &&
          o.data.x == 'y'
      status: {}
status: {firings: 3}
"""
LIBRARY = """\
apiVersion: ruleplane.dev/v1
kind: Library
metadata: {name: mine}
spec:
  functions:
    isWanted(o): label(o, 'wanted') != ''
    label(o, key): o.metadata.?labels[?key].orValue('')
    unused(): "1"
"""


def functions(text=LIBRARY):
    found = Functions()
    add_library(yaml.safe_load(text), found)
    return found


def compiled(text=RULES, **options):
    return compile_ruleset(yaml.safe_load(text), options.get("functions") or functions())


def test_what_the_server_keeps_in_metadata_and_status_is_no_part_of_the_text():
    bare = RULES.replace(', uid: 1234, resourceVersion: "7", finalizers: [ruleplane.dev/retract]', "")
    assert compiled().text_hash == compiled(bare.replace("status: {firings: 3}", "")).text_hash


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"size(nodes) > 0"', '"size(node) > 0"', "spec.rules[0].when:1:6: "),
        ("o.data.x == 'y'", "o.data.x == y", "spec.rules[1].when:2:15: "),
        ("n-${twice('x')}", "n-${twiice('x')}", "spec.rules[0].apply.data.size:1:5: "),
        ("x + x", "x +", "spec.let[twice(x)]:1:"),
        (
            "component: test",
            "compnent: test",
            "spec.compnent: unknown key 'compnent' in spec; did you mean 'component'?",
        ),
        (
            "      when: |",
            "      whenn: |",
            "spec.rules[1].whenn: unknown key 'whenn' in spec.rules[1]; did you mean 'when'?",
        ),
        ("      status: {}\n", "", "spec.rules[1]: a rule needs a head"),
        (
            "isWanted(o)",
            "isWantd(o)",
            "spec.for.o.where:1:1: there is no function 'isWantd' here; did you mean 'isWanted'?",
        ),
        ("isWanted(o)", "tick(duration('1s')) > o", "spec.for.o.where:1:1: tick() depends on more than the object"),
    ],
)
def test_a_mistake_is_placed_by_field_line_and_column(old, new, message):
    assert old in RULES
    with pytest.raises(SourceError) as caught:
        compiled(RULES.replace(old, new))
    assert str(caught.value).startswith(message)


def test_the_text_of_the_mistake_is_shown_with_a_caret():
    with pytest.raises(SourceError) as caught:
        compiled(RULES.replace("o.data.x == 'y'", "o.data.x == y"))
    assert str(caught.value).splitlines()[1:] == ["    o.data.x == y", "                ^"]


def test_a_program_knows_the_library_functions_that_it_calls():
    assert compiled().calls == {
        "isWanted(o)": "label(o, 'wanted') != ''",
        "label(o, key)": "o.metadata.?labels[?key].orValue('')",
    }


def test_conditions_are_shared_only_while_they_mean_the_same():
    other = functions(LIBRARY.replace("'wanted'", "'needed'"))
    assert compiled().where_text == compiled().where_text != compiled(functions=other).where_text
    changed = functions(LIBRARY.replace("[?key]", "[?key + 's']"))
    assert compiled().relations["nodes"].theirs_text != compiled(functions=changed).relations["nodes"].theirs_text


def test_functions_that_were_in_force_can_be_put_in_the_place_of_present_ones():
    now = functions(LIBRARY.replace("'wanted'", "'needed'"))
    assert compiled(functions=now.redefined(compiled().calls)).calls == compiled().calls
    assert now.compiled["isWanted"].call({"metadata": {"labels": {"needed": "x"}}}) is True


def test_every_bundled_function_survives_being_written_and_read_again():
    bundled = libraries(documents([data_dir("rules")]))
    texts = closure(bundled.definitions, bundled.definitions)
    assert len(texts) == len(bundled.definitions) > 20
    again = bundled.redefined(texts)
    assert closure(again.definitions, again.definitions) == texts
