"""What the pages of notices show, ready for their templates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from licet.casework.models import Appeal, Case, Measure
from licet.casework.rules import appeal_deadline, may_appeal
from licet.casework.selectors import state_of
from licet.casework.services import filing_facts
from licet.casework.tables import CAN_EXPIRE, MEASURE_BY_ID, MeasureState
from licet.console.components import Cell, Column, Fact, Row
from licet.core.language import language
from licet.evidence.tables import HASH_ONLY_GROUNDS
from licet.notices import profile_texts, selectors
from licet.notices.fonts import cjk_family
from licet.notices.models import Answer, Clock, Notice, Page
from licet.notices.sentences import minute
from licet.notices.services.people import organisation, subject
from licet.notices.tables import CLOCK_BY_ID, FORMAT_BY_ID, NOTICE_BY_ID


def kind_word(kind: str) -> str:
    """A kind of letter in the active language."""
    return str(getattr(NOTICE_BY_ID[kind], language()))


def clock_rows(clocks: list[Clock], now: dt.datetime) -> list[dict[str, Any]]:
    """Running clocks: word, due, consequence. What time or a decision stopped runs no more, whether or not a job wrote it
    down."""
    return [{"label": str(getattr(CLOCK_BY_ID[row.kind], language())), "due_at": row.due_at,
             "consequence": str(getattr(row, f"consequence_{language()}")), "kind": row.kind}
            for row in clocks if _runs(row, now)]


_GOES_ON = frozenset({"appeal_window", "judgement"})  # an ended measure leaves a record, so these outlast it


def _runs(row: Clock, now: dt.datetime) -> bool:
    if row.closed_at is not None or row.due_at <= now:
        return False
    if row.appeal is not None and row.appeal.state != "filed":
        return False
    return row.kind in _GOES_ON or state_of(row.measure, now) in CAN_EXPIRE


# --- the page without an account -------------------------------------------------------------------------------------


def portal(page: Page, token: str, now: dt.datetime) -> dict[str, Any]:
    """Everything the page of a token shows; the actor is the system."""
    measure, case = page.measure, page.measure.case
    state = state_of(measure, now)
    letters = selectors.published_notices(measure.pk)
    statement = next(row for row in letters if row.kind == "statement")
    has_font = bool(cjk_family())
    return {
        "title": str(getattr(MEASURE_BY_ID[measure.kind], language())), "about": subject(case, language()),
        "case_number": case.number, "state": f"measure-{state.value}", "stands": _stands(measure, state),
        "letter": statement.body[language()], "clocks": clock_rows(selectors.clocks_of(measure.pk), now),
        "letters": [{"page": row.body[language()], "print_url": reverse("notice_letter", args=[token, row.pk]),
                     "pdf_url": reverse("notice_letter_pdf", args=[token, row.pk]) if has_font else ""}
                    for row in letters],
        "files": case.ground_id not in HASH_ONLY_GROUNDS, "receipts": _receipts(page, token),
        "appeal": _appeal(page, now), "accept": _accepted(), "taken": _taken(),
        "most": profile_texts.limits().text_characters, "answer_url": reverse("notice_answer", args=[token]),
        "appeal_url": reverse("notice_appeal", args=[token])}


_WORDS = {
    MeasureState.APPROVED: "told", MeasureState.NOTIFIED: "told", MeasureState.ORDERED: "ordered",
    MeasureState.ACKNOWLEDGED: "ordered", MeasureState.FAILED: "ordered", MeasureState.DONE: "done",
    MeasureState.VERIFIED: "done", MeasureState.STAYED: "stayed", MeasureState.EXPIRED: "restoring",
    MeasureState.OVERTURNED: "restoring", MeasureState.LIFTED: "restoring", MeasureState.RESTORED: "restored",
    MeasureState.RESTORATION_VERIFIED: "over"}


def _stands(measure: Measure, state: MeasureState) -> str:
    """How it stands, in a sentence for whoever is hit."""
    nothing = MEASURE_BY_ID[measure.kind].effect == "none"
    return {
        "told": _("You have been told; nothing has been carried out yet."),
        "ordered": _("Whoever carries it out has been told to."),
        "done": _("The letter itself is the measure; nothing is cut.") if nothing else _("It has been carried out."),
        "stayed": _("It is stayed until the appeal is judged."),
        "restoring": _("It has ended. What was cut is being restored."),
        "restored": _("It has ended and was restored; that is being checked from outside."),
        "over": _("It has ended; nothing of it remains."),
    }.get(_WORDS.get(state, ""), _("Nothing binds you."))


def _receipts(page: Page, token: str) -> list[dict[str, Any]]:
    from licet.notices.services.answers import holder_name

    def line(label: str, row: Answer | Appeal, what: str, at: dt.datetime) -> dict[str, Any]:
        return {"label": label, "number": row.number, "at": at, "url": reverse("notice_receipt", args=[token, what, row.pk])}

    rows = [line(_("Answer"), row, "answer", row.at) for row in Answer.objects.filter(measure=page.measure)]
    rows += [line(_("Appeal"), row, "appeal", row.filed_at)
             for row in Appeal.objects.filter(measure=page.measure, filed_by=holder_name(page))]
    return sorted(rows, key=lambda row: row["at"])


def _appeal(page: Page, now: dt.datetime) -> dict[str, Any]:
    """Whether an appeal can be filed now, until when, or why not; the rule is casework's."""
    from licet.notices.services.answers import holder_name

    measure = page.measure
    kind = MEASURE_BY_ID[measure.kind]
    pending = Appeal.objects.filter(measure=measure, state="filed").first()
    facts = filing_facts(measure, filed_by=holder_name(page), at=now)
    refuse, notified_at = may_appeal(facts), facts.notified_at
    if refuse is None and notified_at is not None:
        until = minute(appeal_deadline(kind, notified_at), language())
        how = _("Somebody who had no part in the decision judges it. Possible until %(until)s.") % {"until": until}
        stays = kind.stays and not facts.anybody_appealed
        return {"possible": True, "how": f"{how} {_('The measure is stayed meanwhile.')}" if stays else how}
    return {"possible": False, "how": _why_not(refuse.code if refuse else "", pending)}


def _why_not(code: str, pending: Appeal | None) -> str:
    if code == "appeal_pending" and pending is not None:
        return _("An appeal is pending. It is judged by %(due)s; if nobody does, it counts in your favour.") % {
            "due": minute(pending.due_at, language())}
    return {
        "no_appeal": _("This step itself cannot be appealed; the decision it leads to can."),
        "not_notified": _("Possible as soon as the letter has been delivered on all its ways."),
        "found_wrong": _("The appeal was won: the measure is gone, with all it led to."),
        "appealed_already": _("Your appeal was judged. On new facts you can ask the desk to look again: answer above."),
        "too_late": _("The time to appeal is over. On new facts you can ask the desk to look again: answer above."),
    }.get(code, _("An appeal is not possible now."))


def _taken() -> str:
    names = [str(getattr(FORMAT_BY_ID[name], language())) for name in profile_texts.formats()]
    numbers = profile_texts.limits()
    return _("Up to %(files)s documents of at most %(size)s MB each: %(formats)s.") % {
        "files": numbers.files, "size": numbers.file_bytes // 1024 // 1024,
        "formats": ("、" if language() == "zh" else ", ").join(names)}


def _accepted() -> str:
    return ",".join(FORMAT_BY_ID[name].suffix for name in profile_texts.formats())


def receipt(page: Page, row: Answer | Appeal, token: str) -> dict[str, Any]:
    """The receipt of an answer or an appeal."""
    is_answer = isinstance(row, Answer)
    at = row.at if isinstance(row, Answer) else row.filed_at
    facts = [Fact(label=_("Case"), value=page.measure.case.number, mono=True), Fact(label=_("Received"), value=at),
             Fact(label=_("Number"), value=row.number, mono=True)]
    if isinstance(row, Answer):
        facts.append(Fact(label="SHA-256", value=row.sha256, mono=True))
        following = _("The desk reads it and answers in a letter on this page where it changes anything.")
    else:
        facts.append(Fact(label=_("Judged by"), value=row.due_at))
        following = _("Its receipt appears among the letters on this page within minutes. If nobody judges it in time, it "
                      "counts in your favour.")
    return {"title": _("Your answer has arrived") if is_answer else _("Your appeal has arrived"), "next": following,
            "facts": facts, "issuer": organisation(page.desk_id, language()), "back": reverse("notice_page", args=[token]),
            "text": row.text if isinstance(row, Answer) else row.grounds,
            "documents": list(row.documents.all()) if isinstance(row, Answer) else []}


# --- the console -----------------------------------------------------------------------------------------------------


def notice_columns() -> list[Column]:
    """Head of the list of letters."""
    return [Column(label=_("Number"), kind="fit"), Column(label=_("Letter")), Column(label=_("About")),
            Column(label=_("Measure")), Column(label=_("Composed"), kind="fit")]


def notice_rows(notices: list[Notice]) -> list[Row]:
    """Letters in the list. Whoever is hit sees no case, so the scope says what it is about."""
    cases = selectors.case_keys({row.measure.case_id for row in notices})
    return [Row(url=reverse("notice_show", args=[row.pk]), cells=[
        Cell(text=row.number, mono=True), Cell(text=kind_word(row.kind)), Cell(text=_about(row.measure, cases)),
        Cell(text=measure_word(row.measure), url=reverse("measure_show", args=[row.measure_id])),
        Cell(text=row.composed_at)]) for row in notices]


def measure_word(measure: Measure) -> str:
    """The kind of a measure in the active language."""
    return str(getattr(MEASURE_BY_ID[measure.kind], language()))


def _about(measure: Measure, cases: dict[int, Case]) -> str:
    case = cases.get(measure.case_id)
    return case.subject_key if case else ", ".join(touched(measure))


def touched(measure: Measure) -> list[str]:
    """The first names in a measure's scope."""
    return [name for field in ("hosts", "addresses", "codes", "parties") for name in measure.scope.get(field, [])][:3]


def notice_facts(notice: Notice) -> list[Fact]:
    """What a letter is, beside its text."""
    return [
        Fact(label=_("Letter"), value=kind_word(notice.kind)),
        Fact(label=_("Measure"), value=measure_word(notice.measure), url=reverse("measure_show", args=[notice.measure_id])),
        Fact(label=_("About"), value=", ".join(touched(notice.measure))),
        Fact(label=_("Composed"), value=notice.composed_at),
        Fact(label="SHA-256", value=notice.sha256, mono=True)]


def deliveries(notice: Notice) -> list[dict[str, Any]]:
    """How a letter travelled, for the desk; empty for everybody else."""
    words = {"provider": _("who carries it out"), "subject": _("whom it hits"), "owner": _("the owner")}
    return [{"id": row.pk, "channel": _("Page") if row.channel == "page" else row.address,
             "recipient": words[row.recipient], "state": f"delivery-{row.state}", "at": row.sent_at, "tries": row.tries,
             "problem": row.problem, "failed": row.state == "failed", "may_return": row.channel == "mail"
             and row.state == "sent"} for row in selectors.deliveries_of(notice.pk)]


def clock_columns() -> list[Column]:
    """Head of the list of clocks."""
    return [Column(label=_("Runs out"), kind="fit"), Column(label=_("Term")), Column(label=_("About")),
            Column(label=_("What happens then"), kind="long")]


def clock_list_rows(clocks: list[Clock]) -> list[Row]:
    """Running clocks, soonest first."""
    cases = selectors.case_keys({row.measure.case_id for row in clocks})
    return [Row(url=reverse("measure_show", args=[row.measure_id]), cells=[
        Cell(text=row.due_at), Cell(text=str(getattr(CLOCK_BY_ID[row.kind], language())), sub=measure_word(row.measure)),
        Cell(text=_about(row.measure, cases)), Cell(text=str(getattr(row, f"consequence_{language()}")))])
        for row in clocks]


def answer_rows(answers: list[Answer]) -> list[Row]:
    """Answers nobody read yet."""
    return [Row(url=reverse("notice_answer_show", args=[row.pk]), cells=[
        Cell(text=row.at), Cell(text=row.case.number, mono=True), Cell(text=row.case.subject_key),
        Cell(text=row.text[:80] or _("documents only"))]) for row in answers]


def answer_columns() -> list[Column]:
    """Head of the list of answers."""
    return [Column(label=_("Received"), kind="fit"), Column(label=_("Case"), kind="fit"), Column(label=_("About")),
            Column(label=_("Begins"), kind="long")]


def gaps(missing: list[str]) -> list[dict[str, str]]:
    """Placeholders that say nothing, each with its repair."""
    words = {"facts": _("the facts"), "rule": _("the rule's text"), "scope": _("the scope"),
             "contact": _("the contact"), "organisation": _("the desk's name"), "addressee": _("whom it is for"),
             "decided_by": _("who decided")}
    repairs = {"facts": _("Give each reason in a sentence."),
               "rule": _("Cite a clause the profile quotes, or write the clause's text behind its citation: "
                         "“Pledge 3: no luring”."),
               "scope": _("Name the hosts, addresses, codes or organisations it touches."),
               "organisation": _("Register the desk's organisation with its name."),
               "contact": _("Register the desk's organisation with its name.")}
    return [{"name": words.get(name, name), "repair": repairs.get(name, _("Complete the draft."))} for name in missing]
