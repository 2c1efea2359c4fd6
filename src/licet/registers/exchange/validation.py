"""One batch of raw rows to canonical columns and rejections.

Row grain: one record of the file. Work goes column by column; values that repeat are looked at once per batch.

1. every cell to clean text (formulas, control characters, over-long cells are refused)  2. closed values, dates, codes
per distinct text; domains, filing numbers and sponsor ids in bulk  3. columns that need another one (categories, listed
values, subject numbers)  4. checks of a row (required cells, order of dates, whose row it is)  5. content hash.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from licet.registers.exchange.cells import CellError, CellRules, clean_text, compact, split_list
from licet.registers.exchange.headers import CHANGE
from licet.registers.exchange.readable import READABLE
from licet.registers.exchange.readers import RawBatch, Rejection
from licet.registers.identifiers import canonical_filing_numbers, sponsor_tokens
from licet.registers.identifiers.domains import UnusableDomain
from licet.registers.kinds import Column, Kind
from licet.registers.versions import content_hashes

CHANGES = ("added", "changed", "ended")
_SUSPECT = re.compile("[\x00-\x1f\x7f\u200b\u2028\u2029\ufeff]")
_SIGNS = frozenset("=+-@＝＋－＠'—/\t\r")
_ANY_HOST = "*."  # a filing covers the hosts below its names anyway
_SITE_PART = re.compile(r"-\d{1,4}[A-Za-z]?$")
_SEPARATOR = re.compile(r"[\s;,|、；，｜]")
# A letter before the last of 18 characters: never a resident id, and its own token already.
_PLAINLY_NO_PERSON = re.compile(r"(?=[0-9]{0,16}[A-Z])[0-9A-Z]{18}", re.ASCII)
_RESIDENT = re.compile(r"\d{10,}[0-9Xx]?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Permitted:
    """Whose rows the load may bring: ``owners`` None = anybody's; ``provider`` fills a blank owner."""

    owners: frozenset[str] | None = None
    provider: str = ""
    acting_for: str = ""  # for the message


@dataclasses.dataclass
class ValidBatch:
    """Canonical rows of a batch, by column: text ('' = blank), lists as tuples; ``hashes`` are hexadecimal."""

    lines: Sequence[int]
    columns: dict[str, list[Any]]
    changes: list[str]
    hashes: list[str]
    rejections: list[Rejection]
    notes: Counter[str]
    read: int
    unread: list[tuple[int, dict[str, Any]]] = dataclasses.field(default_factory=list)  # line, cells of READABLE


class Validator:
    """Validates batches of one kind; keeps nothing between batches."""

    def __init__(self, kind: Kind, rules: CellRules, *, key: bytes, permitted: Permitted,
                 unread: frozenset[str] = frozenset()) -> None:
        """``key`` tokenises personal ids (HMAC). ``unread``: columns nobody will read; a bad cell of them is left out."""
        self.kind, self.rules, self.key, self.permitted, self.unread = kind, rules, key, permitted, unread
        self.readers = {column.name: rules.reader_of(column) for column in kind.columns if column.type not in
                        {"sponsor", "filing_no", "domain", "domains", "categories", "listed"}}

    def validate(self, batch: RawBatch) -> ValidBatch:
        """Canonical rows and rejections of one batch."""
        work = _Work(batch, Counter(), self.unread)
        for column in self.kind.columns:
            raw = batch.cells.get(column.name) or [""] * len(batch.lines)
            work.texts[column.name] = _clean(raw, column, work)
        self._fill_owner(work)
        for column in self.kind.columns:
            self._column(column, work)
        self._dependent(work)
        changes = self._changes(batch, work)
        self._check_rows(work)
        return self._result(batch, work, changes)

    # --- columns ---
    def _column(self, column: Column, work: _Work) -> None:
        texts = work.texts[column.name]
        bulk: dict[str, Callable[[Column, list[str], _Work], list[Any]]] = {
            "sponsor": self._sponsors, "filing_no": self._filing_numbers, "domain": self._domains,
            "domains": self._domain_lists}
        if column.type in bulk:
            values = bulk[column.type](column, texts, work)
        elif column.name in self.readers:
            blank: Any = () if column.is_list else column.default
            values = _per_distinct(column, texts, self.readers[column.name], work, blank)
        else:
            return
        if column.max_length and not column.is_list and values and max(map(len, values)) > column.max_length:
            for row, value in enumerate(values):
                if len(value) > column.max_length:
                    work.reject(row, column.name, texts[row], f"{column.name} takes {column.max_length} characters",
                                "shorten it")
                    values[row] = ""
        work.columns[column.name] = values

    def _sponsors(self, column: Column, texts: list[str], work: _Work) -> list[Any]:
        unclear = [row for row, text in enumerate(texts) if text and not _PLAINLY_NO_PERSON.fullmatch(text)]
        tokens = list(texts)
        for row, token in zip(unclear, sponsor_tokens([texts[row] for row in unclear], self.key), strict=True):
            tokens[row] = token
        for row, token in enumerate(tokens):
            if token and (len(token) > column.max_length or not any(map(str.isalnum, token))):
                work.reject(row, column.name, "", "this is no identifier of an organisation or person",
                            "write the 18 characters of the credit code, or leave the cell blank")
        return tokens

    def _filing_numbers(self, column: Column, texts: list[str], work: _Work) -> list[Any]:
        canonical = canonical_filing_numbers(texts, self.rules.formats)
        for row, (text, value) in enumerate(zip(texts, canonical, strict=True)):
            if text and not value:
                canonical[row] = compact(text)
                work.notes[f"{column.name} is not in a known form and was kept as written"] += 1
        return canonical

    def _domains(self, column: Column, texts: list[str], work: _Work) -> list[Any]:
        hosts, _, reasons = self.rules.normaliser.normalise_many([text.removeprefix(_ANY_HOST) for text in texts])
        for row, reason in enumerate(reasons):
            if reason and texts[row]:
                hosts[row] = texts[row].lower()
                work.notes[f"{column.name} is unusable ({reason}) and was kept as written"] += 1
        return hosts

    def _domain_lists(self, column: Column, texts: list[str], work: _Work) -> list[Any]:
        parts = [split_list(text) if _SEPARATOR.search(text) else [text] for text in texts]
        flat = [part.removeprefix(_ANY_HOST) for row in parts for part in row]
        hosts, _, reasons = self.rules.normaliser.normalise_many(flat)
        values: list[Any] = []
        at = 0
        for row, entries in enumerate(parts):
            end = at + len(entries)
            if len(entries) == 1 and hosts[at]:
                values.append((hosts[at],))
            elif texts[row]:
                bad = [f"{entry[:80]} ({reason})" for entry, reason in zip(entries, reasons[at:end],
                                                                           strict=True) if reason]
                good = tuple(dict.fromkeys(host for host in hosts[at:end] if host))
                if bad:
                    others = "; the other names were taken" if good else ""
                    work.reject(row, column.name, texts[row], f"unusable: {', '.join(bad)}{others}",
                                _domain_repair(reasons[at:end]), kept=bool(good))
                values.append(good)
            else:
                values.append(())
            at = end
        return values

    def _dependent(self, work: _Work) -> None:
        for column in self.kind.columns:
            texts = work.texts[column.name]
            if column.type == "categories":
                years = work.columns["catalogue_year"]
                both = [f"{year}\x1f{text}" if text else "" for year, text in zip(years, texts, strict=True)]
                work.columns[column.name] = _per_distinct(
                    column, both, lambda pair: self.rules.categories(pair.partition("\x1f")[2],
                                                                     pair.partition("\x1f")[0]),
                    work, (), shown=texts)
                for codes, year in zip(work.columns[column.name], years, strict=True):
                    work.notes.update(self.rules.category_notes(codes, year))
            elif column.type == "listed":
                both = [f"{kind}\x1f{text}" if text else "" for kind, text in zip(work.columns["kind"], texts,
                                                                                  strict=True)]
                work.columns[column.name] = _per_distinct(column, both, self._listed, work, "", shown=texts)
        if "subject_no" in work.columns:
            numbers = work.columns["filing_no"]
            work.columns["subject_no"] = [subject or _SITE_PART.sub("", number) for subject, number
                                          in zip(work.columns["subject_no"], numbers, strict=True)]

    def _listed(self, pair: str) -> str:
        """The value of a blacklist entry, by the row's kind."""
        kind, _, text = pair.partition("\x1f")
        if kind == "domain":
            try:
                return self.rules.normaliser.normalise(text).host
            except UnusableDomain as refused:
                raise CellError(f"{refused.message} ({refused.reason})", refused.hint) from None
        if kind == "sponsor":
            return sponsor_tokens([text], self.key)[0]
        return self.rules.prefix(text) if kind == "address" else self.rules.code(text)

    # --- rows ---
    def _fill_owner(self, work: _Work) -> None:
        owner = self.kind.owner_column
        if owner and self.permitted.provider:
            work.texts[owner] = [text or self.permitted.provider for text in work.texts[owner]]

    def _changes(self, batch: RawBatch, work: _Work) -> list[str]:
        changes = [str(value or "") for value in batch.cells.get(CHANGE) or [""] * len(batch.lines)]
        for row, change in enumerate(changes):
            if change and change not in CHANGES:
                work.reject(row, CHANGE, change, "this is no change",
                            f"use one of: {', '.join(CHANGES)}, or leave it blank")
        return changes

    def _check_rows(self, work: _Work) -> None:
        self._check_required(work)
        if "valid_to" in work.columns:
            self._check_period(work)
        owners, owner_column = self.permitted.owners, self.kind.owner_column
        if owners is not None and owner_column:
            for row, owner in enumerate(work.columns[owner_column]):
                if owner and owner not in owners:
                    work.foreign.add(row)
                    reason = f"the row belongs to {owner}, the load is for {self.permitted.acting_for}"
                    work.reject(row, owner_column, owner, reason, "remove the row, or load it for its own organisation")

    def _check_required(self, work: _Work) -> None:
        for column in self.kind.columns:
            if column.required and not all(work.columns[column.name]):
                for row, value in enumerate(work.columns[column.name]):
                    if not value:
                        work.reject(row, column.name, "", f"{column.name} ({column.zh}) is blank", "fill it")

    def _check_period(self, work: _Work) -> None:
        start = "valid_from" if "valid_from" in work.columns else "decided_on"
        for row, (first, last) in enumerate(zip(work.columns[start], work.columns["valid_to"], strict=True)):
            if first and last and last < first:
                work.reject(row, "valid_to", last, f"valid_to lies before {start} ({first})", "correct the dates")

    def _result(self, batch: RawBatch, work: _Work, changes: list[str]) -> ValidBatch:
        names = [column.name for column in self.kind.columns]
        columns, lines = work.columns, batch.lines
        if work.rejected_rows:
            keep = [row for row in range(len(lines)) if row not in work.rejected_rows]
            columns = {name: [values[row] for row in keep] for name, values in columns.items()}
            lines, changes = [lines[row] for row in keep], [changes[row] for row in keep]
        hashes = content_hashes([columns[name] for name in names])
        return ValidBatch(lines, columns, changes, hashes, [*batch.broken, *work.rejections], work.notes, batch.read,
                          list(self._readable(work)))

    def _readable(self, work: _Work) -> Iterator[tuple[int, dict[str, Any]]]:
        """What rejected rows name. A refused cell is blank by now; rows of somebody else are nothing to this load."""
        wanted = READABLE.get(self.kind.id, ())
        for row in sorted(work.rejected_rows - work.foreign) if wanted else ():
            yield work.batch.lines[row], {name: work.columns[name][row] for name in wanted}


@dataclasses.dataclass
class _Work:
    """A batch in the making."""

    batch: RawBatch
    notes: Counter[str]
    unread: frozenset[str] = frozenset()
    texts: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    columns: dict[str, list[Any]] = dataclasses.field(default_factory=dict)
    rejections: list[Rejection] = dataclasses.field(default_factory=list)
    rejected_rows: set[int] = dataclasses.field(default_factory=set)
    foreign: set[int] = dataclasses.field(default_factory=set)  # rows of somebody the load is not for
    rejected_cells: set[tuple[int, str]] = dataclasses.field(default_factory=set)

    def reject(self, row: int, field: str, value: str, reason: str, repair: str, *, kept: bool = False) -> None:
        """Note why a row of the batch is not taken, or a part of it (``kept``); one reason per cell."""
        if (row, field) in self.rejected_cells:
            return
        kept = kept or field in self.unread
        if not kept:
            self.rejected_rows.add(row)
        self.rejected_cells.add((row, field))
        self.rejections.append(Rejection(self.batch.lines[row], field, value[:200], reason, repair, kept))


def _clean(raw: Sequence[Any], column: Column, work: _Work) -> list[str]:
    """Clean text of every cell; a column without anything unusual costs a few passes over it."""
    if not all(isinstance(value, str) for value in raw) or _unusual(raw, column):
        return [_clean_one(row, value, column, work) for row, value in enumerate(raw)]
    return [value.strip() for value in raw]


def _unusual(raw: Sequence[str], column: Column) -> bool:
    if not raw:
        return False
    if max(map(len, raw)) > column.max_length or not _SIGNS.isdisjoint({text.lstrip()[:1] for text in raw}):
        return True
    if not {"无", "N/A", "n/a", "NULL", "null", "None"}.isdisjoint(raw):
        return True
    joined = "".join(raw)
    return bool(_SUSPECT.search(joined)) or not (joined.isascii() or unicodedata.is_normalized("NFC", joined))


def _clean_one(row: int, value: Any, column: Column, work: _Work) -> str:
    try:
        return clean_text(value, column, spreadsheet=work.batch.spreadsheet)
    except CellError as bad:
        shown = "" if column.type == "sponsor" else str(value)[:200]
        work.reject(row, column.name, shown, bad.reason, bad.repair)
        return ""


def _per_distinct(column: Column, texts: list[str], read: Callable[[str], Any], work: _Work, blank: Any, *,
                  shown: list[str] | None = None) -> list[Any]:
    """``read`` each distinct text once; rows whose text it refuses are rejected."""
    known: dict[str, Any] = {"": blank}
    refused: dict[str, CellError] = {}
    for text in set(texts):
        if text:
            try:
                known[text] = read(text)
            except CellError as bad:
                known[text], refused[text] = blank, bad
    if refused:
        for row, text in enumerate(texts):
            if text in refused:
                value = _masked((shown or texts)[row])
                work.reject(row, column.name, value, refused[text].reason, refused[text].repair)
    return [known[text] for text in texts]


def _masked(text: str) -> str:
    """A rejected value as it may be written down: long digit runs could be a person's number."""
    return _RESIDENT.sub(lambda found: f"…{found[0][-4:]}", text) if _RESIDENT.search(text) else text


def _domain_repair(reasons: Sequence[str]) -> str:
    first = next(reason for reason in reasons if reason)
    return UnusableDomain(first).hint  # type: ignore[arg-type]
