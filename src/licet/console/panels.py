"""Panels that higher concepts add to a page of a lower one: a sweep to a provider, evidence and standing to a case.

The page's concept keeps one :class:`Panels` and knows nothing of who adds to it, which happens in ``AppConfig.ready``. A panel
brings its own template and its own permission check; a page draws the panels in the order they came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from django.http import HttpRequest

Subject = TypeVar("Subject")
Panel = tuple[str, Mapping[str, Any]]  # template, context


class Panels(Generic[Subject]):
    """The panels of one page, each built from the request and what the page is about."""

    def __init__(self) -> None:
        self._builders: dict[str, Callable[[HttpRequest, Subject], Panel | None]] = {}

    def add(self, name: str, build: Callable[[HttpRequest, Subject], Panel | None]) -> None:
        """Let ``build(request, subject)`` add a panel; ``None`` adds nothing. A name replaces its own."""
        self._builders[name] = build

    def drawn(self, request: HttpRequest, subject: Subject, *, only: str = "") -> list[dict[str, Any]]:
        """What the template draws; ``only`` one panel, for the page of something else."""
        built = (build(request, subject) for name, build in self._builders.items() if only in {"", name})
        return [{"template": panel[0], "context": panel[1]} for panel in built if panel]
