"""Whether what a measure needs is there. A concept that keeps the thing itself (evidence, assessments) may register a
stricter check than "somebody gave a reference"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db.models import Q

from licet.casework.models import ATTACHED, Case, Determination, Measure, Observation
from licet.casework.rules import Thresholds
from licet.casework.services.chains import chain_shown
from licet.casework.services.finality import final_decisions
from licet.casework.services.preserved import all_there
from licet.casework.tables import MEASURE_BY_ID, NEEDS, VOID_OBSERVER, SignalKind
from licet.config.profile import load_profile

Check = Callable[[Case, Measure], bool]
_STRICTER: dict[str, Check] = {  # a reference is not enough: what it names is looked at
    "evidence": lambda case, measure: all_there(case, measure, "evidence"),
    "bag": lambda case, measure: all_there(case, measure, "bag"),
    "billing_chain": chain_shown,
}
_CONFIRMED = (SignalKind.FINDING, SignalKind.DIALTEST, SignalKind.ORDER, SignalKind.DETERMINATION)


def register_check(need: str, check: Check) -> None:
    """A need is there only if ``check(case, measure)`` says so as well. For concepts above casework, in ``ready``."""
    if need not in {row.id for row in NEEDS}:
        raise KeyError(need)
    _STRICTER[need] = check


def needs_met(case: Case, measure: Measure, *, now: dt.datetime, limits: Thresholds) -> frozenset[str]:
    """Ids of the needs that are there. Rule: Notice §4.2.5, §4.5"""
    wanted = MEASURE_BY_ID[measure.kind].needs
    checks: dict[str, Callable[[], bool]] = {
        "rule": lambda: bool(measure.rule_cited),
        "finding": lambda: _has_finding(case, limits),
        "deadline": lambda: measure.deadline_on is not None and measure.deadline_on > local_day(now),
        "tier": lambda: case.tier is not None,
        "expiry": lambda: measure.expires_at is not None and measure.expires_at > now,
        "determination": lambda: _is_illegal(measure.determination),
        "final_decision": lambda: bool(final_decisions(case, now)),
        "appeal_window_over": lambda: bool(final_decisions(case, now)),
        **{need: _attached(measure, need) for need in ATTACHED},
    }
    return frozenset(need for need in wanted
                     if checks[need]() and (need not in _STRICTER or _STRICTER[need](case, measure)))


def _attached(measure: Measure, need: str) -> Callable[[], bool]:
    return lambda: bool(str(measure.attachments.get(need, "")).strip())


def local_day(now: dt.datetime) -> dt.date:
    """The day it is in the profile's time zone."""
    return now.astimezone(ZoneInfo(load_profile().time_zone)).date()


def _has_finding(case: Case, limits: Thresholds) -> bool:
    """Something was checked and found, or as many independent people as make "several" reported it."""
    observed = Observation.objects.filter(
        Q(case=case) | Q(case__in=Case.objects.filter(merged_into=case).values_list("pk", flat=True)))
    if observed.filter(kind__in=_CONFIRMED).exists():
        return True
    reporters = observed.filter(kind=SignalKind.REPORT).exclude(observer__startswith=VOID_OBSERVER)
    some = reporters.values_list("observer", flat=True)[: limits.independent_observers * 20]
    return len(set(some)) >= limits.independent_observers


def _is_illegal(determination: Determination | None) -> bool:
    return determination is not None and determination.result == "illegal"
