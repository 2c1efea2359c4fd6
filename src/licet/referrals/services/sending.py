"""Handing over: a row when the measure was notified, the job that hands it over, what follows when it ends."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.db import transaction

from licet.casework.consequences import StepTaken
from licet.casework.models import Case, Measure
from licet.casework.services import advance
from licet.casework.services.record import record
from licet.casework.tables import MEASURE_BY_ID, TO_RESTORE
from licet.config.profile import load_profile
from licet.core.actors import WORKER, Actor
from licet.core.calendar import deadline_at
from licet.core.errors import BadInput, LicetError
from licet.core.rls import acting_as
from licet.evidence.models import Bag
from licet.evidence.services import bag_content
from licet.parties.models import Party
from licet.referrals.models import DeskKey, Referral
from licet.referrals.packages import parse_public
from licet.referrals.rules import Unclear, choose_police
from licet.referrals.tables import EFFECT, ENDS, ReferralState

BATCH = 50


def term_days(name: str) -> int:
    """Business days of the profile's section ``[referral]``."""
    return int(load_profile().evidence["referral"][name])


def on_step(taken: StepTaken) -> None:
    """Follower: a notified referral waits for the job; one that was ordered again goes out again; one that ended before
    it was answered is taken back. Writes rows only."""
    if MEASURE_BY_ID[taken.measure.kind].effect != EFFECT:
        return
    if taken.event == "notified":
        _enter(taken)
    elif taken.event == "ordered" and taken.frm == "failed":
        Referral.objects.filter(measure=taken.measure, state=ReferralState.FAILED).update(
            state=ReferralState.WAITING, problem="")
    elif taken.event in ENDS:
        Referral.objects.filter(measure=taken.measure).exclude(
            state__in=[ReferralState.ANSWERED, ReferralState.RECORDED, ReferralState.WITHDRAWN]).update(
            state=ReferralState.WITHDRAWN, withdrawn_at=taken.at, problem=taken.reason[:300])


def _enter(taken: StepTaken) -> None:
    measure, case = taken.measure, Case.objects.get(pk=taken.measure.case_id)
    Referral.objects.get_or_create(measure=measure, defaults={
        "number": f"R-{case.number}-{measure.pk}", "desk_id": measure.desk_id, "case_number": case.number,
        "police_id": "", "ground": case.ground_id, "subject": case.subject_key, "created_at": taken.at,
        "message": str(measure.attachments.get("message", ""))})
    from licet.referrals.tasks import send  # the queue takes its time to load

    send.configure(queueing_lock=None).defer(timestamp=0)  # in the step's transaction: both or neither


def send_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: hand over what waits. Returns how many; one transaction each, safe to run twice."""
    count = 0
    with acting_as(WORKER):
        waiting = list(Referral.objects.filter(state=ReferralState.WAITING).order_by("pk").values_list(
            "pk", flat=True)[:batch])
    for referral_id in waiting:
        with acting_as(WORKER):
            count += _send(referral_id, now)
    return count


def _send(referral_id: int, now: dt.datetime) -> int:
    referral = Referral.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=referral_id, state=ReferralState.WAITING).first()
    if referral is None:
        return 0
    measure = Measure.objects.get(pk=referral.measure_id)
    if measure.state == "notified":
        measure = advance(measure, "ordered", actor=WORKER, reason="referred to the police desk", at=now)
    if measure.state != "ordered":
        return 0  # it ended meanwhile, or is stayed; what follows writes the row
    try:
        police, bag = _police(referral, measure), _bag(measure)
    except LicetError as error:
        referral.state, referral.problem = ReferralState.FAILED, error.message[:300]
        referral.save(update_fields=["state", "problem"])
        advance(measure, "failed", actor=WORKER, reason=error.message, at=now)
        return 0
    referral.police_id, referral.bag, referral.bag_sha256 = police, bag, bag.sha256
    referral.state, referral.sent_at, referral.problem = ReferralState.SENT, now, ""
    referral.receipt_due_at = deadline_at(now, term_days("receipt_days"))
    referral.save()
    tell(referral, "sent", actor=WORKER, at=now, data={"police": police, "bag": bag.ref, "bag_sha256": bag.sha256})
    return 1


def tell(referral: Referral, event: str, *, actor: Actor, at: dt.datetime, note: str = "",
         data: dict[str, Any] | None = None) -> None:
    """A line in the case's timeline and the journal entry. The caller acts with a scope that may write both."""
    case = Case.objects.get(number=referral.case_number)
    record(case, f"referrals:referral:{event}", actor=actor, at=at, note=note,
           data={"referral": referral.number, **(data or {})})


def _police(referral: Referral, measure: Measure) -> str:
    desks = dict(Party.objects.filter(kind="police", until__isnull=True).values_list("party_id", "region"))
    desk = Party.objects.filter(party_id=referral.desk_id, until__isnull=True).first()
    named = referral.police_id or str(measure.attachments.get("police", ""))
    chosen = choose_police(named, desk.region if desk else "", desks)
    if isinstance(chosen, Unclear):
        raise BadInput(chosen.text, hint="name a police desk")
    return chosen.police_id


def _bag(measure: Measure) -> Bag:
    """The sealed bag, read once more: what is handed over is what was sealed."""
    ref = str(measure.attachments.get("bag", "")).split()[0] if measure.attachments.get("bag") else ""
    bag = Bag.objects.select_related("locker").filter(ref=ref).first()
    if bag is None:
        raise BadInput(f"there is no bag {ref}")
    digest = hashlib.sha256()
    for piece in bag_content(bag):
        digest.update(piece)
    if digest.hexdigest() != bag.sha256:
        raise BadInput(f"bag {ref} is not what was sealed")
    return bag


def name_police(number: str, police_id: str, *, reason: str, actor: Actor, at: dt.datetime) -> Referral:
    """A person names the police desk of a referral that found none, and it goes out again."""
    from licet.referrals.selectors import by_number

    with acting_as(actor):
        seen = by_number(number)
        with acting_as(WORKER):
            if not Party.objects.filter(party_id=police_id, kind="police", until__isnull=True).exists():
                raise BadInput(f"{police_id} is no police desk on record")
            Referral.objects.filter(pk=seen.pk, state=ReferralState.FAILED).update(police_id=police_id)
        advance(seen.measure_id, "ordered", actor=actor, reason=reason, at=at)
        seen.refresh_from_db()
        return seen


def close_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: a referral that was taken back has nothing to restore but the telling, which its page does."""
    with acting_as(WORKER):
        ended = list(Measure.objects.filter(kind__in=[kind.id for kind in MEASURE_BY_ID.values() if kind.effect == EFFECT],
                                            state__in=[state.value for state in TO_RESTORE]).order_by("pk")
                     .values_list("pk", flat=True)[:batch])
    for measure_id in ended:
        with acting_as(WORKER), transaction.atomic():
            measure = Measure.objects.select_for_update(of=("self",)).get(pk=measure_id)
            if measure.state in TO_RESTORE:
                advance(measure, "restored", actor=WORKER, reason="the referral is marked as withdrawn", at=now)
                advance(measure, "restoration_verified", actor=WORKER, reason="the police desk sees it", at=now)
    return len(ended)


def set_key(party_id: str, public_key: str, *, actor: Actor, at: dt.datetime) -> DeskKey:
    """From now on packages for a police desk are encrypted to this key. Raises :class:`BadInput`."""
    parse_public(public_key)
    with acting_as(actor):
        if not Party.objects.filter(party_id=party_id, kind="police", until__isnull=True).exists():
            raise BadInput(f"{party_id} is no police desk on record")
        DeskKey.objects.filter(party_id=party_id, ended_at__isnull=True).update(ended_at=at)
        return DeskKey.objects.create(party_id=party_id, public_key=public_key.strip(), added_by=actor.name, added_at=at)
