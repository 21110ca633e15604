"""A kubeconfig file, read: where the API server is, whom to trust, who we are.

Only what our questions need: certificates or a token, in the file or beside it. Called by ``cli.sources``.
"""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Access:
    """What a client needs to speak with one API server."""

    url: str
    namespace: str
    context: ssl.SSLContext
    token: str = ""


def read_kubeconfig(path: Path) -> Access:
    """The access that the file's current context gives.

    Raises:
        RuleplaneError: the file is absent, is no kubeconfig, or needs something that is not supported.
    """
    try:
        config = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise RuleplaneError(
            f"reading the kubeconfig {path}: no such file. Start a control plane (ruleplane up) and "
            "export KUBECONFIG=… as it says, or ask a stopped one: --data-dir DIR"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuleplaneError(f"reading the kubeconfig {path}: {error}") from error
    try:
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        url = str(cluster["server"])
    except (KeyError, TypeError, StopIteration) as error:
        raise RuleplaneError(f"reading the kubeconfig {path}: its current context is incomplete ({error!r})") from error
    if "exec" in user or "auth-provider" in user:
        raise RuleplaneError(f"reading the kubeconfig {path}: credentials from another program are not supported")
    return Access(url, context.get("namespace", ""), _tls(cluster, user, path), _token(user, path))


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _tls(cluster: dict[str, Any], user: dict[str, Any], path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        authority = _content(cluster, "certificate-authority", path)
        if authority:
            context.load_verify_locations(cadata=authority.decode())
        certificate, key = _content(user, "client-certificate", path), _content(user, "client-key", path)
        if certificate and key:
            with _private_file(certificate + b"\n" + key) as name:
                context.load_cert_chain(name)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise RuleplaneError(f"reading the certificates of the kubeconfig {path}: {error}") from error
    return context


def _content(entry: dict[str, Any], name: str, path: Path) -> bytes:
    """The certificate in the file, or in the file that it names (relative to itself)."""
    if f"{name}-data" in entry:
        return base64.b64decode(entry[f"{name}-data"])
    return (path.parent / entry[name]).read_bytes() if name in entry else b""


@contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    """Python's ssl reads a client's key only from a file: one that only we can read, for as long as it takes."""
    handle, name = tempfile.mkstemp()
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield name
    finally:
        Path(name).unlink()


def _token(user: dict[str, Any], path: Path) -> str:
    if "tokenFile" in user:
        file: Path = path.parent / user["tokenFile"]
        return file.read_text().strip()
    return str(user.get("token", ""))
