"""Filing and blacklist facts of rows, compiled: hash probes, verified by the string.

The work is bound by memory latency, so each block of rows is first *warmed*: short loops without branches touch the
buckets, records and texts that the judging loop will read, and the processor overlaps their misses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from licet.registers.compiled.clean import BAD, GOOD
from licet.registers.compiled.hashing import (
    KIND_DOMAIN,
    KIND_SPONSOR,
    bloom_bits,
    compare_bytes,
    hash_bytes,
    of_kind,
    same_bytes,
)
from licet.registers.compiled.kernels import inner, kernel

BLOCK = 256
_LOW = np.uint64(0xFFFFFFFF)
_BYTE = np.uint64(0xFF)
# Codes of licet.registers.compiled.facts, as plain numbers for compiled code.
_NONE, _ALL_CANCELLED, _SUSPENDED, _ELSEWHERE, _HERE = 1, 2, 3, 4, 5
_MATCH, _OTHER, _NOT_FOUND, _MALFORMED = 1, 2, 3, 4
_SAME, _DIFFERENT = 1, 2
# Bits of a candidate's score, most important first; the name's length fills the low bits.
_RANK, _SAME_PROVIDER, _DECLARED, _CUSTOMER = 12, 11, 10, 9


class FilingTables(NamedTuple):
    """The filings part and, bound to a register, ``holder``: its provider words as party indexes."""

    records: NDArray[Any]
    text: NDArray[np.uint8]
    name_starts: NDArray[np.uint32]
    names: NDArray[Any]
    number_starts: NDArray[np.uint32]
    numbers: NDArray[Any]
    holder: NDArray[np.int32]
    name_shift: np.uint64
    number_shift: np.uint64
    mask: np.uint64


class ListTables(NamedTuple):
    """The blacklist part."""

    listed: NDArray[Any]
    text: NDArray[np.uint8]
    starts: NDArray[np.uint32]
    entries: NDArray[Any]
    bloom: NDArray[np.uint64]
    shift: np.uint64
    bloom_shift: np.uint64
    mask: np.uint64


class Day(NamedTuple):
    """The day judged by (days since 1970-01-01), the age at which a filing is stale, for whom filings are known.

    ``filings_known``: uint8 per party, the last one for "on no register".
    """

    day: np.int64
    stale_days: np.int64
    filings_known: NDArray[np.uint8]


def most_names(name_first: NDArray[np.int32]) -> int:
    """The most names asked by ``BLOCK`` consecutive rows, wherever they start."""
    n = len(name_first) - 1
    if n <= BLOCK:
        return int(name_first[-1])
    return int((name_first[BLOCK:] - name_first[:-BLOCK]).max())


class ProbeResult(NamedTuple):
    """Columns filled by :func:`probe`; see ``Facts``."""

    filing: NDArray[np.uint8]
    stale: NDArray[np.uint8]
    declared: NDArray[np.uint8]
    subject: NDArray[np.uint8]
    duplicate: NDArray[np.uint8]
    filing_row: NDArray[np.int32]
    duplicate_a: NDArray[np.int32]
    duplicate_b: NDArray[np.int32]
    duplicate_name: NDArray[np.int32]
    listed_domain: NDArray[np.int32]
    listed_sponsor: NDArray[np.int32]


@inner
def _may_be_listed(lists: Any, value: Any) -> Any:
    """False for most values that are not in the list, at the price of one look into memory."""
    bits = bloom_bits(value)
    return lists.bloom[value >> lists.bloom_shift] & bits == bits


@inner
def listed(lists: Any, value: Any, kind: Any, data: Any, start: Any, length: Any, day: Any) -> Any:
    """The first entry of ``kind`` in force on ``day`` whose value is ``data[start:start+length]``, −1 for none."""
    value = of_kind(value, kind) & lists.mask
    if not _may_be_listed(lists, value):
        return np.int64(-1)
    bucket, tag = value >> lists.shift, np.uint32(value & _LOW)
    for e in range(lists.starts[bucket], lists.starts[bucket + np.uint64(1)]):
        if lists.entries[e].tag == tag:
            entry = lists.listed[lists.entries[e].row]
            if (entry.kind == kind and entry.value_len == length and entry.decided_on <= day <= entry.valid_to
                    and same_bytes(lists.text, np.int64(entry.text), data, start, length)):
                return np.int64(lists.entries[e].row)
    return np.int64(-1)


@inner
def _number_at(record: Any) -> Any:
    return np.int64(record.text) + record.domain_len


@inner
def _is_given(text: Any, at: Any, length: Any, data: Any, start: Any, stop: Any) -> Any:
    return length == stop - start and same_bytes(text, at, data, start, length)


@inner
def _is_declared(text: Any, record: Any, data: Any, start: Any, stop: Any) -> Any:
    """Whether the declared number ``data[start:stop]`` is this filing's number or its subject's."""
    at, number = _number_at(record), np.int64(record.number_len)
    return (_is_given(text, at, number, data, start, stop)
            or _is_given(text, at + number, np.int64(record.subject_len), data, start, stop))


@inner
def _is_customer(text: Any, record: Any, data: Any, start: Any, stop: Any) -> Any:
    """Whether the filing's subject id is the customer's id ``data[start:stop]`` (both given)."""
    at = _number_at(record) + record.number_len + record.subject_len
    return record.sponsor_len > 0 and _is_given(text, at, np.int64(record.sponsor_len), data, start, stop)


@inner
def _score(filings: Any, f: Any, rows: Any, r: Any, provider: Any, name_length: Any) -> Any:
    """How good a candidate is (docs/judging.md, Filing); larger is better."""
    record = filings.records[f]
    score = (np.int64(2 - record.status) << _RANK) | np.int64(name_length)
    if provider >= 0 and filings.holder[record.provider] == provider:
        score |= 1 << _SAME_PROVIDER
    if rows.number_state[r] == GOOD and _is_declared(filings.text, record, rows.number, rows.number_offsets[r],
                                                     rows.number_offsets[r + 1]):
        score |= 1 << _DECLARED
    if _is_customer(filings.text, record, rows.sponsor, rows.sponsor_offsets[r], rows.sponsor_offsets[r + 1]):
        score |= 1 << _CUSTOMER
    return score


@inner
def _earlier(records: Any, text: Any, f: Any, best: Any) -> Any:
    """Whether filing ``f`` has a smaller number than ``best``; any filing precedes none (−1)."""
    if best < 0:
        return True
    left, right = records[f], records[best]
    order = compare_bytes(text, _number_at(left), np.int64(left.number_len),
                          text, _number_at(right), np.int64(right.number_len))
    return order < 0 or (order == 0 and f < best)


@inner
def _lists_name(names: Any, text: Any, e: Any, tag: Any, host: Any, start: Any, length: Any) -> Any:
    entry = names[e]
    return (entry.tag == tag and np.int64(entry.at & _BYTE) == length
            and same_bytes(text, np.int64(entry.at >> np.uint64(8)), host, start, length))


@inner
def _same_subject(records: Any, text: Any, f: Any, g: Any) -> Any:
    left, right = records[f], records[g]
    return compare_bytes(text, _number_at(left) + left.number_len, np.int64(left.subject_len),
                         text, _number_at(right) + right.number_len, np.int64(right.subject_len)) == 0


@inner
def _duplicate(filings: Any, rows: Any, r: Any, m: Any, day: Any) -> Any:
    """The two smallest-numbered active filings of different subjects that list name ``m`` (second −1: none)."""
    start = np.int64(rows.name_start[m])
    length, value = rows.host_offsets[r + 1] - start, rows.name_hash[m] & filings.mask
    first, second = np.int64(-1), np.int64(-1)
    bucket, tag = value >> filings.name_shift, np.uint32(value & _LOW)
    for turn in range(2):
        for e in range(filings.name_starts[bucket], filings.name_starts[bucket + np.uint64(1)]):
            f = np.int64(filings.names[e].row)
            if (filings.records[f].status != 0 or filings.records[f].filed_on > day
                    or not _lists_name(filings.names, filings.text, e, tag, rows.host, start, length)):
                continue
            if turn == 0:
                first = f if _earlier(filings.records, filings.text, f, first) else first
            elif not _same_subject(filings.records, filings.text, first, f) and _earlier(filings.records, filings.text, f, second):
                second = f
    return first, second


@inner
def _by_names(filings: Any, rows: Any, r: Any, provider: Any, day: Any, connected: Any, out: Any) -> Any:
    """The best candidate that lists a name asked, its score, whether any candidate bears the declared number."""
    best, best_score, declared = np.int64(-1), np.int64(-1), False
    for m in range(rows.name_first[r], rows.name_first[r + 1]):
        start, active = np.int64(rows.name_start[m]), 0
        length, value = np.int64(rows.host_offsets[r + 1]) - start, rows.name_hash[m] & filings.mask
        bucket, tag = value >> filings.name_shift, np.uint32(value & _LOW)
        for e in range(filings.name_starts[bucket], filings.name_starts[bucket + np.uint64(1)]):
            if not _lists_name(filings.names, filings.text, e, tag, rows.host, start, length):
                continue
            f = np.int64(filings.names[e].row)
            if len(connected) and provider >= 0 and filings.holder[filings.records[f].provider] == provider:
                connected[f] = 1
            if filings.records[f].filed_on > day:
                continue
            active += 1 if filings.records[f].status == 0 else 0
            score = _score(filings, f, rows, r, provider, length)
            declared = declared or (score >> _DECLARED) & 1 == 1
            if score > best_score or (score == best_score and _earlier(filings.records, filings.text, f, best)):
                best, best_score = f, score
        if active > 1 and not out.duplicate[r]:
            a, b = _duplicate(filings, rows, r, m, day)
            if b >= 0:
                out.duplicate[r], out.duplicate_a[r], out.duplicate_b[r], out.duplicate_name[r] = 1, a, b, m
    return best, best_score, declared


@inner
def _by_number(filings: Any, rows: Any, r: Any, provider: Any, day: Any, any_will_do: Any) -> Any:
    """The best filing whose number or subject number is the declared one, and its score."""
    best, best_score = np.int64(-1), np.int64(-1)
    value = rows.number_hash[r] & filings.mask
    bucket, tag = value >> filings.number_shift, np.uint32(value & _LOW)
    for e in range(filings.number_starts[bucket], filings.number_starts[bucket + np.uint64(1)]):
        if filings.numbers[e].tag != tag:
            continue
        f = np.int64(filings.numbers[e].row)
        if filings.records[f].filed_on > day or not _is_declared(
                filings.text, filings.records[f], rows.number, rows.number_offsets[r], rows.number_offsets[r + 1]):
            continue
        score = _score(filings, f, rows, r, provider, np.int64(0))
        if score > best_score or (score == best_score and _earlier(filings.records, filings.text, f, best)):
            best, best_score = f, score
        if any_will_do:
            break
    return best, best_score


@inner
def _stale(record: Any, when: Any) -> Any:
    verified = np.int64(record.verified_on)
    since = verified if verified > -2147483648 else np.int64(record.filed_on)
    return when.day - since > when.stale_days


@inner
def _describe(filings: Any, rows: Any, r: Any, best: Any, score: Any, when: Any, out: Any) -> None:
    """Facts of the chosen filing."""
    record, rank = filings.records[best], score >> _RANK
    out.filing_row[r] = best
    if rank == 2:
        out.filing[r] = _HERE if (score >> _SAME_PROVIDER) & 1 else _ELSEWHERE
        out.stale[r] = 1 if _stale(record, when) else 0
        if rows.sponsor_state[r] == GOOD and record.sponsor_valid:
            out.subject[r] = _SAME if (score >> _CUSTOMER) & 1 else _DIFFERENT
    else:
        out.filing[r] = _SUSPENDED if rank == 1 else _ALL_CANCELLED


@inner
def _filing_facts(filings: Any, rows: Any, r: Any, provider: Any, when: Any, connected: Any, out: Any) -> None:
    best, score, declared = np.int64(-1), np.int64(-1), False
    domain, number = rows.domain[r], rows.number_state[r]
    if number == BAD:
        out.declared[r] = _MALFORMED
    if domain == GOOD:
        best, score, declared = _by_names(filings, rows, r, provider, when.day, connected, out)
    if number == GOOD and not declared:
        found, found_score = _by_number(filings, rows, r, provider, when.day, domain > 0)
        if domain == 0:
            best, score, declared = found, found_score, found >= 0
        if found < 0:
            out.declared[r] = _NOT_FOUND
        elif domain == GOOD:
            out.declared[r] = _OTHER
    if declared:
        out.declared[r] = _MATCH
    if best >= 0:
        _describe(filings, rows, r, best, score, when, out)
    elif domain == GOOD or (domain == 0 and number > 0):
        out.filing[r] = _NONE


@inner
def _list_facts(lists: Any, filings: Any, rows: Any, r: Any, provider: Any, when: Any, out: Any) -> None:
    for m in range(rows.name_first[r], rows.name_first[r + 1]):
        start = np.int64(rows.name_start[m])
        found = listed(lists, rows.name_hash[m], np.int64(KIND_DOMAIN), rows.host, start,
                       np.int64(rows.host_offsets[r + 1]) - start, when.day)
        if found >= 0:
            out.listed_domain[r] = found
            break
    start, given = np.int64(rows.sponsor_offsets[r]), np.int64(rows.sponsor_offsets[r + 1] - rows.sponsor_offsets[r])
    if given:
        out.listed_sponsor[r] = listed(lists, rows.sponsor_hash[r], np.int64(KIND_SPONSOR), rows.sponsor, start, given, when.day)
    if out.listed_sponsor[r] < 0 and out.filing_row[r] >= 0 and when.filings_known[provider]:
        record = filings.records[out.filing_row[r]]
        at, length = _number_at(record) + record.number_len + record.subject_len, np.int64(record.sponsor_len)
        if length and not _is_customer(filings.text, record, rows.sponsor, rows.sponsor_offsets[r], rows.sponsor_offsets[r + 1]):
            value = hash_bytes(filings.text, at, at + length)
            out.listed_sponsor[r] = listed(lists, value, np.int64(KIND_SPONSOR), filings.text, at, length, when.day)


@inner
def _warm(filings: Any, rows: Any, first: Any, last: Any, at: Any) -> Any:
    """Touch what the names ``first..last`` will need; the sum only keeps the loads from being left out.

    No branches: what is not there reads record 0, which is always in the cache.
    """
    touched, end = np.int64(0), len(filings.names) - 1
    if end < 0:
        return touched
    for m in range(first, last):
        at[m - first] = filings.name_starts[(rows.name_hash[m] & filings.mask) >> filings.name_shift]
    for m in range(first, last):
        e, tag = min(at[m - first], end), np.uint32(rows.name_hash[m] & filings.mask & _LOW)
        row = np.int64(filings.names[e].row) if filings.names[e].tag == tag else np.int64(0)
        e = min(e + 1, end)  # a bucket has one entry, seldom more than two
        at[m - first] = np.int64(filings.names[e].row) if filings.names[e].tag == tag else row
    for m in range(first, last):
        at[m - first] = np.int64(filings.records[at[m - first]].text)
    for m in range(first, last):
        touched += filings.text[at[m - first]]
        touched += filings.text[min(at[m - first] + 63, len(filings.text) - 1)]
    return touched


@inner
def _warm_lists(lists: Any, rows: Any, first: Any, last: Any) -> Any:
    """Touch the bits that rows ``first..last`` will ask for."""
    touched = np.int64(0)
    for m in range(rows.name_first[first], rows.name_first[last]):
        touched += np.int64(lists.bloom[(rows.name_hash[m] & lists.mask) >> lists.bloom_shift])
    for r in range(first, last):
        touched += np.int64(lists.bloom[(of_kind(rows.sponsor_hash[r], KIND_SPONSOR) & lists.mask) >> lists.bloom_shift])
    return touched


@kernel
def probe(filings: Any, lists: Any, rows: Any, provider: Any, when: Any, connected: Any, out: Any, first: Any,
          last: Any, scratch: Any) -> Any:
    """Fill ``out`` for rows ``first..last``. ``provider``: party index per row (−1 unknown to every register).

    ``connected`` (uint8 per filing, or empty) gets 1 where a row of the filing's own provider asks one of its names.
    ``out`` columns arrive as codes 0 and record indexes −1. ``scratch``: int64, one per name of a block of rows at least.
    """
    touched = np.int64(0)
    for start in range(first, last, BLOCK):
        stop = min(start + BLOCK, last)
        touched += _warm(filings, rows, rows.name_first[start], rows.name_first[stop], scratch)
        touched += _warm_lists(lists, rows, start, stop)
        for r in range(start, stop):
            _filing_facts(filings, rows, r, provider[r], when, connected, out)
        for r in range(start, stop):
            _list_facts(lists, filings, rows, r, provider[r], when, out)
    return touched
