"""Letters are composed inside the step they tell of: what cannot be said completely undoes the step.

Nothing is sent here; :mod:`licet.notices.services.delivery` does that later, from the rows written here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils.translation import override
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from licet.casework.consequences import StepTaken
from licet.casework.models import Appeal, Case, Measure, MeasureTransition
from licet.casework.panels import why
from licet.casework.tables import MEASURE_BY_ID
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.notices import profile_texts
from licet.notices.fields import (
    AppealJudgement,
    AppealReceipt,
    Ended,
    Letter,
    Rectification,
    Reminder,
    Statement,
    missing,
)
from licet.notices.models import Clock, Delivery, Notice, Page
from licet.notices.sentences import day, local_day, minute, say, word
from licet.notices.services import facts
from licet.notices.services.clocks import end_clocks, start_clocks
from licet.notices.services.documents import Numbered, digest, document, plain
from licet.notices.services.pages import open_page
from licet.notices.services.people import addressee, contact, organisation, persons, posts, subject
from licet.notices.tables import CLOCK_BY_ID, ENDS, LANGUAGES, NOTICE_BY_ID, UNTOLD_EFFECTS

Builder = Callable[[str], Letter]
_NEXT_NUMBER = """
INSERT INTO notices_numbering (desk_id, year, last) VALUES (%s, %s, 1)
ON CONFLICT (desk_id, year) DO UPDATE SET last = notices_numbering.last + 1 RETURNING last
"""


def on_step(taken: StepTaken) -> None:
    """Follower of casework's steps. Raises :class:`~licet.notices.fields.PlaceholderEmpty`, which undoes the step.

    approved: the statement of reasons, and the request to rectify where a day is set · notified: the clocks start ·
    every end: the clocks stop and whoever was told of the measure is told of its end.
    """
    measure = taken.measure
    if taken.event == "approved":
        _compose_statement(measure, taken.at)
        _soon()
    elif taken.event == "notified":
        start_clocks(measure, at=taken.at)
    elif taken.event in ENDS:
        _compose_end(taken)


def _soon() -> None:
    """Let the worker look at once: with the step, or not at all. One job that waits already is enough, and a second
    signature before it ran must not fail for it."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task("notices:deliver", lock="notices:deliver").defer(timestamp=0)


def _compose_statement(measure: Measure, at: dt.datetime) -> None:
    case = Case.objects.get(pk=measure.case_id)
    open_page(measure, at=at)
    notice = compose(measure, "statement", lambda language: facts.statement(measure, case, language), at=at,
                     cause="approved")
    facts.ensure_nobody_named(notice.text, case)
    if measure.deadline_on is not None:
        compose(measure, "rectification", lambda language: _rectification(measure, case, language), at=at,
                cause="approved")


def preview(measure: Measure, at: dt.datetime) -> dict[str, Any]:
    """What the statement will say, per language, before anybody signs: ``document``, and ``missing`` placeholders."""
    case = Case.objects.get(pk=measure.case_id)
    found: dict[str, Any] = {}
    for language in LANGUAGES:
        letter = facts.statement(measure, case, language)
        gaps = [name for name in missing(letter) if not (name == "decided_by" and measure.decided_by_id is None)]
        filled = _with_marks(letter, missing(letter), language)
        found[language] = {"missing": gaps, "document": document(
            "statement", filled, number="–", at=at, language=language)}
    return found


def _with_marks(letter: Statement, gaps: tuple[str, ...], language: str) -> Statement:
    """A letter whose gaps can be seen; who decides stands there once they signed."""
    return dataclasses.replace(letter, **{name: say("whoever_signs" if name == "decided_by" else "gap", language)
                                          for name in gaps})


def compose(measure: Measure, kind: str, build: Builder, *, at: dt.datetime, cause: str,
            appeal: Appeal | None = None) -> Notice:
    """Write one letter with its deliveries, once per measure, kind and cause; the actor is the system."""
    found = Notice.objects.filter(measure=measure, kind=kind, cause=cause).first()
    if found is not None:
        return found
    letters = {language: build(language) for language in LANGUAGES}
    number = _number(measure.desk_id, at)
    body = {language: document(NOTICE_BY_ID[kind].text, letters[language], number=number.written(language), at=at,
                               language=language) for language in LANGUAGES}
    text = plain(body)
    notice = Notice.objects.create(measure=measure, appeal=appeal, desk_id=measure.desk_id, kind=kind, cause=cause,
                                   number=number.stored, composed_at=at, body=body, text=text, sha256=digest(text))
    _address(notice, measure, at)
    return notice


def _number(desk_id: str, at: dt.datetime) -> Numbered:
    """The next number of the desk's year; taken under a lock that lasts until the transaction ends, so there is no gap."""
    year = local_day(at).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_NUMBER, [desk_id, year])
        seq = int(cursor.fetchone()[0])
    return Numbered(stored=profile_texts.number("id", year=year, seq=seq), year=year, seq=seq)


def _address(notice: Notice, measure: Measure, at: dt.datetime) -> None:
    """A delivery per channel and address: the page always, mail where an address is known; none for what is not told."""
    if MEASURE_BY_ID[measure.kind].effect in UNTOLD_EFFECTS:
        return
    addresses: dict[str, str] = {}
    for party_id, recipient in ((measure.provider_id, "provider"), (measure.subject_party, "subject")):
        for post in posts(party_id):
            addresses.setdefault(post.email.strip(), recipient)
    owner = str(measure.attachments.get("owner_email", "")).strip()
    if owner:
        addresses.setdefault(owner, "owner")
    rows = [("page", "owner", ""), *(("mail", recipient, address) for address, recipient in addresses.items())]
    Delivery.objects.bulk_create([
        Delivery(notice=notice, desk_id=notice.desk_id, channel=channel, recipient=recipient, address=address,
                 next_at=at, message_id=message_id(notice, channel, address)) for channel, recipient, address in rows])


def message_id(notice: Notice, channel: str, address: str) -> str:
    """The same for every try: made from the letter and the address."""
    digest_of = hashlib.sha256(f"{notice.sha256}\0{channel}\0{address}".encode()).hexdigest()[:32]
    return f"notice-{notice.pk}-{digest_of}"


# --- the kinds -------------------------------------------------------------------------------------------------------


def _common(measure: Measure, case: Case, language: str) -> dict[str, str]:
    return {"organisation": organisation(measure.desk_id, language), "addressee": addressee(measure, case, language),
            "subject": subject(case, language), "case_number": case.number,
            "measure": word(MEASURE_BY_ID[measure.kind], language), "contact": contact(measure.desk_id, language)}


def _statement_of(measure: Measure, language: str) -> str:
    notice = Notice.objects.filter(measure=measure, kind="statement").first()
    if notice is None:
        return ""
    page = notice.body[language]
    return say("letter", language, title=page["title"], number=page["number"])


def _rectification(measure: Measure, case: Case, language: str) -> Rectification:
    assert measure.deadline_on is not None
    return Rectification(
        **_common(measure, case, language), statement=_statement_of(measure, language),
        facts=facts.facts(measure, case, language), rule=facts.rule(measure, language),
        deadline=say("deadline", language, day=day(measure.deadline_on, language)),
        consequence=str(getattr(CLOCK_BY_ID["rectification"], f"consequence_{language}")))


def _compose_end(taken: StepTaken) -> None:
    """Tell of the end whoever was told of the beginning; a letter that had not left yet never leaves."""
    measure = taken.measure
    end_clocks(measure, at=taken.at)
    closes = taken.at + dt.timedelta(days=profile_texts.limits().days_after_end)
    Page.objects.filter(measure=measure).update(closes_at=closes)
    if not MeasureTransition.objects.filter(measure=measure, event="notified").exists():
        Delivery.objects.filter(notice__measure=measure, state="waiting").update(
            state="cancelled", problem="the measure ended before anybody was told of it")
        return
    if not Notice.objects.filter(measure=measure, kind="statement").exists():
        return  # decided before letters were kept here
    case = Case.objects.get(pk=measure.case_id)
    kind = ENDS[taken.event]
    compose(measure, kind, lambda language: _ended(taken, case, kind, language), at=taken.at, cause=taken.event)


def _ended(taken: StepTaken, case: Case, kind: str, language: str) -> Ended:
    measure = taken.measure
    reason = say("why_expired", language) if kind == "expired" else (
        say("result_defaulted", language) if taken.event == "defaulted" else _in(language, taken.reason))
    return Ended(
        **_common(measure, case, language), statement=_statement_of(measure, language),
        ended=say(f"ended_{kind}", language, day=day(taken.at, language)), reason=reason,
        restoration=say(_restoration(measure), language))


def _in(language: str, reason: str) -> str:
    """What a person wrote as it stands, what Licet noted by itself in the letter's language."""
    with override("zh-hans" if language == "zh" else "en"):
        return why(reason)


def _restoration(measure: Measure) -> str:
    effect = MEASURE_BY_ID[measure.kind].effect
    if effect == "none" or not MeasureTransition.objects.filter(measure=measure, event="ordered").exists():
        return "restoration_nothing"
    return "restoration_ordered" if effect in {"cut_access", "cut_billing"} else "restoration_entry"


def compose_receipt(appeal: Appeal) -> Notice:
    """The receipt of an appeal, and the clock of whoever must judge it."""
    measure, case = appeal.measure, appeal.measure.case
    stays = MEASURE_BY_ID[measure.kind].stays
    return compose(measure, "appeal_receipt", lambda language: AppealReceipt(
        **_common(measure, case, language), statement=_statement_of(measure, language),
        filed=minute(appeal.filed_at, language), stay=say("stay_yes" if stays else "stay_no", language),
        judging=say("judging", language, day=minute(appeal.due_at, language))),
        at=appeal.filed_at, cause=f"appeal:{appeal.pk}", appeal=appeal)


def compose_judgement(appeal: Appeal) -> Notice:
    """The judgement of an appeal with its reasons."""
    measure, case = appeal.measure, appeal.measure.case
    assert appeal.judged_at is not None
    return compose(measure, "appeal_judgement", lambda language: _judgement(appeal, measure, case, language),
                   at=appeal.judged_at, cause=f"appeal:{appeal.pk}", appeal=appeal)


def _judgement(appeal: Appeal, measure: Measure, case: Case, language: str) -> AppealJudgement:
    ended = measure.transitions.filter(event__in=list(ENDS)).exists()
    follows = ("follows_upheld_ended" if ended else "follows_upheld") if appeal.state == "upheld" else (
        "follows_overturned")
    if appeal.judge is None:
        judged, reasons = say("judged_default", language), say("result_defaulted", language)
    else:
        judged = say("judged", language, organisation=organisation(measure.desk_id, language),
                     people=persons([appeal.judge], measure.desk_id, language))
        reasons = appeal.judgement
    return AppealJudgement(
        **_common(measure, case, language), statement=_statement_of(measure, language),
        result=say(f"result_{appeal.state}", language), judgement=reasons, follows=say(follows, language),
        judged_by=judged)


def compose_reminder(clock: Clock, at: dt.datetime) -> Notice:
    """A reminder before a clock runs out, once per clock."""
    measure, case = clock.measure, clock.measure.case
    return compose(measure, "reminder", lambda language: Reminder(
        **_common(measure, case, language), statement=_statement_of(measure, language),
        clock=word(CLOCK_BY_ID[clock.kind], language), due=minute(clock.due_at, language),
        consequence=str(getattr(clock, f"consequence_{language}"))), at=at, cause=f"clock:{clock.pk}")


def compose_due(now: dt.datetime, *, batch: int = 200) -> int:
    """The job: receipts and judgements of appeals that have none yet, each in a transaction of its own.

    Appeals are filed by several doors and not every one is a step of the measure; their letters follow within a minute.
    """
    count = 0
    for kind, build, condition in (("appeal_receipt", compose_receipt, {}),
                                   ("appeal_judgement", compose_judgement, {"judged_at__isnull": False})):
        while count < batch:
            with acting_as(WORKER):
                done = Notice.objects.filter(kind=kind, appeal__isnull=False).values("appeal_id")
                appeal = (Appeal.objects.filter(filed_at__lte=now, measure__notices__kind="statement", **condition)
                          .exclude(pk__in=done).select_for_update(skip_locked=True, of=("self",)).order_by("id").first())
                if appeal is None:
                    break
                build(appeal)
                _appeal_clocks(appeal, kind, now)
            count += 1
    return count


def _appeal_clocks(appeal: Appeal, kind: str, now: dt.datetime) -> None:
    from licet.notices.services.clocks import judged_clock, judging_clock

    if kind == "appeal_receipt":
        judging_clock(appeal)
    if appeal.judged_at is not None:
        judged_clock(appeal, at=min(now, appeal.judged_at))
