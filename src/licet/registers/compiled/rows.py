"""Access rows prepared for judging: canonical columns with hashes, addresses as integers, ids as codes.

Row grain: one access relation (docs/judging.md, A row). Clean values are checked byte by byte in compiled code; what is
not clean goes to the identifiers module, each distinct value once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.core.errors import BadInput
from licet.registers.compiled import addresses, clean
from licet.registers.compiled.hashing import hash_strings
from licet.registers.compiled.text import combine, plain_strings, string_buffers
from licet.registers.identifiers.domains import Normaliser
from licet.registers.identifiers.numbers import NumberFormats, canonical_filing_numbers

COLUMNS = ("access_id", "provider_id", "customer_uscc", "service_kind", "domain", "ip", "filing_no",
           "upstream_provider_id")


class SuffixTable(NamedTuple):
    """Public-suffix rules as an open-addressing table; ``lengths`` 0 marks a free slot."""

    hashes: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    starts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    text: NDArray[np.uint8]


def suffix_table(plain: tuple[str, ...], wildcard: tuple[str, ...], exceptions: tuple[str, ...]) -> SuffixTable:
    """The table of all rules and of every suffix of a rule, so that a missing node ends a walk."""
    nodes: dict[str, int] = {}
    for names, flag in ((plain, clean.NORMAL), (wildcard, clean.WILDCARD), (exceptions, clean.EXCEPTION)):
        for name in names:
            nodes[name] = nodes.get(name, 0) | flag
            while "." in name:
                name = name.partition(".")[2]  # noqa: PLW2901  (walks up the labels)
                nodes.setdefault(name, 0)
    data, offsets = string_buffers(pa.array(list(nodes), pa.string()))
    values = np.empty(len(nodes), np.uint64)
    hash_strings(data, offsets, values)
    size = 1 << (2 * len(nodes) + 2).bit_length()
    table = SuffixTable(np.zeros(size, np.uint64), np.zeros(size, np.uint8), np.zeros(size, np.int32),
                        np.zeros(size, np.int32), data)
    for i, flag in enumerate(nodes.values()):
        slot = int(values[i]) & (size - 1)
        while table.lengths[slot]:
            slot = (slot + 1) & (size - 1)
        table.hashes[slot], table.flags[slot] = values[i], flag
        table.starts[slot], table.lengths[slot] = offsets[i], offsets[i + 1] - offsets[i]
    return table


class RowNormaliser:
    """How raw row values become canonical: suffix rules and number formats of one profile. Threads may share it."""

    def __init__(self, domains: Normaliser, formats: NumberFormats) -> None:
        """``domains`` and ``formats`` are also the slow path for whatever is not clean."""
        self.domains = domains
        self.formats = formats
        rules = domains.rules
        self.suffixes = suffix_table(rules.plain, rules.wildcard, rules.exceptions)
        plain = formats.filing_label == "ICP备" and formats.closing == "号" and 8 in formats.filing_digits
        provinces = "".join(char for char in formats.provinces if plain and len(char.encode()) == 3)
        self.provinces = np.frombuffer(provinces.encode(), np.uint8).copy()
        self.placeholders = np.array(sorted(int(serial) for serial in formats.placeholders if len(serial) == 8), np.int64)


@dataclass(frozen=True)
class Coded:
    """A column as codes into its distinct values. ``values``: ``string`` array without nulls."""

    codes: NDArray[np.int32]
    values: pa.Array


class RowColumns(NamedTuple):
    """What compiled code reads of the rows. Bytes and int32 offsets of host, number, sponsor; names asked of row ``i``
    are ``name_first[i]..name_first[i+1]``, longest first; states as in ``clean``; hashes unmasked."""

    host: NDArray[np.uint8]
    host_offsets: NDArray[np.int32]
    domain: NDArray[np.uint8]
    name_first: NDArray[np.int32]
    name_start: NDArray[np.int32]
    name_hash: NDArray[np.uint64]
    number: NDArray[np.uint8]
    number_offsets: NDArray[np.int32]
    number_state: NDArray[np.uint8]
    number_hash: NDArray[np.uint64]
    sponsor: NDArray[np.uint8]
    sponsor_offsets: NDArray[np.int32]
    sponsor_state: NDArray[np.uint8]
    sponsor_hash: NDArray[np.uint64]


def _coded(column: Any) -> Coded:
    array = combine(column)
    if len(array) == 1:  # the gate's usual case: nothing to encode
        return Coded(np.zeros(1, np.int32), plain_strings(array))
    if not pa.types.is_dictionary(array.type) or array.null_count or array.dictionary.null_count:
        array = plain_strings(array).dictionary_encode()
    return Coded(np.asarray(array.indices.cast(pa.int32())), plain_strings(array.dictionary))


def _replaced(texts: pa.Array, at: NDArray[np.int64], values: list[str]) -> pa.Array:
    mask = np.zeros(len(texts), np.bool_)
    mask[at] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(values, pa.string()))


def _hosts(raw: pa.Array, normaliser: RowNormaliser) -> tuple[pa.Array, tuple[NDArray[Any], ...]]:
    """Hosts as A-labels, and the columns ``host`` to ``name_hash`` of :class:`RowColumns`."""
    n, buffers = len(raw), string_buffers(raw)
    state, top, first = np.empty(n, np.uint8), np.empty(n, np.int32), np.zeros(n + 1, np.int32)
    clean.check_hosts(*buffers, normaliser.suffixes, state, top, first)
    slow, texts = np.flatnonzero(state == clean.UNDECIDED), raw
    if slow.size:
        hosts, domains, reasons = normaliser.domains.normalise_many(raw.take(pa.array(slow)).to_pylist())
        texts = _replaced(raw, slow, hosts)
        buffers = string_buffers(texts)
        state[slow] = [clean.GOOD if host else clean.ABSENT if reason == "empty" else clean.BAD
                       for host, reason in zip(hosts, reasons, strict=True)]
        top[slow] = [len(domain) for domain in domains]
        first[slow + 1] = [host[: len(host) - len(domain)].count(".") + 1 if host else 0
                           for host, domain in zip(hosts, domains, strict=True)]
    np.cumsum(first, out=first)
    starts, hashes = np.empty(first[-1], np.int32), np.empty(first[-1], np.uint64)
    clean.list_names(*buffers, state, top, first, starts, hashes)
    return texts, (*buffers, state, first, starts, hashes)


def _read_numbers(typed: list[str], formats: NumberFormats) -> list[str]:
    """Canonical numbers, '' where malformed. What has too few digits is not read: a refusal finds out what was meant,
    which takes a hundred times longer, and nobody would see it here."""
    least = min(formats.filing_digits)
    hopeful = [text if sum(map(str.isdigit, text)) >= least else "" for text in typed]
    return canonical_filing_numbers(hopeful, formats)


def _numbers(raw: pa.Array, normaliser: RowNormaliser) -> tuple[pa.Array, tuple[NDArray[Any], ...]]:
    """Canonical declared numbers (raw where malformed), and the columns ``number`` to ``number_hash``."""
    n, buffers = len(raw), string_buffers(raw)
    state, hashes = np.empty(n, np.uint8), np.empty(n, np.uint64)
    clean.check_numbers(*buffers, normaliser.provinces, normaliser.placeholders, state)
    slow, texts = np.flatnonzero(state == clean.UNDECIDED), raw
    if slow.size:
        typed = raw.take(pa.array(slow)).to_pylist()
        read = _read_numbers(typed, normaliser.formats)
        texts = _replaced(raw, slow, [good or text for good, text in zip(read, typed, strict=True)])
        buffers = string_buffers(texts)
        state[slow] = [clean.GOOD if good else clean.BAD if text.strip() else clean.ABSENT
                       for good, text in zip(read, typed, strict=True)]
    hash_strings(*buffers, hashes)
    return texts, (*buffers, state, hashes)


def _sponsors(ids: pa.Array) -> tuple[NDArray[Any], ...]:
    """The columns ``sponsor`` to ``sponsor_hash``."""
    buffers, state, hashes = string_buffers(ids), np.empty(len(ids), np.uint8), np.zeros(len(ids), np.uint64)
    clean.check_sponsors(*buffers, state, hashes)
    return (*buffers, state, hashes)


@dataclass(frozen=True, kw_only=True)
class AccessRows:
    """A batch of access rows. Arrow columns are ``string`` without nulls, one element per row."""

    access_id: pa.Array
    provider: Coded
    upstream: Coded  # '' for none
    kind: Coded  # service kind
    domain: pa.Array  # as given
    host: pa.Array  # lower-case A-labels where the domain is usable
    ip: pa.Array  # as given
    number: pa.Array  # declared number, canonical where it can be read
    sponsor: pa.Array  # token
    address: addresses.Parsed
    columns: RowColumns

    def __len__(self) -> int:
        return len(self.access_id)

    @classmethod
    def from_arrow(cls, table: pa.Table | pa.RecordBatch, normaliser: RowNormaliser) -> AccessRows:
        """Prepare a table or batch with the columns of ``COLUMNS`` (a missing one is blank; ``provider_id`` must be there).

        Keep batches below half a million rows: several times the batch is held while it is prepared.
        """
        names = table.schema.names
        if "provider_id" not in names:
            raise BadInput("the rows have no column provider_id", hint="name the access provider in every row")
        blank = pa.repeat(pa.scalar(""), table.num_rows) if set(COLUMNS) - set(names) else None
        return cls._prepared({name: table.column(name) if name in names else blank for name in COLUMNS}, normaliser)

    @classmethod
    def _prepared(cls, source: Mapping[str, Any], normaliser: RowNormaliser) -> AccessRows:
        text = {name: plain_strings(source[name]) for name in ("access_id", "domain", "ip", "filing_no", "customer_uscc")}
        host, host_columns = _hosts(text["domain"], normaliser)
        number, number_columns = _numbers(text["filing_no"], normaliser)
        columns = RowColumns(*host_columns, *number_columns, *_sponsors(text["customer_uscc"]))
        return cls(access_id=text["access_id"], provider=_coded(source["provider_id"]),
                   upstream=_coded(source["upstream_provider_id"]), kind=_coded(source["service_kind"]),
                   domain=text["domain"], host=host, ip=text["ip"], number=number, sponsor=text["customer_uscc"],
                   address=addresses.parse(text["ip"]), columns=columns)

    @classmethod
    def from_mapping(cls, row: Mapping[str, str | None], normaliser: RowNormaliser) -> AccessRows:
        """Prepare one row given as column → text."""
        values = pa.array([row.get(name) or "" for name in COLUMNS], pa.string())
        return cls._prepared({name: values.slice(i, 1) for i, name in enumerate(COLUMNS)}, normaliser)
