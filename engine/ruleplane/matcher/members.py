"""Collections of objects that rules see as lists: read-only, sized without listing, sorted by key when listed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator


class View(Sequence[Any]):
    """A list that rules read. Order is that of the objects' keys, so that decisions do not depend on arrival."""

    __slots__ = ()

    @abstractmethod
    def listed(self) -> list[Any]:
        """The elements, in order; must not be changed."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.listed())

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.listed()[index]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)})"


class Members(View):
    """Objects by key."""

    __slots__ = ("_sorted", "items")

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}
        self._sorted: list[Any] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def listed(self) -> list[Any]:
        """The elements by key, sorted once per change."""
        found = self._sorted
        if found is None:
            items = self.items
            found = self._sorted = [items[key] for key in sorted(items)]
        return found


class Joined(View):
    """Several collections one after another."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[View]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def listed(self) -> list[Any]:
        """The elements of each part in turn."""
        return [item for part in self.parts for item in part.listed()]
