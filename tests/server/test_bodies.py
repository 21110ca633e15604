"""Bodies: what is refused, which types YAML may have, and which keys were sent twice."""

import pytest

from ruleplane.errors import BadRequest, UnsupportedMediaType
from ruleplane.server.bodies import decode, decode_json, decode_patch, decode_yaml


def test_yaml_has_the_types_of_json_and_no_others():
    text = b"a: 1\nb: 0644\nc: 1e3\nd: 2020-01-01\ne: 1:30\nf: yes\ng: ~\nh: 0x1f\ni: -5\nj: '1'\n"
    text += b"0: x\ntrue: y\nk: 12:30:45\n"
    assert decode_yaml(text).value == {
        "a": 1,
        "b": 420,
        "c": 1000.0,
        "d": "2020-01-01",
        "e": "1:30",
        "f": True,
        "g": None,
        "h": 31,
        "i": -5,
        "j": "1",
        "0": "x",
        "true": "y",
        "k": "12:30:45",
    }


def test_keys_sent_twice_are_told_and_the_last_one_counts():
    body = decode_json(b'{"a": 1, "b": {"c": 2, "c": 3}}')
    assert (body.value, body.duplicates) == ({"a": 1, "b": {"c": 3}}, ["c"])
    body = decode_yaml(b"a: 1\na: 2\n")
    assert (body.value, body.duplicates) == ({"a": 2}, ["a"])
    assert decode_json(b'{"a":1,"b":"\\u003c"}').duplicates == []


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"b%d: &b%d [%s]\n" % (i, i, b", ".join([b"*a" if i == 0 else b"*b%d" % (i - 1)] * 9)) for i in range(9)
)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a": "\xff"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"a: [", "application/yaml"),
        (b"\xff\xfe", "application/yaml"),
        (b"a: 1\n---\nb: 2\n", "application/yaml"),
        (b"a: &a [*a]", "application/yaml"),
        (b"? [a]\n: 1", "application/yaml"),
        (b"a: !!python/object:os.system {}", "application/yaml"),
        (b"[" * 5_000, "application/yaml"),
        (BOMB, "application/yaml"),
        (b"nonsense", "application/vnd.kubernetes.protobuf"),
    ],
)
def test_malformed_bodies_are_bad_requests(data, media_type):
    with pytest.raises(BadRequest):
        decode(data, media_type)


def test_other_media_types_are_refused_with_those_that_are_taken():
    with pytest.raises(UnsupportedMediaType, match="application/yaml"):
        decode(b"{}", "application/x-www-form-urlencoded")
    with pytest.raises(UnsupportedMediaType, match=r"application/json-patch\+json"):
        decode_patch(b"{}", "application/json")


def test_an_apply_patch_may_be_json_or_yaml():
    assert decode_patch(b' {"a": 1}', "application/apply-patch+yaml")[1].value == {"a": 1}
    assert decode_patch(b"a: 1", "application/apply-patch+yaml") == ("apply", decode_yaml(b"a: 1"))
