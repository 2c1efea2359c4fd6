"""A made-up province, deterministic: registers and an access list as Parquet, about one row in ten faulty.

Everything is built with NumPy and Arrow columns. Names end in .example or .test; ids are random with a right checksum.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

AS_OF = dt.date(2026, 5, 20)
TODAY = (AS_OF - dt.date(1970, 1, 1)).days
SUFFIXES = ["example", "test", "com.test", "net.test"]  # the public suffixes of this world
KINDS = ["vhost", "colocation", "cloud", "line"]
COVERS = {"vhost": ["B11", "B14"], "colocation": ["B11"], "cloud": ["B11"], "line": ["B14", "A14"]}
REGIONS = ["CN-BJ", "CN-SH", "CN-GD", "CN-ZJ"]
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", np.uint8)
FAULTS = ("unfiled", "number_other", "number_missing", "number_malformed", "sponsor_invalid", "sponsor_other",
          "address_outside", "other_provider", "listed_domain", "listed_sponsor", "listed_address", "unusable")
Strings = pa.Array
Generator = np.random.Generator


def text(*parts: Any) -> Strings:
    """Columns and literals joined row by row."""
    return pc.binary_join_element_wise(*(pa.scalar(part) if isinstance(part, str) else part for part in parts), "")


def number(values: NDArray[Any]) -> Strings:
    return pa.array(values).cast(pa.string())


def dates(days: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def credit_codes(rng: Generator, n: int) -> Strings:
    """``n`` organisation ids whose check character holds (GB 32100-2015)."""
    values = rng.integers(0, 31, (n, 18))
    values[:, 2:8] %= 10
    weights = np.array([pow(3, i, 31) for i in range(17)])
    values[:, 17] = (31 - values[:, :17] @ weights % 31) % 31
    return pa.StringArray.from_buffers(n, pa.py_buffer(np.arange(0, 18 * n + 1, 18, dtype=np.int32)),
                                       pa.py_buffer(ALPHABET[values].tobytes()))


def spoiled(codes: Strings) -> Strings:
    """The same ids with another check character."""
    last = pc.utf8_slice_codeunits(codes, 17, 18)
    return text(pc.utf8_slice_codeunits(codes, 0, 17), pc.if_else(pc.equal(last, "0"), "1", "0"))


def quads(values: NDArray[Any]) -> Strings:
    """IPv4 addresses."""
    octets = [number(values >> shift & 255) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*octets, ".")


def lists(first: Strings, second: Strings | None = None, has_second: NDArray[np.bool_] | None = None) -> pa.Array:
    """Lists of one value, or of two where ``has_second``."""
    n = len(first)
    if second is None or has_second is None:
        return pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32)), first)
    offsets = np.zeros(n + 1, np.int32)
    np.cumsum(1 + has_second, out=offsets[1:])
    both = pa.concat_arrays([first, second])
    order = np.empty(int(offsets[-1]), np.int64)
    order[offsets[:-1]] = np.arange(n)
    order[offsets[1:][has_second] - 1] = n + np.flatnonzero(has_second)
    return pa.ListArray.from_arrays(pa.array(offsets), both.take(pa.array(order)))


def provider_ids(values: NDArray[Any]) -> Strings:
    return text("p-", number(values))


class Province:
    """Sizes and the columns that other tables refer to."""

    def __init__(self, directory: Path, *, access: int, filings: int, licences: int, blacklist: int) -> None:
        self.directory, self.rng = directory, np.random.default_rng(20070412)
        self.n_access, self.n_filings, self.n_licences, self.n_blacklist = access, filings, licences, blacklist
        self.n_providers = max(licences // 3, 10)
        directory.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, columns: dict[str, Any]) -> None:
        pq.write_table(pa.table(columns), self.directory / f"{name}.parquet", row_group_size=262_144, compression="zstd")

    def build(self) -> None:
        """Write every table and ``meta.json``."""
        self.providers()
        self.filings()
        self.addresses()
        self.blacklist()
        self.access()
        load = {"loaded": True, "first_as_of": "2026-01-01", "last_as_of": "2026-05-15", "version": 1}
        names = ("licences", "annual_reviews", "filings", "addresses", "blacklist")
        (self.directory / "meta.json").write_text(json.dumps({"registers": dict.fromkeys(names, load)}))

    def providers(self) -> None:
        """Three licences each, one in a hundred providers with one of the licence faults; a chain of depth two."""
        rng, n = self.rng, self.n_providers
        ids = provider_ids(np.arange(n))
        self.fault = np.where(rng.random(n) < 0.01, rng.integers(1, 7, n), 0)  # none lapsed gone category region review
        self.carriers = max(n // 100, 2)
        self.fault[: self.carriers] = 0
        region = pa.array(REGIONS).take(pa.array(np.arange(n) % len(REGIONS)))
        self.write("parties", {"party_id": ids, "kind": ["access_provider"] * n, "name": ids, "uscc": credit_codes(rng, n),
                               "region": region, "parent_id": [""] * n})
        owner = np.repeat(np.arange(n), 3)
        owner = owner[self.fault[owner] != 1]
        fault, m = self.fault[owner], len(owner)
        start = TODAY - rng.integers(700, 2500, m)
        categories = lists(pa.array(np.where(fault == 4, "B25", "B11")), pa.array(["B14"] * m), fault != 4)
        regions = np.where(fault == 5, "CN-XX", np.where(owner % 2 == 0, "*", np.array(REGIONS)[owner % len(REGIONS)]))
        numbers = text("L-", number(np.arange(m)))
        self.write("licences", {
            "licence_no": numbers, "provider_id": provider_ids(owner), "category": categories,
            "catalogue_year": pa.array(np.full(m, 2015, np.int16)), "regions": lists(pa.array(regions)),
            "valid_from": dates(start), "valid_to": dates(np.where(fault == 2, TODAY - 10, TODAY + 400)),
            "status": pa.array(np.where(fault == 3, "revoked", "active")), "issuer": [""] * m})
        self.write("annual_reviews", {
            "licence_no": numbers, "year": pa.array(np.full(m, 2025, np.int16)),
            "result": pa.array(np.where(fault == 6, "fail", "pass")), "decided_on": dates(np.full(m, TODAY - 90))})
        buyer = np.arange(self.carriers, n)
        self.upstream = np.concatenate([np.zeros(self.carriers, np.int64), buyer % self.carriers])
        deep = buyer[len(buyer) // 2:]  # half of them buy from another buyer
        self.upstream[deep] = deep - len(buyer) // 2
        self.write("edges", {"provider_id": provider_ids(buyer), "upstream_provider_id": provider_ids(self.upstream[buyer])})

    def filings(self) -> None:
        """One site in seven lists a second name; statuses and stale verifications are the faults here."""
        rng, n = self.rng, self.n_filings
        word, suffix = rng.permutation(n).astype(np.int64), rng.integers(0, len(SUFFIXES), n)
        self.suffix = pa.array(SUFFIXES).take(pa.array(suffix))
        self.name = text("s", number(word * 7919 % 999_999_937), "-", number(word), ".", self.suffix)
        second = rng.random(n) < 1 / 7
        other = text("m", number(word), ".", self.suffix)
        subject_at = np.arange(n) // 2  # two sites to a subject
        serial = 5_000_001 + subject_at + subject_at // 999_999  # no year's serial zero: that is a template's
        subject = text("京ICP备", pc.utf8_lpad(number(serial), 8, "0"), "号")
        self.number, self.filer = text(subject, "-", number(np.arange(n) % 2 + 1)), rng.integers(0, self.n_providers, n)
        self.sponsor = credit_codes(rng, (n + 1) // 2).take(pa.array(np.arange(n) // 2))
        status = np.where(rng.random(n) < 0.012, np.where(rng.random(n) < 0.5, "cancelled", "suspended"), "active")
        filed = TODAY - rng.integers(40, 3000, n)
        verified = TODAY - np.where(rng.random(n) < 0.01, rng.integers(366, 900, n), rng.integers(1, 300, n))
        self.write("filings", {
            "filing_no": self.number, "subject_no": subject, "subject_name": text("主办者", number(serial)),
            "subject_uscc": self.sponsor, "subject_kind": ["organisation"] * n, "site_name": text("site ", number(word)),
            "domains": lists(self.name, other, second), "home_url": text("http://", self.name, "/"),
            "provider_id": provider_ids(self.filer), "addresses": pa.array([[]] * n, pa.list_(pa.string())),
            "service_kind": ["web"] * n, "filed_on": dates(filed), "verified_on": dates(verified),
            "status": pa.array(status)})

    def addresses(self) -> None:
        """A /20 for each provider, a /24 in it held by the same, carriers' /16 around them, some held twice."""
        n = self.n_providers
        base = (10 << 24) + (np.arange(n) << 12)
        self.base = base
        wide = np.unique(base >> 16) << 16
        parts = [(base, 20, np.arange(n)), (base[: n // 2], 24, np.arange(n // 2)),
                 (wide, 16, np.arange(len(wide)) % self.carriers), (base[: n // 10], 20, np.arange(n // 10) // 2)]
        cidr = pa.concat_arrays([text(quads(start), f"/{length}") for start, length, _ in parts])
        m = len(cidr)
        self.write("addresses", {"cidr": cidr, "holder_id": provider_ids(np.concatenate([held for _, _, held in parts])),
                                 "kind": ["allocated"] * m, "valid_from": dates(np.full(m, TODAY - 2000)),
                                 "valid_to": dates(np.full(m, 0), np.ones(m, np.bool_))})

    def blacklist(self) -> None:
        """Mostly names nobody connects; a few that are connected, some of them expired."""
        rng, n = self.rng, self.n_blacklist
        hit = max(n // 200, 10)
        self.hit = rng.choice(self.n_filings, min(hit, self.n_filings), replace=False)
        names, sponsors = self.name.take(pa.array(self.hit)), self.sponsor.take(pa.array(self.hit[: len(self.hit) // 2]))
        blocks = text(quads((203 << 24) + (np.arange(200) << 8)), "/28")
        absent = n - len(names) - len(sponsors) - len(blocks) - n // 5
        value = pa.concat_arrays([names, text("x", number(np.arange(absent)), ".closed.example"), sponsors,
                                  credit_codes(rng, n // 5), blocks])
        kind = np.concatenate([np.full(len(names) + absent, "domain"), np.full(len(sponsors) + n // 5, "sponsor"),
                               np.full(len(blocks), "address")])
        expired = rng.random(len(value)) < 0.1
        self.write("blacklist", {"kind": pa.array(kind), "value": value, "ground": ["blacklisted"] * len(value),
                                 "decided_on": dates(np.full(len(value), TODAY - 100)),
                                 "valid_to": dates(np.where(expired, TODAY - 5, TODAY + 500)),
                                 "decision_ref": text("D-", number(np.arange(len(value)) % 5000))})

    def access(self) -> None:
        """Each row connects one filed site; a fault in one of twenty rows, the registers add the others."""
        rng, n = self.rng, self.n_access
        site = rng.permutation(max(n, self.n_filings))[:n] % self.n_filings
        at = pa.array(site)
        is_fault = rng.random(n) < 0.05
        fault = np.where(is_fault, rng.integers(0, len(FAULTS), n), -1)
        bad = {name: fault == code for code, name in enumerate(FAULTS)}
        listed = pa.array(rng.choice(self.hit, n))
        host = pc.if_else(pa.array(bad["listed_domain"]), self.name.take(listed), self.name.take(at))
        host = pc.if_else(pa.array(rng.random(n) < 0.5), text("www.", host), host)
        host = pc.if_else(pa.array(bad["unfiled"]), text("nowhere", number(np.arange(n)), ".test"), host)
        host = pc.if_else(pa.array(bad["unusable"]), text("host", number(np.arange(n) % 1000)), host)
        provider = np.where(bad["other_provider"], (self.filer[site] + 1) % self.n_providers, self.filer[site])
        declared = pc.if_else(pa.array(bad["number_other"]), self.number.take(pa.array((site + 7) % self.n_filings)),
                              self.number.take(at))
        declared = pc.if_else(pa.array(bad["number_missing"]), text("沪ICP备", number(20_100_001 + 2 * (site % 449_999)), "号"), declared)  # odd: no template's
        declared = pc.if_else(pa.array(bad["number_malformed"]), text("number ", number(site)), declared)
        wrong = bad["number_other"] | bad["number_missing"] | bad["number_malformed"]
        sponsor = self.sponsor.take(at)
        sponsor = pc.if_else(pa.array(bad["sponsor_invalid"]), spoiled(sponsor), sponsor)
        sponsor = pc.if_else(pa.array(bad["sponsor_other"]), self.sponsor.take(pa.array((site + 11) % self.n_filings)), sponsor)
        sponsor = pc.if_else(pa.array(bad["listed_sponsor"]), self.sponsor.take(listed), sponsor)
        named = bad["sponsor_invalid"] | bad["sponsor_other"] | bad["listed_sponsor"] | (rng.random(n) < 0.8)
        ip = self.base[provider] + rng.integers(0, 4096, n)
        ip = np.where(bad["address_outside"], (172 << 24) + rng.integers(0, 1 << 20, n), ip)
        ip = np.where(bad["listed_address"], (203 << 24) + rng.integers(0, 200 << 8, n), ip)
        bought = rng.random(n) < 0.3
        self.write("access", {
            "access_id": text("a-", number(np.arange(n))), "provider_id": provider_ids(provider),
            "customer_name": text("客户", number(site)), "customer_uscc": pc.if_else(pa.array(named), sponsor, None),
            "service_kind": pa.array(KINDS).take(pa.array(provider % len(KINDS))), "domain": host, "ip": quads(ip),
            "filing_no": pc.if_else(pa.array(wrong | (rng.random(n) < 0.6)), declared, None),
            "connected_on": dates(TODAY - rng.integers(1, 2000, n)),
            "upstream_provider_id": pc.if_else(pa.array(bought & (provider >= self.carriers)),
                                               provider_ids(self.upstream[provider]), None)})
