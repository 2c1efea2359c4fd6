"""No cell of an exported table may start a formula: spreadsheets run those when the file is opened."""

from __future__ import annotations

import re

# What spreadsheets take for the start of a formula or command, also behind blanks and in full width.
_STARTS = re.compile(r"[\s']*[=+\-@＝＋－＠\t\r]")
_ESCAPED = re.compile(r"'[\s']*[=+\-@＝＋－＠\t\r]")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)


def spreadsheet_safe(value: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would run it. Negative numbers stay numbers."""
    if _STARTS.match(value) and not _PLAIN_NUMBER.fullmatch(value):
        return "'" + value
    return value


def starts_formula(value: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return bool(_STARTS.match(value)) and not value.startswith("'") and not _PLAIN_NUMBER.fullmatch(value)


def spreadsheet_plain(value: str) -> str:
    """Takes back what :func:`spreadsheet_safe` put before the text."""
    return value[1:] if _ESCAPED.match(value) and not _PLAIN_NUMBER.fullmatch(value) else value
