"""Compiling a register snapshot (a directory of Parquet files) into parts, each by itself and in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from licet.registers.compiled import addresses
from licet.registers.compiled.build_filings import write_filings
from licet.registers.compiled.build_providers import write_providers
from licet.registers.compiled.hashing import (
    KIND_ADDRESS,
    KIND_STEP,
    LISTED_KINDS,
    bloom_filter,
    bucket_index,
    hash_strings,
)
from licet.registers.compiled.layout import (
    DAY_MAX,
    DAY_MIN,
    KEY,
    KINDS,
    LISTED,
    PartWriter,
    UnusableSnapshot,
)
from licet.registers.compiled.text import combine, days, plain_strings, string_buffers
from licet.registers.compiled.trees import write_trees

_ALL_64 = (1 << 64) - 1
_BATCH = 131_072  # rows read at a time

REGISTERS_OF = {"providers": ("licences", "annual_reviews"), "filings": ("filings",), "addresses": ("addresses",),
                "blacklist": ("blacklist",)}


def _read_ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches; the next one is decoded while the caller works on this one."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = pool.submit(next, batches, None)
            yield batch


class Snapshot:
    """The Parquet files of one snapshot and what ``meta.json`` says about their loads."""

    def __init__(self, directory: Path) -> None:
        """Raises :class:`UnusableSnapshot` when ``meta.json`` is missing or no JSON object."""
        self.directory = directory
        try:
            meta = json.loads((directory / "meta.json").read_text(encoding="utf-8"))
            self.registers: dict[str, Any] = dict(meta["registers"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnusableSnapshot(f"meta.json of {directory.name} cannot be read: {error}") from error

    def batches(self, name: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Record batches of one file with just ``columns``; none when the file is missing or empty."""
        path = self.directory / f"{name}.parquet"
        if not path.is_file():
            return
        try:
            with pq.ParquetFile(path) as file:
                absent = [column for column in columns if column not in file.schema_arrow.names]
                if absent:
                    raise UnusableSnapshot(f"{path.name} lacks the columns {', '.join(absent)}")
                yield from _read_ahead(file.iter_batches(_BATCH, columns=columns))
        except pa.ArrowInvalid as error:
            raise UnusableSnapshot(f"{path.name} cannot be read: {error}") from error

    def table(self, name: str, columns: list[str]) -> pa.Table | None:
        """One whole file, for the small ones; ``None`` when it is missing or empty."""
        batches = [batch for batch in self.batches(name, columns) if batch.num_rows]
        return pa.Table.from_batches(batches).combine_chunks() if batches else None

    def loads(self, kind: str) -> dict[str, Any]:
        """The ``meta.json`` rows of the registers in a part."""
        return {name: self.registers[name] for name in REGISTERS_OF[kind] if name in self.registers}


def compile_part(kind: str, snapshot_dir: Path, out_dir: Path, *, hash_mask: int = _ALL_64) -> Path:
    """Build the part ``kind`` (see ``KINDS``) of the snapshot and put it in place; the path of the part.

    ``hash_mask`` weakens the hashes, for tests of collisions. Raises :class:`UnusableSnapshot`.
    """
    if kind not in KINDS:
        raise UnusableSnapshot(f"there is no part {kind!r}", hint=f"one of: {', '.join(KINDS)}")
    snapshot = Snapshot(Path(snapshot_dir))
    with PartWriter(Path(out_dir), kind, hash_mask=hash_mask) as writer:
        rows, strings = _WRITERS[kind](snapshot, writer)
        return writer.finish(rows=rows, registers=snapshot.loads(kind), strings=strings)


def _write_addresses(snapshot: Snapshot, writer: PartWriter) -> tuple[int, dict[str, list[str]]]:
    """Blocks in file order: holder (index into the string table), validity in days; trees over them."""
    columns = ["cidr", "holder_id", "valid_from", "valid_to"]
    table = snapshot.table("addresses", columns)
    if table is None:
        table = pa.table({name: pa.array([], pa.string()) for name in columns[:2]}
                         | {name: pa.array([], pa.date32()) for name in columns[2:]})
    texts = plain_strings(table["cidr"])
    holders = plain_strings(table["holder_id"]).dictionary_encode()
    blocks = addresses.parse(texts)
    if (bad := np.flatnonzero(blocks.family == 0)).size:
        raise UnusableSnapshot(f"addresses.parquet row {int(bad[0]) + 1}: {texts[int(bad[0])]} is no address block")
    data, offsets = string_buffers(texts)
    writer.add("text", data)
    writer.add("offsets", offsets)
    writer.add("holder", np.array(holders.indices, dtype=np.int32))
    writer.add("valid_from", days(table["valid_from"], DAY_MIN))
    writer.add("valid_to", days(table["valid_to"], DAY_MAX))
    write_trees(writer, blocks)
    return len(texts), {"holders": holders.dictionary.to_pylist()}


def _listed_block(batch: pa.RecordBatch, start: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], Any]:
    """Rows, text and key hashes of one batch of the blacklist; ``start`` is where its text begins in the part."""
    values, grounds, refs = (plain_strings(batch[name]) for name in ("value", "ground", "decision_ref"))
    joined = pa.compute.binary_join_element_wise(values, grounds, refs, "")
    data, offsets = string_buffers(joined)
    rows = np.zeros(len(batch), LISTED)
    rows["text"] = start + (offsets[:-1] - offsets[0]).astype(np.uint64)
    for name, column in (("value_len", values), ("ground_len", grounds), ("ref_len", refs)):
        rows[name] = np.array(pa.compute.binary_length(column), dtype=np.uint16)
    rows["decided_on"] = days(batch["decided_on"], DAY_MIN)
    rows["valid_to"] = days(batch["valid_to"], DAY_MAX)
    kinds = pa.compute.index_in(plain_strings(batch["kind"]), pa.array(LISTED_KINDS))
    if kinds.null_count:
        unknown = batch["kind"].filter(kinds.is_null())[0]
        raise UnusableSnapshot(f"blacklist.parquet has an entry of kind {unknown}", hint="one of: " + ", ".join(LISTED_KINDS))
    rows["kind"] = np.array(kinds, dtype=np.uint8)
    hashes = np.empty(len(batch), np.uint64)
    value_data, value_offsets = string_buffers(values)
    hash_strings(value_data, value_offsets, hashes)
    hashes ^= rows["kind"].astype(np.uint64) * KIND_STEP  # as of_kind does
    return rows, data[offsets[0]:], (hashes, values)


def _write_blacklist(snapshot: Snapshot, writer: PartWriter) -> tuple[int, dict[str, list[str]]]:
    """Entries in file order, an index of their values by kind, a Bloom filter that answers most misses, trees of addresses."""
    rows, hashes, cidrs, at = [np.zeros(0, LISTED)], [np.zeros(0, np.uint64)], [pa.array([], pa.string())], 0
    with writer.streamed("text") as append:
        for batch in snapshot.batches("blacklist", ["kind", "value", "ground", "decided_on", "valid_to", "decision_ref"]):
            block, text, (keys, values) = _listed_block(batch, at)
            append(text)
            at += len(text)
            rows.append(block)
            hashes.append(keys & np.uint64(writer.hash_mask))
            cidrs.append(pa.compute.if_else(pa.array(block["kind"] == KIND_ADDRESS), values, ""))
    listed, keys = np.concatenate(rows), np.concatenate(hashes)
    starts, place = bucket_index(keys)
    entries = np.zeros(len(keys), KEY)
    entries["tag"][place] = (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    entries["row"][place] = np.arange(len(keys), dtype=np.uint32)
    for name, array in (("listed", listed), ("starts", starts), ("entries", entries), ("bloom", bloom_filter(keys))):
        writer.add(name, array)
    texts = combine(pa.chunked_array(cidrs))
    blocks = addresses.parse(texts)
    bad = np.flatnonzero((blocks.family == 0) & (listed["kind"] == KIND_ADDRESS))
    if bad.size:
        raise UnusableSnapshot(f"blacklist.parquet row {int(bad[0]) + 1}: {texts[int(bad[0])]} is no address block")
    write_trees(writer, blocks)
    return len(listed), {}


def _write_filings(snapshot: Snapshot, writer: PartWriter) -> tuple[int, dict[str, list[str]]]:
    return write_filings(snapshot.batches, writer)


def _write_providers(snapshot: Snapshot, writer: PartWriter) -> tuple[int, dict[str, list[str]]]:
    return write_providers(snapshot.table, writer)


_WRITERS: dict[str, Callable[[Snapshot, PartWriter], tuple[int, dict[str, list[str]]]]] = {
    "providers": _write_providers, "filings": _write_filings, "addresses": _write_addresses,
    "blacklist": _write_blacklist}
