"""Libraries that take long to import and serve few requests: loaded when first used, not when the program starts.

``if TYPE_CHECKING: import httpx`` and ``else: httpx = lazy("httpx")``: type checkers see the library, everything else
the stand-in, which imports the library with the first attribute asked of it.
"""

from __future__ import annotations

import importlib
from typing import Any


class Lazy:
    """Stands in for a package until it is used. Several threads may use it first: Python's import locks order them."""

    def __init__(self, package: str, modules: tuple[str, ...]) -> None:
        self._package, self._modules = package, modules

    def __getattr__(self, name: str) -> Any:
        for module in self._modules:
            importlib.import_module(module)
        return getattr(importlib.import_module(self._package), name)

    def __repr__(self) -> str:
        return f"<{self._package}, when used>"


def lazy(package: str, *modules: str) -> Any:
    """A stand-in for ``package``; ``modules`` are those below it that must be imported with it."""
    return Lazy(package, modules)
