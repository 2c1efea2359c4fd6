"""Which of the two languages the reader has, for texts that lie in tables as ``zh`` and ``en``."""

from __future__ import annotations

from typing import Any, Literal

from django.utils.translation import get_language


def is_chinese() -> bool:
    """Whether Chinese is active. Where no language is (a job, a program), it is not."""
    return (get_language() or "").startswith("zh")


def language() -> Literal["zh", "en"]:
    """The active language by the name that tables and profiles give it."""
    return "zh" if is_chinese() else "en"


def in_language(row: Any) -> str:
    """The ``zh`` or ``en`` of a row of a table."""
    return str(getattr(row, language()))
