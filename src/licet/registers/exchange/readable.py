"""What could still be read of rows that a load refused.

A refused row may say anything about the record it names, so what rests on the absence of exactly that record is unknown
until the row is brought again (docs/judging.md, Registers and what is known).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

# Kind -> column -> what its value names, the best name of a record first: the first that could be read tells when the
# row is brought again. The blacklist's value is named by its kind.
READABLE: Mapping[str, Mapping[str, str]] = {
    "filings": {"filing_no": "number", "domains": "domain", "subject_no": "subject"},
    "licences": {"licence_no": "licence", "provider_id": "provider"},
    "annual_reviews": {"licence_no": "licence"},
    "addresses": {"cidr": "block", "holder_id": "holder"},
    "blacklist": {"kind": "", "value": ""},
    # Of a list that is judged: all that is given back with the reason why the row was not.
    "access": dict.fromkeys(("access_id", "provider_id", "customer_name", "customer_uscc", "service_kind", "domain", "ip",
                             "filing_no", "connected_on", "upstream_provider_id"), ""),
}


@dataclasses.dataclass(frozen=True)
class Named:
    """One readable value of one refused row. ``closes``: a later row with it is this row brought again."""

    line: int
    what: str
    value: str
    closes: bool


def names_of(kind: str, line: int, cells: Mapping[str, Any]) -> Iterator[Named]:
    """What a refused row names; ``cells`` holds what could be read of the columns of ``READABLE``."""
    if kind == "blacklist":
        if cells.get("kind") and cells.get("value"):
            yield Named(line, cells["kind"], cells["value"], closes=True)
        return
    best = True
    for column, what in READABLE.get(kind, {}).items():
        if not what:
            continue
        value = cells.get(column)
        for text in value if isinstance(value, list | tuple) else [value]:
            if text and not (what == "holder" and not best):  # the holder is asked for only where the block is not known
                yield Named(line, what, text, closes=best)
        best = best and not value
