"""Findings of a sweep become signals: each about a site, a provider or an address, on the rule's own ground."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator

from licet.casework.models import Signal
from licet.casework.rules import Refuse
from licet.casework.services.record import refusal
from licet.casework.services.signals import SOURCE_CHARACTERS, SignalIn, receive_signals
from licet.casework.services.subjects import normaliser
from licet.casework.tables import SWEEP_SUBJECTS, SignalKind, SubjectKind
from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, NotFound
from licet.core.rls import acting_as
from licet.gate.tables import RULE_BY_ID
from licet.registers.models import AccessRelation
from licet.sweeps.models import Finding, Sweep

CHUNK = 5000
OPEN_FINDINGS = ("new", "open")
_SUBJECT = {row.rule: row.subject for row in SWEEP_SUBJECTS}
_OBSERVER = "sweep"  # one rule set, one observer: sweeping again is not a second opinion


@dataclasses.dataclass(frozen=True, kw_only=True)
class SweepSignals:
    """What became of a sweep's findings."""

    new: int = 0
    repeated: int = 0
    opened: int = 0
    joined: int = 0
    about_oneself: int = 0  # findings against the desk's own organisation: not its to judge
    without_subject: int = 0  # nothing to group by

    def plus(self, other: SweepSignals) -> SweepSignals:
        """The sum of two."""
        return SweepSignals(**{field.name: getattr(self, field.name) + getattr(other, field.name)
                               for field in dataclasses.fields(self)})


def desk_of(actor: Actor) -> str:
    """The desk of an actor of one organisation; the national authority's for the system."""
    if len(actor.organisations) == 1:
        return actor.organisations[0]
    if actor.scope is Scope.SYSTEM:
        return "authority"
    raise BadInput("you act for several organisations", hint="name the desk")


def signals_from_sweep(sweep_id: int, *, actor: Actor, at: dt.datetime, desk_id: str = "",
                       include_warnings: bool = False) -> SweepSignals:
    """Receive a finished sweep's new and still open findings. Idempotent; chunks commit one by one outside a
    transaction, so an interrupted run is repeated, not undone. Warnings open no cases unless asked."""
    desk = desk_id or desk_of(actor)
    with acting_as(actor):
        sweep = Sweep.objects.filter(pk=sweep_id).first()
        if sweep is None:
            raise NotFound("there is no such sweep, or it is not yours to see")
        if sweep.state != "finished":
            raise refusal(Refuse("sweep_unfinished", f"the sweep is {sweep.state}", "wait until it is finished"))
        observed_at = sweep.finished_at or at
    total = SweepSignals()
    for chunk in _chunks(sweep_id, ("violation", "warning") if include_warnings else ("violation",), actor):
        with acting_as(actor):
            signals, skipped = _as_signals(chunk, desk, observed_at)
            received = receive_signals(signals, actor=actor, at=at)
        total = total.plus(skipped).plus(SweepSignals(new=received.new, repeated=received.repeated,
                                                      opened=len(received.opened), joined=len(received.joined)))
    return total


def signal_from_finding(finding_id: int, *, actor: Actor, at: dt.datetime, desk_id: str = "") -> int:
    """Receive one finding of a finished sweep, a warning as well; the id of the case it is in. Idempotent.

    Raises :class:`NotFound`, ``sweep_unfinished``, ``finding_gone``, ``own_finding``, and ``finding_opens_nothing`` for one that
    no ground stands behind or that names nothing to group by.
    """
    desk = desk_id or desk_of(actor)
    with acting_as(actor):
        finding = Finding.objects.select_related("sweep").filter(pk=finding_id).first()
        if finding is None:
            raise NotFound("there is no such finding, or it is not yours to see")
        refuse = _no_signal(finding)
        if refuse is not None:
            raise refusal(refuse)
        signals, skipped = _as_signals([finding], desk, finding.sweep.finished_at or at)
        if skipped.about_oneself:
            raise refusal(Refuse("own_finding", "the finding is against the desk's own organisation",
                                 "another desk opens the case"))
        if not signals:
            raise refusal(Refuse("finding_opens_nothing", "no case can be about this finding",
                                 "repair the row of the list it names"))
        received = receive_signals(signals, actor=actor, at=at)
        known = signal_of_finding(finding, desk)
        return received.case_of[signals[0].source] if known is None else known.case_id


def _no_signal(finding: Finding) -> Refuse | None:
    if finding.sweep.state != "finished":
        return Refuse("sweep_unfinished", f"the sweep is {finding.sweep.state}", "wait until it is finished")
    if finding.status not in OPEN_FINDINGS:
        return Refuse("finding_gone", "this sweep no longer found it", "look at the sweep before")
    return None if opens_a_case(finding) else Refuse(
        "finding_opens_nothing", "no case can be about this finding", "repair the row of the list it names")


def opens_a_case(finding: Finding) -> bool:
    """Whether a ground stands behind the rule: nobody did wrong where only the list needs repair, or nothing is known."""
    return finding.finding in _SUBJECT and finding.severity != "unknown"


def signal_of_finding(finding: Finding, desk_id: str) -> Signal | None:
    """The signal a desk has of a finding."""
    return Signal.objects.select_related("case__merged_into").filter(desk_id=desk_id, source=_source(finding)).first()


def _chunks(sweep_id: int, severities: tuple[str, ...], actor: Actor) -> Iterator[list[Finding]]:
    last = 0
    while True:
        with acting_as(actor):
            chunk = list(Finding.objects.filter(sweep_id=sweep_id, severity__in=severities, status__in=OPEN_FINDINGS,
                                                pk__gt=last).order_by("pk")[:CHUNK])
        if not chunk:
            return
        last = chunk[-1].pk
        yield chunk


def _as_signals(chunk: list[Finding], desk: str, observed_at: dt.datetime) -> tuple[list[SignalIn], SweepSignals]:
    rows = [finding for finding in chunk if finding.finding in _SUBJECT]
    _, registrable, _ = normaliser().normalise_many([finding.domain for finding in rows])
    addresses = _addresses(rows)
    signals, oneself, nothing = [], 0, len(chunk) - len(rows)
    for finding, domain in zip(rows, registrable, strict=True):
        kind, subject = _subject(finding, domain, addresses)
        if not subject:
            nothing += 1
        elif kind is SubjectKind.PROVIDER and subject == desk:
            oneself += 1
        else:
            signals.append(SignalIn(
                kind=SignalKind.FINDING, desk_id=desk, provider_id=finding.provider_id,
                ground=RULE_BY_ID[finding.finding].ground, subject_kind=kind, subject=subject, source=_source(finding),
                observer=_OBSERVER, observed_at=observed_at,
                facts={"rule": finding.finding, "evidence": finding.evidence, "severity": finding.severity,
                       "domain": finding.domain, "access_id": finding.access_id, "sweep": finding.sweep_id,
                       "finding": finding.pk}))
    return signals, SweepSignals(about_oneself=oneself, without_subject=nothing)


def _addresses(rows: list[Finding]) -> dict[tuple[str, str], str]:
    """(provider, access_id) -> address, for findings that have no name to go by."""
    wanted = {(row.provider_id, row.access_id) for row in rows
              if row.access_id and (_SUBJECT[row.finding] is SubjectKind.ADDRESS or not row.domain)}
    if not wanted:
        return {}
    found = AccessRelation.objects.filter(
        provider_id__in={provider for provider, _ in wanted}, access_id__in={access for _, access in wanted},
        until__isnull=True, ip__isnull=False).values_list("provider_id", "access_id", "ip")
    return {(provider, access): str(ip) for provider, access, ip in found if (provider, access) in wanted}


def _subject(finding: Finding, domain: str, addresses: dict[tuple[str, str], str]) -> tuple[SubjectKind, str]:
    kind = _SUBJECT[finding.finding]
    if kind is SubjectKind.PROVIDER:
        return kind, finding.provider_id
    address = addresses.get((finding.provider_id, finding.access_id), "")
    if kind is SubjectKind.SITE and domain:
        return kind, domain
    return (SubjectKind.ADDRESS, address) if address else (SubjectKind.SITE, domain)


def _source(finding: Finding) -> str:
    """Stable per sweep and finding; long ids become a digest."""
    about = finding.access_id or finding.domain or finding.provider_id
    source = f"sweep:{finding.sweep_id}:{finding.provider_id}:{about}:{finding.finding}"
    if len(source) <= SOURCE_CHARACTERS:
        return source
    digest = hashlib.sha256(f"{finding.provider_id}\0{about}".encode()).hexdigest()[:32]
    return f"sweep:{finding.sweep_id}:{digest}:{finding.finding}"
