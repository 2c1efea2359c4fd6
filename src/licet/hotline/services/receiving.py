"""A batch of accepted reports becomes rows, clusters, alarms and signals, in one transaction."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from licet.casework.services.prepared import prepared
from licet.casework.services.signals import SignalIn, receive_signals
from licet.casework.tables import SignalKind
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline.intake import shown_target
from licet.hotline.limits import limits
from licet.hotline.models import Contact, Report, Reporter
from licet.hotline.rules import Limits
from licet.hotline.services.clusters import Clusters, Key
from licet.hotline.services.rows import write_contacts, write_reporters, write_reports
from licet.hotline.spool import TAKEN_BACK, Item
from licet.hotline.tables import ReportState
from licet.journal.services import append
from licet.parties.models import Party
from licet.registers.models import AccessRelation

MANY = 100  # reports of a batch that are worth planning anew: a plan made while the tables were empty reads them whole


@dataclasses.dataclass(frozen=True)
class Taken:
    """What became of a batch."""

    new: int
    repeated: int
    in_cases: int
    alarms: int


def source_of(number: str) -> str:
    """The source of the signal a report becomes."""
    return f"report:{number}"


def receive(items: Sequence[Item], *, at: dt.datetime) -> Taken:
    """Take accepted reports over from the spool. Idempotent by receipt number.

    1. one batch at a time  2. leave out what is here  3. reporters  4. who counts as whom, alarms
    5. signals; those of muted reporters become none  6. reports and contacts  7. one journal entry with a digest over
    every receipt number (``digest_of``)
    """
    bounds = limits()
    with acting_as(WORKER):
        one_at_a_time()
        if len(items) >= MANY:
            with connection.cursor() as cursor:
                cursor.execute("DISCARD PLANS")
        known = {row[0] for row in prepared("SELECT number FROM hotline_report WHERE number = ANY (%s::text[])",
                                            [[item.number for item in items]])}
        fresh = list({item.number: item for item in items if item.number not in known}.values())
        if not fresh:
            return Taken(0, len(items), 0, 0)
        bodies = {item.number: json.loads(item.body) for item in fresh}
        _name_providers(bodies.values())
        reporters = _reporters(fresh, bodies, at)
        reports = [_report(item, bodies[item.number], reporters, at) for item in fresh]
        reports.sort(key=lambda report: report.received_at)
        clusters = Clusters(subjects_of(reports), bounds, at=at)
        alarms = clusters.take(reports)
        in_cases = become_signals(reports, at)
        write_reports(reports)
        _contacts(reports, bodies, bounds)
        clusters.count_alarms()
        clusters.tell_casework()
        append("hotline:reports:received", actor=WORKER, subject=f"desk:{reports[0].desk_id}",
               organisation=reports[0].desk_id,
               data={"new": len(reports), "repeated": len(items) - len(reports), "in_cases": in_cases,
                     "alarms": alarms, "first": reports[0].number, "last": reports[-1].number,
                     "digest": digest_of(report.number for report in reports)})
    return Taken(len(reports), len(items) - len(reports), in_cases, alarms)


def one_at_a_time() -> None:
    """Until the transaction ends nobody else places reports: each would miss the other's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('licet:hotline:receive'))")


def digest_of(numbers: Iterable[str]) -> str:
    """SHA-256 over receipt numbers, a line each, in the order of their characters: whoever has the numbers of a batch
    can prove that the journal's entry is about them, and that none is missing."""
    return hashlib.sha256("".join(f"{number}\n" for number in sorted(numbers)).encode()).hexdigest()


def _moment(item: Item, at: dt.datetime) -> dt.datetime:
    """When it was accepted; one that was put back after a repair counts from now."""
    return at if item.taken_at == TAKEN_BACK else dt.datetime.fromisoformat(item.taken_at)


def subjects_of(reports: Iterable[Report]) -> set[Key]:
    """What the reports are about; those nobody placed yet are left out."""
    return {(report.desk_id, report.subject_kind, report.subject_key) for report in reports if report.subject_kind}


def _name_providers(bodies: Iterable[dict[str, Any]]) -> None:
    """A provider is found by its name in the register, or by its party_id; otherwise a person places the report."""
    asked = [body for body in bodies if body["target_kind"] == "provider" and not body["subject_kind"]]
    if not asked:
        return
    names = {body["target"] for body in asked}
    found = Party.objects.filter(until__isnull=True, kind__in=["access_provider", "carrier", "billing_partner"])
    by_name: dict[str, set[str]] = defaultdict(set)
    for party in (*found.filter(name__in=names), *found.filter(party_id__in=names)):
        for name in (party.name, party.party_id):
            by_name[name].add(party.party_id)
    for body in asked:
        matches = by_name.get(body["target"], set())
        if len(matches) == 1:
            body["subject_kind"], body["subject_key"] = "provider", next(iter(matches))


def _reporters(items: Sequence[Item], bodies: dict[str, dict[str, Any]],
               at: dt.datetime) -> dict[tuple[str, str], Reporter]:
    wanted: dict[tuple[str, str], Reporter] = {}
    for item in items:
        body = bodies[item.number]
        if body["reporter"]:
            # What was accepted before verified and claimed were told apart names neither.
            wanted[body["desk"], body["reporter"]] = Reporter(
                desk_id=body["desk"], token=body["reporter"], account=body["account"], last_at=_moment(item, at),
                person=body.get("person", body["reporter"]), verified=body.get("verified", bool(body["account"])))
    write_reporters(wanted.values())
    return wanted


def _report(item: Item, body: dict[str, Any], reporters: dict[tuple[str, str], Reporter],
            at: dt.datetime) -> Report:
    reporter = reporters.get((body["desk"], body["reporter"]))
    muted = reporter is not None and reporter.muted_at is not None
    return Report(
        number=item.number, channel=body["channel"], desk_id=body["desk"], ground_id=body["ground"],
        target_kind=body["target_kind"], target=body["target"], subject_kind=body["subject_kind"],
        subject_key=body["subject_key"], text=body["text"], how=body["how"],
        seen_at=dt.datetime.fromisoformat(body["seen_at"]),
        received_at=_moment(item, at), taken_over_at=at,
        language=body["language"], operator_id=body.get("operator"),
        reference=body["reference"], network=body["network"], reporter=reporter,
        fingerprint=body["fingerprint"], digest=body.get("digest", ""), cluster=f"reporter:{item.number}",
        state=ReportState.MUTED if muted else ReportState.UNPLACED)


def _contacts(reports: Sequence[Report], bodies: dict[str, dict[str, Any]], bounds: Limits) -> None:
    write_contacts([
        Contact(report=report, kind=bodies[report.number]["contact_kind"],
                sealed=bytes.fromhex(bodies[report.number]["contact"]),
                erase_at=report.received_at + dt.timedelta(days=bounds.contact_days))
        for report in reports if bodies[report.number]["contact"]])


def become_signals(reports: Sequence[Report], at: dt.datetime) -> int:
    """Each report whose subject is known and whose reporter is not muted becomes a signal; returns how many."""
    ready = [report for report in reports if report.subject_kind and report.state == ReportState.UNPLACED]
    if not ready:
        return 0
    providers = _providers(ready)
    received = receive_signals([signal_of(report, providers) for report in ready], actor=WORKER, at=at)
    for report in ready:
        report.case_id = received.case_of[source_of(report.number)]
        report.state = ReportState.IN_CASE
    return len(ready)


def signal_of(report: Report, providers: dict[str, str]) -> SignalIn:
    """The report as a signal: what was seen and where, nothing of who saw it or how they put it."""
    return SignalIn(
        kind=SignalKind.REPORT, desk_id=report.desk_id, ground=report.ground_id, subject_kind=report.subject_kind,
        subject=report.subject_key, source=source_of(report.number), observer=report.cluster,
        observed_at=report.seen_at, provider_id=providers.get(report.subject_key, ""),
        facts={"channel": report.channel, "target_kind": report.target_kind,
               "target": shown_target(report.target_kind, report.target)})


def _providers(reports: Sequence[Report]) -> dict[str, str]:
    """Subject -> the one provider that connects it according to the register; a provider's case is its own."""
    found: dict[str, set[str]] = defaultdict(set)
    sites = {report.subject_key for report in reports if report.subject_kind == "site"}
    names = {name: site for site in sites for name in (site, f"www.{site}")}
    rows = AccessRelation.objects.filter(domain__in=list(names), until__isnull=True)
    for domain, provider in rows.values_list("domain", "provider_id"):
        found[names[domain]].add(provider)
    only = {site: next(iter(providers)) for site, providers in found.items() if len(providers) == 1}
    return only | {report.subject_key: report.subject_key for report in reports if report.subject_kind == "provider"}
