"""Checks from outside, after cutting and after restoring: look, keep what was seen, conclude by the rules.

As with sending: claim in one transaction, look outside any, conclude in another. A process killed in between leaves an
order that is looked at again; looking twice harms nobody.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from licet.casework import selectors as casework
from licet.casework.models import Case
from licet.casework.services.preserved import numbers_of
from licet.casework.services.record import need_reason, refusal
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict
from licet.core.rls import acting_as
from licet.evidence.selectors import has_preserved
from licet.orders.models import Observation, Order, OrderTransition
from licet.orders.numbers import numbers
from licet.orders.probes import Look, Probe, Question, standard_probe
from licet.orders.rules import Checker, Disagreed, LookAgain, Verified, conclude, may_check
from licet.orders.services.reports import ensure_of_desk, visible_order
from licet.orders.services.steps import carry_on, escalate, locked_order, note, order_again, take_step
from licet.orders.tables import CARRIED_OUT, CUT_ACCESS, CUT_BILLING, OrderKind, OrderState, Verdict

BATCH = 100
_STATES = [state.value for state in CARRIED_OUT]
_PROBES: dict[str, Probe] = {}


def register_probe(effect: str, probe: Probe) -> None:
    """Let ``probe`` check orders of this effect (dial-tests, charges). For concepts above, in ``ready``, and tests."""
    _PROBES[effect] = probe


def unregister_probe(effect: str) -> None:
    """Back to the probe at hand."""
    _PROBES.pop(effect, None)


def probe_for(effect: str) -> Probe:
    """Who looks at orders of an effect that is :func:`checkable`."""
    return _PROBES.get(effect) or standard_probe()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Claim:
    order_id: int
    round: int
    effect: str
    question: Question | None


def verify_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: look at everything that is due. Returns how many looks were taken."""
    count = looks = 0
    while count < batch:
        claim = _claim(now)
        if claim is None:
            break
        if claim.question is not None:
            conclude_look(claim.order_id, claim.round, probe_for(claim.effect).look(claim.question), at=now)
            looks += 1
        count += 1
    return looks


def _claim(now: dt.datetime) -> _Claim | None:
    with acting_as(WORKER):
        found = (Order.objects.filter(state__in=_STATES, next_check_at__lte=now).select_related("measure")
                 .select_for_update(skip_locked=True, no_key=True, of=("measure",)).order_by("next_check_at", "id").first())
        if found is None:
            return None
        order = locked_order(found.pk)
        if order.state not in CARRIED_OUT or order.next_check_at is None or order.next_check_at > now:
            return _Claim(order_id=order.pk, round=0, effect="", question=None)
        looks = checkable(order.effect)
        order.next_check_at = now + numbers().checking.again if looks else None  # if whoever looks does not come back
        order.save(update_fields=["next_check_at"])
        if not looks:  # it stays reported, and late, until a person looks who had no part in it
            return _Claim(order_id=order.pk, round=0, effect="", question=None)
        over = casework.state_of(order.measure, now) != order.measure.state
        return _Claim(order_id=order.pk, round=order.round, effect=order.effect,
                      question=None if over else question_of(order))


def question_of(order: Order) -> Question:
    """What is to be checked of an order."""
    def names(field: str) -> tuple[str, ...]:
        return tuple(order.targets.get(field, ()))

    return Question(order=order.number, kind=order.kind, hosts=names("hosts"), addresses=names("addresses"),
                    codes=names("codes"), technical=str(order.targets.get("technical", "")))


def conclude_look(order_id: int, round_: int, look: Look, *, at: dt.datetime) -> None:
    """Keep what was seen and take the steps it calls for: verified, disagreed (ordered again), or look again."""
    with acting_as(WORKER):
        order = locked_order(order_id)
        if order.round != round_ or order.state not in CARRIED_OUT:
            return  # it went another way while somebody looked
        _keep(order, look.probe, look.verdict, list(look.facts), at)
        checks = list(Observation.objects.filter(order=order, round=order.round).order_by("at", "id")
                      .values_list("at", "verdict"))
        decision: Verified | Disagreed | LookAgain = conclude(checks, numbers().checking, now=at)
        if look.settled and look.verdict is not Verdict.INCONCLUSIVE:
            decision = Verified() if look.verdict is Verdict.AGREES else Disagreed()
        _decide(order, decision, actor=WORKER, at=at, reason=f"seen by {look.probe}")


def _keep(order: Order, probe: str, verdict: str, facts: list[dict[str, Any]] | list[Mapping[str, Any]],
          at: dt.datetime, *, person_id: int | None = None, evidence: str = "") -> None:
    Observation.objects.create(order=order, desk_id=order.desk_id, executor_id=order.executor_id, round=order.round,
                               at=at, probe=probe, verdict=str(verdict), facts=facts, person_id=person_id,
                               evidence=evidence)


def _decide(order: Order, decision: Verified | Disagreed | LookAgain, *, actor: Actor, at: dt.datetime,
            reason: str, said: str = "") -> None:
    """``said``: what the measure's step says of it, where that is not the order's state."""
    if isinstance(decision, LookAgain):
        Order.objects.filter(pk=order.pk).update(next_check_at=decision.at)
    elif isinstance(decision, Disagreed):
        take_step(order, "disagreed", actor=actor, at=at, reason=reason)
        escalate(order, "disagreed", level="desk", at=at)
        order_again(order, at=at)
        carry_on(order, at=at, said=said)
    elif order.state == OrderState.DONE:
        take_step(order, "verified", actor=actor, at=at, reason=reason)
        carry_on(order, at=at, said=said)
    else:
        watched = order.kind == OrderKind.CUT
        Order.objects.filter(pk=order.pk).update(next_check_at=at + numbers().watch if watched else None)


BY_HAND = "checked by hand"


class EvidenceMissing(BadInput):
    """A check of billing names what it saw: a bill or a test charge."""

    code = "check_evidence_missing"
    hint = "preserve it in the case and name its reference"


def check_by_hand(order_id: int, verdict: str, *, actor: Actor, at: dt.datetime, reason: str, evidence: str = "") -> Order:
    """A person of the desk who had no part in the measure looked, and says what they saw. ``evidence``: reference of
    what they preserved in the case (a bill, a test charge); needed where nothing can be seen from outside.

    Raises :class:`BadInput` for another word than agrees or disagrees, no reason or no such evidence, the refusals of
    casework's rules and of ``rules.may_check``, and :class:`Conflict` when nothing is reported done.
    """
    reason, evidence = need_reason(reason), evidence.strip()
    if verdict not in {Verdict.AGREES, Verdict.DISAGREES}:
        raise BadInput(f"there is no verdict {verdict!r}", hint="verdicts: agrees, disagrees")
    with acting_as(actor):
        seen = visible_order(order_id)
        ensure_of_desk(seen, actor)
        with acting_as(WORKER):
            order = locked_order(seen.pk)
            if order.state not in CARRIED_OUT:
                raise Conflict(f"the order is {order.state}: there is nothing to check yet")
            refuse = may_check(checker(order, actor))
            if refuse is not None:
                raise refusal(refuse)
            _ensure_evidence(order, evidence)
            _keep(order, f"person:{actor.user_id}", verdict, [{"said": reason}], at, person_id=actor.user_id,
                  evidence=evidence)
            if order.state == OrderState.VERIFIED and verdict == Verdict.AGREES:
                note(order, "orders:order:checked", actor=actor, at=at, text=reason)
            _decide(order, Verified() if verdict == Verdict.AGREES else Disagreed(), actor=actor, at=at, reason=reason,
                    said=BY_HAND)
    return order


def checker(order: Order, actor: Actor) -> Checker:
    """The part a person had in what an order carries out."""
    measure = order.measure
    reported = OrderTransition.objects.filter(order=order, actor=actor.name, event__in=["acknowledged", "done"]).exists()
    return Checker(
        signed=actor.user_id in {measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id},
        carried_out=reported or (order.executor_id != order.desk_id and order.executor_id in actor.organisations))


def _ensure_evidence(order: Order, ref: str) -> None:
    if not ref:
        if order.effect == CUT_BILLING:
            raise EvidenceMissing
        return
    if not has_preserved(numbers_of(Case.objects.get(measures=order.measure_id)), ref):
        raise BadInput(f"{ref!r} is not preserved in this case", hint="preserve it on the case's page, then name it here")


def checkable(effect: str) -> bool:
    """Whether a program can look at this effect: access by the probe at hand, charges by one that was plugged in."""
    return effect == CUT_ACCESS or effect in _PROBES
