"""A batch of raw rows to a table the database takes: plain rows in bulk, the others one by one.

Row grain: one accepted row. Columns: ``line`` int64; every canonical column as PostgreSQL text (null where the database
keeps null, arrays as literals); ``content_hash`` as bytea literal; ``ending`` bool. Ordering: the file's.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from licet.registers.exchange.cells import CellRules
from licet.registers.exchange.headers import CHANGE
from licet.registers.exchange.plain import ITEM, Mask, PlainRows
from licet.registers.exchange.readers import ArrowCells, RawBatch, Rejection
from licet.registers.exchange.validation import Permitted, Validator, ValidBatch
from licet.registers.kinds import Kind

NULL_WHEN_BLANK = frozenset({"date", "ip"})
_CELL = "\x1f"
_HASH_BYTES = 16


@dataclasses.dataclass
class CheckedBatch:
    """Accepted rows of a batch, and what was not accepted."""

    rows: pa.Table
    rejections: list[Rejection]
    notes: Counter[str]
    read: int
    unread: list[tuple[int, dict[str, Any]]] = dataclasses.field(default_factory=list)  # as ValidBatch's


class Checker:
    """Checks batches of one kind; what it remembers between them is only the meaning of texts that repeat."""

    def __init__(self, kind: Kind, rules: CellRules, *, key: bytes, permitted: Permitted,
                 unread: frozenset[str] = frozenset()) -> None:
        """As :class:`Validator`."""
        self.kind = kind
        self.validator = Validator(kind, rules, key=key, permitted=permitted, unread=unread)
        self.plain = PlainRows(kind, rules, permitted)

    def check(self, batch: RawBatch) -> CheckedBatch:
        """Accepted rows and rejections of one batch."""
        columns, plain = self.plain.split(batch)
        if not plain.any():
            valid = self.validator.validate(batch)
            return CheckedBatch(_validated_table(self.kind, valid), valid.rejections, valid.notes, valid.read, valid.unread)
        found = _plain_table(self.kind, batch, columns, plain)
        if plain.all():
            return CheckedBatch(found, batch.broken, Counter(), batch.read)
        valid = self.validator.validate(_part_of(batch, ~plain))
        both = pa.concat_tables([found, _validated_table(self.kind, valid)]).sort_by("line")
        return CheckedBatch(both, valid.rejections, valid.notes, batch.read, valid.unread)


def _part_of(batch: RawBatch, chosen: Mask) -> RawBatch:
    assert isinstance(batch.cells, ArrowCells)
    cells = {name: array.filter(pa.array(chosen)) for name, array in batch.cells.arrays.items()}
    lines = np.asarray(batch.lines)[chosen].tolist()
    return dataclasses.replace(batch, lines=lines, cells=ArrowCells(cells))


def _plain_table(kind: Kind, batch: RawBatch, columns: Mapping[str, pa.StringArray], plain: Mask) -> pa.Table:
    keep = pa.array(plain)
    kept = columns if plain.all() else {name: array.filter(keep) for name, array in columns.items()}
    found: dict[str, Any] = {"line": pa.array(np.asarray(batch.lines, np.int64)[plain])}
    for column in kind.columns:
        values = kept[column.name]
        if column.is_list:
            values = _array_literals(values)
        elif column.type in NULL_WHEN_BLANK:
            values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        found[column.attribute] = values
    found["content_hash"] = _hashes([kept[column.name] for column in kind.columns])
    assert isinstance(batch.cells, ArrowCells)
    changes = batch.cells.arrays.get(CHANGE)
    ending = pc.equal(changes, "ended").filter(keep) if changes is not None else pa.array(np.zeros(plain.sum(), np.bool_))
    found["ending"] = ending
    return pa.table(found)


def _array_literals(joined: pa.StringArray) -> pa.StringArray:
    """PostgreSQL array literals of entries that need no escape."""
    entries = pc.replace_substring(joined, ITEM, '","')
    return pc.if_else(pc.equal(joined, ""), "{}", pc.binary_join_element_wise('{"', entries, '"}', ""))


def _hashes(columns: Sequence[pa.StringArray]) -> pa.StringArray:
    """``versions.content_hash`` of each row, as bytea literals."""
    rows = pc.binary_join_element_wise(*columns, _CELL)
    data, ends = memoryview(rows.buffers()[2]), np.frombuffer(rows.buffers()[1], np.int32, len(rows) + 1, rows.offset * 4)
    digest = hashlib.blake2b
    found = b"".join([digest(data[start:end], digest_size=_HASH_BYTES).digest() for start, end in pairwise(ends.tolist())])
    literals = np.empty((len(rows), 2 + 2 * _HASH_BYTES), np.uint8)
    literals[:, :2] = np.frombuffer(b"\\x", np.uint8)
    literals[:, 2:] = np.frombuffer(found.hex().encode(), np.uint8).reshape(len(rows), -1)
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * literals.shape[1]
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(literals))


def _validated_table(kind: Kind, batch: ValidBatch) -> pa.Table:
    columns: dict[str, Any] = {"line": pa.array(batch.lines, pa.int64())}
    for column in kind.columns:
        values = batch.columns[column.name]
        if column.is_list:
            values = [_array_literal(value) for value in values]
        elif column.type in NULL_WHEN_BLANK:
            values = [value or None for value in values]
        columns[column.attribute] = pa.array(values, pa.string())
    columns["content_hash"] = pa.array([f"\\x{value}" for value in batch.hashes], pa.string())
    columns["ending"] = pa.array([change == "ended" for change in batch.changes], pa.bool_())
    return pa.table(columns)


def _array_literal(entries: Sequence[str]) -> str:
    """PostgreSQL array literal; entries are quoted whatever they hold."""
    quoted = ('"' + entry.replace("\\", "\\\\").replace('"', '\\"') + '"' for entry in entries)
    return "{" + ",".join(quoted) + "}"
