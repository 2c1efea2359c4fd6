"""The police desk's side: fetching the package, the receipt, the answer; and the desk that records it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator

from licet.casework.models import Case, Determination, Measure
from licet.casework.services import advance, record_determination
from licet.core.actors import WORKER, Actor, Scope
from licet.core.calendar import deadline_at
from licet.core.errors import BadInput, Conflict, NotAllowed
from licet.core.rls import acting_as
from licet.evidence.models import Bag
from licet.evidence.services import bag_content, handed_on
from licet.parties.selectors import permissions_of
from licet.referrals.models import DeskKey, Referral
from licet.referrals.packages import parse_public, seal_for
from licet.referrals.selectors import by_number
from licet.referrals.services.sending import tell, term_days
from licet.referrals.tables import ANSWER, ReferralState

S = ReferralState


@dataclasses.dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the police desk hands back: who has it, under which number, and the SHA-256 of the archive as it arrived."""

    name: str
    document_no: str
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """What the police desk determined, in writing."""

    result: str  # illegal, not_illegal, insufficient
    document_no: str
    determined_on: dt.date
    text: str = ""


def _ours(number: str, actor: Actor) -> Referral:
    """The referral, if the actor is of the police desk it went to. Raises :class:`NotAllowed`, ``NotFound``."""
    referral = by_number(number)
    if referral.police_id not in actor.organisations or ANSWER not in permissions_of(actor):
        raise NotAllowed("this is answered by the police desk it went to")
    return referral


def _locked(referral: Referral, *states: ReferralState) -> Referral:
    locked = Referral.objects.select_for_update(of=("self",)).get(pk=referral.pk)
    if locked.state not in states:
        raise Conflict(f"the referral is {locked.state}", hint=f"possible while it is {' or '.join(states)}")
    return locked


def fetch_package(number: str, *, purpose: str, actor: Actor, at: dt.datetime) -> tuple[str, Iterator[bytes]]:
    """The package's file name and bytes, for the police desk: the sealed bag, encrypted to the desk's key if it gave
    one. A line of custody and a journal entry say who fetched it and why."""
    if not purpose.strip():
        raise BadInput("a purpose is missing", hint="say in a sentence why")
    with acting_as(actor):
        referral = _ours(number, actor)
        with acting_as(WORKER):
            if referral.state == S.WITHDRAWN or referral.bag_id is None:
                raise Conflict("the referral was withdrawn")
            bag = Bag.objects.select_related("locker").get(pk=referral.bag_id)
            content = bag_content(bag)
            key = DeskKey.objects.filter(party_id=referral.police_id, ended_at__isnull=True).first()
            tell(referral, "fetched", actor=actor, at=at, note=purpose.strip()[:500], data={"encrypted": key is not None})
            handed_on(bag, to=referral.police_id, purpose=purpose, actor=actor, at=at)
    if key is None:
        return f"{bag.ref}.zip", content
    return f"{bag.ref}.zip.sealed", seal_for(parse_public(key.public_key), content)


def acknowledge(number: str, receipt: Receipt, *, actor: Actor, at: dt.datetime) -> Referral:
    """The receipt. If its hash is the bag's the measure is carried out and verified and the reply clock starts;
    otherwise the receipt is written down, and the package must be fetched again.

    Raises :class:`BadInput` for an empty receipt, :class:`Conflict` for one that came already.
    """
    sha256 = receipt.sha256.strip().lower()
    if not receipt.name.strip() or not receipt.document_no.strip() or len(sha256) != 64:
        raise BadInput("a receipt has a name, a document number and the SHA-256 of the archive",
                       hint="sha256sum shows it; of an encrypted package, after opening it")
    with acting_as(actor):
        seen = _ours(number, actor)
        with acting_as(WORKER):
            referral = _locked(seen, S.SENT)
            same = sha256 == referral.bag_sha256
            referral.received_by, referral.receipt_no = receipt.name.strip()[:120], receipt.document_no.strip()[:120]
            referral.receipt_sha256 = sha256
            if same:
                referral.state, referral.received_at, referral.problem = S.RECEIVED, at, ""
                referral.reply_due_at, referral.escalated_at = deadline_at(at, term_days("reply_days")), None
            else:
                referral.problem = "the receipt names another hash than the bag's"
            referral.save()
            _carry_out(referral, same=same, at=at)
            tell(referral, "acknowledged" if same else "mismatched", actor=actor, at=at, note=referral.receipt_no,
                 data={"sha256": sha256})
            return referral


def _carry_out(referral: Referral, *, same: bool, at: dt.datetime) -> None:
    reason = f"receipt {referral.receipt_no} of {referral.police_id}"
    measure = Measure.objects.get(pk=referral.measure_id)
    if measure.state == "ordered":
        measure = advance(measure, "acknowledged", actor=WORKER, reason=reason, at=at)
    measure = advance(measure, "done", actor=WORKER, reason=reason, at=at)
    if same:
        advance(measure, "verified", actor=WORKER, reason="the receipt's hash is the bag's", at=at)
    else:
        advance(measure, "disagreed", actor=WORKER, reason=referral.problem, at=at)


def answer(number: str, reply: Reply, *, actor: Actor, at: dt.datetime) -> Referral:
    """The police desk's answer. A named person of the sending desk then records it (:func:`record_answer`).

    Raises :class:`BadInput` without a document number or with another result, :class:`Conflict` out of turn.
    """
    if reply.result not in Determination.RESULTS or not reply.document_no.strip():
        raise BadInput("an answer has a document number and one of three results",
                       hint=f"results: {', '.join(Determination.RESULTS)}")
    if reply.determined_on > at.date() + dt.timedelta(days=1):
        raise BadInput("that day has not come yet")
    with acting_as(actor):
        seen = _ours(number, actor)
        with acting_as(WORKER):
            referral = _locked(seen, S.RECEIVED)
            referral.state, referral.result, referral.answered_at = S.ANSWERED, reply.result, at
            referral.document_no, referral.determined_on = reply.document_no.strip()[:120], reply.determined_on
            referral.text = reply.text
            referral.save()
            tell(referral, "answered", actor=actor, at=at, note=referral.document_no, data={"result": reply.result})
            return referral


def record_answer(number: str, *, actor: Actor, at: dt.datetime) -> Referral:
    """A person of the sending desk records the answer as a determination; what follows from it follows at once."""
    with acting_as(actor):
        seen = by_number(number)
        with acting_as(WORKER):
            referral = _locked(seen, S.ANSWERED)
            case = Case.objects.get(number=referral.case_number)
        assert referral.determined_on is not None  # a constraint says so
        determination = record_determination(
            case.pk, document_no=referral.document_no, authority_id=referral.police_id, result=referral.result,
            determined_on=referral.determined_on, text=referral.text, actor=actor, at=at)
        with acting_as(WORKER):
            referral.refresh_from_db()
            referral.state, referral.determination = S.RECORDED, determination
            referral.recorded_by_id = actor.user_id
            referral.save(update_fields=["state", "determination", "recorded_by"])
            tell(referral, "recorded", actor=actor, at=at, note=referral.document_no)
            return referral


def escalate_overdue(now: dt.datetime, *, batch: int = 200) -> int:
    """The job: what was not acknowledged or answered in time is said in the case, once per clock."""
    count = 0
    with acting_as(WORKER):
        late = Referral.objects.filter(escalated_at__isnull=True)
        rows = [*late.filter(state=S.SENT, receipt_due_at__lt=now)[:batch],
                *late.filter(state=S.RECEIVED, reply_due_at__lt=now)[:batch]]
    for row in rows:
        with acting_as(WORKER):
            changed = Referral.objects.filter(pk=row.pk, state=row.state, escalated_at__isnull=True).update(
                escalated_at=now)
            if changed:
                tell(row, "overdue", actor=WORKER, at=now, data={"waits_for": "receipt" if row.state == S.SENT
                                                                 else "answer"})
                count += 1
    return count


def is_police(actor: Actor) -> bool:
    """The actor answers referrals."""
    return actor.scope is not Scope.SYSTEM and ANSWER in permissions_of(actor)
