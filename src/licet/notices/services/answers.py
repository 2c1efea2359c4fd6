"""What comes back over the page: an answer with documents, an appeal. Whoever has the token speaks for whoever is hit."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Sequence

from licet.casework.models import Appeal, Measure
from licet.casework.services import file_appeal
from licet.casework.services.record import record
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.rls import acting_as
from licet.evidence.services import NewItem, add_item
from licet.evidence.tables import HASH_ONLY_GROUNDS
from licet.notices import profile_texts
from licet.notices.models import Answer, AnswerDocument, Page
from licet.notices.rules import NoDocument, clean_name, document_format
from licet.notices.services.clocks import close_clocks
from licet.notices.services.pages import page_of
from licet.notices.tables import DocumentFormat

_HOLDER_CHARACTERS = 12
HOLDER = Actor(name="holder", scope=WORKER.scope)  # the rule let the token's holder write; the journal says who it was


class PageGone(NotFound):
    """There is no such page, or it is closed."""

    code = "page_gone"
    hint = "check the address in the letter; some time after a measure ended its page closes"


class TooMany(Conflict):
    """More answers in a day than the desk can read."""

    code = "too_many_answers"
    status = 429
    hint = "come back tomorrow, or write to the contact in the letter"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Handed:
    """A file somebody handed in."""

    name: str
    content: bytes


def read_page(token: str, *, at: dt.datetime) -> Page:
    """The page of a token; that somebody read it is noted, to the hour. Raises :class:`PageGone`."""
    with acting_as(WORKER):
        page = page_of(token, at)
        if page is None:
            raise PageGone
        hour = at.replace(minute=0, second=0, microsecond=0)
        if page.last_read_at is None or page.last_read_at < hour:
            Page.objects.filter(pk=page.pk).update(last_read_at=hour)
        return page


def answer(token: str, *, text: str, files: Sequence[Handed], at: dt.datetime) -> Answer:
    """Take an answer: words, documents, or both. What a file is, its content decides; it is kept as evidence.

    Raises :class:`PageGone`, :class:`TooMany`, :class:`~licet.notices.rules.NoDocument` naming the file, and
    :class:`BadInput` for too much or nothing at all.
    """
    limits = profile_texts.limits()
    text = _checked(text, limits.text_characters)
    kept = [(file, _document(file, limits.file_bytes)) for file in files[: limits.files + 1]]
    if not text and not kept:
        raise BadInput("there is neither a word nor a document", hint="write something, or choose a file")
    if len(kept) > limits.files:
        raise BadInput(f"at most {limits.files} documents at a time", hint="send the rest with another answer")
    with acting_as(HOLDER):
        page = _open(token, at)
        if kept and page.measure.case.ground_id in HASH_ONLY_GROUNDS:
            raise NoDocument("in this case no files are taken, not even documents", hint="say it in words")
        measure = Measure.objects.select_for_update(no_key=True, of=("self",)).get(pk=page.measure_id)
        since = at - dt.timedelta(days=1)
        if Answer.objects.filter(measure=measure, at__gt=since).count() >= limits.answers_a_day:
            raise TooMany
        hashes = [hashlib.sha256(file.content).hexdigest() for file, _ in kept]
        digest = hashlib.sha256("\0".join([text, *hashes]).encode()).hexdigest()
        row = Answer.objects.create(measure=measure, case_id=measure.case_id, desk_id=measure.desk_id, at=at, text=text,
                                    sha256=digest)
        for (file, found), sha256 in zip(kept, hashes, strict=True):
            _keep(row, file, found, sha256=sha256, holder=_holder(page))
        close_clocks(measure, "answer", at=at)
        record(measure.case, "notices:answer:received", actor=_holder(page), at=at, data={
            "measure": measure.pk, "answer": row.pk, "sha256": digest, "documents": hashes})
    return row


def _checked(text: str, most: int) -> str:
    text = "".join(sign for sign in text.strip() if sign.isprintable() or sign in "\r\n\t")
    if len(text) > most:
        raise BadInput(f"the text is longer than {most} characters", hint="shorten it, or hand it in as a document")
    return text


def _document(file: Handed, most: int) -> DocumentFormat:
    if len(file.content) > most:
        raise NoDocument(f"{file.name}: larger than {most // 1024 // 1024} MB", hint="hand in a smaller document")
    try:
        return document_format(file.content, profile_texts.formats())
    except NoDocument as error:
        raise NoDocument(f"{file.name}: {error.message}", hint=error.hint) from error


def _keep(row: Answer, file: Handed, found: DocumentFormat, *, sha256: str, holder: Actor) -> None:
    """The content becomes an item of evidence of the case: encrypted, stamped, with custody."""
    name = clean_name(file.name, found)
    item = add_item(row.case.number, NewItem(kind="file", title=f"{name} ({row.number})"[:150], file_name=name),
                    [file.content], purpose="handed in by whoever is hit, with an answer", actor=holder, at=row.at)
    AnswerDocument.objects.create(answer=row, desk_id=row.desk_id, name=name, format=found.id,
                                  size_bytes=len(file.content), sha256=sha256, evidence_ref=item.ref)


def _open(token: str, at: dt.datetime) -> Page:
    page = page_of(token, at)
    if page is None:
        raise PageGone
    return page


def holder_name(page: Page) -> str:
    """Who filed, as it is written down: the page, never the token."""
    return f"holder:{page.token_sha256[:_HOLDER_CHARACTERS]}"


def _holder(page: Page) -> Actor:
    return dataclasses.replace(HOLDER, name=holder_name(page))


def appeal(token: str, *, text: str, at: dt.datetime) -> Appeal:
    """File an appeal for whoever has the token. Raises :class:`PageGone` and the refusals of ``rules.may_appeal``."""
    text = _checked(text, profile_texts.limits().text_characters)
    if not text:
        raise BadInput("an appeal says why", hint="say in a sentence what is wrong")
    with acting_as(WORKER):
        page = _open(token, at)
    return file_appeal(page.measure_id, filed_by=holder_name(page), text=text, actor=_holder(page), at=at)


def mark_read(answer_id: int, *, actor: Actor, at: dt.datetime) -> Answer:
    """Somebody of the desk read an answer."""
    with acting_as(actor):
        if actor.user_id is None:
            raise NotFound("there is no such answer at your desk")
        Answer.objects.filter(pk=answer_id, read_at__isnull=True).update(read_at=at, read_by=actor.user_id)
        row = Answer.objects.select_related("measure__case").filter(pk=answer_id).first()
        if row is None:
            raise NotFound("there is no such answer at your desk")
        record(row.measure.case, "notices:answer:read", actor=actor, at=at, data={"answer": row.pk})
    return row
