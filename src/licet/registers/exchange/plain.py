"""Rows that are canonical as they stand, recognised column by column; everything else is left to ``validation``.

Most rows of a register need no repair. Here a row is *plain* when every cell of it is certain to pass
:class:`Validator` and certain to come out as this module writes it. What is not certain is not plain: such rows are
validated one by one, and only there does a rejection, note or repair come from. ``test_plain`` compares the two.

Row grain: one row of the batch. Columns: text, '' = blank, list entries joined by 0x1E.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.exchange.cells import BLANKS, CellError, CellRules, clean_text
from licet.registers.exchange.headers import CHANGE
from licet.registers.exchange.readers import ArrowCells, RawBatch
from licet.registers.exchange.validation import CHANGES, Permitted
from licet.registers.identifiers.numbers import NumberFormats
from licet.registers.kinds import Column, Kind

ITEM = "\x1e"
_KEPT = 100_000  # distinct texts remembered per column
_PLAIN_DEPTH = 2  # deeper suffix rules, wildcards and exceptions are left to the normaliser
_NAME_LENGTH = 63  # of a whole name: then no label is too long either
# First and last character letter, digit or ideograph: no sign of a formula, no blank. All of it is NFC as it stands.
_WORD = r"0-9A-Za-z\x{4E00}-\x{9FA5}"
_PATTERNS = {
    "text": rf"^[{_WORD}](?:[ -~\x{{4E00}}-\x{{9FA5}}（）·]*[{_WORD}!-~（）])?$",
    "code": r"^[0-9A-Za-z][!-~]*$",
    "party": r"^[0-9A-Za-z][!-~]*$",
    "url": r"^https?://[!-~]+$",
}
_QUAD = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"(?:{_QUAD}\.){{3}}{_QUAD}"
_HOST = r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_SEPARATOR = "[ ;,|；，、]"
_SITE_PART = r"-\p{Nd}{1,4}[A-Za-z]?$"
_BLANKS = pa.array(sorted(BLANKS - {""}))
Mask = NDArray[np.bool_]


class PlainRows:
    """Recognises plain rows of one kind."""

    def __init__(self, kind: Kind, rules: CellRules, permitted: Permitted) -> None:
        """The same rules and permission as the validator's."""
        self.kind, self.rules, self.permitted = kind, rules, permitted
        self.filling = rules.code(permitted.provider) if permitted.provider else ""
        self.filing = _filing_pattern(rules.formats)
        self.placeholder = _placeholder_pattern(rules.formats)
        depths = rules.normaliser.depths
        self.deep = r"\.(?:" + "|".join(top for top, depth in depths.items() if depth > _PLAIN_DEPTH) + ")$"
        self.suffixes = pa.array(sorted(rules.normaliser.names))
        self.known: dict[str, dict[str, str | None]] = {}

    def split(self, batch: RawBatch) -> tuple[dict[str, pa.StringArray], Mask]:
        """Every canonical column, and which rows are plain; a value of another row means nothing."""
        n = len(batch.lines)
        plain = np.ones(n, np.bool_)
        if not isinstance(batch.cells, ArrowCells):
            return {}, np.zeros(n, np.bool_)
        arrays = batch.cells.arrays
        columns: dict[str, pa.StringArray] = {}
        for column in self.kind.columns:
            texts = arrays.get(column.name)
            if texts is None:
                columns[column.name] = pa.array([column.default] * n, pa.string())
            else:
                values, good = self._column(column, texts, batch.spreadsheet)
                blank = _mask(pc.equal(texts, ""))
                columns[column.name] = _filled(values, column.default) if column.default else values
                plain &= good | blank
        self._derived(columns)
        plain &= self._row_checks(columns)
        if CHANGE in arrays:
            plain &= _mask(pc.is_in(arrays[CHANGE], pa.array(["", *CHANGES])))
        return columns, plain

    # --- columns ---
    def _column(self, column: Column, texts: pa.StringArray, spreadsheet: bool) -> tuple[pa.StringArray, Mask]:
        """Canonical values, and where they are certain (blank cells aside)."""
        if column.type in {"domains", "cidrs"}:
            return self._list(column, texts)
        if column.type in {"categories", "listed"}:  # these depend on another cell
            return texts, np.zeros(len(texts), np.bool_)
        if column.type not in {*_PATTERNS, "filing_no", "sponsor", "domain", "ip"}:
            return self._distinct(column, texts, spreadsheet)
        if column.type == "filing_no":
            good = _matches(texts, self.filing) & ~_matches(texts, self.placeholder)
        elif column.type == "sponsor":  # 18 characters, a letter before the last: no resident id
            good = _matches(texts, "^[0-9A-Z]{18}$") & ~_matches(texts, "^[0-9]{17}")
        elif column.type == "domain":
            good = _matches(texts, f"^{_HOST}$") & self._is_name(texts)
        elif column.type == "ip":
            good = _matches(texts, f"^{_IPV4}$")
        else:
            good = _matches(texts, _PATTERNS[column.type]) & ~_mask(pc.is_in(texts, _BLANKS))
        return texts, good & _mask(pc.less_equal(pc.utf8_length(texts), column.max_length))

    def _list(self, column: Column, texts: pa.StringArray) -> tuple[pa.StringArray, Mask]:
        """Lists with one separator between entries, each of them canonical and there once."""
        entry = _HOST if column.type == "domains" else _IPV4
        good = _matches(texts, f"^{entry}$")
        if column.type == "domains":
            good &= self._is_name(texts)
        several = _matches(texts, f"^{entry}(?:{_SEPARATOR}{entry})+$")
        if not several.any():
            return texts, good
        values = pc.replace_substring_regex(texts, _SEPARATOR, ITEM)
        lists = pc.split_pattern(values.filter(pa.array(several)), ITEM)
        entries, start = lists.flatten(), lists.offsets.to_numpy()[:-1]
        usable = self._is_name(entries) if column.type == "domains" else np.ones(len(entries), np.bool_)
        codes = entries.dictionary_encode()
        row = np.asarray(pc.list_parent_indices(lists), np.int64)
        pairs, count = np.unique(row * len(codes.dictionary) + codes.indices.to_numpy(), return_counts=True)
        each = np.logical_and.reduceat(usable, start)
        each[pairs[count > 1] // len(codes.dictionary)] = False
        short = _mask(pc.less_equal(pc.utf8_length(texts), 2000))
        good[several] = each & short[several]
        return values, good

    def _is_name(self, hosts: pa.StringArray) -> Mask:
        """Of names in canonical shape: short ones below a suffix that plain rules describe."""
        short = _mask(pc.less_equal(pc.binary_length(hosts), _NAME_LENGTH))
        return short & ~_mask(pc.is_in(hosts, self.suffixes)) & ~_matches(hosts, self.deep)

    def _distinct(self, column: Column, texts: pa.StringArray, spreadsheet: bool) -> tuple[pa.StringArray, Mask]:
        """Columns of few distinct texts: each is read once and remembered."""
        known = self.known.setdefault(f"{column.name}\x1f{spreadsheet}", {})
        if len(known) > _KEPT:
            known.clear()
        coded = texts.dictionary_encode()
        values = []
        for text in coded.dictionary.to_pylist():
            if text not in known:
                known[text] = self._read(column, text, spreadsheet)
            values.append(known[text])
        read = pa.array(values, pa.string()).take(coded.indices)
        return pc.fill_null(read, ""), _mask(read.is_valid())

    def _read(self, column: Column, text: str, spreadsheet: bool) -> str | None:
        """The canonical text of a cell, ``None`` where the validator has something to say."""
        try:
            clean = clean_text(text, column, spreadsheet=spreadsheet)
            value: Any = self.rules.reader_of(column)(clean) if clean else ""
        except CellError:
            return None
        if not column.is_list:
            return str(value) if len(value) <= column.max_length else None
        return None if any(set(entry) & set('\\"' + ITEM) for entry in value) else ITEM.join(value)

    # --- rows ---
    def _derived(self, columns: dict[str, pa.StringArray]) -> None:
        owner = self.kind.owner_column
        if owner and self.filling:
            columns[owner] = _filled(columns[owner], self.filling)
        if "subject_no" in columns:
            given = columns["subject_no"]
            blank = pc.equal(given, "")
            if pc.any(blank).as_py():
                subject = pc.replace_substring_regex(columns["filing_no"], _SITE_PART, "")
                columns["subject_no"] = pc.if_else(blank, subject, given)

    def _row_checks(self, columns: Mapping[str, pa.StringArray]) -> Mask:
        good = np.ones(len(columns[self.kind.columns[0].name]), np.bool_)
        for column in self.kind.columns:
            if column.required:
                good &= _mask(pc.not_equal(columns[column.name], ""))
        if "valid_to" in columns:
            first = columns["valid_from" if "valid_from" in columns else "decided_on"]
            last = columns["valid_to"]
            good &= _mask(pc.or_(pc.equal(last, ""), pc.greater_equal(last, first)))
        owners, owner = self.permitted.owners, self.kind.owner_column
        if owners is not None and owner:
            good &= _mask(pc.is_in(columns[owner], pa.array(["", *sorted(owners)])))
        return good


def _mask(values: Any) -> Mask:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.bool_)


def _matches(texts: pa.StringArray, pattern: str) -> Mask:
    return _mask(pc.match_substring_regex(texts, pattern))


def _filled(values: pa.StringArray, default: str) -> pa.StringArray:
    return pc.if_else(pc.equal(values, ""), default, values)


def _filing_pattern(formats: NumberFormats) -> str:
    """Canonical filing numbers, as ``canonical_filing_numbers`` has them."""
    serials = "|".join(f"[0-9]{{{n}}}" if n <= 8 else
                       f"{re.escape(formats.long_prefix)}[0-9]{{{n - len(formats.long_prefix)}}}"
                       for n in formats.filing_digits)
    return (f"^[{re.escape(formats.provinces)}]{re.escape(formats.filing_label)}(?:{serials})"
            f"{re.escape(formats.closing)}(?:-[1-9][0-9]{{0,3}}[{re.escape(formats.app_letters)}]?)?$")


def _placeholder_pattern(formats: NumberFormats) -> str:
    serials = "|".join(sorted(formats.placeholders))
    return f"{re.escape(formats.filing_label)}(?:{serials}){re.escape(formats.closing)}"
