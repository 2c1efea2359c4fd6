"""The registers and the access list of a clean province; ``faults.py`` spoils some of it on purpose."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import defaultdict
from typing import Any

from licet.sweeps.demo.names import Names

Row = dict[str, Any]
KINDS = ("parties", "licences", "annual_reviews", "filings", "addresses", "blacklist", "access")
REGION = "CN-GD"
_CATEGORIES = ["B11", "B14"]  # of the 2015 catalogue: together they cover every service kind
_SERVICES = ("vhost", "cloud", "colocation", "line")

Key = tuple[str, str, str]  # finding, provider_id, access_id (a shell filing: its first domain)


@dataclasses.dataclass
class Province:
    """Rows by kind of register, and the findings they must give: exactly these and no others."""

    names: Names
    day: dt.date  # the first day of a month; every date hangs on it, so a month's demos are the same
    due_year: int  # the annual review that must be on record
    rows: dict[str, list[Row]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    planted: set[Key] = dataclasses.field(default_factory=set)
    _counts: dict[str, int] = dataclasses.field(default_factory=lambda: defaultdict(int))

    def next(self, what: str) -> int:
        """A running number."""
        self._counts[what] += 1
        return self._counts[what]

    def provider(self, name: str, *, kind: str = "access_provider", licensed: bool = True, block: bool = True) -> str:
        """A provider with a licence in force, its review passed, and address blocks of its own."""
        party = self.names.party(name)
        number = self.next("provider")
        self.rows["parties"].append(
            {
                "party_id": party,
                "kind": kind,
                "name": f"示例接入商 {name}",
                "region": REGION,
                "uscc": self.names.uscc(number),
                "parent_id": "",
            }
        )
        if licensed:
            self.licence(party)
        if block:
            for cidr in (f"{self.names.ipv4(number * 256)}/24", f"{self.names.ipv6_block(number)}::/64"):
                self.rows["addresses"].append(
                    {
                        "cidr": cidr,
                        "holder_id": party,
                        "kind": "allocated",
                        "valid_from": self.ago(2000),
                        "valid_to": "",
                    }
                )
        self._counts[f"block:{party}"] = number
        return party

    def licence(self, provider: str, **changes: Any) -> Row:
        """A licence of a provider, with the review that is due passed unless ``review`` says otherwise."""
        review = changes.pop("review", "pass")
        row = {
            "licence_no": self.names.licence_no(self.next("licence")),
            "provider_id": provider,
            "category": " ".join(_CATEGORIES),
            "catalogue_year": 2015,
            "regions": REGION,
            "valid_from": self.ago(1500),
            "valid_to": self.ago(-1500),
            "status": "active",
            "issuer": "示例省通信管理局",
        } | changes
        self.rows["licences"].append(row)
        self.rows["annual_reviews"].append(
            {
                "licence_no": row["licence_no"],
                "year": self.due_year,
                "result": review,
                "decided_on": dt.date(self.due_year + 1, 2, 20),
            }
        )
        return row

    def filing(self, provider: str, **changes: Any) -> Row:
        """An active, lately verified filing of one new site of a new subject."""
        number = self.next("filing")
        subject = self.names.subject_no(number)
        domain = self.names.domain(number)
        row = {
            "filing_no": f"{subject}-1",
            "subject_no": subject,
            "subject_name": self.names.sponsor_name(number),
            "subject_uscc": self.names.uscc(1_000_000 + number),
            "subject_kind": "organisation",
            "site_name": self.names.sponsor_name(number),
            "domains": domain,
            "home_url": f"https://www.{domain}/",
            "provider_id": provider,
            "addresses": "",
            "service_kind": "web",
            "filed_on": self.ago(400 + number % 900),
            "verified_on": self.ago(20 + number % 200),
            "status": "active",
        } | changes
        self.rows["filings"].append(row)
        return row

    def connect(self, provider: str, filing: Row | None, **changes: Any) -> Row:
        """An access row for a filing, as it should be; ``None`` connects a site nobody filed."""
        number = self.next("access")
        domain = filing["domains"] if filing else self.names.domain(10_000_000 + number)
        row = {
            "access_id": f"A{number:08d}",
            "provider_id": provider,
            "customer_name": self.names.sponsor_name(number),
            "customer_uscc": filing["subject_uscc"] if filing else self.names.uscc(9_000_000 + number),
            "service_kind": _SERVICES[number % 4],
            "domain": f"www.{domain}" if number % 3 else domain,
            "ip": self.address(provider),
            "filing_no": filing["filing_no"] if filing and number % 5 else "",
            "connected_on": self.ago(number % 300),
            "upstream_provider_id": "",
        } | changes
        self.rows["access"].append(row)
        return row

    def address(self, provider: str) -> str:
        """An address inside a provider's own blocks."""
        block, number = self.block_of(provider), self.next(f"host:{provider}")
        if number % 2:
            return self.names.ipv4(block * 256 + number // 2 % 254 + 1)
        return f"{self.names.ipv6_block(block)}::{number >> 16:x}:{number & 0xFFFF:x}"

    def block_of(self, provider: str) -> int:
        """Number of a provider's address blocks."""
        return self._counts[f"block:{provider}"]

    def providers(self) -> set[str]:
        """Everybody whose connections the province holds, on record or not."""
        named = {row["party_id"] for row in self.rows["parties"]}
        return named | {row[column] for row in self.rows["access"] for column in ("provider_id", "upstream_provider_id")
                        if row[column]}

    def plant(self, finding: str, provider: str, key: str) -> None:
        """Remember what a sweep must find."""
        self.planted.add((finding, provider, key))

    def ago(self, days: int) -> dt.date:
        """The day so many days before the province's day."""
        return self.day - dt.timedelta(days=days)


def clean_rows(province: Province, count: int, chance: random.Random) -> None:
    """``count`` access rows in good order, spread over providers of very different size; some buy from a carrier."""
    carrier = province.provider("carrier", kind="carrier")
    providers = [province.provider(f"p{number:02d}") for number in range(1, min(40, 3 + count // 500) + 1)]
    weights = [1 / rank for rank in range(1, len(providers) + 1)]
    for provider in chance.choices(providers, weights, k=count):
        upstream = carrier if chance.random() < 0.2 else ""
        province.connect(provider, province.filing(provider), upstream_provider_id=upstream)
