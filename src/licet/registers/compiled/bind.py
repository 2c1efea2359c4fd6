"""The compiled register bound to a day and a profile's numbers: what answers gate and sweep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.compiled.doubtful import doubtful_parties, spread_doubt, spread_known
from licet.registers.compiled.facts import AddressFact, Facts, FilingFact, LicenceFact, ReviewFact, UpstreamFact
from licet.registers.compiled.funnel import ProviderFacts, provider_facts
from licet.registers.compiled.hashing import (
    KIND_PROVIDER,
    bloom_shift,
    bucket_index,
    bucket_shift,
    hash_strings,
    same_bytes,
)
from licet.registers.compiled.kernels import kernel
from licet.registers.compiled.layout import KEY, Part
from licet.registers.compiled.params import REGISTERS, JudgingParams
from licet.registers.compiled.probe import Day, FilingTables, ListTables, ProbeResult, listed, most_names, probe
from licet.registers.compiled.reach import Blocks, probe_blocks, probe_listed_blocks
from licet.registers.compiled.rows import AccessRows
from licet.registers.compiled.text import string_buffers
from licet.registers.compiled.trees import read_tree
from licet.registers.compiled.unread import Doubts, Unread
from licet.registers.loads import Standing

if TYPE_CHECKING:
    from licet.registers.compiled.opening import CompiledRegister

_LOW = np.uint64(0xFFFFFFFF)
_PARALLEL_FROM = 32_768  # rows from which a second thread pays
_EPOCH = dt.date(1970, 1, 1)


@kernel
def find_strings(data: Any, offsets: Any, hashes: Any, starts: Any, shift: Any, entries: Any, text: Any, text_offsets: Any,
                 out: Any) -> None:
    """Index of each string in an indexed string table, −1 when it is not there."""
    for i in range(len(out)):
        start, length = offsets[i], offsets[i + 1] - offsets[i]
        bucket, tag = hashes[i] >> shift, np.uint32(hashes[i] & _LOW)
        out[i] = -1
        for e in range(starts[bucket], starts[bucket + np.uint64(1)]):
            row = entries[e].row
            if (entries[e].tag == tag and text_offsets[row + 1] - text_offsets[row] == length
                    and same_bytes(text, text_offsets[row], data, start, length)):
                out[i] = row
                break


@kernel
def find_listed(lists: Any, data: Any, offsets: Any, hashes: Any, kind: Any, day: Any, out: Any) -> None:
    """The blacklist entry in force of each string as a value of ``kind``, −1 for none."""
    for i in range(len(out)):
        length = offsets[i + 1] - offsets[i]
        out[i] = listed(lists, hashes[i], kind, data, np.int64(offsets[i]), length, day) if length else -1


class PartyTable:
    """All party ids of all registers: those of the providers part first, in its order, then the others."""

    def __init__(self, first: pa.Array, others: pa.Array, hash_mask: int) -> None:
        """``others`` may repeat what is in ``first``."""
        fresh = others.unique() if len(others) else others
        fresh = fresh.filter(pc.and_(pc.invert(pc.is_in(fresh, first)), pc.not_equal(fresh, "")))
        self.ids = pa.concat_arrays([first, fresh])
        self._text, self._offsets = string_buffers(self.ids)
        self._mask = np.uint64(hash_mask)
        hashes = np.empty(len(self.ids), np.uint64)
        hash_strings(self._text, self._offsets, hashes)
        hashes &= self._mask
        self._starts, place = bucket_index(hashes)
        self._entries = np.zeros(len(hashes), KEY)
        self._entries["tag"][place] = (hashes & _LOW).astype(np.uint32)
        self._entries["row"][place] = np.arange(len(hashes), dtype=np.uint32)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, values: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
        """Party index of each id (−1: in no register) and the ids' hashes, unmasked."""
        data, offsets = string_buffers(values)
        hashes, found = np.empty(len(values), np.uint64), np.empty(len(values), np.int32)
        hash_strings(data, offsets, hashes)
        find_strings(data, offsets, hashes & self._mask, self._starts, bucket_shift(self._starts), self._entries,
                     self._text, self._offsets, found)
        return found, hashes


@dataclass
class Connected:
    """What a list connects, marked batch by batch: filings by their own provider, and the providers present."""

    filings: NDArray[np.uint8]
    providers: NDArray[np.uint8]  # one per party


def _given(values: pa.Array) -> NDArray[np.bool_]:
    """Which strings are not blank."""
    _, offsets = string_buffers(values)
    return np.asarray(offsets[1:] > offsets[:-1])


def _strings_of(part: Part, name: str) -> pa.Array:
    offsets, data = part.arrays[f"{name}_offsets"], part.arrays[f"{name}_text"]
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


def _filing_tables(part: Part, parties: PartyTable) -> FilingTables:
    arrays = part.arrays
    holder, _ = parties.find(pa.array(part.strings["providers"], pa.string()))
    return FilingTables(arrays["records"], arrays["text"], arrays["name_starts"], arrays["names"], arrays["number_starts"],
                        arrays["numbers"], holder, bucket_shift(arrays["name_starts"]),
                        bucket_shift(arrays["number_starts"]), np.uint64(part.manifest["hash_mask"]))


def _list_tables(part: Part) -> ListTables:
    arrays = part.arrays
    return ListTables(arrays["listed"], arrays["text"], arrays["starts"], arrays["entries"], arrays["bloom"],
                      bucket_shift(arrays["starts"]), bloom_shift(arrays["bloom"]), np.uint64(part.manifest["hash_mask"]))


class BoundRegister:
    """Answers for one day. Read-only after construction: any number of threads may ask."""

    def __init__(self, register: CompiledRegister, as_of: dt.date, params: JudgingParams) -> None:
        """Does the day-dependent work; use :meth:`CompiledRegister.bind`."""
        parts = register.parts
        self.register, self.as_of, self.params = register, as_of, params
        self.day = (as_of - _EPOCH).days
        self.known: Mapping[str, bool] = register.known(as_of, params)  # for everybody
        self.unread = Unread(register.unread, register.registers, as_of)
        self.kinds = params.service_kinds()
        alone = {name: register.known_parties(name, as_of, params) for name in REGISTERS if not self.known[name]}
        others = parts["filings"].strings["providers"] + parts["addresses"].strings["holders"]
        others += [party for found in alone.values() for party in found]
        self.parties = PartyTable(_strings_of(parts["providers"], "party"), pa.array(others, pa.string()),
                                  int(parts["providers"].manifest["hash_mask"]))
        self._known_for = {name: self._marked(found) for name, found in alone.items() if found}
        self.doubtful = doubtful_parties(parts["providers"], self.parties, self.unread)
        self.filings = _filing_tables(parts["filings"], self.parties)
        self.lists = _list_tables(parts["blacklist"])
        self.providers: ProviderFacts = provider_facts(parts["providers"], len(self.parties), as_of, params,
                                                       reviews_known=self.known_for("annual_reviews"),
                                                       doubtful=self.doubtful.any_of >= 0)
        links = np.where(self.providers.sound == 0, self.doubtful.any_of, -1).astype(np.int32)
        self.doubtful_chain = spread_doubt(links, parts["providers"])
        addresses, edges = parts["addresses"].arrays, parts["providers"].arrays
        holder, _ = self.parties.find(pa.array(parts["addresses"].strings["holders"], pa.string()))
        self.blocks = Blocks(read_tree(addresses, 4), read_tree(addresses, 6), np.append(holder, -1).astype(np.int32)[
            addresses["holder"]], addresses["valid_from"], addresses["valid_to"], edges["up_first"], edges["up"])
        listed_arrays = parts["blacklist"].arrays
        self.listed_blocks = read_tree(listed_arrays, 4), read_tree(listed_arrays, 6)

    def _marked(self, parties: list[str]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.parties) + 1, np.bool_)
        found, _ = self.parties.find(pa.array(parties, pa.string()))
        mask[found] = True
        return mask

    def known_for(self, register: str) -> NDArray[np.bool_]:
        """Where a register is known, per party; the last one stands for "on no register"."""
        mask = self._known_for.get(register)
        return np.full(len(self.parties) + 1, self.known[register]) if mask is None else mask

    def known_row(self, register: str, rows: AccessRows) -> NDArray[np.bool_]:
        """Where a register is known for the rows' providers."""
        found, _ = self.parties.find(rows.provider.values)
        return self.known_for(register)[found[rows.provider.codes]]

    def standing(self, register: str, party: str = "") -> Standing:
        """Which load of a register answers, for everybody or for ``party`` as well."""
        return self.register.standing(register, self.as_of, self.params, party)

    @property
    def versions(self) -> dict[str, Any]:
        """Version of each register in use, for the record of a decision; ``None`` = never loaded."""
        return {name: self.register.registers.get(name, {}).get("version") for name in REGISTERS}

    def regions_of(self, providers: pa.Array) -> list[str]:
        """Region code of each provider id, '' where none is known."""
        part = self.register.parts["providers"]
        words, regions = [*part.strings["party_regions"], ""], part.arrays["party_region"]
        found, _ = self.parties.find(providers)
        return [words[regions[party]] if 0 <= party < len(regions) else "" for party in found.tolist()]

    def connected(self) -> Connected:
        """Nothing connected yet; hand it to every :meth:`gather` of one list, then to ``shell_filings``."""
        return Connected(np.zeros(len(self.filings.records), np.uint8), np.zeros(len(self.parties), np.uint8))

    def gather(self, rows: AccessRows, *, connected: Connected | None = None, threads: int = 2) -> Facts:
        """Facts of the rows, in row order. ``threads``: 1 or 2; the second is used for large batches only."""
        found, hashes = self.parties.find(rows.provider.values)
        provider = found[rows.provider.codes]
        above, _ = self.parties.find(rows.upstream.values)
        facts = Facts.blank(len(rows), rows=rows, bound=self)
        facts.domain[:] = rows.columns.domain
        facts.sponsor[:] = rows.columns.sponsor_state
        facts.declares[:] = rows.columns.number_state != 0
        self._provider_facts(rows, facts, provider, above)
        self._listed_providers(rows, facts, hashes)
        if connected is not None:
            connected.providers[found[found >= 0]] = 1
        self._probe(rows, facts, provider, connected, threads)
        self._addresses(rows, facts, provider, above[rows.upstream.codes])
        self._unnamed(rows, facts)
        if self._known_for:
            facts.known = self._known_rows(facts, rows, provider, above[rows.upstream.codes])
        if self.unread:
            facts.unread = Doubts(self, rows, facts).mark(provider, above[rows.upstream.codes])
        return facts

    def _known_rows(self, facts: Facts, rows: AccessRows, provider: NDArray[np.int32],
                    above: NDArray[np.int32]) -> dict[str, NDArray[np.bool_]]:
        """Where the registers are known that are known for some only. An address outside is known to be so only when
        the blocks of everyone above are known too."""
        known = {name: mask[provider] for name, mask in self._known_for.items()}
        bought = _given(rows.upstream.values)[rows.upstream.codes]
        if "licences" in known:
            known["upstream"] = self._known_for["licences"][above]
        if "addresses" in known:
            chain = spread_known(self._known_for["addresses"], self.register.parts["providers"])
            known["addresses"] &= ~bought | (facts.address != AddressFact.OUTSIDE) | chain[above]
        return known

    def _provider_facts(self, rows: AccessRows, facts: Facts, provider: NDArray[np.int32],
                        above: NDArray[np.int32]) -> None:
        """Licence, review and upstream facts: look-ups by service kind and party."""
        words = {kind: position for position, kind in enumerate(self.kinds)}
        kinds = np.array([words.get(word, len(words)) for word in rows.kind.values.to_pylist()], np.int32)
        kind = kinds[rows.kind.codes]
        for name in ("licence", "licence_row", "review", "review_row"):
            setattr(facts, name, getattr(self.providers, name)[kind, provider])
        link = self.providers.bad_link[above]
        given = _given(rows.upstream.values)
        state = np.where(link == -1, UpstreamFact.SOUND, UpstreamFact.BAD).astype(np.uint8)
        facts.upstream = np.where(given, state, np.uint8(UpstreamFact.NO_FACT))[rows.upstream.codes]
        facts.upstream_party = link[rows.upstream.codes]

    def _unnamed(self, rows: AccessRows, facts: Facts) -> None:
        """A question at the gate may leave the provider open: then nothing is said about licences, chain or ranges."""
        blank = ~_given(rows.provider.values)
        if not blank.any():
            return
        rest = blank[rows.provider.codes]
        facts.named[rest] = 0
        facts.licence[rest], facts.licence_row[rest] = LicenceFact.OK, -1
        facts.review[rest], facts.review_row[rest] = ReviewFact.PASSED, -1
        facts.address[rest & (facts.address == AddressFact.OUTSIDE)] = AddressFact.INSIDE
        facts.filing[rest & (facts.filing == FilingFact.ELSEWHERE)] = FilingFact.HERE

    def _listed_providers(self, rows: AccessRows, facts: Facts, hashes: NDArray[np.uint64]) -> None:
        entry = np.empty(len(rows.provider.values), np.int32)
        find_listed(self.lists, *string_buffers(rows.provider.values), hashes, KIND_PROVIDER, self.day, entry)
        facts.listed_provider = entry[rows.provider.codes]

    def _probe(self, rows: AccessRows, facts: Facts, provider: NDArray[np.int32], connected: Connected | None,
               threads: int) -> None:
        """Filing and blacklist facts; two threads take half of the rows each."""
        out = ProbeResult(*(getattr(facts, name) for name in ProbeResult._fields))
        when = Day(np.int64(self.day), np.int64(self.params.filing_stale_days),
                   self.known_for("filings").astype(np.uint8))
        marks = connected.filings if connected is not None else np.zeros(0, np.uint8)

        def run(first: int, last: int) -> None:
            scratch = np.empty(most, np.int64)
            probe(self.filings, self.lists, rows.columns, provider, when, marks, out, first, last, scratch)

        n, most = len(rows), most_names(rows.columns.name_first)
        if threads < 2 or n < _PARALLEL_FROM:
            run(0, n)
            return
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, (0, n // 2), (n // 2, n)))

    def _addresses(self, rows: AccessRows, facts: Facts, provider: NDArray[np.int32], upstream: NDArray[np.int32]) -> None:
        scratch = np.zeros(len(self.parties) + 1, np.int32), np.empty(len(self.parties) + 1, np.int32)
        probe_blocks(self.blocks, rows.address, provider, upstream, self.day, *scratch, facts.address, facts.address_row)
        probe_listed_blocks(*self.listed_blocks, self.lists.listed, rows.address, self.day, facts.listed_address)
