"""The providers part: parties that matter to access, their licences with reviews, and who buys access from whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.compiled.layout import DAY_MAX, DAY_MIN, PartWriter
from licet.registers.compiled.text import combine, days, list_lengths, plain_strings, string_buffers

RESULTS = ("pass", "fail", "not_submitted")
PASS, FAIL, NOT_SUBMITTED = 0, 1, 2
_NO_YEAR = 0

Reader = Callable[[str, list[str]], pa.Table | None]
_EMPTY = pa.array([], pa.string())


def _strings(table: pa.Table | None, column: str) -> pa.Array:
    return _EMPTY if table is None else plain_strings(table[column])


def _positions(values: pa.Array, among: pa.Array) -> NDArray[np.int32]:
    """Index of each value in ``among``, −1 where it is not there."""
    return np.array(pc.fill_null(pc.index_in(values, among), -1), dtype=np.int32)


def _sorted_words(*columns: pa.Array) -> pa.Array:
    """The distinct non-blank values, in bytewise order."""
    words = combine(pa.chunked_array(list(columns), pa.string())).unique()
    words = words.filter(pc.not_equal(words, ""))
    return words.take(pc.sort_indices(words))


def _csr(owners: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Start of each owner's run in a column sorted by owner (count + 1)."""
    return np.searchsorted(owners, np.arange(count + 1)).astype(np.int32)


def _add_strings(writer: PartWriter, name: str, column: pa.Array) -> None:
    data, offsets = string_buffers(column)
    writer.add(f"{name}_text", data)
    writer.add(f"{name}_offsets", offsets)


def _add_lists(writer: PartWriter, name: str, column: pa.Array) -> list[str]:
    """A list<utf8> column as ``<name>_first`` and ``<name>`` (indexes into the returned words)."""
    flat = plain_strings(pc.list_flatten(column)).dictionary_encode()
    first = np.zeros(len(column) + 1, np.int32)
    np.cumsum(list_lengths(column), out=first[1:])
    writer.add(f"{name}_first", first)
    writer.add(name, np.array(flat.indices, dtype=np.int32))
    words: list[str] = flat.dictionary.to_pylist()
    return words


def _write_licences(writer: PartWriter, table: pa.Table | None, parties: pa.Array) -> tuple[pa.Array, dict[str, list[str]]]:
    """Licences sorted by provider, licence number, start; the licence numbers and the words used."""
    if table is None:
        table = pa.table({"licence_no": _EMPTY, "provider_id": _EMPTY, "status": _EMPTY,
                          "category": pa.array([], pa.list_(pa.string())), "regions": pa.array([], pa.list_(pa.string())),
                          "catalogue_year": pa.array([], pa.int16()), "valid_from": pa.array([], pa.date32()),
                          "valid_to": pa.array([], pa.date32())})
    order = pc.sort_indices(pa.table({"provider": plain_strings(table["provider_id"]),
                                      "number": plain_strings(table["licence_no"]),
                                      "start": table["valid_from"]}),
                            sort_keys=[("provider", "ascending"), ("number", "ascending"), ("start", "ascending")])
    table = table.take(order).combine_chunks()
    owners = _positions(plain_strings(table["provider_id"]), parties)
    table, owners = table.filter(pa.array(owners >= 0)), owners[owners >= 0]
    numbers = plain_strings(table["licence_no"])
    status = plain_strings(table["status"]).dictionary_encode()
    writer.add("licence_first", _csr(owners, len(parties)))
    writer.add("licence_party", owners)
    writer.add("licence_year", np.array(pc.fill_null(combine(table["catalogue_year"]), _NO_YEAR), dtype=np.int32))
    writer.add("licence_from", days(table["valid_from"], DAY_MIN))
    writer.add("licence_to", days(table["valid_to"], DAY_MAX))
    writer.add("licence_status", np.array(status.indices, dtype=np.int32))
    _add_strings(writer, "licence", numbers)
    words = {"statuses": status.dictionary.to_pylist(),
             "categories": _add_lists(writer, "category", combine(table["category"])),
             "regions": _add_lists(writer, "region", combine(table["regions"]))}
    return numbers, words


def _write_reviews(writer: PartWriter, table: pa.Table | None, licences: pa.Array) -> None:
    """Reviews by licence row, then year, then day decided, the better result last: of several the last one counts."""
    names = ("licence", "year", "result", "decided")
    columns: dict[str, NDArray[np.int32]] = dict.fromkeys(names, np.zeros(0, np.int32))
    if table is not None and len(licences):
        words = licences.unique()
        ids, owners = _positions(plain_strings(table["licence_no"]), words), _positions(licences, words)
        result = _positions(plain_strings(table["result"]), pa.array(RESULTS))
        # A licence number can have several rows (renewals): a review belongs to each of them.
        row_order = np.argsort(owners, kind="stable")
        first = _csr(owners[row_order], len(words))
        good = np.flatnonzero((ids >= 0) & (result >= 0))
        copies = (first[1:] - first[:-1])[ids[good]]
        source = np.repeat(good, copies)
        within = np.arange(len(source)) - np.repeat(np.cumsum(copies) - copies, copies)
        rows = row_order[first[ids[source]] + within]
        year = np.array(pc.fill_null(combine(table["year"]), _NO_YEAR), dtype=np.int32)[source]
        decided = days(table["decided_on"], DAY_MIN)[source]
        order = np.lexsort((-result[source], decided, year, rows))
        columns = dict(zip(names, (array[order].astype(np.int32) for array in (rows, year, result[source], decided)),
                           strict=True))
    writer.add("review_first", _csr(columns["licence"], len(licences)))
    for name in names[1:]:
        writer.add(f"review_{name}", columns[name])


def _write_edges(writer: PartWriter, sellers: pa.Array, buyers: pa.Array, parties: pa.Array) -> None:
    """``up``: upstreams of each party; ``down``: who buys from it. Both as runs of party indexes."""
    down, up = _positions(buyers, parties), _positions(sellers, parties)
    known = (down >= 0) & (up >= 0)
    for name, source, target in (("up", down[known], up[known]), ("down", up[known], down[known])):
        order = np.lexsort((target, source))
        writer.add(f"{name}_first", _csr(source[order], len(parties)))
        writer.add(name, target[order].astype(np.int32))


def write_providers(read: Reader, writer: PartWriter) -> tuple[int, dict[str, list[str]]]:
    """Parties in bytewise order of their ids, with everything else pointing at them by index."""
    people = read("parties", ["party_id", "region"])
    licences = read("licences", ["licence_no", "provider_id", "category", "catalogue_year", "regions", "valid_from",
                                 "valid_to", "status"])
    reviews = read("annual_reviews", ["licence_no", "year", "result", "decided_on"])
    edges = read("edges", ["provider_id", "upstream_provider_id"])
    buyers, sellers = _strings(edges, "provider_id"), _strings(edges, "upstream_provider_id")
    ids = _strings(people, "party_id")
    parties = _sorted_words(ids, _strings(licences, "provider_id"), buyers, sellers)
    numbers, words = _write_licences(writer, licences, parties)
    region_of = _strings(people, "region").dictionary_encode()
    region = np.full(len(parties), -1, np.int32)
    at = _positions(ids, parties)
    region[at[at >= 0]] = np.array(region_of.indices, dtype=np.int32)[at >= 0]
    writer.add("party_region", region)
    _add_strings(writer, "party", parties)
    _write_reviews(writer, reviews, numbers)
    _write_edges(writer, sellers, buyers, parties)
    return len(numbers), words | {"party_regions": region_of.dictionary.to_pylist()}


def party_count(arrays: Any) -> int:
    """Parties in an opened providers part."""
    return len(arrays["party_region"])
