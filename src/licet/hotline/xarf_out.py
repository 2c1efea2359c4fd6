"""A report or a case as XARF v4 (JSON), to hand to a provider or another hotline.

XARF knows a closed list of (category, type); inventing one makes a report invalid. What the list has is named by it; for
licensing, billing and voice lines the ground is the ``threat_type`` of ``reputation/threat_intelligence``, the one type
whose vocabulary is open. Every document says ground and kind of target in two tags besides.

Inside is what was seen, where, and on which day: nothing of who reported it, none of their words, no query of an address
(it may name them), no hour (the site's own log would name them). Reporter and sender are the desk.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit
from zoneinfo import ZoneInfo

import idna
from django.conf import settings

from licet.casework.models import Case
from licet.casework.selectors import case_by_number
from licet.casework.services.subjects import canonical_subject
from licet.config.profile import load_profile
from licet.core.errors import BadSetting, Conflict, NotFound
from licet.grounds.tables import GROUNDS
from licet.hotline import sealing
from licet.hotline.models import Report
from licet.hotline.tables import QUESTION_BY_GROUND, ReportState
from licet.hotline.xarf import TAG, TARGET_TAG
from licet.parties.models import Party

VERSION = "4.2.0"
_NAMES = {ground.id: ground.en for ground in GROUNDS}
_DOMAIN = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")
_HANDED_ON = frozenset({"actioned", "rectified"})
_PATH = "/%:@!$&'()*+,;=~-._"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
    """How XARF calls a ground seen at a kind of target. ``fields``: what the type asks for."""

    grounds: frozenset[str]
    targets: frozenset[str]
    category: str
    type: str
    fields: tuple[tuple[str, str], ...]
    comment: str


FORMS: tuple[Form, ...] = (
    Form(grounds=frozenset({"minors"}), targets=frozenset({"url"}), category="content", type="csam",
         fields=(("classification", "baseline"), ("detection_method", "user_report")),
         comment="The lowest classification: nobody looked. Address alone, no word and no evidence."),
    Form(grounds=frozenset({"deceptive_promotion"}), targets=frozenset({"url"}), category="content", type="fraud",
         fields=(("fraud_type", "other"),), comment="A page that lures with false promises."),
    Form(grounds=frozenset({"pornography", "sexual_service_line", "deceptive_promotion"}),
         targets=frozenset({"sms", "short_code"}), category="messaging", type="spam", fields=(("protocol", "sms"),),
         comment="What came by text message."),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Handed:
    """What is handed on. ``key``: the document's identity (the same key gives the same ``report_id``); ``reported``:
    somebody saw it and nobody verified it yet; ``note``: where it stands with us."""

    key: str
    ground: str
    target_kind: str
    target: str
    seen_on: dt.date
    zone: str
    organisation: str
    contact: str
    reported: bool
    note: str


def to_xarf(handed: Handed) -> dict[str, Any]:
    """The document. Pure but for the installation's key, which makes ``report_id``."""
    party = {"org": handed.organisation[:200], "contact": handed.contact, "domain": handed.contact.rpartition("@")[2]}
    moment = dt.datetime.combine(handed.seen_on, dt.time(), ZoneInfo(handed.zone))
    form = next((row for row in FORMS if handed.ground in row.grounds and handed.target_kind in row.targets), None)
    document: dict[str, Any] = {
        "xarf_version": VERSION, "report_id": str(uuid.UUID(sealing.trace("xarf", handed.key), version=4)),
        "timestamp": moment.isoformat(), "reporter": party, "sender": dict(party),
        "source_identifier": _source(handed), "category": form.category if form else "reputation",
        "type": form.type if form else "threat_intelligence",
        "tags": [f"{TAG}{handed.ground}", f"{TARGET_TAG}{handed.target_kind}"],
    }
    document |= dict(form.fields) if form else {"threat_type": f"{TAG}{handed.ground}"}
    if handed.reported:
        document["evidence_source"] = "user_complaint" if document["category"] == "messaging" else "user_report"
    if document["category"] == "content":
        document |= _page(handed)
    question = QUESTION_BY_GROUND.get(handed.ground)
    if question is None or not question.url_only:
        document["description"] = f"{_NAMES[handed.ground]}. {handed.note}"[:1000]
    return document


def _source(handed: Handed) -> str:
    return canonical_subject("hash", handed.target) if handed.target_kind == "hash" else handed.target


def _page(handed: Handed) -> dict[str, str]:
    host = urlsplit(handed.target).hostname or ""
    fields = {"url": handed.target, "source_identifier": host}
    if _DOMAIN.fullmatch(host):
        fields["domain"] = host
    if handed.reported:
        fields["verification_method"] = "user_report"
    return fields


def page_address(target: str) -> str:
    """An address as RFC 3986 wants it, without user, query and fragment."""
    parts = urlsplit(target.strip() if "://" in target else f"http://{target.strip()}")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError:
            host = quote(host)
    scheme = parts.scheme.lower() if parts.scheme.lower() in {"http", "https"} else "http"
    port = _port(parts)
    path = quote(parts.path, safe=_PATH) or "/"
    return f"{scheme}://{host}{port}{path}"


def _port(parts: SplitResult) -> str:
    """With its colon; what is no port is left out (it was let in by earlier versions)."""
    try:
        return f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""


# --- what is read ----------------------------------------------------------------------------------------------------


def document_of(number: str) -> dict[str, Any]:
    """The document of a report (receipt number) or a case (case number) at the stated actor's desk.

    Raises :class:`NotFound`, or :class:`Conflict` for what is not handed on.
    """
    return document_of_report(number) if sealing.typed(number) else document_of_case(number)


def document_of_report(number: str) -> dict[str, Any]:
    """As :func:`document_of`, for reports alone."""
    canonical = sealing.typed(number)
    report = Report.objects.filter(number=canonical).first() if canonical else None
    if report is None:
        raise NotFound(f"there is no report {number} at your desk", hint="licet hotline status shows what still waits")
    return to_xarf(_of_report(report))


def document_of_case(number: str) -> dict[str, Any]:
    """As :func:`document_of`, for cases alone."""
    return to_xarf(_of_case(case_by_number(number)))


def _of_report(report: Report) -> Handed:
    if report.state not in {ReportState.UNPLACED, ReportState.IN_CASE}:
        raise Conflict("this report was dismissed or does not count; it is not handed on",
                       hint="hand on the case, if there is one")
    zone = load_profile().time_zone
    return Handed(
        key=f"report:{report.number}", ground=report.ground_id, target_kind=report.target_kind,
        target=_target(report), seen_on=report.seen_at.astimezone(ZoneInfo(zone)).date(), zone=zone,
        organisation=_name_of(report.desk_id), contact=_contact(), reported=True,
        note="Reported to us; not verified yet.")


def _target(report: Report) -> str:
    if report.target_kind == "url":
        return page_address(report.target)
    if report.target_kind == "hash":
        return report.target
    if report.target_kind == "provider":
        if report.subject_kind != "provider":
            raise Conflict("nobody has said yet which provider is meant",  # and the words are the reporter's own
                           hint="place the report first")
        return _name_of(report.subject_key)
    return report.subject_key


def _of_case(case: Case) -> Handed:
    if case.state == "closed" and case.outcome not in _HANDED_ON:
        raise Conflict("this case ended without anything confirmed; it is not handed on")
    kind, target = _subject(case)
    zone = load_profile().time_zone
    return Handed(
        key=f"case:{case.number}", ground=case.ground_id, target_kind=kind, target=target,
        seen_on=case.last_signal_at.astimezone(ZoneInfo(zone)).date(), zone=zone,
        organisation=_name_of(case.desk_id), contact=_contact(), reported=False,
        note=f"Case {case.number}, {'closed: ' + case.outcome if case.outcome else case.state}.")


def _subject(case: Case) -> tuple[str, str]:
    """What a case is about, as a kind of target."""
    if case.subject_kind in {"site", "address"}:
        host = f"[{case.subject_key}]" if ":" in case.subject_key else case.subject_key
        return "url", page_address(f"http://{host}/")
    if case.subject_kind == "code":
        told = Report.objects.filter(case=case, target_kind__in=["voice_number", "sms"]).order_by("-id").first()
        return told.target_kind if told else "short_code", case.subject_key
    if case.subject_kind == "hash":
        return "hash", case.subject_key
    if case.subject_kind == "provider":
        return "provider", _name_of(case.subject_key)
    raise Conflict("a case about a person or organisation behind a site is not handed on as XARF",
                   hint="hand on the site's own case")


def _name_of(party_id: str) -> str:
    party = Party.objects.filter(party_id=party_id, until__isnull=True).first()
    return party.name if party else party_id


def _contact() -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if "." not in address.rpartition("@")[2]:
        raise BadSetting("XARF names an address of ours, and LICET_MAIL_FROM is none",
                         hint="LICET_MAIL_FROM=hotline@desk.example")
    return address
