"""The wheel, as a user gets it: built, installed elsewhere, and tried from another directory."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CHECK = """
import sys
from pathlib import Path
import ruleplane
from ruleplane.model.builtin import builtin_registry
from ruleplane.model.data import data_dir
from ruleplane.model.schema import Schemas

home = Path(sys.argv[1])
assert Path(ruleplane.__file__).is_relative_to(home), ruleplane.__file__
for name in ("rules", "features", "schemas", "docs"):
    assert data_dir(name).is_relative_to(home), data_dir(name)
assert any(data_dir("rules").rglob("*.yaml")), "no rule file in the wheel"
kind = builtin_registry().get("apps/v1/ReplicaSet")
assert Schemas.builtin().node(kind).field("spec") is not None
assert (data_dir("docs") / "examples" / "nginx-replicaset.yaml").is_file()
print("well")
"""


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built without fetching anything: the build back end is a development dependency."""
    target = tmp_path_factory.mktemp("wheel")
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            str(target),
            str(ROOT),
        ]
    )
    (path,) = target.glob("ruleplane-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel; what it depends on is borrowed from this one, behind it on the path."""
    home = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    python = home / "bin" / "python"
    paths = {"base": str(home), "platbase": str(home), "installed_base": sys.base_prefix}
    site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--target",
            str(site),
            str(wheel),
        ]
    )
    # after site-packages itself, and without its .pth files: an editable ruleplane there does not come through
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n")
    return home, python, site


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"ruleplane"}
    for needed in ("py.typed", "data/schemas/kubernetes-1.37.json", "data/docs/examples/nginx-replicaset.yaml"):
        assert f"ruleplane/{needed}" in names
    for room in ("rules", "features"):
        tracked = run(["git", "ls-files", room], cwd=ROOT).splitlines()
        assert tracked, f"{room}/ is empty"
        assert {f"ruleplane/data/{name}" for name in tracked} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_command_runs_from_another_directory(installed, tmp_path):
    _, python, site = installed
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    command = [str(python), "-c", "from ruleplane.cli import main; main()", "--version"]
    assert run(command, cwd=tmp_path, env=environment).startswith("ruleplane 0.")
    assert run([str(python), "-c", CHECK, str(site)], cwd=tmp_path, env=environment) == "well\n"


def test_the_wheel_declares_its_command_and_its_plugin(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    text = archive.read(name).decode()
    assert "ruleplane = ruleplane.cli:main" in text
    assert "ruleplane = ruleplane.specs.plugin" in text
