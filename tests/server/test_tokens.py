"""Bearer tokens: only what we signed, for whom it was signed, while it lasts."""

import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ruleplane.clock import SECOND, VirtualClock
from ruleplane.errors import RuleplaneError
from ruleplane.server.tokens import ISSUER, Tokens, static_tokens

ACCOUNT = {"name": "robot", "uid": "u1"}


@pytest.fixture
def clock():
    return VirtualClock("2026-01-01T00:00:00Z")


@pytest.fixture
def tokens(clock):
    return Tokens(ec.generate_private_key(ec.SECP256R1()), clock)


def test_a_signed_token_says_whose_it_is(tokens, clock):
    token, end = tokens.sign("ns", ACCOUNT, [ISSUER], 600, pod={"name": "p", "uid": "u2"})
    claims = tokens.verify(token)
    assert claims["sub"] == "system:serviceaccount:ns:robot"
    assert claims["kubernetes.io"]["pod"] == {"name": "p", "uid": "u2"}
    assert end == clock.now() // SECOND + 600 == claims["exp"]


def test_a_token_ends(tokens, clock):
    token, _ = tokens.sign("ns", ACCOUNT, [ISSUER], 600)
    clock.advance(599 * SECOND)
    assert tokens.verify(token) is not None
    clock.advance(SECOND)
    assert tokens.verify(token) is None


def test_a_token_for_another_audience_is_not_ours(tokens):
    token, _ = tokens.sign("ns", ACCOUNT, ["vault"], 600)
    assert tokens.verify(token) is None
    assert tokens.verify(token, ["vault"]) is not None


def test_nothing_but_our_signature_counts(tokens, clock):
    token, _ = tokens.sign("ns", ACCOUNT, [ISSUER], 600)
    head, payload, signature = token.split(".")
    foreign, _ = Tokens(ec.generate_private_key(ec.SECP256R1()), clock).sign("ns", ACCOUNT, [ISSUER], 600)
    other, _ = tokens.sign("ns", {"name": "root", "uid": "u1"}, [ISSUER], 600)
    forged = f"{head}.{other.split('.')[1]}.{signature}"
    unsigned = "eyJhbGciOiJub25lIn0." + payload + "."
    for bad in (foreign, forged, unsigned, "", "a.b.c", f"{head}.{payload}.", f"{head}.{payload}.é", token + "A" * 4):
        assert tokens.verify(bad) is None


def test_the_token_file_is_made_once_and_private(tmp_path):
    path = tmp_path / "tokens.csv"
    first = static_tokens(path)
    assert [user.groups for user in first.values()] == [("system:masters",)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert static_tokens(path) == first


def test_the_token_file_takes_users_and_groups(tmp_path):
    path = tmp_path / "tokens.csv"
    path.write_text('# people\nt1,ann,u1,"dev,ops"\nt2,bob,u2\n\n')
    users = static_tokens(path)
    assert (users["t1"].name, users["t1"].groups, users["t2"].groups) == ("ann", ("dev", "ops"), ())
    path.write_text("t1,ann\n")
    with pytest.raises(RuleplaneError, match=r"tokens\.csv:1: a line token,user,uid"):
        static_tokens(path)
