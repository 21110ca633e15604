"""Who we are to an API server, and whom we trust: kubeconfig or the service account of the Pod that we run in.

``kubernetes_asyncio`` reads both and runs what they name: client certificates, tokens, token files, exec plugins, OIDC
(docs/decisions tells why that library). What it isn't: requests; :mod:`ruleplane.client.connection` makes them, and
asks here for headers before each one, and for renewed credentials after a 401.
"""

from __future__ import annotations

import logging
import os
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException, load_incluster_config
from kubernetes_asyncio.config.kube_config import KubeConfigLoader, KubeConfigMerger

from ruleplane.clock import SECOND
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruleplane.clock import Clock

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_FRESH = 30 * SECOND  # how long a token that has an expiry is used before the loader looks at it again


class Credentials:
    """One identity at one server. ``paths``: kubeconfig files as in ``$KUBECONFIG``, "" for the Pod's service account.

    Made by :meth:`load`; raises RuleplaneError for a file that is absent, broken or incomplete.
    """

    def __init__(self, paths: str, context: str, clock: Clock) -> None:
        self._paths, self._context, self._clock = paths, context, clock
        self._configuration = Configuration()
        self._loader: KubeConfigLoader | None = None
        self._looked = 0
        self._plugin: dict[str, Any] = {}  # what the kubeconfig says of the program that gives credentials
        self.namespace = ""

    @classmethod
    async def load(cls, paths: str, context: str, clock: Clock) -> Credentials:
        """Read them, and run what they name."""
        made = cls(paths, context, clock)
        await made.renew()
        return made

    async def renew(self) -> None:
        """Read everything anew: tokens and certificates are rotated by others."""
        configuration = Configuration()
        where = f"the kubeconfig {self._paths}" if self._paths else "the service account of this Pod"
        try:
            if self._paths:
                self._loader = self._read()
                with _what_is_logged() as complaints:
                    await self._loader.load_and_set(configuration)
                if complaints:  # it would go on without any credentials
                    raise RuleplaneError(f"reading {where}: {complaints[0]}")
                current: Any = self._loader.current_context
                self.namespace = current["context"].get("namespace") or ""
            else:
                load_incluster_config(configuration)  # type: ignore[no-untyped-call]
                self.namespace = (_ACCOUNT / "namespace").read_text().strip()
        except RuleplaneError:
            raise
        except FileNotFoundError as error:
            hint = f"\n{self._plugin['installHint']}" if self._plugin.get("installHint") else ""
            if error.filename != self._plugin.get("command"):
                raise RuleplaneError(f"reading {where}: {error}") from error
            raise RuleplaneError(
                f"reading {where}: its credentials come from the program {error.filename}, which is not there{hint}"
            ) from error
        except (ConfigException, OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            # the loader has no error of its own for a document of the wrong shape
            raise RuleplaneError(f"reading {where}: {error}") from error
        self._configuration, self._looked = configuration, self._clock.now()

    def _read(self) -> KubeConfigLoader:
        """The files as kubectl understands several of them: the first to name a context wins, and a plugin with a
        path is meant from the file that names it."""
        merged: Any = KubeConfigMerger(self._paths) if _any_file(self._paths) else None
        if merged is None:
            raise RuleplaneError(f"reading the kubeconfig {self._paths}: no such file")
        given = (config.get("current-context") for config in merged.config_files.values())
        context = self._context or next((name for name in given if name), "")
        named = {one.value["name"]: one.value["context"] for one in merged.config.value["contexts"]}
        if context not in named:
            there = ", ".join(sorted(named)) or "none"
            raise RuleplaneError(f"reading the kubeconfig {self._paths}: no context {context!r} (there are: {there})")
        for user in merged.config.value["users"]:
            plugin = (user.value.get("user") or {}).get("exec")
            if plugin and os.sep in plugin["command"]:
                plugin["command"] = str(Path(user.path).absolute().parent / plugin["command"])
            if plugin and user.value["name"] == named[context].get("user"):
                self._plugin = plugin
        return KubeConfigLoader(config_dict=merged.config, config_base_path=None, active_context=context)

    @property
    def server(self) -> str:
        """Where the API is: ``https://host:port``."""
        return str(self._configuration.host).rstrip("/")

    @property
    def proxy(self) -> str | None:
        """The HTTP proxy to go through."""
        proxy: str | None = self._configuration.proxy
        return proxy

    @property
    def server_name(self) -> str | None:
        """The name that the server's certificate must have, if not the host."""
        name: str | None = self._configuration.tls_server_name
        return name

    def tls(self) -> ssl.SSLContext:
        """Whom to trust, and our certificate. Raises RuleplaneError for certificates that cannot be read."""
        configuration = self._configuration
        try:
            context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
            # Python 3.13 asks for extensions that many clusters' authorities lack, and that client-go never asks for
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            if configuration.cert_file:
                context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise RuleplaneError(f"reading the certificates for {self.server}: {error}") from error
        if not configuration.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    async def headers(self) -> dict[str, str]:
        """What identifies us in the next request; a token that is about to expire is renewed first."""
        loader, now = self._loader, self._clock.now()
        expires = loader is not None and (loader.provider is not None or hasattr(loader, "exec_plugin_expiry"))
        if loader is not None and expires and now >= self._looked + _FRESH:
            self._looked = now
            try:
                await loader.load_and_set(self._configuration)
            except (ConfigException, OSError, ValueError, KeyError) as error:
                raise RuleplaneError(f"renewing the credentials of the kubeconfig {self._paths}: {error}") from error
        token: Any = await self._configuration.get_api_key_with_prefix("BearerToken")
        return {"Authorization": token} if token else {}


def _any_file(paths: str) -> bool:
    return any(Path(name).expanduser().is_file() for name in paths.split(os.pathsep) if name)


@contextmanager
def _what_is_logged() -> Iterator[list[str]]:
    """What the loader logs instead of raising; what it raises it logs as well, and that is told once."""
    found: list[str] = []
    logger = logging.getLogger(KubeConfigLoader.__module__)

    def take(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            found.append(record.getMessage())
        return record.levelno < logging.ERROR

    logger.addFilter(take)
    try:
        yield found
    finally:
        logger.removeFilter(take)


def where_from(kubeconfig: Path | None, default: Path) -> str:
    """Which kubeconfig to read: the one that was named, ``$KUBECONFIG``, the Pod's service account (""),
    ``default``."""
    if kubeconfig is not None:
        return str(kubeconfig)
    if os.environ.get("KUBECONFIG"):
        return os.environ["KUBECONFIG"]
    if os.environ.get("KUBERNETES_SERVICE_HOST") and (_ACCOUNT / "token").is_file():
        return ""
    return str(default)
