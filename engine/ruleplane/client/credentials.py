"""Who we are to an API server, and whom we trust: kubeconfig or the service account of the Pod that we run in.

``kubernetes_asyncio`` reads both and runs what they name: client certificates, tokens, token files, exec plugins, OIDC
(docs/decisions tells why that library). What it isn't: requests; :mod:`ruleplane.client.connection` makes them, and
asks here for headers before each one, and for renewed credentials after a 401.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config

from ruleplane.clock import SECOND
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    from kubernetes_asyncio.config.kube_config import KubeConfigLoader

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
                self._check_files()
                self._loader = await load_kube_config(
                    self._paths, self._context or None, configuration, persist_config=False
                )
                current: Any = self._loader.current_context
                self.namespace = current["context"].get("namespace") or ""
            else:
                load_incluster_config(configuration)  # type: ignore[no-untyped-call]
                self.namespace = (_ACCOUNT / "namespace").read_text().strip()
        except RuleplaneError:
            raise
        except (ConfigException, OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            # the loader has no error of its own for a document of the wrong shape
            raise RuleplaneError(f"reading {where}: {error}") from error
        self._configuration, self._looked = configuration, self._clock.now()

    def _check_files(self) -> None:
        files = [Path(name).expanduser() for name in self._paths.split(os.pathsep) if name]
        if not any(file.is_file() for file in files):
            raise RuleplaneError(f"reading the kubeconfig {self._paths}: no such file")

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
