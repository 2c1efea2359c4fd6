"""Texts and dates of the records facts point at, as Arrow columns, for evidence.

Every function takes record indexes and returns one ``string`` element per index; index −1 gives null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.compiled.layout import DAY_MAX, DAY_MIN
from licet.registers.compiled.text import take_texts

if TYPE_CHECKING:
    from licet.registers.compiled.bind import BoundRegister

Index = NDArray[np.int32]


def _cut(data: NDArray[np.uint8], starts: Any, lengths: Any, index: Index) -> pa.Array:
    """Texts at ``starts``; null where ``index`` is −1 (its row of the inputs is ignored)."""
    found = index >= 0
    texts = take_texts(data, np.asarray(starts).astype(np.int64), np.where(found, lengths, 0).astype(np.int64))
    return texts if found.all() else pc.if_else(pa.array(found), texts, pa.scalar(None, pa.string()))


def _days(values: Any, index: Index) -> pa.Array:
    """ISO dates; null for −1 and for "no date"."""
    days = np.asarray(values, np.int32)
    absent = (index < 0) | (days == DAY_MIN) | (days == DAY_MAX)
    return pa.array(np.where(absent, 0, days), pa.int32(), mask=absent).cast(pa.date32()).cast(pa.string())


def _words(words: list[str], codes: Any, index: Index) -> pa.Array:
    taken = pa.array(np.where(index < 0, 0, codes), pa.int32(), mask=np.asarray((index < 0) | (np.asarray(codes) < 0)))
    return pa.array(words, pa.string()).take(taken)


def party_id(bound: BoundRegister, index: Index) -> pa.Array:
    """Ids of parties by party index."""
    return bound.parties.ids.take(pa.array(index, pa.int32(), mask=index < 0))


def filing_text(bound: BoundRegister, index: Index, what: str) -> pa.Array:
    """``number``, ``subject``, ``sponsor`` (subject id) or ``domain`` (the first) of filings."""
    if not len(bound.filings.records):
        return pa.nulls(len(index), pa.string())
    rows = bound.filings.records[np.maximum(index, 0)]
    at = rows["text"].astype(np.int64)
    for name in ("domain", "number", "subject", "sponsor"):
        length = rows[f"{name}_len"].astype(np.int64)
        if name == what:
            return _cut(bound.filings.text, at, length, index)
        at = at + length
    raise KeyError(what)


def listed_day(bound: BoundRegister, index: Index, column: str) -> pa.Array:
    """``decided_on`` or ``valid_to`` of blacklist entries."""
    if not len(bound.lists.listed):
        return pa.nulls(len(index), pa.string())
    return _days(bound.lists.listed[column][np.maximum(index, 0)], index)


def filing_holder(bound: BoundRegister, index: Index) -> pa.Array:
    """The provider each filing names."""
    if not len(bound.filings.records):
        return pa.nulls(len(index), pa.string())
    return party_id(bound, np.where(index < 0, -1, bound.filings.holder[
        bound.filings.records["provider"][np.maximum(index, 0)]]).astype(np.int32))


def filing_day(bound: BoundRegister, index: Index, column: str) -> pa.Array:
    """``filed_on`` or ``verified_on`` of filings."""
    if not len(bound.filings.records):
        return pa.nulls(len(index), pa.string())
    return _days(bound.filings.records[column][np.maximum(index, 0)], index)


def licence_number(bound: BoundRegister, index: Index) -> pa.Array:
    """Licence numbers."""
    arrays = bound.register.parts["providers"].arrays
    offsets = arrays["licence_offsets"].astype(np.int64)
    if len(offsets) < 2:
        return pa.nulls(len(index), pa.string())
    at = np.maximum(index, 0)
    return _cut(arrays["licence_text"], offsets[at], offsets[at + 1] - offsets[at], index)


def licence_status(bound: BoundRegister, index: Index) -> pa.Array:
    """Status words of licences."""
    part = bound.register.parts["providers"]
    if not len(part.arrays["licence_status"]):
        return pa.nulls(len(index), pa.string())
    return _words(part.strings["statuses"], part.arrays["licence_status"][np.maximum(index, 0)], index)


def licence_day(bound: BoundRegister, index: Index, column: str) -> pa.Array:
    """``from`` or ``to`` of licences."""
    days = bound.register.parts["providers"].arrays[f"licence_{column}"]
    return _days(days[np.maximum(index, 0)], index) if len(days) else pa.nulls(len(index), pa.string())


def licence_list(bound: BoundRegister, index: Index, column: str) -> pa.Array:
    """``category`` or ``region`` codes of licences, sorted and joined by spaces (few licences, so a loop will do)."""
    part = bound.register.parts["providers"]
    first, codes = part.arrays[f"{column}_first"], part.arrays[column]
    words = part.strings["categories" if column == "category" else "regions"]
    distinct, back = np.unique(index, return_inverse=True)
    texts = [None if i < 0 else " ".join(sorted(words[code] for code in codes[first[i]: first[i + 1]]))
             for i in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(back.astype(np.int64)))


def review_result(bound: BoundRegister, index: Index) -> pa.Array:
    """Result words of the due year's review of licences: the last that counts, ``unknown`` when there is none."""
    arrays = bound.register.parts["providers"].arrays
    due, words = bound.params.due_year(bound.as_of), ("pass", "fail", "not_submitted")
    distinct, back = np.unique(index, return_inverse=True)
    texts: list[str | None] = []
    for i in distinct.tolist():
        text = None if i < 0 else "unknown"
        for j in range(arrays["review_first"][i], arrays["review_first"][i + 1]) if i >= 0 else ():
            if arrays["review_year"][j] == due and arrays["review_decided"][j] <= bound.day:
                text = words[arrays["review_result"][j]]
        texts.append(text)
    return pa.array(texts, pa.string()).take(pa.array(back.astype(np.int64)))


def party_region(bound: BoundRegister, index: Index) -> pa.Array:
    """Region of parties by party index; null when unknown."""
    part = bound.register.parts["providers"]
    regions = np.append(part.arrays["party_region"], -1)
    codes = regions[np.where((index < 0) | (index >= len(regions)), -1, index)]
    return _words([*part.strings["party_regions"], ""], codes, index)


def block_text(bound: BoundRegister, index: Index) -> pa.Array:
    """CIDR text of address blocks."""
    arrays = bound.register.parts["addresses"].arrays
    offsets = arrays["offsets"].astype(np.int64)
    if len(offsets) < 2:
        return pa.nulls(len(index), pa.string())
    at = np.maximum(index, 0)
    return _cut(arrays["text"], offsets[at], offsets[at + 1] - offsets[at], index)


def block_holder(bound: BoundRegister, index: Index) -> pa.Array:
    """Holder of address blocks."""
    if not len(bound.blocks.holder):
        return pa.nulls(len(index), pa.string())
    return party_id(bound, np.where(index < 0, -1, bound.blocks.holder[np.maximum(index, 0)]).astype(np.int32))


def listed_text(bound: BoundRegister, index: Index, what: str) -> pa.Array:
    """``value``, ``ground`` or ``ref`` (decision reference) of blacklist entries."""
    if not len(bound.lists.listed):
        return pa.nulls(len(index), pa.string())
    rows = bound.lists.listed[np.maximum(index, 0)]
    at = rows["text"].astype(np.int64)
    for name in ("value", "ground", "ref"):
        length = rows[f"{name}_len"].astype(np.int64)
        if name == what:
            return _cut(bound.lists.text, at, length, index)
        at = at + length
    raise KeyError(what)
