"""Letters leave: the page is published, messages are handed to the mail server, and then the measure counts as notified.

Exactly once in effect: a try is claimed in one transaction, made outside any, and noted in another. Killed in between, the
next worker takes it again after the lease and sends the same message with the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import smtplib

from django.db.models import F, Q

from licet.casework.models import Measure
from licet.casework.rules import UnknownStep
from licet.casework.services import advance
from licet.casework.services.record import add_event, record
from licet.casework.tables import MEASURES
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.outside import NoPublicAddress, ensure_public_address
from licet.core.rls import acting_as
from licet.notices import profile_texts
from licet.notices.mail import message_of
from licet.notices.models import Delivery, Notice, Page
from licet.notices.rules import Bounce, retry_at
from licet.notices.services.pages import address_of, open_page
from licet.notices.tables import UNTOLD_EFFECTS
from licet.parties.selectors import permissions_of

BATCH = 100
_PROBLEM_CHARACTERS = 500
_UNTOLD = [measure.id for measure in MEASURES if measure.effect in UNTOLD_EFFECTS]


def deliver_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job. Returns how many deliveries were tried and measures notified.

    1. claim what is due  2. publish the page or send the message  3. note what came of it; a delivery that failed for
    good is a line in the case's timeline  4. notify every approved measure whose statement is on its page and has been
    handed to, or refused by, every other channel often enough (``block_tries``).
    """
    count = 0
    while count < batch:
        delivery = _claim(now)
        if delivery is None:
            break
        _deliver(delivery, now)
        count += 1
    return count + _notify_ready(now, batch)


def _claim(now: dt.datetime) -> Delivery | None:
    """The next delivery, marked as being tried until the lease is over; the mark is committed before anything is sent."""
    lease = dt.timedelta(minutes=profile_texts.limits().lease_minutes)
    with acting_as(WORKER):
        row = (Delivery.objects.select_for_update(skip_locked=True).filter(
            state__in=("waiting", "sending"), next_at__lte=now).order_by("next_at", "id").first())
        if row is None:
            return None
        Delivery.objects.filter(pk=row.pk).update(state="sending", tries=F("tries") + 1, next_at=now + lease)
        return Delivery.objects.select_related("notice", "notice__measure", "notice__measure__case").get(pk=row.pk)


def _deliver(delivery: Delivery, now: dt.datetime) -> None:
    if delivery.channel == "page":
        _publish(delivery, now)
        return
    with acting_as(WORKER):
        page = open_page(delivery.notice.measure, at=now)
    try:
        ensure_public_address()
        message = message_of(delivery, page_address=address_of(page), at=now)
        digest = hashlib.sha256(message.message().as_bytes()).hexdigest()
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        _note_failure(delivery, error, now)
    else:
        _note_sent(delivery, now, digest=digest)


def _publish(delivery: Delivery, now: dt.datetime) -> None:
    with acting_as(WORKER):
        page = open_page(delivery.notice.measure, at=now)
        Page.objects.filter(pk=page.pk, opened_at__isnull=True).update(opened_at=now)
    _note_sent(delivery, now)


def _note_sent(delivery: Delivery, now: dt.datetime, *, digest: str = "") -> None:
    with acting_as(WORKER):
        sent = Delivery.objects.filter(pk=delivery.pk, state="sending").update(
            state="sent", sent_at=now, problem="", message_sha256=digest)
        notice = delivery.notice
        if sent:
            record(notice.measure.case, f"notices:{delivery.channel}:sent", actor=WORKER, at=now,
                   note=f"{notice.number} ({notice.kind})",
                   data={"measure": notice.measure_id, "notice": notice.number, "letter": notice.kind,
                         "sha256": notice.sha256, "recipient": delivery.recipient, "message_sha256": digest})


def _note_failure(delivery: Delivery, error: Exception, now: dt.datetime) -> None:
    """Try again later; give up when the server refused for good or often enough, and let the desk see it."""
    bounce = _bounce(error)
    again = None if bounce.permanent else retry_at(delivery.tries, now, profile_texts.limits())
    with acting_as(WORKER):
        changed = Delivery.objects.filter(pk=delivery.pk, state="sending").update(
            state="failed" if again is None else "waiting", problem=bounce.text[:_PROBLEM_CHARACTERS],
            next_at=again or now)
        if changed and again is None:
            _show_failure(delivery.notice, delivery.recipient, bounce.text, WORKER, now)


def _show_failure(notice: Notice, recipient: str, text: str, actor: Actor, now: dt.datetime) -> None:
    add_event(notice.measure.case, "notices:mail:failed", actor=actor, at=now, note=text[:_PROBLEM_CHARACTERS],
              data={"measure": notice.measure_id, "notice": notice.number, "recipient": recipient})


def _bounce(error: Exception) -> Bounce:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return Bounce(permanent=code >= 500, text=f"{code} {_text(text)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return Bounce(permanent=False, text=f"{error.smtp_code} {_text(error.smtp_error)}")
    if isinstance(error, NoPublicAddress):
        return Bounce(permanent=False, text=str(error))
    return Bounce(permanent=False, text=f"{type(error).__name__}: {error}")


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _notify_ready(now: dt.datetime, batch: int) -> int:
    """Take the step for each approved measure whose statement arrived, each in a transaction of its own."""
    pending = Q(state__in=("waiting", "sending"), tries__lt=profile_texts.limits().block_tries) | Q(
        state__in=("waiting", "sending"), channel="page")
    with acting_as(WORKER):
        blocked = Delivery.objects.filter(pending, notice__kind="statement").values("notice__measure_id")
        told = Q(page__opened_at__isnull=False) | Q(kind__in=_UNTOLD)
        ready = list(Measure.objects.filter(told, state="approved", notices__kind="statement")
                     .exclude(pk__in=blocked).order_by("id").values_list("pk", "kind")[:batch])
    count = 0
    for measure_id, kind in ready:
        reason = "a referral is not told to a suspect" if kind in _UNTOLD else "the statement of reasons was delivered"
        try:
            advance(measure_id, "notified", actor=WORKER, reason=reason, at=now)
        except UnknownStep:  # it ended, or another worker was faster
            continue
        count += 1
    return count


# --- what people of the desk do --------------------------------------------------------------------------------------


def _visible(notice_id: int, actor: Actor) -> Notice:
    """The letter, if the actor works at its desk. Raises :class:`NotFound`."""
    found = Notice.objects.select_related("measure", "measure__case").filter(pk=notice_id).first()
    if found is None or "cases.work" not in permissions_of(actor) or not Page.objects.filter(
            measure=found.measure).exists():  # pages are seen by the desk alone
        raise NotFound("there is no such notice at your desk")
    return found


def send_to(notice_id: int, address: str, *, actor: Actor, at: dt.datetime) -> Delivery:
    """Send a letter to one more address: the owner's, found later. Raises :class:`BadInput` for what is no address."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from licet.notices.services.compose import message_id

    address = address.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise BadInput(f"{address!r} is no mail address", hint="name@example.org") from error
    with acting_as(actor):
        notice = _visible(notice_id, actor)
        if Delivery.objects.filter(notice=notice, channel="mail", address=address).exists():
            raise Conflict("it goes to this address already", hint="look at its delivery; try it again if it failed")
        delivery = Delivery.objects.create(
            notice=notice, desk_id=notice.desk_id, channel="mail", recipient="owner", address=address, next_at=at,
            message_id=message_id(notice, "mail", address))
        record(notice.measure.case, "notices:mail:addressed", actor=actor, at=at, note=notice.number,
               data={"notice": notice.number, "recipient": "owner"})
    return delivery


def try_again(delivery_id: int, *, actor: Actor, at: dt.datetime) -> Delivery:
    """A delivery that failed is tried again from the beginning, with the same Message-ID."""
    with acting_as(actor):
        delivery = _delivery(delivery_id, actor)
        if Delivery.objects.filter(pk=delivery.pk, state="failed").update(state="waiting", tries=0, next_at=at) != 1:
            raise Conflict("only a delivery that failed is tried again")
        record(delivery.notice.measure.case, "notices:mail:again", actor=actor, at=at, note=delivery.notice.number,
               data={"notice": delivery.notice.number, "recipient": delivery.recipient})
        delivery.refresh_from_db()
    return delivery


def came_back(delivery_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Delivery:
    """Somebody saw the message come back: it counts as failed. The page still counts, so the measure stands."""
    if not reason.strip():
        raise BadInput("a reason is missing", hint="what the returned message says")
    with acting_as(actor):
        delivery = _delivery(delivery_id, actor)
        if Delivery.objects.filter(pk=delivery.pk, channel="mail", state="sent").update(
                state="failed", problem=reason.strip()[:_PROBLEM_CHARACTERS]) != 1:
            raise Conflict("only a message that was sent can come back")
        _show_failure(delivery.notice, delivery.recipient, reason.strip(), actor, at)
        delivery.refresh_from_db()
    return delivery


def _delivery(delivery_id: int, actor: Actor) -> Delivery:
    found = Delivery.objects.select_related("notice__measure__case").filter(pk=delivery_id).first()
    if found is None or "cases.work" not in permissions_of(actor):
        raise NotFound("there is no such delivery at your desk")
    return found


def show_address(measure_id: int, *, actor: Actor, at: dt.datetime) -> str:
    """The address of a measure's page, to hand over by other means. Whoever asks is in the timeline and the journal."""
    with acting_as(actor):
        page = Page.objects.select_related("measure__case").filter(measure_id=measure_id).first()
        if page is None or "cases.work" not in permissions_of(actor):
            raise NotFound("there is no such page at your desk")
        record(page.measure.case, "notices:page:address_shown", actor=actor, at=at, data={"measure": measure_id})
        return address_of(page)
