"""The public filing checker: is this site filed, with whom, who answers. ``unknown`` when the register cannot tell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

from django.utils.translation import gettext as _

from licet.casework.services.subjects import normaliser
from licet.config.profile import load_profile
from licet.core.actors import WORKER
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.hotline.intake import Refusal
from licet.parties.models import Party
from licet.registers.lookups import filings_naming
from licet.registers.models import Filing
from licet.registers.selectors import is_unread, latest_load

MOST = 5  # filings of one name that are shown


class Answer(enum.StrEnum):
    """What the checker says."""

    FILED = "filed"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    NOT_FILED = "not_filed"
    UNKNOWN = "unknown"  # the register was never loaded, or not lately: nothing may be concluded


@dataclasses.dataclass(frozen=True, kw_only=True)
class FilingShown:
    """What of a filing is public. A private person's name is not."""

    filing_no: str
    status: str
    sponsor: str
    sponsor_kind: str
    site_name: str
    provider: str
    provider_id: str
    filed_on: dt.date | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """The answer about one site. ``as_of``: the day the register speaks of."""

    site: str
    answer: Answer
    as_of: dt.date | None
    filings: tuple[FilingShown, ...] = ()

    def as_document(self) -> dict[str, object]:
        """For programs."""
        rows = [dataclasses.asdict(row) | {"filed_on": row.filed_on.isoformat() if row.filed_on else None}
                for row in self.filings]
        return {"site": self.site, "answer": self.answer.value,
                "as_of": self.as_of.isoformat() if self.as_of else None, "filings": rows}


def register_speaks(last: dt.date | None, today: dt.date, max_age_days: int) -> bool:
    """Whether the register may be asked: loaded at least once, and not too long ago (docs/judging.md)."""
    return last is not None and (today - last).days <= max_age_days


def folded(statuses: list[str]) -> Answer:
    """One answer for all filings that name the site: the best of them."""
    for status, answer in (("active", Answer.FILED), ("suspended", Answer.SUSPENDED), ("cancelled", Answer.CANCELLED)):
        if status in statuses:
            return answer
    return Answer.NOT_FILED


def check_site(text: str, *, today: dt.date) -> Checked:
    """Look a site up in the filing register. Raises :class:`Refusal` for what is no site's address."""
    try:
        domain = normaliser().normalise(text.strip())
    except BadInput as error:
        raise Refusal("site", _("This is no address of a website."),
                      hint=_("For example: %(example)s") % {"example": "www.lantern.example"}) from error
    limit = int(load_profile().thresholds["max_age_days"]["filings"])
    with acting_as(WORKER):
        load = latest_load("filings")
        as_of = load.as_of if load else None
        if not register_speaks(as_of, today, limit):
            return Checked(site=domain.host, answer=Answer.UNKNOWN, as_of=as_of)
        rows = list(Filing.objects.filter(pk__in=filings_naming(domain.names_asked()), until__isnull=True)
                    .order_by("status", "filing_no")[:MOST])
        names = dict(Party.objects.filter(party_id__in=[row.provider_id for row in rows], until__isnull=True)
                     .values_list("party_id", "name"))
        unread = not rows and is_unread("filings", domain.names_asked())
    answer = Answer.UNKNOWN if unread else folded([row.status for row in rows])
    return Checked(site=domain.host, answer=answer, as_of=as_of,
                   filings=tuple(_shown(row, names) for row in rows))


def _shown(row: Filing, names: dict[str, str]) -> FilingShown:
    private = row.subject_kind != "organisation"
    return FilingShown(
        filing_no=row.filing_no, status=row.status, sponsor="" if private else row.subject_name,
        sponsor_kind=row.subject_kind, site_name=row.site_name, provider=names.get(row.provider_id, row.provider_id),
        provider_id=row.provider_id, filed_on=row.filed_on)
