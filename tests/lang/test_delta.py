"""What is kept by delta equals what evaluating the expression again would yield, whatever happens to the objects."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ruleplane.errors import EvaluationError
from ruleplane.lang import cel
from ruleplane.lang.cel.ast import Literal
from ruleplane.lang.delta import Derived
from ruleplane.lang.reads import Reader, Value, trie
from ruleplane.matcher.index import Bucket

STEPS = {
    "filter": "o.n > 2",
    "exists": "o.n > 2",
    "all": "o.n > 2",
    "sum": "o.n",
    "min": "o.n",
    "max": "o.n",
    "tally": "{o.k: o.n, 'all': 1}",
}
# n is absent now and then: the body raises, and so must the kept value; no body reads `unread`
OBJECT = st.fixed_dictionaries(
    {"k": st.sampled_from("xyz")}, optional={"n": st.integers(-5, 5), "unread": st.integers(0, 2)}
)
CHANGES = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | OBJECT), max_size=30)


def compiled(text, variable="o"):
    return cel.Compiler(cel.STANDARD).compile(cel.parse(text), (), (variable,))


def step(number, parent, op, text, body):
    reads, _ = Reader({}, {}, {}).read(cel.parse(text), {"o": Value("o")})
    return Derived(number, "pods", parent, op, Literal(True), "o", (), 0, body, (), trie(reads.get("o", ())))


def outcome(compute):
    try:
        return "value", compute()
    except EvaluationError:
        return "error", None


def afresh(op, body, objects):
    values = [(obj, outcome(lambda obj=obj: body(None, obj))) for _, obj in sorted(objects.items())]
    failed = any(kind == "error" for _, (kind, _) in values)
    found = [(obj, value) for obj, (kind, value) in values if kind == "value"]
    if op == "exists" and any(value for _, value in found):
        return "value", True
    if op == "all" and not all(value for _, value in found):
        return "value", False
    if failed or (op in ("min", "max") and not found):
        return "error", None
    if op == "filter":
        return "value", [obj for obj, value in found if value]
    if op == "tally":
        totals = {}
        for _, value in found:
            for name, amount in value.items():
                totals[name] = totals.get(name, 0) + amount
        return "value", totals
    compute = {"exists": any, "all": all, "sum": sum, "min": min, "max": max}[op]
    return "value", compute(value for _, value in found)


def kept(node, op):
    return outcome(lambda: list(node.value()) if op == "filter" else node.value())


@settings(max_examples=150, deadline=None)
@given(CHANGES, st.sampled_from(sorted(STEPS)), st.integers(0, 30))
def test_a_step_kept_by_delta_equals_its_recomputation(changes, op, made_at):
    body = compiled(STEPS[op])
    spec = step(0, None, op, STEPS[op], body)
    bucket, objects, node = Bucket(), {}, None
    for number, (key, obj) in enumerate([*changes, ("a", None)]):
        if number >= made_at and node is None:
            node = bucket.node(spec, ())  # made late: filled from what is there
        if obj is not None:
            objects[key] = obj
            bucket.put(key, obj)
        elif key in objects:
            del objects[key]
            bucket.drop(key)
        if node is not None:
            assert kept(node, op) == afresh(op, body, objects), (op, objects)


@settings(max_examples=100, deadline=None)
@given(CHANGES, st.sampled_from(["sum", "max", "tally", "exists"]))
def test_a_step_over_a_filter_follows_it(changes, op):
    keep, body = compiled("o.k != 'x'"), compiled(STEPS[op])
    first = step(0, None, "filter", "o.k != 'x'", keep)
    second = step(1, first, op, STEPS[op], body)
    bucket, objects = Bucket(), {}
    node = bucket.node(first, ()).node(second, ())
    for key, obj in changes:
        if obj is not None:
            objects[key] = obj
            bucket.put(key, obj)
        elif key in objects:
            del objects[key]
            bucket.drop(key)
        left = {k: o for k, o in objects.items() if o["k"] != "x"}
        assert kept(node, op) == afresh(op, body, left)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_a_body_that_reads_the_primary_is_judged_again_when_that_changes(numbers, limits):
    body = cel.Compiler(cel.STANDARD).compile(cel.parse("o.n >= limit"), (), ("o", "limit"))
    spec = Derived(0, "pods", None, "filter", Literal(True), "o", ("limit",), 0, body, (None,))
    bucket = Bucket()
    for index, number in enumerate(numbers):
        bucket.put(f"{index:02}", {"n": number})
    for limit in limits:  # more limits than are remembered
        found = [obj["n"] for obj in bucket.node(spec, (limit,)).value()]
        assert found == [number for number in numbers if number >= limit]


def test_a_change_that_no_body_reads_is_followed_without_a_call():
    calls = []

    def body(_scope, obj):
        calls.append(obj)
        return obj["n"] > 2

    spec = step(0, None, "filter", "o.n > 2", body)
    total = step(1, spec, "sum", "o.n", lambda _scope, obj: calls.append(obj) or obj["n"])
    bucket = Bucket()
    bucket.put("a", {"n": 3, "unread": 1})
    node = bucket.node(spec, ())
    assert node.node(total, ()).value() == 3
    calls.clear()
    bucket.put("a", {"n": 3, "unread": 2})
    assert not calls
    assert list(node.value()) == [{"n": 3, "unread": 2}]
    bucket.put("a", {"n": 3.0, "unread": 2})  # equal to Python, another value to CEL
    assert len(calls) == 2
    bucket.put("a", {"n": 4, "unread": 2})
    assert node.node(total, ()).value() == 4
