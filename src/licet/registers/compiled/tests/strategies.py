"""Random small worlds and rows in which everything collides: few names, numbers, ids, days and nested blocks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from licet.registers.compiled.tests.worlds import REGISTERS
from licet.registers.loads import load_row

TODAY = dt.date(2026, 5, 20)
DAYS = [dt.date(2024, 2, 29), dt.date(2025, 3, 31), dt.date(2025, 4, 1), dt.date(2025, 5, 20), dt.date(2026, 3, 31),
        dt.date(2026, 4, 20), TODAY - dt.timedelta(days=1), TODAY, TODAY + dt.timedelta(days=1)]
PROVIDERS = ["p-1", "p-2", "p-3", "p-4"]
SUBJECTS = [f"京ICP备0501234{i}号" for i in range(3)]
NUMBERS = [f"{subject}-{site}" for subject in SUBJECTS for site in (1, 2)]
IDS = ["91110000600037341L", "91310000MA1FL0AB28", "91110000600037341X", "rid1:" + "ab" * 16 + ":123X",
       "rid0:" + "ab" * 16 + ":1231"]
NAMES = ["site.example", "www.site.example", "a.b.site.example", "shop.test", "co.com.cn", "xn--fiq228c.example",
         "blog.xn--fiq228c.example"]
TYPED = [*NAMES, "WWW.Site.example", "中文.example", "http://shop.test/x", "localhost", "192.0.2.7", "com.cn", "a..test",
         "deep.a.b.site.example", "_x.shop.test"]
DECLARED = [*SUBJECTS, *NUMBERS, "京icp备 05012340号－1", "京ICP备12345678号", "someone", "沪ICP备09999999号-3"]
ADDRESSES = ["192.0.2.7", "192.0.2.130", "198.51.100.1", "2001:db8::1", "2001:db8:0:1::1", "::ffff:192.0.2.7", "10.0.0.1"]
BLOCKS = ["192.0.2.0/24", "192.0.2.0/25", "192.0.2.7/32", "192.0.0.0/16", "2001:db8::/32", "2001:db8::/64",
          "198.51.100.0/24", "0.0.0.0/0"]

day = st.sampled_from(DAYS)
open_day = st.one_of(st.none(), day)
provider = st.sampled_from(PROVIDERS)


def _rows(count: int, **columns: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=count)


def _subset(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2)


LOADS = st.one_of(
    st.none(), st.just({"loaded": False, "first_as_of": None, "last_as_of": None, "version": 0}),
    st.just({"loaded": True, "first_as_of": "2026-06-01", "last_as_of": "2026-06-01", "version": 3}),
    *(st.just({"loaded": True, "first_as_of": "2026-01-01", "last_as_of": last, "version": 3})
      for last in ("2026-05-01", "2026-05-20", "2026-03-21", "2026-03-20")),
    st.builds(lambda whole, of: load_row(3, whole, of), st.lists(day, max_size=3),
              st.dictionaries(st.sampled_from([*PROVIDERS, "p-7", "p-8"]), st.lists(day, min_size=1, max_size=2), max_size=4)))
UNREAD_VALUES = {
    ("filings", "domain"): NAMES, ("filings", "number"): NUMBERS, ("filings", "subject"): SUBJECTS,
    ("licences", "provider"): [*PROVIDERS, "p-7", "p-8"], ("licences", "licence"): ["L-1", "L-2", "L-9"],
    ("annual_reviews", "licence"): ["L-1", "L-2", "L-9"], ("addresses", "block"): BLOCKS,
    ("addresses", "holder"): [*PROVIDERS, "p-8"], ("blacklist", "domain"): NAMES, ("blacklist", "sponsor"): IDS,
    ("blacklist", "address"): BLOCKS, ("blacklist", "provider"): PROVIDERS}
_UNREAD_ROW = st.sampled_from(sorted(UNREAD_VALUES)).flatmap(lambda named: st.fixed_dictionaries({
    "kind": st.just(named[0]), "what": st.just(named[1]), "value": st.sampled_from(UNREAD_VALUES[named]),
    "line": st.just(7), "file_name": st.just("x.csv"), "since": day, "until": st.one_of(st.none(), st.none(), day)}))
UNREAD = st.one_of(st.just([]), st.lists(_UNREAD_ROW, max_size=5))

LICENCES = _rows(6, licence_no=st.sampled_from(["L-1", "L-2", "L-3"]), provider_id=provider,
                 category=_subset("B11", "B14", "B23"), catalogue_year=st.sampled_from([2001, 2003, 2013, 2015, 2019]),
                 regions=_subset("CN-BJ", "CN-SH", "*"), valid_from=day, valid_to=open_day,
                 status=st.sampled_from(["active", "active", "suspended", "revoked"]))
REVIEWS = _rows(6, licence_no=st.sampled_from(["L-1", "L-2", "L-3", "L-9"]), year=st.sampled_from([2023, 2024, 2025]),
                result=st.sampled_from(["pass", "fail", "not_submitted"]), decided_on=open_day)
FILINGS = st.lists(st.fixed_dictionaries({
    "filing_no": st.sampled_from(NUMBERS), "subject_no": st.sampled_from([*SUBJECTS, ""]),
    "subject_uscc": st.sampled_from([*IDS, ""]), "domains": st.lists(st.sampled_from(NAMES), unique=True, max_size=3),
    "provider_id": provider, "filed_on": open_day, "verified_on": open_day,
    "status": st.sampled_from(["active", "active", "suspended", "cancelled"])}),
    max_size=6, unique_by=lambda row: row["filing_no"])
BLACKLIST = st.lists(st.one_of(*(st.fixed_dictionaries({
    "kind": st.just(kind), "value": st.sampled_from(values), "ground": st.just("blacklisted"), "decided_on": open_day,
    "valid_to": open_day, "decision_ref": st.sampled_from(["D-1", "D-2"])})
    for kind, values in (("domain", [*NAMES, "example"]), ("sponsor", IDS), ("address", BLOCKS[:-1]),
                         ("provider", PROVIDERS)))), max_size=5)
REGION = st.sampled_from(["", "CN-BJ", "CN-SH"])
WORLDS = st.fixed_dictionaries({
    "parties": st.fixed_dictionaries(dict.fromkeys(PROVIDERS[:3], REGION)).map(
        lambda regions: [{"party_id": name, "region": region} for name, region in regions.items()]),
    "licences": LICENCES, "annual_reviews": REVIEWS, "filings": FILINGS, "blacklist": BLACKLIST,
    "addresses": _rows(6, cidr=st.sampled_from(BLOCKS), holder_id=st.sampled_from([*PROVIDERS, "p-9"]),
                       valid_from=open_day, valid_to=open_day),
    "unread": UNREAD,
    "edges": st.lists(st.fixed_dictionaries({"provider_id": provider, "upstream_provider_id": provider}), max_size=5),
    "registers": st.one_of(
        st.just({name: {"loaded": True, "first_as_of": "2026-01-01", "last_as_of": "2026-05-01", "version": 3}
                 for name in REGISTERS}),
        st.fixed_dictionaries(dict.fromkeys(REGISTERS, LOADS)).map(
            lambda rows: {name: row for name, row in rows.items() if row})),
})
_ALL_LOADED = {name: {"loaded": True, "first_as_of": "2026-01-01", "last_as_of": "2026-05-01", "version": 3}
               for name in REGISTERS}
# Every register known, and many rows that could not be read.
UNREAD_WORLDS = st.tuples(WORLDS, st.lists(_UNREAD_ROW, min_size=8, max_size=30)).map(
    lambda both: both[0] | {"registers": _ALL_LOADED, "unread": both[1]})
# Every register loaded by some organisations, each on its own days.
_SLICES = st.dictionaries(st.sampled_from([*PROVIDERS, "p-7", "p-8"]), st.lists(day, min_size=1, max_size=2), min_size=2)
SLICED_WORLDS = st.tuples(WORLDS, st.fixed_dictionaries(dict.fromkeys(REGISTERS, st.builds(
    lambda of: load_row(3, [], of), _SLICES)))).map(lambda both: both[0] | {"registers": both[1]})
ROWS = st.lists(st.fixed_dictionaries({
    "provider_id": st.sampled_from([*PROVIDERS, "p-7", ""]), "customer_uscc": st.sampled_from(["", "", *IDS]),
    "service_kind": st.sampled_from(["vhost", "line", "cloud", "colocation", ""]),
    "domain": st.sampled_from(["", "", *TYPED]), "ip": st.sampled_from(["", *ADDRESSES]),
    "filing_no": st.sampled_from(["", "", *DECLARED]),
    "upstream_provider_id": st.sampled_from(["", "", *PROVIDERS, "p-8", "p-9"])}), min_size=1, max_size=8)
