"""How a command speaks: its language, its counts."""

from __future__ import annotations

import os


def speak_terminal_language() -> None:
    """Texts in the terminal's language: Chinese where the locale says so, else English."""
    from django.utils import translation

    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    translation.activate("zh-hans" if locale.startswith("zh") else "en")


def counted(count: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``, ``1,204 rows``; ``many`` where the plural is more than an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
