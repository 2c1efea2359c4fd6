"""A naive judge, written from docs/judging.md alone: plain dictionaries and loops, one row at a time."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

from licet.registers.compiled import JudgingParams
from licet.registers.identifiers.domains import Normaliser, UnusableDomain
from licet.registers.identifiers.numbers import BadNumber, NumberFormats, parse_filing_number
from licet.registers.identifiers.organisations import is_valid_sponsor

World = dict[str, Any]
Row = dict[str, str]
RANK = {"active": 0, "suspended": 1, "cancelled": 2}
DEFINITE = {"provider_unlicensed": "none", "licence_suspended_or_revoked": "suspended or revoked",
            "licence_expired": "expired", "licence_category_missing": "category missing",
            "region_not_covered": "region not covered"}
BY_FILING = {"site_unfiled": "none", "filing_cancelled": "all cancelled", "filing_suspended": "suspended",
             "filed_with_other_provider": "elsewhere"}


def in_force(licence: dict[str, Any], day: dt.date) -> bool:
    return (licence["status"] == "active" and licence["valid_from"] <= day
            and (licence["valid_to"] is None or day <= licence["valid_to"]))


def valid_on(record: dict[str, Any], start: str, day: dt.date) -> bool:
    return ((record[start] is None or record[start] <= day)
            and (record["valid_to"] is None or day <= record["valid_to"]))


class Oracle:
    def __init__(self, world: World, day: dt.date, params: JudgingParams, formats: NumberFormats) -> None:
        self.world, self.day, self.params, self.formats = world, day, params, formats
        self.normaliser = Normaliser()
        after = (day.month, day.day) > params.review_deadline
        self.due = day.year - 1 if after else day.year - 2

    def knows(self, name: str, party: str) -> bool:
        """Whether a register is known for a party: by its own loads or by those that speak for everybody."""
        load = self.world["registers"].get(name) or {}
        whole = load["days"] if "days" in load else [load["first_as_of"], load["last_as_of"]] if load.get("loaded") else []
        oldest = self.day - dt.timedelta(days=self.params.max_age_days[name])
        return any(used is not None and used >= oldest
                   for used in (self.used(whole, load), self.used(load.get("of", {}).get(party, []), load)))

    def used(self, days: list[str], load: dict[str, Any]) -> dt.date | None:
        """The last load up to the day; before all loads of the register the first, if it is one of these."""
        read = sorted(dt.date.fromisoformat(day) for day in days)
        before = [day for day in read if day <= self.day]
        if before:
            return before[-1]
        return read[0] if read and read[0].isoformat() == load["first_as_of"] else None

    def unread(self, kind: str, what: str, value: str) -> bool:
        """Whether a row that could not be read names the value."""
        first = (self.world["registers"].get(kind) or {}).get("first_as_of")
        day = max(self.day, dt.date.fromisoformat(first)) if first else self.day
        return any((one["kind"], one["what"], one["value"]) == (kind, what, value) and one["since"] <= day
                   and (one["until"] is None or one["until"] > day) for one in self.world.get("unread", ()))

    def licences_of(self, provider: str) -> list[dict[str, Any]]:
        return [row for row in self.world["licences"] if row["provider_id"] == provider]

    def licence_fact(self, row: Row) -> tuple[str, list[dict[str, Any]]]:
        every = self.licences_of(row["provider_id"])
        if not every:
            return "none", []
        current = [one for one in every if in_force(one, self.day)]
        if not current:
            return ("expired" if any(one["status"] == "active" for one in every) else "suspended or revoked"), every
        fitting = []
        for one in current:
            read_by = max((year for year, _ in self.params.categories if year <= one["catalogue_year"]), default=None)
            wanted = self.params.categories.get((read_by, row["service_kind"]))
            if wanted is None or set(one["category"]) & wanted:
                fitting.append(one)
        if not fitting:
            return "category missing", current
        region = next((party["region"] for party in self.world["parties"] if party["party_id"] == row["provider_id"]), "")
        covering = [one for one in fitting if not region or region in one["regions"] or "*" in one["regions"]]
        return ("ok", covering) if covering else ("region not covered", fitting)

    def review_of(self, licence: dict[str, Any]) -> str:
        if licence["valid_from"].year > self.due:
            return "passed"
        if not self.knows("annual_reviews", licence["provider_id"]):
            return "unknown"
        results = [one for one in self.world["annual_reviews"] if one["licence_no"] == licence["licence_no"]
                   and one["year"] == self.due and (one["decided_on"] is None or one["decided_on"] <= self.day)]
        if not results:
            return "unknown"
        better = {"pass": 0, "fail": 1, "not_submitted": 2}
        results.sort(key=lambda one: (one["decided_on"] or dt.date.min, -better[one["result"]]))
        return "passed" if results[-1]["result"] == "pass" else "failed"

    def review_fact(self, deciding: list[dict[str, Any]]) -> str:
        states = [self.review_of(one) for one in deciding]
        if not states or "passed" in states:
            return "passed"
        return "unknown" if "unknown" in states else "failed"

    def chain(self, start: str) -> set[str]:
        seen, todo = set[str](), [start]
        while todo:
            party = todo.pop()
            if party not in seen:
                seen.add(party)
                todo += [edge["upstream_provider_id"] for edge in self.world["edges"] if edge["provider_id"] == party]
        return seen

    def bad_link(self, party: str) -> bool:
        current = [one for one in self.licences_of(party) if in_force(one, self.day)]
        return all(self.review_of(one) == "failed" for one in current)

    def licence_doubt(self, party: str) -> bool:
        """A row that could not be read speaks of the party's licences."""
        return self.unread("licences", "provider", party) or any(
            self.unread("licences", "licence", one["licence_no"]) for one in self.licences_of(party))

    def review_doubt(self, party: str) -> bool:
        return any(self.unread("annual_reviews", "licence", one["licence_no"]) for one in self.licences_of(party))

    def upstream_bad(self, start: str) -> bool | None:
        bad = [link for link in self.chain(start) if self.bad_link(link)]
        doubtful = [link for link in bad if self.licence_doubt(link) or self.review_doubt(link)]
        return None if bad and len(doubtful) == len(bad) else bool(bad)

    def names_asked(self, domain: str) -> list[str] | None:
        try:
            return self.normaliser.normalise(domain).names_asked()
        except UnusableDomain:
            return None

    def filing_facts(self, row: Row, names: list[str] | None, declared: str | None) -> dict[str, Any]:
        visible = [one for one in self.world["filings"] if one["filed_on"] is None or one["filed_on"] <= self.day]
        numbered = [one for one in visible if declared and declared in (one["filing_no"], one["subject_no"])]
        facts: dict[str, Any] = {"filing": None, "chosen": None, "declared": None, "duplicate": False}
        if row["filing_no"] and declared is None:
            facts["declared"] = "malformed"
        if row["domain"] and names is None:
            if declared and not numbered:
                facts["declared"] = "not found"
            return facts
        if not row["domain"] and not row["filing_no"]:
            return facts
        candidates = [one for one in visible if set(one["domains"]) & set(names)] if names is not None else numbered
        if declared:
            match = any(one in candidates for one in numbered)
            facts["declared"] = "match" if match else "other" if numbered else "not found"
        facts["filing"], facts["chosen"] = self.choose(row, candidates, names or [], declared)
        for name in names or []:
            owners = {one["subject_no"] for one in candidates if name in one["domains"] and one["status"] == "active"}
            facts["duplicate"] = facts["duplicate"] or len(owners) > 1
        return facts

    def choose(self, row: Row, candidates: list[dict[str, Any]], names: list[str], declared: str | None) -> tuple[str, Any]:
        def order(one: dict[str, Any]) -> tuple[Any, ...]:
            listed = max((len(name) for name in one["domains"] if name in names), default=0)
            return (RANK[one["status"]], one["provider_id"] != row["provider_id"] or not row["provider_id"],
                    not declared or declared not in (one["filing_no"], one["subject_no"]),
                    not one["subject_uscc"] or one["subject_uscc"] != row["customer_uscc"], -listed,
                    one["filing_no"].encode())

        if not candidates:
            return "none", None
        chosen = min(candidates, key=order)
        if chosen["status"] != "active":
            return ("suspended" if chosen["status"] == "suspended" else "all cancelled"), chosen
        here = any(one["status"] == "active" and one["provider_id"] == row["provider_id"] for one in candidates)
        return ("here" if here or not row["provider_id"] else "elsewhere"), chosen

    def address_outside(self, row: Row, ip: Any) -> bool:
        holders = {row["provider_id"]} | (self.chain(row["upstream_provider_id"]) if row["upstream_provider_id"] else set())
        return not any(ip in ipaddress.ip_network(block["cidr"]) and block["holder_id"] in holders
                       and valid_on(block, "valid_from", self.day) for block in self.world["addresses"])

    def listed(self, kind: str, value: str) -> bool:
        return any(one["kind"] == kind and one["value"] == value and valid_on(one, "decided_on", self.day)
                   for one in self.world["blacklist"])

    def judge(self, row: Row) -> tuple[set[str], set[str], set[str]]:
        """Rules that fire, rules that are unknown, and those of the unknown that are reported."""
        would, applies = self.conditions(row)
        silent = {rule for rule in would if would[rule] is None}
        fired, unknown, through = set[str](), set[str](), dict[str, str]()
        for rule, (register, *others) in NEEDS.items():
            asked = row["upstream_provider_id"] if rule == "upstream_unlicensed" else row["provider_id"]
            missing = next((name for name in (register, *others) if name and not self.knows(name, asked)), None)
            if rule == "address_outside_provider_range" and would.get(rule) and row["upstream_provider_id"] and not all(
                    self.knows(register, link) for link in self.chain(row["upstream_provider_id"])):
                missing = register
            if missing and rule in applies:
                unknown.add(rule)
                through[rule] = missing
            elif not missing and rule in silent:
                unknown.add(rule)
                through[rule] = register
            elif not missing and would.get(rule):
                fired.add(rule)
        reported: dict[str, str] = {}
        for rule in NEEDS:
            if rule in unknown:
                reported.setdefault(through[rule], rule)
        return fired, unknown, set(reported.values())

    def conditions(self, row: Row) -> tuple[dict[str, bool | None], set[str]]:
        """Rule → fires (None: the register is silent), and the rules that apply."""
        names = self.names_asked(row["domain"]) if row["domain"] else None
        try:
            declared = parse_filing_number(row["filing_no"], self.formats).canonical if row["filing_no"] else None
        except BadNumber:
            declared = None
        would: dict[str, bool | None] = {}
        applies = set[str]()
        if row["provider_id"]:
            fact, deciding = self.licence_fact(row)
            review = self.review_fact(deciding)
            would |= {rule: fact == wanted for rule, wanted in DEFINITE.items()}
            would["annual_review_failed"] = None if review == "unknown" else review == "failed"
            if self.licence_doubt(row["provider_id"]):
                would |= {rule: None for rule in (*DEFINITE, "annual_review_failed") if would[rule]}
            if self.review_doubt(row["provider_id"]) and would["annual_review_failed"]:
                would["annual_review_failed"] = None
            would["blacklisted_provider"] = self.listed("provider", row["provider_id"])
            applies |= {*DEFINITE, "annual_review_failed", "blacklisted_provider"}
        if row["upstream_provider_id"]:
            applies.add("upstream_unlicensed")
            would["upstream_unlicensed"] = self.upstream_bad(row["upstream_provider_id"])
        filing = self.filing_facts(row, names, declared)
        self.about_filing(row, filing, would, applies)
        self.about_sponsor(row, filing, would, applies)
        self.about_address(row, would, applies)
        if row["filing_no"]:
            applies.add("declared_number_wrong")
            would["declared_number_wrong"] = filing["declared"] in ("other", "not found", "malformed")
        if names is not None:
            applies |= {"duplicate_filing", "blacklisted_domain"}
            would["duplicate_filing"] = filing["duplicate"]
            would["blacklisted_domain"] = any(self.listed("domain", name) for name in names)
        would["domain_unusable"] = bool(row["domain"]) and names is None
        self.doubt_filing(filing, names, declared, would)
        self.doubt_lists(row, filing, names, would)
        return would, applies

    def doubt_filing(self, facts: dict[str, Any], names: list[str] | None, declared: str | None,
                     would: dict[str, bool | None]) -> None:
        """What rests on the absence of a filing that could not be read, or on an older version of it, is unknown."""
        of_number = declared is not None and (self.unread("filings", "number", declared)
                                              or self.unread("filings", "subject", declared))
        of_chosen = facts["chosen"] is not None and self.unread("filings", "number", facts["chosen"]["filing_no"])
        of_name = any(self.unread("filings", "domain", name) for name in names or ())
        for rules, doubt in ((BY_FILING, of_number or of_chosen or of_name), (("filing_stale", "sponsor_mismatch"), of_chosen),
                             (("declared_number_wrong",), of_number)):
            if doubt:
                would |= {rule: None for rule in rules if would.get(rule)}

    def doubt_lists(self, row: Row, facts: dict[str, Any], names: list[str] | None, would: dict[str, bool | None]) -> None:
        """What is not on the blacklist may stand in a row of it that could not be read."""
        subject = facts["chosen"]["subject_uscc"] if facts["chosen"] and self.knows("filings", row["provider_id"]) else ""
        named = {"blacklisted_domain": [("domain", name) for name in names or ()],
                 "blacklisted_sponsor": [("sponsor", one) for one in (row["customer_uscc"], subject) if one],
                 "blacklisted_provider": [("provider", row["provider_id"])]}
        for rule, values in named.items():
            if would.get(rule) is False and any(self.unread("blacklist", kind, value) for kind, value in values):
                would[rule] = None
        for rule, kind, what in (("blacklisted_address", "blacklist", "address"),
                                 ("address_outside_provider_range", "addresses", "block")):
            if would.get(rule) is (rule == "address_outside_provider_range") and self.in_unread_block(kind, what, row["ip"]):
                would[rule] = None
        if would.get("address_outside_provider_range") and any(
                self.unread("addresses", "holder", one) for one in (row["provider_id"], row["upstream_provider_id"]) if one):
            would["address_outside_provider_range"] = None

    def in_unread_block(self, kind: str, what: str, text: str) -> bool:
        ip = ipaddress.ip_address(text)
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return any(one["kind"] == kind and one["what"] == what and ip in ipaddress.ip_network(one["value"])
                   and self.unread(kind, what, one["value"]) for one in self.world.get("unread", ()))

    def about_filing(self, row: Row, facts: dict[str, Any], would: dict[str, bool | None], applies: set[str]) -> None:
        if facts["filing"] is None:
            return
        applies |= {*BY_FILING, "filing_stale"}
        would |= {rule: facts["filing"] == wanted for rule, wanted in BY_FILING.items()}
        chosen = facts["chosen"]
        if chosen and chosen["status"] == "active":
            since = chosen["verified_on"] or chosen["filed_on"]
            would["filing_stale"] = since is None or (self.day - since).days > self.params.filing_stale_days

    def about_sponsor(self, row: Row, facts: dict[str, Any], would: dict[str, bool | None], applies: set[str]) -> None:
        customer, chosen = row["customer_uscc"], facts["chosen"]
        valid = bool(customer) and is_valid_sponsor(customer)
        would["sponsor_id_invalid"] = bool(customer) and not valid
        if valid and facts["filing"] is not None:
            applies.add("sponsor_mismatch")
        if valid and chosen and chosen["status"] == "active" and is_valid_sponsor(chosen["subject_uscc"]):
            would["sponsor_mismatch"] = chosen["subject_uscc"] != customer
        if customer or facts["filing"] is not None:
            applies.add("blacklisted_sponsor")
        subject = chosen["subject_uscc"] if chosen and self.knows("filings", row["provider_id"]) else ""
        would["blacklisted_sponsor"] = any(self.listed("sponsor", one) for one in (customer, subject) if one)

    def about_address(self, row: Row, would: dict[str, bool | None], applies: set[str]) -> None:
        if not row["ip"]:
            return
        ip = ipaddress.ip_address(row["ip"])
        ip = getattr(ip, "ipv4_mapped", None) or ip  # the same host written as IPv6
        if row["provider_id"]:
            applies.add("address_outside_provider_range")
            would["address_outside_provider_range"] = self.address_outside(row, ip)
        applies.add("blacklisted_address")
        would["blacklisted_address"] = any(ip in ipaddress.ip_network(one["value"]) and valid_on(one, "decided_on", self.day)
                                           for one in self.world["blacklist"] if one["kind"] == "address")

    def shells(self, rows: list[Row]) -> list[str]:
        """Numbers of shell filings, in register order."""
        found = []
        for one in self.world["filings"]:
            mine = [row for row in rows if row["provider_id"] == one["provider_id"] and row["provider_id"]]
            asked = {name for row in mine if row["domain"] for name in self.names_asked(row["domain"]) or ()}
            if (mine and self.knows("filings", one["provider_id"])
                    and one["status"] == "active" and one["domains"] and one["filed_on"] is not None
                    and (self.day - one["filed_on"]).days > self.params.shell_grace_days
                    and not asked & set(one["domains"])):
                found.append(one["filing_no"])
        return found


# The table of rules, in order: rule → registers it needs.
NEEDS: dict[str, tuple[str, ...]] = {
    "provider_unlicensed": ("licences",), "licence_suspended_or_revoked": ("licences",), "licence_expired": ("licences",),
    "licence_category_missing": ("licences",), "region_not_covered": ("licences",),
    "annual_review_failed": ("annual_reviews", "licences"), "upstream_unlicensed": ("licences",),
    "site_unfiled": ("filings",), "filing_cancelled": ("filings",), "filing_suspended": ("filings",),
    "filed_with_other_provider": ("filings",), "declared_number_wrong": ("filings",), "filing_stale": ("filings",),
    "sponsor_id_invalid": ("",), "sponsor_mismatch": ("filings",), "duplicate_filing": ("filings",),
    "address_outside_provider_range": ("addresses",), "blacklisted_domain": ("blacklist",),
    "blacklisted_sponsor": ("blacklist",), "blacklisted_address": ("blacklist",), "blacklisted_provider": ("blacklist",),
    "domain_unusable": ("",)}
