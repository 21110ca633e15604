"""Every benchmark, each in its own process: medians as a table, and as JSON in ``.cache/bench.json``.

    make bench                    all, five runs each
    make bench ONLY=store         bench_store.py alone
    make bench ARGS="--runs 1"

A benchmark is a file ``bench_<name>.py`` here with ``run() -> [{"name": …, "value": number, "unit": …}]``; a row may
carry ``target`` (the table then marks a miss) and ``better``: "less" or "more" (the default for a rate, ``…/s``).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULT = ROOT / ".cache" / "bench.json"


def main(arguments: list[str]) -> int:
    """Run what is asked for; the exit code is 1 where a benchmark failed (a missed target is not a failure)."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", default="", help="one benchmark's name")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run (5)")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(_load(options.child).run()))
        return 0
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    if options.only:
        if options.only not in names:
            parser.error(f"there is no benchmark {options.only!r} (there are: {', '.join(names)})")
        names = [options.only]
    rows, failed = [], False
    for name in names:
        found = [_child(name, number, options.runs) for number in range(options.runs)]
        failed = failed or None in found
        rows += _medians(name, [run for run in found if run is not None])
    _print(rows)
    _save(rows, options.runs)
    return 1 if failed else 0


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", HERE / f"bench_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _child(name: str, number: int, runs: int) -> list[dict[str, Any]] | None:
    """One run in a process of its own: no benchmark meets another's garbage."""
    print(f"{name}: run {number + 1} of {runs}", file=sys.stderr)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "engine"), str(ROOT / "tests")))}
    command = [sys.executable, str(HERE / "__main__.py"), "--child", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        print(f"{name}: failed with exit code {done.returncode}", file=sys.stderr)
        return None
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def _medians(name: str, runs: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    values: dict[str, list[float]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for run in runs:
        for row in run:
            rows[row["name"]] = {**row, "benchmark": name}
            values.setdefault(row["name"], []).append(row["value"])
    for title, row in rows.items():
        row["value"] = statistics.median(values[title])
        row["worst"], row["best"] = (max, min)[_more(row)](values[title]), (min, max)[_more(row)](values[title])
    return list(rows.values())


def _more(row: dict[str, Any]) -> bool:
    """Whether more is better: rates are."""
    return bool(row.get("better", "more" if row["unit"].endswith("/s") else "less") == "more")


def _met(row: dict[str, Any]) -> bool:
    return bool(row["value"] >= row["target"] if _more(row) else row["value"] <= row["target"])


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _print(rows: list[dict[str, Any]]) -> None:
    table = [("benchmark", "what", "median", "best", "worst", "unit", "target")]
    for row in rows:
        target = f"{_number(row['target'])} {'met' if _met(row) else 'MISSED'}" if "target" in row else ""
        numbers = (_number(row[column]) for column in ("value", "best", "worst"))
        table.append((row["benchmark"], row["name"], *numbers, row["unit"], target))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _save(rows: list[dict[str, Any]], runs: int) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    about = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count(), "runs": runs}
    RESULT.write_text(json.dumps({**about, "results": rows}, indent=1) + "\n")
    print(f"written to {RESULT.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
