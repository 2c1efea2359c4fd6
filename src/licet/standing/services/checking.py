"""Checks from outside: the gate and the public list are asked what they would say now; nobody believes what was written."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from licet.casework.models import Measure
from licet.core.errors import LicetError
from licet.standing.days import local_day
from licet.standing.models import Entry
from licet.standing.selectors import public_exposures
from licet.standing.services.entries import stands_in_register

_ASKED_BY = {"domain": "domain", "sponsor": "customer_uscc", "address": "ip", "provider": "provider_id"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """What a check found. ``unknown``: it could not be told; nothing follows from that."""

    agrees: bool
    unknown: bool = False
    note: str = ""


def check_written(measure: Measure, *, now: dt.datetime) -> Check:
    """Whether everything the measure wrote is seen from outside."""
    if measure.kind == "publish_exposure":
        seen = public_exposures(now).filter(measure=measure).exists()
        return Check(agrees=seen, note="" if seen else "the public list does not show it")
    entries = list(Entry.objects.filter(measure=measure, ended_at__isnull=True).order_by("pk"))
    absent = [entry.value for entry in entries if not stands_in_register(entry)]
    if absent or not entries:
        return Check(agrees=False, note=f"not in the register: {', '.join(absent) or 'nothing was written'}")
    if measure.kind != "blacklist":
        return Check(agrees=True)
    return _gate_refuses(entries, now)


def _gate_refuses(entries: list[Entry], now: dt.datetime) -> Check:
    today = local_day(now)
    for entry, answer in zip(entries, _answers(entries, today), strict=True):
        rules = [reason for reason in answer["reasons"] if reason["finding"].startswith(("blacklisted_", "registers_"))]
        if any(reason["severity"] == "unknown" for reason in rules):
            return Check(agrees=False, unknown=True, note="the gate does not know the blacklist: load the register")
        named = [reason for reason in rules if entry.decision_ref in reason["evidence"]]
        stands = entry.valid_to is None or entry.valid_to >= today
        if stands and (answer["answer"] != "deny" or not named):
            return Check(agrees=False, note=f"the gate does not refuse {entry.value} for {entry.decision_ref}")
    return Check(agrees=True)


def _answers(entries: list[Entry], today: dt.date) -> list[dict[str, Any]]:
    from licet.gate.services import would_answer  # heavy, and the web process starts without it

    try:
        return would_answer([_question(entry) for entry in entries], as_of=today)
    except LicetError as error:
        reason: Mapping[str, Any] = {"finding": "registers_unavailable", "severity": "unknown", "evidence": error.message}
        return [{"answer": "refer", "reasons": [reason]} for _ in entries]


def _question(entry: Entry) -> dict[str, str]:
    value = entry.value.partition("/")[0] if entry.kind == "address" else entry.value
    return {"access_id": str(entry.pk), _ASKED_BY[entry.kind]: value}


def check_ended(measure: Measure, *, now: dt.datetime) -> Check:
    """Whether nothing that names this measure is seen any more."""
    if measure.kind == "publish_exposure":
        seen = public_exposures(now).filter(measure=measure).exists()
        return Check(agrees=not seen, note="the public list still shows it" if seen else "")
    entries = list(Entry.objects.filter(measure=measure).order_by("pk"))
    if measure.kind != "blacklist" or not entries:
        left = [entry.value for entry in entries if stands_in_register(entry) and not _stands_for_another(entry)]
        return Check(agrees=not left, note=f"still in the register: {', '.join(left)}" if left else "")
    for entry, answer in zip(entries, _answers(entries, local_day(now)), strict=True):
        if any(entry.decision_ref in reason["evidence"] for reason in answer["reasons"]
               if reason["finding"].startswith("blacklisted_")):
            return Check(agrees=False, note=f"the gate still refuses {entry.value} for {entry.decision_ref}")
    return Check(agrees=True)


def _stands_for_another(entry: Entry) -> bool:
    """Revoked before, or by another measure as well."""
    return ((entry.before or {}).get("status") == "revoked"
            or Entry.objects.filter(register=entry.register, key=entry.key, ended_at__isnull=True).exists())
