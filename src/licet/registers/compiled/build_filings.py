"""The filings part: one record per filing, an index of names, an index of numbers, all text in one blob."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.compiled.clean import GOOD, check_sponsors
from licet.registers.compiled.hashing import bucket_index, hash_bytes, same_bytes
from licet.registers.compiled.kernels import inner, kernel
from licet.registers.compiled.layout import DAY_MIN, FILING, KEY, NAME, PartWriter, UnusableSnapshot
from licet.registers.compiled.text import days, list_lengths, plain_strings, string_buffers

ACTIVE, SUSPENDED, CANCELLED = 0, 1, 2
STATUSES = ("active", "suspended", "cancelled")
COLUMNS = ["filing_no", "subject_no", "subject_uscc", "domains", "provider_id", "filed_on", "verified_on", "status"]
_LOW = np.uint64(0xFFFFFFFF)

Batches = Callable[[str, list[str]], Iterator[pa.RecordBatch]]


class Strings(NamedTuple):
    """A string column: bytes and offsets (length + 1)."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int32]


@inner
def _put(out: Any, at: Any, column: Any, i: Any) -> Any:
    start, length = column.offsets[i], column.offsets[i + 1] - column.offsets[i]
    for j in range(length):
        out[at + j] = column.data[start + j]
    return at + length


@kernel
def lay_filings(names: Any, first: Any, numbers: Any, subjects: Any, sponsors: Any, base: Any, out: Any, records: Any,
                name_at: Any, name_hash: Any, number_hash: Any) -> Any:
    """Write the text of a batch to ``out`` and fill its records; the number of bytes written.

    ``names`` are all names of the batch, row ``i`` owning ``first[i]..first[i+1]``. ``name_at``/``name_hash`` are one
    per name; ``number_hash[2 i]`` is the filing number's hash, ``[2 i + 1]`` the subject number's.
    """
    at = np.int64(0)
    for i in range(len(records)):
        records[i].text = base + np.uint64(at)
        lengths = (numbers.offsets[i + 1] - numbers.offsets[i], subjects.offsets[i + 1] - subjects.offsets[i])
        records[i].number_len, records[i].subject_len = lengths
        records[i].sponsor_len = sponsors.offsets[i + 1] - sponsors.offsets[i]
        records[i].domain_len = 0
        for m in range(first[i], first[i + 1]):
            length = names.offsets[m + 1] - names.offsets[m]
            name_at[m] = (base + np.uint64(at)) << np.uint64(8) | np.uint64(length)
            name_hash[m] = hash_bytes(names.data, names.offsets[m], names.offsets[m + 1])
            at = _put(out, at, names, m)
            if m == first[i]:
                records[i].domain_len = length
                at = _put(out, _put(out, _put(out, at, numbers, i), subjects, i), sponsors, i)
        if first[i] == first[i + 1]:
            at = _put(out, _put(out, _put(out, at, numbers, i), subjects, i), sponsors, i)
        number_hash[2 * i] = hash_bytes(numbers.data, numbers.offsets[i], numbers.offsets[i + 1])
        number_hash[2 * i + 1] = hash_bytes(subjects.data, subjects.offsets[i], subjects.offsets[i + 1])
    return at


class _Collected:
    """What survives of each batch until the indexes are built."""

    def __init__(self) -> None:
        self.records: list[NDArray[Any]] = []
        self.providers: list[pa.DictionaryArray] = []
        self.name_at: list[NDArray[np.uint64]] = []
        self.name_hash: list[NDArray[np.uint64]] = []
        self.name_count: list[NDArray[np.int32]] = []
        self.number_hash: list[NDArray[np.uint64]] = []


def _codes(column: pa.Array, words: tuple[str, ...], what: str) -> NDArray[np.uint8]:
    """Position of each value in ``words``. Raises :class:`UnusableSnapshot` on another word."""
    found = pc.index_in(plain_strings(column), pa.array(words))
    if found.null_count:
        raise UnusableSnapshot(f"{what} {column.filter(found.is_null())[0]!s} is not one of: {', '.join(words)}")
    return np.array(found, dtype=np.uint8)


def _string_column(column: pa.Array, limit: int, what: str) -> tuple[pa.Array, Strings]:
    texts = plain_strings(column)
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest > limit:
        raise UnusableSnapshot(f"a {what} of {longest} bytes is longer than {limit}")
    return texts, Strings(*string_buffers(texts))


def _lay_batch(batch: pa.RecordBatch, base: int, kept: _Collected) -> NDArray[np.uint8]:
    """The text of one batch; everything else goes to ``kept``."""
    n = batch.num_rows
    counts = list_lengths(batch["domains"])
    first = np.zeros(n + 1, np.int32)
    np.cumsum(counts, out=first[1:])
    _, names = _string_column(pc.list_flatten(batch["domains"]), 255, "domain")
    _, numbers = _string_column(batch["filing_no"], 65535, "filing number")
    _, subjects = _string_column(batch["subject_no"], 65535, "subject number")
    _, sponsors = _string_column(batch["subject_uscc"], 255, "subject id")
    records = np.zeros(n, FILING)
    name_at, name_hash = np.empty(first[-1], np.uint64), np.empty(first[-1], np.uint64)
    number_hash = np.empty(2 * n, np.uint64)
    size = sum(int(column.offsets[-1]) - int(column.offsets[0]) for column in (names, numbers, subjects, sponsors))
    out = np.empty(size, np.uint8)
    lay_filings(names, first, numbers, subjects, sponsors, np.uint64(base), out, records, name_at, name_hash, number_hash)
    state, unused = np.empty(n, np.uint8), np.empty(n, np.uint64)
    check_sponsors(*sponsors, state, unused)
    records["sponsor_valid"] = state == GOOD
    records["status"] = _codes(batch["status"], STATUSES, "filing status")
    records["filed_on"], records["verified_on"] = (days(batch[name], DAY_MIN) for name in ("filed_on", "verified_on"))
    kept.records.append(records)
    kept.providers.append(plain_strings(batch["provider_id"]).dictionary_encode())
    kept.name_at.append(name_at)
    kept.name_hash.append(name_hash)
    kept.name_count.append(counts)
    kept.number_hash.append(number_hash)
    return out


@kernel
def second_number_differs(records: Any, text: Any, base: Any, keep: Any) -> None:
    """``keep[2 i + 1]``: the subject number is there and differs from the filing number; ``keep[2 i]``: there is one."""
    for i in range(len(records)):
        at = np.int64(records[i].text - base) + records[i].domain_len
        number, subject = np.int64(records[i].number_len), np.int64(records[i].subject_len)
        keep[2 * i] = number > 0
        keep[2 * i + 1] = subject > 0 and not (number == subject and same_bytes(text, at, text, at + number, number))


def _entries(dtype: np.dtype[Any], hashes: NDArray[np.uint64], rows: NDArray[np.uint32],
             at: NDArray[np.uint64] | None = None) -> tuple[NDArray[np.uint32], NDArray[Any]]:
    starts, place = bucket_index(hashes)
    entries = np.zeros(len(hashes), dtype)
    entries["tag"][place] = (hashes & _LOW).astype(np.uint32)
    entries["row"][place] = rows
    if at is not None:
        entries["at"][place] = at
    return starts, entries


def _joined(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    """The parts as one array; the list is emptied so that each byte is held once."""
    whole = np.concatenate(parts) if parts else np.zeros(0, dtype)
    parts.clear()
    return whole


def write_filings(batches: Batches, writer: PartWriter) -> tuple[int, dict[str, list[str]]]:
    """Records in file order, ``names`` and ``numbers`` indexes; providers as indexes into the string table."""
    kept, at, keeps = _Collected(), 0, list[NDArray[np.bool_]]()
    with writer.streamed("text") as append:
        for batch in batches("filings", COLUMNS):
            text = _lay_batch(batch, at, kept)
            keep = np.empty(2 * batch.num_rows, np.bool_)
            second_number_differs(kept.records[-1], text, np.uint64(at), keep)
            keeps.append(keep)
            append(text)
            at += len(text)
    providers = pa.chunked_array(kept.providers, pa.dictionary(pa.int32(), pa.string())).unify_dictionaries()
    words = providers.chunk(0).dictionary.to_pylist() if providers.num_chunks else []
    records = _joined(kept.records, FILING)
    done = 0
    for chunk in providers.chunks:
        records["provider"][done: done + len(chunk)] = np.array(chunk.indices)
        done += len(chunk)
    writer.add("records", records)
    mask = np.uint64(writer.hash_mask)
    owners = np.repeat(np.arange(len(records), dtype=np.uint32), _joined(kept.name_count, np.int32))
    starts, entries = _entries(NAME, _joined(kept.name_hash, np.uint64) & mask, owners, _joined(kept.name_at, np.uint64))
    writer.add("name_starts", starts)
    writer.add("names", entries)
    del entries, owners
    keep = _joined(keeps, np.bool_)
    numbered = (np.flatnonzero(keep) >> 1).astype(np.uint32)
    starts, entries = _entries(KEY, _joined(kept.number_hash, np.uint64)[keep] & mask, numbered)
    writer.add("number_starts", starts)
    writer.add("numbers", entries)
    return len(records), {"providers": words}
