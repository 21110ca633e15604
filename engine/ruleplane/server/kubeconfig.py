"""Writes the kubeconfig with which ``kubectl`` and every client library reach this server as its administrator.

It holds a private key: the file is readable by its owner only. ``controlplane`` and the test fixtures call it.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import yaml

from ruleplane.server.pki import ADMIN_USER, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from ruleplane.server.pki import Pki


def kubeconfig(pki: Pki, url: str, *, token: str = "", cluster: str = "ruleplane") -> dict[str, Any]:
    """The configuration as an object: certificates are embedded, so that the file can be moved. With ``token`` it holds
    that bearer token in place of the administrator's certificate."""
    user: dict[str, Any] = {"token": token} if token else _certificate_user(pki)
    name = "bearer" if token else ADMIN_USER
    context = f"{name}@{cluster}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster,
                "cluster": {"server": url, "certificate-authority-data": _data(pki.ca_cert)},
            }
        ],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": name, "namespace": "default"}}],
        "current-context": context,
        "preferences": {},
    }


def write_kubeconfig(path: Path, pki: Pki, url: str, *, token: str = "", cluster: str = "ruleplane") -> None:
    """Write :func:`kubeconfig` to ``path``, whole or not at all, mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(kubeconfig(pki, url, token=token, cluster=cluster), sort_keys=False)
    write_private(path, text.encode())


def _certificate_user(pki: Pki) -> dict[str, Any]:
    return {"client-certificate-data": _data(pki.admin_cert), "client-key-data": _data(pki.admin_key)}


def _data(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
