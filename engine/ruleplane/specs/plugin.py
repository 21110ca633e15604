"""The pytest plugin: runs ``.feature`` files that have no Python beside them, each scenario on a cluster of its own.

Flow: :func:`pytest_collect_file` -> :class:`FeatureFile` -> pytest-bdd's scenarios -> steps of ``specs/steps`` ->
fixture ``cluster``. Rule files that lie beside the feature, or below the directories named on the command line, are
loaded too; of our own checkout only those beside the feature.

Caveats: steps are synchronous (pytest-bdd never awaits an ``async def`` step, and the scenario would pass): one that is
not fails. Tags become markers without being declared.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ruleplane.errors import RuleplaneError, SourceError
from ruleplane.lang.load import definitions, documents
from ruleplane.model.crd import DEFINITION
from ruleplane.model.data import data_dir
from ruleplane.specs import steps
from ruleplane.specs.report import failure
from ruleplane.specs.selection import Mismatch
from ruleplane.specs.virtual import VirtualCluster, bundled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_RULES = pytest.StashKey[dict[Path, tuple[Path, ...]]]()
_STEP = pytest.StashKey[str]()
_DEFINITIONS = DEFINITION.partition("/")[0]
_configs: list[pytest.Config] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--no-bundled`` and ``--rules``."""
    group = parser.getgroup("ruleplane", "behaviour specs")
    group.addoption("--no-bundled", action="store_true", help="run specs without the rules that ruleplane brings along")
    group.addoption("--rules", action="append", default=[], metavar="PATH", help="rule files to run specs with, too")
    group.addoption("--seed", type=int, default=0, help="seed of all chance in specs (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    """Ship the steps."""
    _configs.append(config)
    config.addinivalue_line("filterwarnings", "error:coroutine .* was never awaited:RuntimeWarning")
    for found in pkgutil.iter_modules(steps.__path__):
        module = f"{steps.__name__}.{found.name}"
        if not config.pluginmanager.has_plugin(module):
            config.pluginmanager.register(importlib.import_module(module), module)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the configuration."""
    _configs.remove(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """A feature file is a module of tests, unless Python beside it binds the features there."""
    if file_path.suffix != ".feature" or any(file_path.parent.glob("test_*.py")):
        return None
    return FeatureFile.from_parent(parent, path=file_path)


class FeatureFile(pytest.Module):
    """The scenarios of one ``.feature`` file."""

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(self.path.stem.replace("-", "_"))
        module.__file__ = str(self.path)
        code = "from pytest_bdd import scenarios\nscenarios(path, features_base_dir=base)\ndel scenarios, path, base"
        module.__dict__.update(path=self.path.name, base=str(self.path.parent))
        exec(compile(code, str(self.path), "exec"), module.__dict__)
        return module


def pytest_bdd_apply_tag(tag: str, function: Callable[..., Any]) -> bool:
    """Tags are markers; nobody needs to declare them."""
    known = {line.partition(":")[0].partition("(")[0].strip() for line in _configs[-1].getini("markers")}
    if tag not in known:
        _configs[-1].addinivalue_line("markers", f"{tag}: a tag of a feature")
    getattr(pytest.mark, tag)(function)
    return True


def pytest_bdd_before_step(request: pytest.FixtureRequest, feature: Any, step: Any, step_func: Any) -> None:
    """Note the step for messages; refuse one that would never run."""
    request.node.stash[_STEP] = f"{feature.filename}:{step.line_number}: {step.keyword} {step.name}"
    if inspect.iscoroutinefunction(step_func) or inspect.isasyncgenfunction(step_func):
        pytest.fail(f"{request.node.stash[_STEP]}\n  the step is `async def`: steps are synchronous", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A claim that does not hold fails with its objects and firings, not with a traceback of ours."""
    try:
        return (yield)
    except Mismatch as mismatch:
        text, objects = str(mismatch), mismatch.objects
    except RuleplaneError as error:
        if isinstance(error, SourceError) or _STEP not in pyfuncitem.stash:
            raise
        text, objects = f"{type(error).__name__}: {error}", []
    made: VirtualCluster = pyfuncitem._request.getfixturevalue("cluster")
    pytest.fail(failure(made, pyfuncitem.stash.get(_STEP, ""), text, objects), pytrace=False)


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[VirtualCluster]:
    """The scenario's cluster: empty, with the bundled rules and those found with the features."""
    made = VirtualCluster(rules_of(request.config, request.path.parent), seed=request.config.getoption("--seed"))
    yield made
    made.close()


def rules_of(config: pytest.Config, beside: Path) -> tuple[Path, ...]:
    """The rule files that specs in the directory ``beside`` run with. Raises SourceError."""
    known = config.stash.setdefault(_RULES, {})
    found = known.get(beside)
    if found is None:
        named = [Path(path) for path in config.getoption("--rules")]
        below = {path for place in _places(config) for path in _rule_files(place.rglob("*"), place)}
        own = below | set(_rule_files(beside.glob("*"), beside))
        standard = () if config.getoption("--no-bundled") else bundled()
        found = known[beside] = (*standard, *named, *sorted(own))
    return found


def _places(config: pytest.Config) -> list[Path]:
    """Directories named on the command line; of our own checkout none, where many unlike things lie below."""
    home = data_dir("rules").resolve().parent
    places = [Path(str(arg).partition("::")[0]) for arg in config.args]
    directories = [place if place.is_dir() else place.parent for place in places]
    return [d for d in directories if home != d.resolve() and home not in d.resolve().parents]


def _rule_files(candidates: Iterable[Path], place: Path) -> list[Path]:
    """Those of ``candidates`` that hold rules or define kinds, without hidden directories below ``place``."""
    found = []
    for path in sorted(path for path in candidates if path.suffix in (".yaml", ".yml")):
        if any(part.startswith(".") for part in path.relative_to(place).parts):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if ("ruleplane.dev/" in text and documents([path])) or (_DEFINITIONS in text and definitions([path])):
            found.append(path.resolve())
    return found
