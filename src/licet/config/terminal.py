"""The language a command speaks."""

from __future__ import annotations

import os


def speak_terminal_language() -> None:
    """Texts in the terminal's language: Chinese where the locale says so, else English."""
    from django.utils import translation

    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    translation.activate("zh-hans" if locale.startswith("zh") else "en")
