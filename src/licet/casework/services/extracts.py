"""What the registers say about a case, preserved as one item of evidence: the rows as they stand, and when they were loaded.

A decision about a licence or a filing rests on the registers, which go on changing. Rule: Notice §4.2.5
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from licet.casework.models import Case
from licet.casework.services.bounds import confirmed_facts, keys_of
from licet.casework.tables import SubjectKind
from licet.core.actors import Actor
from licet.core.errors import NotFound
from licet.core.rls import acting_as
from licet.evidence.models import Item
from licet.evidence.services import NewItem, add_item
from licet.registers.kinds import KIND_BY_ID
from licet.registers.lookups import below, blocks_around, filings_naming
from licet.registers.models import AccessRelation, AddressBlock, AnnualReview, BlacklistEntry, Filing, Licence
from licet.registers.records import row_of
from licet.registers.selectors import latest_load

MOST_ROWS = 200  # of one register; how many there are in all is said


def preserve_extract(case_id: int, *, purpose: str, actor: Actor, at: dt.datetime) -> Item:
    """Preserve what the registers say about a case's subject and provider, as far as the person sees it.

    The same rows preserved again are the item there is, with a line in its custody. Raises :class:`NotFound`, and whatever
    ``evidence.services.add_item`` raises: of ground ``minors`` nothing is kept but hash and address.
    """
    with acting_as(actor):
        case = Case.objects.filter(pk=case_id).first()
        if case is None:
            raise NotFound("there is no such case at your desk")
        content = json.dumps(extract_of(case), ensure_ascii=False, indent=1).encode()
        title = _("What the registers say about %(subject)s") % {"subject": case.subject_key}
        return add_item(case.number, NewItem(kind="record_extract", title=title, file_name=f"registers-{case.number}.json",
                                             captured_at=at), [content], purpose=purpose, actor=actor, at=at)


def extract_of(case: Case) -> dict[str, Any]:
    """The document: what the case is about, what sweeps found, rows of each register with what brought them.

    It names no moment of its own, so that the same facts are the same document; the item says when it was taken.
    """
    registers = {}
    for kind_id, rows in _about(case).items():
        load = latest_load(kind_id, provider=case.provider_id)
        found = list(rows.order_by("pk")[:MOST_ROWS])
        registers[kind_id] = {
            "loaded": {"as_of": load.as_of.isoformat(), "file": load.file_name, "sha256": load.file_sha256} if load else None,
            "rows": [row_of(KIND_BY_ID[kind_id], row) | {"since": row.since.isoformat(), "source": row.source} for row in found],
            "rows_in_all": len(found) if len(found) < MOST_ROWS else rows.count()}
    return {"case": case.number, "ground": case.ground_id, "subject_kind": case.subject_kind, "subject": case.subject_key,
            "provider": case.provider_id, "found": confirmed_facts(case)[:MOST_ROWS], "registers": registers}


def _about(case: Case) -> dict[str, QuerySet[Any]]:
    """Register -> its present rows about the subject, or about the provider concerned."""
    keys = keys_of(case)
    access, filings, blocks, listed = _rows_about(SubjectKind(case.subject_kind), keys)
    licences = Licence.objects.filter(until__isnull=True, provider_id__in=keys | {case.provider_id})
    found: dict[str, QuerySet[Any]] = {
        "filings": Filing.objects.filter(filings, until__isnull=True),
        "access": AccessRelation.objects.filter(access, until__isnull=True),
        "addresses": AddressBlock.objects.filter(blocks, until__isnull=True),
        "licences": licences,
        "annual_reviews": AnnualReview.objects.filter(until__isnull=True, licence_no__in=list(
            licences.values_list("licence_no", flat=True)[:MOST_ROWS])),
        "blacklist": BlacklistEntry.objects.filter(listed | Q(kind="provider", value=case.provider_id), until__isnull=True)}
    return found


def _rows_about(kind: SubjectKind, keys: frozenset[str]) -> tuple[Q, Q, Q, Q]:
    """Conditions on access relations, filings, address blocks and blacklist entries."""
    nothing = Q(pk__in=[])
    if kind is SubjectKind.SITE:
        names = [name for key in sorted(keys) for name in (key, f"www.{key}")]
        return (Q(domain__in=names) | below(keys), Q(pk__in=filings_naming(names)), nothing,
                Q(kind="domain", value__in=names))
    if kind is SubjectKind.ADDRESS:
        return Q(ip__in=keys), nothing, Q(cidr__in=blocks_around(keys)), Q(kind="address", value__in=keys)
    if kind is SubjectKind.SPONSOR:
        return Q(customer_uscc__in=keys), Q(subject_uscc__in=keys), nothing, Q(kind="sponsor", value__in=keys)
    if kind is SubjectKind.PROVIDER:
        return nothing, nothing, Q(holder_id__in=keys), Q(kind="provider", value__in=keys)
    return nothing, nothing, nothing, nothing
