"""Who runs a site, and how sure that is; what the core proposes to blacklist names both."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from licet.casework.models import Case, Measure
from licet.casework.tables import SubjectKind
from licet.core.actors import WORKER
from licet.core.errors import Conflict
from licet.core.rls import acting_as
from licet.parties.models import Party
from licet.registers.identifiers import is_valid_sponsor
from licet.registers.lookups import filings_naming
from licet.registers.models import AccessRelation, Filing
from licet.standing.days import local_day
from licet.standing.rules import IdentityFacts, enters, identity_confidence
from licet.standing.tables import CONFIDENCE_BY_ID

_PROVIDERS = ("access_provider", "carrier")


class NotIdentified(Conflict):
    """It is not sure enough who this is."""

    code = "not_identified"
    hint = "name the verified document (credential) in the measure's attachments, or leave the organiser out"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Organiser:
    """Somebody the records name for a site. ``number``: credit code or keyed token, '' if none is recorded."""

    number: str
    name: str
    confidence: str
    is_organisation: bool

    def as_reason(self) -> dict[str, Any]:
        """As a draft's reasons keep it, in the notice's languages; a person's name or number is not repeated."""
        row, listed = CONFIDENCE_BY_ID[self.confidence], enters(self.confidence)
        who_zh, who_en = ((f"{self.name}（{self.number}）", f"{self.name} ({self.number})") if self.number
                          else (self.name, self.name)) if self.is_organisation else ("一名自然人", "a natural person")
        return {"organiser": self.number, "confidence": self.confidence, "enters": listed,
                "text_zh": f"登记记录显示主办者为{who_zh}，依据：{row.zh}。{'' if listed else '把握不足，不列入。'}",
                "text_en": f"The records name {who_en} as the organiser: {row.en}.{'' if listed else ' Not sure enough to list.'}"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Named:
    """One party a measure hits, as a blacklist entry sees it."""

    kind: str  # sponsor or provider
    value: str
    confidence: str
    name: str
    is_organisation: bool


def organisers_of(hosts: Iterable[str], *, on: dt.date, credentials: frozenset[str] = frozenset()) -> list[Organiser]:
    """Everybody filings and access relations named for these hosts on a day or since, surest first."""
    names = sorted({name for host in hosts for name in (host, f"www.{host}")})
    with acting_as(WORKER):  # a desk cannot see every provider's filings; the rule must
        standing = Q(until__isnull=True) | Q(until__gt=on)
        filings = list(Filing.objects.filter(standing, pk__in=filings_naming(names)).order_by("-since"))
        customers = list(AccessRelation.objects.filter(standing, domain__in=names).order_by("-since"))
    filed: dict[str, tuple[str, bool]] = {}
    for filing in filings:
        filed.setdefault(filing.subject_uscc or f"?{filing.subject_name}",
                         (filing.subject_name, filing.subject_kind == "organisation"))
    billed = {row.customer_uscc or f"?{row.customer_name}": row.customer_name for row in customers
              if row.customer_uscc or row.customer_name}
    found = []
    for key in dict.fromkeys([*filed, *billed]):
        number = "" if key.startswith("?") else key
        name, organisation = filed.get(key, (billed.get(key, ""), not number.startswith("rid")))
        found.append(Organiser(number=number, name=name, is_organisation=organisation and not number.startswith("rid"),
                               confidence=identity_confidence(IdentityFacts(
                                   number=number, number_valid=bool(number) and is_valid_sponsor(number),
                                   in_filing=key in filed, in_customer_record=key in billed,
                                   credential=number in credentials))))
    return sorted(found, key=lambda one: (-_rank(one.confidence), one.number, one.name))


def _rank(confidence: str) -> int:
    return CONFIDENCE_BY_ID[confidence].rank


def credentials_of(measure: Measure) -> frozenset[str]:
    """Numbers whose document somebody verified: attachments named ``credential:<number>``."""
    return frozenset(name.removeprefix("credential:") for name, value in measure.attachments.items()
                     if name.startswith("credential:") and str(value).strip())


def parties_of(measure: Measure) -> list[Named]:
    """Organisers and providers in a measure's scope, with how sure each is. Raises nothing: see :func:`ensure_known`."""
    case = Case.objects.get(pk=measure.case_id)
    wanted = list(measure.scope.get("parties", ()))
    if not wanted:
        return []
    known = {row.number: row for row in organisers_of(
        [*measure.scope.get("hosts", ()), *([case.subject_key] if case.subject_kind == SubjectKind.SITE else [])],
        on=local_day(measure.drafted_at), credentials=credentials_of(measure))}
    providers = {party.party_id: party for party in Party.objects.filter(
        party_id__in=wanted, kind__in=_PROVIDERS, until__isnull=True)}
    return [_named(value, case, known, providers) for value in wanted]


def _named(value: str, case: Case, known: Mapping[str, Organiser], providers: Mapping[str, Party]) -> Named:
    if value in providers:
        return Named(kind="provider", value=value, confidence="subject", name=providers[value].name, is_organisation=True)
    if case.subject_kind == SubjectKind.SPONSOR and value == case.subject_key and is_valid_sponsor(value):
        recorded = Filing.objects.filter(subject_uscc=value).order_by("-since").first()
        return Named(kind="sponsor", value=value, confidence="subject", name=recorded.subject_name if recorded else "",
                     is_organisation=not value.startswith("rid") and (recorded is None
                                                                      or recorded.subject_kind == "organisation"))
    row = known.get(value)
    return Named(kind="sponsor", value=value, confidence=row.confidence if row else "name_only",
                 name=row.name if row else "", is_organisation=bool(row and row.is_organisation))


def ensure_known(measure: Measure) -> None:
    """Refuse a blacklist measure that names an organiser who is not surely the one. Rule: Notice §4.5"""
    for named in parties_of(measure):
        if named.confidence != "subject" and not enters(named.confidence):
            raise NotIdentified(f"{named.value}: the records do not say surely enough who this is ({named.confidence})")


def complete_proposal(case: Case, kind: str) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """What the core's drafts after a determination name besides the site: scope to add, reasons to add.

    Every organiser the records name is told with its confidence; only those that are sure enough are in the scope.
    """
    if case.subject_kind != SubjectKind.SITE:
        return {}, []
    found = organisers_of([case.subject_key], on=local_day(case.opened_at))
    parties = [one.number for one in found if enters(one.confidence)] if kind == "blacklist" else []
    return ({"parties": parties} if parties else {}), [one.as_reason() for one in found]
