"""What every writer of a register shares: the lock that keeps the change feed whole, the hash of a row's content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from licet.registers.kinds import Kind

_ITEM, _CELL = "\x1e", "\x1f"


def lock_register(kind: Kind) -> None:
    """Keep every other writer of this register out until the transaction ends.

    Change numbers are taken inside the lock, so they become visible in the order they were taken: a reader that
    remembers the highest one it saw never misses a row. Take it before the first ``nextval``, and before the journal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('licet:register'), hashtext(%s))", [kind.id])


def cell_text(value: Any) -> str:
    """Canonical text of one value: '' for none, ISO for dates, list entries joined by 0x1E."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return _ITEM.join(str(item) for item in value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def content_hash(kind: Kind, row: Mapping[str, Any]) -> bytes:
    """BLAKE2b-128 of a canonical row by column name; the same row gives the same hash whoever writes it."""
    text = _CELL.join(cell_text(row.get(column.name)) for column in kind.columns)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def content_hashes(columns: Sequence[Sequence[Any]]) -> list[str]:
    """:func:`content_hash` of many rows, hexadecimal. ``columns`` are canonical, in the kind's order, blanks as ''."""
    flat = [[_ITEM.join(value) for value in column] if column and isinstance(column[0], tuple) else column
            for column in columns]
    digest = hashlib.blake2b
    return [digest(_CELL.join(row).encode(), digest_size=16).hexdigest() for row in zip(*flat, strict=True)]
