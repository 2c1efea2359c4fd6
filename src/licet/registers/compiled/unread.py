"""What could be read of rows that a load refused, and which facts it makes doubtful.

A row that could not be read may say anything about the record it names. A fact that rests on the absence of exactly that
record, or on an older version of it, is doubtful: the rule is unknown there, and the evidence names the line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from licet.registers.compiled import addresses, records
from licet.registers.compiled.facts import (
    AddressFact,
    DeclaredFact,
    DomainFact,
    Facts,
    FilingFact,
    LicenceFact,
    ReviewFact,
    UpstreamFact,
)
from licet.registers.compiled.text import combine, take_texts
from licet.registers.loads import rows_of_day

if TYPE_CHECKING:
    from licet.registers.compiled.bind import BoundRegister
    from licet.registers.compiled.rows import AccessRows

Index = NDArray[np.int32]
# Row grain: one readable value of one refused row. ``kind``: the register. ``what``: domain, number, subject (filings);
# provider, licence (licences); licence (annual_reviews); block, holder (addresses); domain, sponsor, address, provider
# (blacklist). It counts on days with ``since`` <= day < ``until`` (null: open).
SCHEMA = pa.schema([("kind", pa.string()), ("what", pa.string()), ("value", pa.string()), ("line", pa.int64()),
                    ("file_name", pa.string()), ("since", pa.date32()), ("until", pa.date32())])
_LICENCE_RULES = ("provider_unlicensed", "licence_suspended_or_revoked", "licence_expired", "licence_category_missing",
                  "region_not_covered")
_FILING_RULES = ("site_unfiled", "filing_cancelled", "filing_suspended", "filed_with_other_provider")
_BAD_FILING = (FilingFact.NONE, FilingFact.ALL_CANCELLED, FilingFact.SUSPENDED, FilingFact.ELSEWHERE)


def no_unread() -> pa.Table:
    """Every row could be read."""
    return SCHEMA.empty_table()


def read_unread(directory: Path) -> pa.Table:
    """``unread.parquet`` beside the parts; nothing when it is not there."""
    path = directory / "unread.parquet"
    return pq.read_table(path, columns=SCHEMA.names) if path.is_file() else no_unread()


class Unread:
    """The refused rows that count on a day, looked up by what they name."""

    def __init__(self, table: pa.Table, loads: Mapping[str, Mapping[str, Any]], as_of: dt.date) -> None:
        """``loads``: rows of ``meta.json``; before a register's first load the rows of that load count."""
        parts = []
        for kind in table["kind"].unique().to_pylist():
            day = pa.scalar(rows_of_day(loads.get(kind, {}), as_of), pa.date32())
            open_ = pc.or_kleene(pc.is_null(table["until"]), pc.greater(table["until"], day))
            stands = pc.and_kleene(open_, pc.less_equal(table["since"], day))
            parts.append(table.filter(pc.and_kleene(pc.equal(table["kind"], kind), stands)))
        self.table = pa.concat_tables(parts).combine_chunks() if parts else table
        self._kinds = frozenset(self.table["kind"].to_pylist())
        self._keys = combine(pc.binary_join_element_wise(self.table["kind"], self.table["what"], "\x1f"))
        self._blocks: dict[str, list[tuple[Any, ...]]] = {}

    def __bool__(self) -> bool:
        return bool(self.table.num_rows)

    def has(self, kind: str) -> bool:
        """Whether any refused row of a register counts."""
        return kind in self._kinds

    def values(self, kind: str, what: str) -> tuple[Index, pa.Array]:
        """Positions and values of one sort."""
        at = np.flatnonzero(pc.equal(self._keys, f"{kind}\x1f{what}").to_numpy(zero_copy_only=False)).astype(np.int32)
        return at, combine(self.table["value"].take(pa.array(at)))

    def find(self, kind: str, what: str, texts: pa.Array) -> Index:
        """The refused row that names each text, −1 for none."""
        at, values = self.values(kind, what)
        place = np.array(pc.fill_null(pc.index_in(texts, values), -1), dtype=np.int64)
        return np.where(place < 0, -1, np.append(at, -1)[place]).astype(np.int32)

    def find_addresses(self, kind: str, what: str, parsed: addresses.Parsed, rows: NDArray[np.int64]) -> Index:
        """The refused row whose block contains the address of each of ``rows``, −1 for none."""
        found = np.full(len(rows), -1, np.int32)
        for at, family, high, low, mask_high, mask_low in self._block_list(kind, what):
            inside = ((parsed.family[rows] == family) & (parsed.high[rows] & mask_high == high)
                      & (parsed.low[rows] & mask_low == low))
            found[inside & (found < 0)] = at
        return found

    def _block_list(self, kind: str, what: str) -> Iterator[tuple[Any, ...]]:
        key = f"{kind}\x1f{what}"
        if key not in self._blocks:
            at, values = self.values(kind, what)
            self._blocks[key] = list(_masked(at, addresses.parse(values)))
        yield from self._blocks[key]


def _masked(at: Index, blocks: addresses.Parsed) -> Iterator[tuple[Any, ...]]:
    ones = (1 << 64) - 1
    for place, row in enumerate(at.tolist()):
        family = int(blocks.family[place])
        if family == 0:
            continue
        bits = 32 if family == 4 else 128
        length = int(blocks.prefix[place]) if blocks.prefix[place] >= 0 else bits
        mask = ((1 << bits) - 1) ^ ((1 << (bits - length)) - 1)
        high, low = np.uint64(mask >> 64 & ones), np.uint64(mask & ones)
        yield row, family, blocks.high[place] & high, blocks.low[place] & low, high, low


class Doubts:
    """Marks the doubtful facts of one batch: rule id → position of the refused row, −1 where the fact stands."""

    def __init__(self, bound: BoundRegister, rows: AccessRows, facts: Facts) -> None:
        self.bound, self.unread, self.rows, self.facts = bound, bound.unread, rows, facts
        self.found: dict[str, Index] = {}

    def mark(self, provider: Index, above: Index) -> dict[str, Index]:
        """``provider`` and ``above``: party index of each row's provider and upstream (−1: on no register)."""
        if self.unread.has("licences") or self.unread.has("annual_reviews"):
            self._licences(provider, above)
        if self.unread.has("filings"):
            self._filings()
        if self.unread.has("addresses"):
            self._addresses()
        if self.unread.has("blacklist"):
            self._blacklist()
        return {rule: index for rule, index in self.found.items() if (index >= 0).any()}

    def _put(self, rule: str, index: Index, where: Any) -> None:
        self.found[rule] = np.where(where, index, -1).astype(np.int32)

    def _by_value(self, kind: str, what: str, column: Any) -> Index:
        found: Index = self.unread.find(kind, what, column.values)[column.codes]
        return found

    def _names(self, kind: str, at: NDArray[np.int64]) -> Index:
        """For each of the rows ``at`` the refused row that names one of the names it asks, −1 for none."""
        columns = self.rows.columns
        first, last = columns.name_first[at].astype(np.int64), columns.name_first[at + 1].astype(np.int64)
        owner = np.repeat(np.arange(len(at)), last - first)
        names = np.repeat(first - np.concatenate(([0], np.cumsum(last - first)[:-1])), last - first) + np.arange(len(owner))
        starts = columns.name_start[names].astype(np.int64)
        texts = take_texts(columns.host, starts, columns.host_offsets[at + 1].astype(np.int64)[owner] - starts)
        hit = self.unread.find(kind, "domain", texts)
        found = np.full(len(at), -1, np.int32)
        np.maximum.at(found, owner, hit)
        return found

    def _licences(self, provider: Index, above: Index) -> None:
        facts, doubt = self.facts, self.bound.doubtful
        licence = _either(doubt.licence[provider], self._by_value("licences", "provider", self.rows.provider))
        review = _either(licence, doubt.review[provider])
        for rule in _LICENCE_RULES:
            self._put(rule, licence, facts.licence == _LICENCE_OF[rule])
        self._put("annual_review_failed", review, facts.review == ReviewFact.FAILED)
        named = self._by_value("licences", "provider", self.rows.upstream)
        stranger = (above < 0) & (facts.upstream == UpstreamFact.BAD)  # its licences are on no record at all
        chain = np.where(stranger, named, self.bound.doubtful_chain[above])
        self._put("upstream_unlicensed", chain, stranger | (facts.upstream == UpstreamFact.SOUND))

    def _filings(self) -> None:
        facts, rows = self.facts, self.rows
        declared = _either(self.unread.find("filings", "number", rows.number),
                           self.unread.find("filings", "subject", rows.number))
        chosen = self.unread.find("filings", "number", records.filing_text(self.bound, facts.filing_row, "number"))
        named = np.full(len(rows), -1, np.int32)
        at = np.flatnonzero(np.isin(facts.filing, _BAD_FILING))
        named[at] = self._names("filings", at)
        doubt = _either(_either(named, chosen), declared)
        for rule in _FILING_RULES:
            self._put(rule, doubt, facts.filing == _FILING_OF[rule])
        self._put("filing_stale", chosen, facts.stale != 0)
        self._put("sponsor_mismatch", chosen, facts.subject == 2)
        wrong = (facts.declared == DeclaredFact.OTHER) | (facts.declared == DeclaredFact.NOT_FOUND)
        self._put("declared_number_wrong", declared, wrong)

    def _addresses(self) -> None:
        facts, rows = self.facts, self.rows
        at = np.flatnonzero(facts.address == AddressFact.OUTSIDE)
        holder = _either(self._by_value("addresses", "holder", rows.provider),
                         self._by_value("addresses", "holder", rows.upstream))
        found = np.full(len(rows), -1, np.int32)
        found[at] = _either(self.unread.find_addresses("addresses", "block", rows.address, at), holder[at])
        self._put("address_outside_provider_range", found, found >= 0)

    def _blacklist(self) -> None:
        facts, rows = self.facts, self.rows
        named = np.full(len(rows), -1, np.int32)
        at = np.flatnonzero((facts.domain == DomainFact.USABLE) & (facts.listed_domain < 0))
        named[at] = self._names("blacklist", at)
        self._put("blacklisted_domain", named, named >= 0)
        sponsor = self.unread.find("blacklist", "sponsor", rows.sponsor)
        if self.bound.known_row("filings", rows).any():
            subject = self.unread.find("blacklist", "sponsor", records.filing_text(self.bound, facts.filing_row, "sponsor"))
            sponsor = _either(sponsor, np.where(self.bound.known_row("filings", rows), subject, -1))
        self._put("blacklisted_sponsor", sponsor, facts.listed_sponsor < 0)
        at = np.flatnonzero((facts.address != AddressFact.NO_FACT) & (facts.listed_address < 0))
        place = np.full(len(rows), -1, np.int32)
        place[at] = self.unread.find_addresses("blacklist", "address", rows.address, at)
        self._put("blacklisted_address", place, place >= 0)
        self._put("blacklisted_provider", self._by_value("blacklist", "provider", rows.provider),
                  (facts.listed_provider < 0) & (facts.named != 0))


_LICENCE_OF = dict(zip(_LICENCE_RULES, (LicenceFact.NONE, LicenceFact.SUSPENDED_OR_REVOKED, LicenceFact.EXPIRED,
                                        LicenceFact.CATEGORY_MISSING, LicenceFact.REGION_NOT_COVERED), strict=True))
_FILING_OF = dict(zip(_FILING_RULES, _BAD_FILING, strict=True))


def _either(one: Any, other: Any) -> Any:
    """The first refused row where there is one, else the second."""
    return np.where(one >= 0, one, other)
