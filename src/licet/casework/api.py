"""Cases, measures, appeals and signals over HTTP, for programs of a desk and for its people.

Programs read and hand in facts. What a person decides (taking a case, a tier, a signature, a judgement) has its address
here too: people use it with their session, a key is refused by the same rules as everybody. See also ``api_people``.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field, StringConstraints

from licet.casework import board, listing, selectors, services
from licet.casework.documents import appeal_document, case_document, case_summary, measure_document, signal_document
from licet.casework.models import Appeal, Case, Measure
from licet.casework.services import MeasureDraft, SignalIn
from licet.casework.services.steps import visible_measure
from licet.config.api import Key, Person, person_of, signed_at
from licet.core import clock
from licet.core.actors import Actor
from licet.core.errors import BadInput, NotFound

_READ = [Key("cases.read"), Person("cases.read")]
cases, measures, appeals = Router(auth=_READ), Router(auth=_READ), Router(auth=_READ)
signals = Router(auth=Key("cases.work"))
MOST_SIGNALS = 5_000
_WORK = [Key("cases.work"), Person("cases.work")]
_DECIDE = [Key("cases.work"), Person("measures.decide")]
_Text = Annotated[str, StringConstraints(max_length=300)]
_Reason = Annotated[str, StringConstraints(max_length=2000)]


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


class Reasoned(Schema):
    """Why."""

    reason: _Reason = ""


# --- cases -----------------------------------------------------------------------------------------------------------
class Asked(Schema):
    """Filters of the queue; blank = all. The same words stand in the addresses of the pages."""

    desk: _Text = Field("", description="party_id of the desk; blank = the key's own, * = every desk it sees")
    state: Literal["open", "closed", "merged"] = "open"
    tier: Literal["", "1", "2", "3", "none"] = ""
    proposed: Literal["", "1", "2", "3", "none"] = ""
    ground: _Text = ""
    region: _Text = Field("", description="ISO 3166-2 code of the provider's seat")
    provider: _Text = ""
    waiting: Literal["", "free", "held"] = ""
    q: _Text = Field("", description="site, address, code or case number")
    order: Literal["urgent", "oldest"] = "urgent"
    after: _Text = Field("", description="`next` of the page before")


class Listed(Schema):
    """One page; ``next`` is handed in again as ``after``, blank at the end."""

    cases: list[dict[str, Any]]
    next: str


@cases.get("", response=Listed, summary="Cases in the order they should be worked on")
def list_cases(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Fifty at a time."""
    actor = _actor(request)
    found = listing.page(listing.read_question(asked.dict(), actor), actor, clock.now())
    return {"cases": [case_summary(row) for row in found.rows], "next": found.after}


@cases.get("/{number}", response=dict[str, Any], summary="A case")
def get_case(request: HttpRequest, number: str) -> dict[str, Any]:
    """Facts, who observed what, the proposal with its reasons, measures, links and the latest hundred events."""
    return case_document(selectors.case_by_number(number), clock.now())


@cases.get("/{number}/signals", response=dict[str, Any], summary="Signals of a case, newest first")
def case_signals(request: HttpRequest, number: str, before: int = 0) -> dict[str, Any]:
    """A hundred at a time; ``before``: the last id of the page before."""
    found = selectors.signals_of(selectors.case_by_number(number)).order_by("-id")
    page = list((found.filter(pk__lt=before) if before else found)[:100])
    return {"signals": [signal_document(row) for row in page], "next": page[-1].pk if len(page) == 100 else 0}


@cases.post("/{number}/take", response=dict[str, Any], auth=_WORK, summary="Take a case (people only)")
def take(request: HttpRequest, number: str) -> dict[str, Any]:
    """People only: a case is handed out to a named person."""
    return _changed(services.take(_id(number), actor=_actor(request), at=clock.now()))


@cases.post("/{number}/release", response=dict[str, Any], auth=_WORK, summary="Give a case back (people only)")
def release(request: HttpRequest, number: str) -> dict[str, Any]:
    """People only."""
    return _changed(services.release(_id(number), actor=_actor(request), at=clock.now()))


class TierIn(Reasoned):
    """A tier."""

    tier: int


@cases.post("/{number}/tier", response=dict[str, Any], auth=_WORK, summary="Set the tier (people only)")
def set_tier(request: HttpRequest, number: str, given: TierIn) -> dict[str, Any]:
    """People only: the rules propose, a named person sets."""
    return _changed(services.set_tier(_id(number), given.tier, reason=given.reason, actor=_actor(request), at=clock.now()))


class CloseIn(Reasoned):
    """How it ends."""

    outcome: _Text


@cases.post("/{number}/close", response=dict[str, Any], auth=_WORK, summary="Close a case (people only)")
def close(request: HttpRequest, number: str, given: CloseIn) -> dict[str, Any]:
    """People only."""
    return _changed(services.close_case(_id(number), outcome=given.outcome, reason=given.reason, actor=_actor(request),
                                        at=clock.now()))


def _id(number: str) -> int:
    return int(selectors.case_by_number(number).pk)


def _changed(case: Case) -> dict[str, Any]:
    return case_summary(case)


# --- measures --------------------------------------------------------------------------------------------------------
class DraftIn(Schema):
    """A measure to propose."""

    case: _Text = Field(description="number of the case")
    kind: _Text
    reasons: list[dict[str, Any]] = Field(min_length=1)
    rule_cited: _Text
    scope: dict[str, Any]
    provider_id: _Text = ""
    subject_party: _Text = ""
    deadline_on: dt.date | None = None
    expires_at: AwareDatetime | None = None
    attachments: dict[str, str | list[dict[str, str]]] = Field(default_factory=dict, description=(
        "need -> reference; billing_chain: a list of operator, partner, code, service"))


@measures.get("", response=dict[str, Any], summary="Measures by where they stand")
def list_measures(request: HttpRequest, show: str = "going", desk: str = "", kind: str = "", before: int = 0) -> dict[str, Any]:
    """Fifty at a time, newest first. ``show``: first, second, going, unverified, failed, force, stayed, restore, ended."""
    if show not in board.TAB_BY_ID:
        raise BadInput(f"there is no {show!r}", hint=f"one of {', '.join(board.TAB_BY_ID)}")
    now = clock.now()
    found = board.page(board.TAB_BY_ID[show], desk or listing.desk_of(_actor(request)), kind=kind, below=before, now=now)
    more = len(found) > board.PAGE
    return {"measures": [measure_document(row, now) for row in found[: board.PAGE]],
            "next": found[board.PAGE - 1].pk if more else 0}


@measures.get("/{int:measure_id}", response=dict[str, Any], summary="A measure with its steps")
def get_measure(request: HttpRequest, measure_id: int) -> dict[str, Any]:
    """Its state as of now, signatures, scope, collateral count, steps. Readable by whoever it hits once they were told."""
    return measure_document(visible_measure(measure_id), clock.now(), detail=True)


@measures.post("/drafts", response=dict[str, Any], auth=_WORK, summary="Draft a measure (people only)")
def draft(request: HttpRequest, given: DraftIn) -> dict[str, Any]:
    """People only: every measure is proposed by a named person, too."""
    values = given.dict()
    case = selectors.case_by_number(values.pop("case"))
    measure = services.draft_measure(case.pk, MeasureDraft(**values), actor=_actor(request), at=clock.now())
    return measure_document(measure, clock.now())


@measures.post("/{int:measure_id}/approve", response=dict[str, Any], auth=_DECIDE, summary="Sign a measure (people only)")
def approve(request: HttpRequest, measure_id: int, given: Reasoned) -> dict[str, Any]:
    """People only, freshly authenticated: a key is nobody's name, and proves no person."""
    return _measure(services.approve_measure(measure_id, actor=_actor(request), authenticated_at=signed_at(request), at=clock.now(),
                                             reason=given.reason))


@measures.post("/{int:measure_id}/second", response=dict[str, Any], auth=_DECIDE, summary="Sign as the second person (people only)")
def second(request: HttpRequest, measure_id: int, given: Reasoned) -> dict[str, Any]:
    """People only."""
    return _measure(services.second_measure(measure_id, actor=_actor(request), authenticated_at=signed_at(request), at=clock.now(),
                                            reason=given.reason))


@measures.post("/{int:measure_id}/withdraw", response=dict[str, Any], auth=_WORK, summary="Withdraw a draft (people only)")
def withdraw(request: HttpRequest, measure_id: int, given: Reasoned) -> dict[str, Any]:
    """People only."""
    return _measure(services.withdraw_measure(measure_id, reason=given.reason, actor=person_of(request), at=clock.now()))


@measures.post("/{int:measure_id}/lift", response=dict[str, Any], auth=_DECIDE, summary="Lift a measure (people only)")
def lift(request: HttpRequest, measure_id: int, given: Reasoned) -> dict[str, Any]:
    """People only."""
    return _measure(services.advance(measure_id, "lifted", actor=person_of(request), reason=given.reason, at=clock.now()))


def _measure(measure: Measure) -> dict[str, Any]:
    return measure_document(measure, clock.now())


# --- appeals ---------------------------------------------------------------------------------------------------------
class AppealIn(Schema):
    """What whoever is hit says."""

    measure: int
    text: _Reason


@appeals.get("", response=dict[str, Any], summary="Appeals that wait for a judge, due first")
def list_appeals(request: HttpRequest) -> dict[str, Any]:
    """The first hundred the key's organisation may see."""
    return {"appeals": [appeal_document(row) for row in Appeal.objects.filter(state="filed").order_by("due_at", "id")[:100]]}


@appeals.get("/{int:appeal_id}", response=dict[str, Any], summary="An appeal")
def get_appeal(request: HttpRequest, appeal_id: int) -> dict[str, Any]:
    """What was said, and the judgement if there is one."""
    return appeal_document(_appeal(appeal_id))


@appeals.post("", response=dict[str, Any], auth=_WORK, summary="Appeal against a measure that hits the key's organisation")
def file(request: HttpRequest, given: AppealIn) -> dict[str, Any]:
    """Where the table says so the measure is stayed at once. Somebody who had no part in it judges."""
    actor = _actor(request)
    return appeal_document(services.file_appeal(given.measure, filed_by=next(iter(actor.organisations), ""), text=given.text,
                                                actor=actor, at=clock.now()))


class ReplacementIn(Schema):
    """The milder measure of a judgement that modifies; blank fields stay as they were."""

    kind: _Text = ""
    scope: dict[str, Any] | None = None
    expires_at: AwareDatetime | None = None


class JudgementIn(Schema):
    """What becomes of the measure, and why."""

    result: _Text = Field(description="upheld, overturned, modified or remitted")
    judgement: _Reason
    replacement: ReplacementIn | None = Field(None, description="with modified alone")


def _replacement(given: ReplacementIn | None) -> services.Replacement | None:
    return services.Replacement(kind=given.kind, scope=given.scope, expires_at=given.expires_at) if given else None


@appeals.post("/{int:appeal_id}/judge", response=dict[str, Any], auth=[Key("cases.work"), Person("appeals.judge")],
              summary="Judge an appeal (people only)")
def judge(request: HttpRequest, appeal_id: int, given: JudgementIn) -> dict[str, Any]:
    """People only."""
    return appeal_document(services.judge_appeal(
        _appeal(appeal_id).pk, result=given.result, judgement=given.judgement, actor=_actor(request),
        authenticated_at=signed_at(request), at=clock.now(), replacement=_replacement(given.replacement)))


def _appeal(appeal_id: int) -> Appeal:
    found = Appeal.objects.filter(pk=appeal_id).first()
    if found is None:
        raise NotFound("there is no such appeal, or it is not yours to see")
    return found


# --- signals ---------------------------------------------------------------------------------------------------------
class SignalRow(Schema):
    """A fact somebody or something observed."""

    kind: Literal["finding", "report", "dialtest", "model"]
    ground: _Text = Field(description="id from the closed list")
    subject_kind: Literal["site", "address", "code", "provider", "sponsor", "hash"]
    subject: _Text
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="your own id of it; the same id is received once")
    observer: Annotated[str, StringConstraints(min_length=1, max_length=70)] = Field(
        description="who observed; the same observer counts once")
    observed_at: AwareDatetime
    provider_id: _Text = ""
    score: float | None = Field(None, ge=0, le=1)
    facts: dict[str, str] = Field(default_factory=dict, max_length=20)


class SignalsIn(Schema):
    """Signals of one desk."""

    signals: list[SignalRow] = Field(min_length=1, max_length=MOST_SIGNALS)


@signals.post("", response=dict[str, Any], summary="Hand in signals")
def receive(request: HttpRequest, given: SignalsIn) -> dict[str, Any]:
    """They join the open case of their subject and ground, or open one. All of them or none; sending again is safe.

    Orders and determinations are entered by people: a program cannot say that an authority decided something.
    """
    actor = _actor(request)
    desk = listing.desk_of(actor)
    services.ensure_on_record(*{row.provider_id for row in given.signals})
    batch = [_signal(row, desk, actor.name) for row in given.signals]
    found = services.receive_signals(batch, actor=actor, at=clock.now())
    numbers = dict(Case.objects.filter(pk__in=set(found.case_of.values())).values_list("pk", "number"))
    return {"new": found.new, "repeated": found.repeated, "opened": len(found.opened), "joined": len(found.joined),
            "cases": {source.removeprefix(f"{actor.name}:"): numbers[case] for source, case in found.case_of.items()}}


def _signal(row: SignalRow, desk: str, program: str) -> SignalIn:
    subject = services.canonical_subject(row.subject_kind, row.subject)
    return SignalIn(kind=row.kind, desk_id=desk, ground=row.ground, subject_kind=row.subject_kind, subject=subject,
                    source=f"{program}:{row.source}", observer=row.observer, observed_at=row.observed_at,
                    provider_id=row.provider_id, score=row.score, facts=row.facts)
