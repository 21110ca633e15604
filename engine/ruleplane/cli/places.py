"""Where the command line finds things when it is not told: data directory and kubeconfig."""

from __future__ import annotations

import os
from pathlib import Path

KUBECONFIG = "kubeconfig"  # the file's name in a data directory


def default_data_dir() -> Path:
    """``$RULEPLANE_DATA``, else ``ruleplane`` among the user's data."""
    told = os.environ.get("RULEPLANE_DATA")
    if told:
        return Path(told)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "ruleplane"


def default_kubeconfig() -> Path:
    """The first existing file of ``$KUBECONFIG``; else that of the default data directory; else kubectl's own."""
    told = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    if told:
        return next((path for path in told if path.is_file()), told[0])
    ours = default_data_dir() / KUBECONFIG
    return ours if ours.is_file() else Path.home() / ".kube" / "config"
