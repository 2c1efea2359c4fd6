"""Where casework and the evidence of its cases meet: what evidence asks about a case (it lies below and knows none;
registered in ``AppConfig.ready``), and the stricter look at what a measure needs.
"""

from __future__ import annotations

import re

from django.urls import reverse

from licet.casework.models import Case, Measure
from licet.casework.services.people import ensure_may_work
from licet.core.actors import WORKER, Actor
from licet.core.errors import NotFound
from licet.core.rls import acting_as
from licet.evidence import selectors
from licet.evidence.cases import CaseFacts


def case_facts(number: str) -> CaseFacts | None:
    """A case as evidence sees it, if the stated actor sees it."""
    case = Case.objects.filter(number=number).first()
    if case is None:
        return None
    return CaseFacts(case_id=case.pk, number=case.number, desk_id=case.desk_id, ground=case.ground_id,
                     closed_at=case.closed_at, url=reverse("case_show", args=[case.number]))


def may_handle(actor: Actor, case_id: int) -> None:
    """Raises the refusal for a person without a post at the desk, or with an interest of their own in the case."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise NotFound("there is no such case at your desk")
    ensure_may_work(actor, case)


def numbers_of(case: Case) -> list[str]:
    """The case's number and those of cases merged into it: their evidence is its evidence."""
    return [case.number, *Case.objects.filter(merged_into=case).values_list("number", flat=True)]


def all_there(case: Case, measure: Measure, need: str) -> bool:
    """Every reference in ``attachments`` is preserved evidence (or a sealed bag) of this case. Rule: Notice §4.2.5"""
    refs = [ref for ref in re.split(r"[\s,;]+", str(measure.attachments.get(need, ""))) if ref]
    numbers = numbers_of(case)
    with acting_as(WORKER):  # the rule looks, not the person: locked evidence counts as well
        there = [selectors.has_sealed(numbers, ref) or (need == "evidence" and selectors.has_preserved(numbers, ref))
                 for ref in refs]
    return bool(there) and all(there)


def preserved_refs(case: Case) -> str:
    """References of everything preserved in the case, as a measure's attachment names them; '' for none."""
    with acting_as(WORKER):
        numbers = numbers_of(case)
        return " ".join(item.ref for number in numbers for item in selectors.items_of(number)
                        if selectors.has_preserved(numbers, item.ref))


def offered_evidence(case: Case) -> list[tuple[str, str]]:
    """(reference, title) of everything preserved in the case that the stated actor sees, as a form offers it."""
    numbers = numbers_of(case)
    return [(item.ref, f"{item.ref} {item.title}") for number in numbers for item in selectors.items_of(number)
            if selectors.has_preserved(numbers, item.ref)]


def offered_bags(case: Case) -> list[tuple[str, str]]:
    """(reference, reference) of the case's sealed bags."""
    numbers = numbers_of(case)
    return [(bag.ref, bag.ref) for number in numbers for bag in selectors.bags_of(number)
            if selectors.has_sealed(numbers, bag.ref)]
