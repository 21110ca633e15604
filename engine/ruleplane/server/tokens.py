"""Bearer tokens: a file of static ones, and signed ones of service accounts (JWT, ES256).

Signed tokens are made by the ``token`` subresource and verified here alone, without a round trip; whether the account
that a token names still exists is :mod:`ruleplane.server.authn`'s question.
https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
"""

from __future__ import annotations

import csv
import secrets
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from ruleplane.api.call import User
from ruleplane.clock import SECOND
from ruleplane.errors import RuleplaneError
from ruleplane.server.pki import ADMIN_GROUP, ADMIN_USER, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from ruleplane.clock import Clock

ISSUER = "https://kubernetes.default.svc.cluster.local"
_NUMBER = 32  # bytes of r and s on this curve
_VERIFIED_MAX = 1024


def static_tokens(path: Path) -> Mapping[str, User]:
    """The users of a token file by token. Lines read ``token,user,uid,"group1,group2"``, as kube-apiserver's.

    A missing file is made, with one random token for the administrator.

    Raises:
        RuleplaneError: the file cannot be read.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        line = f'{secrets.token_urlsafe(32)},{ADMIN_USER},admin,"{ADMIN_GROUP}"\n'
        write_private(path, line.encode())
    users: dict[str, User] = {}
    try:
        rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    except (OSError, ValueError, csv.Error) as error:
        raise RuleplaneError(f"reading {path}: {error}") from error
    for number, row in enumerate(rows, 1):
        if not row or row[0].startswith("#"):
            continue
        if len(row) < 3 or not row[0].strip():
            raise RuleplaneError(f'{path}:{number}: a line token,user,uid[,"groups"] was expected')
        groups = tuple(group.strip() for group in row[3].split(",") if group.strip()) if len(row) > 3 else ()
        users[row[0].strip()] = User(row[1].strip(), row[2].strip(), groups)
    return users


class Tokens:
    """Signs and verifies the tokens of service accounts."""

    def __init__(self, key: EllipticCurvePrivateKey, clock: Clock) -> None:
        self._key, self._public, self._clock = key, key.public_key(), clock
        numbers = self._public.public_numbers()
        x, y = (_encode(number.to_bytes(_NUMBER, "big")) for number in (numbers.x, numbers.y))
        # RFC 7638: the thumbprint of the key names it
        self.key_id = _encode(sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest())
        self.jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": self.key_id}
        self._header = _encode(orjson.dumps({"alg": "ES256", "kid": self.key_id}))
        self._verified: dict[str, dict[str, Any]] = {}

    def sign(
        self,
        namespace: str,
        account: Mapping[str, str],
        audiences: Sequence[str],
        seconds: int,
        **bound: Mapping[str, str],
    ) -> tuple[str, int]:
        """A token for ``account`` ({name, uid}) and the instant (seconds) at which it ends; ``bound`` are objects
        ({name, uid}) that it lives and dies with, by lower-case kind."""
        now = self._clock.now() // SECOND
        claims = {
            "aud": list(audiences),
            "exp": now + seconds,
            "iat": now,
            "iss": ISSUER,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": {"namespace": namespace, "serviceaccount": dict(account), **bound},
            "nbf": now,
            "sub": f"system:serviceaccount:{namespace}:{account['name']}",
        }
        signed = f"{self._header}.{_encode(orjson.dumps(claims))}"
        der = self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return f"{signed}.{_encode(r.to_bytes(_NUMBER, 'big') + s.to_bytes(_NUMBER, 'big'))}", now + seconds

    def verify(self, token: str, audiences: Sequence[str] = (ISSUER,)) -> dict[str, Any] | None:
        """The claims of a token that we signed, that has not ended and is meant for one of ``audiences``; else None."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._check(token)
            if claims is None:
                return None
            if len(self._verified) >= _VERIFIED_MAX:
                self._verified.clear()
            self._verified[token] = claims
        now = self._clock.now() // SECOND
        if not claims["nbf"] <= now < claims["exp"] or not set(claims["aud"]) & set(audiences):
            return None
        return claims

    def _check(self, token: str) -> dict[str, Any] | None:
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        try:
            if header != self._header:  # ours has one form: nothing is parsed before the signature holds
                return None
            raw = _decode(signature)
            if len(raw) != 2 * _NUMBER:
                return None
            numbers = int.from_bytes(raw[:_NUMBER], "big"), int.from_bytes(raw[_NUMBER:], "big")
            self._public.verify(utils.encode_dss_signature(*numbers), signed.encode(), ec.ECDSA(hashes.SHA256()))
            claims: dict[str, Any] = orjson.loads(_decode(payload))
        except (InvalidSignature, ValueError):
            return None
        return claims if claims.get("iss") == ISSUER else None


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
