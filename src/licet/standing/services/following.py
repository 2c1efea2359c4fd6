"""What standing does inside a step of a measure: refuse a signature it cannot carry out, and take back what fell.

A decision that was wrong must not stand a minute longer than it is overturned, so here, and only here, the follower removes
what was written itself. The job checks afterwards that the world agrees (``carrying``).
"""

from __future__ import annotations

from licet.casework.consequences import StepTaken
from licet.casework.models import Determination
from licet.casework.tables import MEASURE_BY_ID
from licet.registers.decided import lock_kind
from licet.standing.models import Entry
from licet.standing.services.entries import REGISTER_OF, end_entries
from licet.standing.services.exposures import organisation_of, withdraw
from licet.standing.services.identity import ensure_known
from licet.standing.services.points import reverse_point

_WRONG = frozenset({"overturned", "defaulted"})
# Steps after which nothing of the measure may stand: while it is stayed, too.
_UNDOES = _WRONG | {"lifted", "stayed"}


def on_step(taken: StepTaken) -> None:
    """The follower. Locks the register first if anything of the case is listed, before the first journal entry."""
    measure = taken.measure
    if taken.event == "approved":
        if measure.kind == "blacklist":
            ensure_known(measure)
        elif measure.kind == "publish_exposure":
            organisation_of(measure)
        return
    _lock_listed(measure.case_id)
    if taken.event not in _UNDOES:
        return
    why = taken.reason or taken.event
    if measure.kind in REGISTER_OF:
        end_entries(measure, why=why, at=taken.at)
    if MEASURE_BY_ID[measure.kind].effect == "publish":
        withdraw(measure, why=why, at=taken.at)
    if taken.event in _WRONG or (taken.event == "lifted" and _found_not_illegal(measure.case_id)):
        reverse_point(measure, why=why, at=taken.at)


def _lock_listed(case_id: int) -> None:
    """Registers before journal, always in this order, or two transactions could wait for each other."""
    registers = (Entry.objects.filter(measure__case_id=case_id, ended_at__isnull=True).order_by("register")
                 .values_list("register", flat=True).distinct())
    for register in registers:
        lock_kind(register)


def _found_not_illegal(case_id: int) -> bool:
    """The case is ending because an authority determined in writing that nothing was illegal."""
    return Determination.objects.filter(case_id=case_id, result="not_illegal").exists()
