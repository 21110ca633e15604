"""Where the data files are: ``rules/``, ``features/`` and ``schemas/``, in a checkout and in an installation alike."""

from __future__ import annotations

from pathlib import Path

from ruleplane.errors import RuleplaneError

_PACKAGE = Path(__file__).resolve().parent.parent


def data_dir(name: str) -> Path:
    """The directory of data called ``name`` (``rules``, ``features`` or ``schemas``).

    Raises:
        RuleplaneError: neither a wheel's data nor a checkout lies where this package was imported from.
    """
    for root in (_PACKAGE / "data", _PACKAGE.parent.parent):
        if (root / name).is_dir():
            return root / name
    raise RuleplaneError(
        f"looking for the {name}/ directory of ruleplane: not beside {_PACKAGE} (broken installation?)"
    )
