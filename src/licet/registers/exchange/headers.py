"""Header cells of a file to canonical columns."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence

from licet.registers.exchange.errors import WrongColumns
from licet.registers.kinds import Column, Kind, fold_header

CHANGE = "_change"  # column of a delta export: added, changed or ended


@dataclasses.dataclass(frozen=True)
class HeaderMap:
    """``columns`` is aligned with the file's headers: canonical name, or '' where the file's column is ignored."""

    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()


def map_headers(kind: Kind, headers: Sequence[str], provided: frozenset[str] = frozenset()) -> HeaderMap:
    """Which column each header means. Raises :class:`WrongColumns` naming what is missing and what may be meant."""
    columns = [resolve(kind, header) for header in headers]
    notes = _settle_doubles(kind, headers, columns)
    unknown = [header for header, name in zip(headers, columns, strict=True) if not name and header.strip()]
    _require(kind, {name for name in columns if name} | provided, unknown)
    notes += [_unknown_note(kind, header) for header in unknown if not any(header in note for note in notes)]
    return HeaderMap(tuple(columns), tuple(notes))


def resolve(kind: Kind, header: str) -> str:
    """Canonical column a header means, or ''."""
    if header.strip() == CHANGE:
        return CHANGE
    column = kind.column_for(header)
    return column.name if column else ""


def _settle_doubles(kind: Kind, headers: Sequence[str], columns: list[str]) -> list[str]:
    """Two headers for one column: the one with the column's own name counts, the other is ignored with a note."""
    notes = []
    for name in sorted({name for name in columns if name and columns.count(name) > 1}):
        places = [at for at, found in enumerate(columns) if found == name]
        own = [at for at in places if name == CHANGE or _is_own_name(kind.by_name[name], headers[at])]
        shown = ", ".join(f"'{headers[at]}'" for at in places)
        if len(own) != 1:
            raise WrongColumns(f"the columns {shown} all mean {name}", hint=f"keep one of them and name it {name}")
        for at in places:
            if at != own[0]:
                columns[at] = ""
                notes.append(f"column '{headers[at]}' was ignored: '{headers[own[0]]}' is {name} already")
    return notes


def _is_own_name(column: Column, header: str) -> bool:
    return fold_header(header) in {fold_header(word) for word in (column.name, column.zh, column.en)}


def _require(kind: Kind, present: set[str], unknown: Sequence[str]) -> None:
    missing = [column for column in kind.columns
               if (column.required or column.expected) and column.name not in present]
    if not missing:
        return
    names = ", ".join(f"{column.name} ({column.zh})" for column in missing)
    guesses = [f"'{header}' → {guess}" for header in unknown
               for guess in difflib.get_close_matches(fold_header(header), [c.name for c in missing], n=1, cutoff=0.6)]
    hint = f"did you mean {', '.join(guesses)}? " if guesses else ""
    hint += f"columns of {kind.id}: {', '.join(column.name for column in kind.columns)}"
    raise WrongColumns(f"{kind.id}: columns missing: {names}", hint=hint)


def _unknown_note(kind: Kind, header: str) -> str:
    near = difflib.get_close_matches(fold_header(header), list(kind.spellings), n=1, cutoff=0.7)
    meant = f"; did you mean {kind.spellings[near[0]]}?" if near else ""
    return f"column '{header[:60]}' is not known and was ignored{meant}"
