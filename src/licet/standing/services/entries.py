"""What measures with the effect "list" write into registers, and how it goes away again. The caller holds a transaction
with the system's scope; see ``carrying`` for the job and ``following`` for reversals."""

from __future__ import annotations

import datetime as dt
from typing import Any

from licet.casework.models import Case, Measure
from licet.casework.rules import appeal_deadline
from licet.casework.tables import MEASURE_BY_ID
from licet.core.actors import WORKER
from licet.core.errors import Conflict
from licet.registers.decided import Decided, end_decided, licence_rows, lock_kind, present_row, write_decided
from licet.standing.days import local_day
from licet.standing.models import Entry
from licet.standing.policy import policy
from licet.standing.rules import enters, entry_end
from licet.standing.services.identity import NotIdentified, parties_of
from licet.standing.tables import ENTRY_OF_SCOPE

REGISTER_OF = {"blacklist": "blacklist", "revoke_licence": "licences"}


class NothingToWrite(Conflict):
    """The measure names nothing that a register could say."""

    code = "nothing_to_write"
    hint = "draft it again with a scope the registers know"


def decision_ref(measure: Measure, case: Case) -> str:
    """What people are shown as the decision: number of the case and of the measure."""
    return f"{case.number}-M{measure.pk}"


def decided(measure: Measure, case: Case, *, ended: bool = False, purpose: str = "") -> Decided:
    """The measure as the source of a register's row."""
    return Decided(source=f"measure:{measure.pk}{':ended' if ended else ''}", ref=decision_ref(measure, case),
                   signers=(measure.decided_by_id, measure.seconded_by_id), purpose=purpose or measure.rule_cited)


def contest_until(measure: Measure) -> dt.date | None:
    """The last local day to appeal, ``None`` while nobody was told or if it cannot be appealed."""
    kind = MEASURE_BY_ID[measure.kind]
    told = measure.transitions.filter(event="notified").order_by("-id").first()
    return local_day(appeal_deadline(kind, told.at)) if told and kind.appeal != "none" else None


def lock_registers(measure: Measure) -> None:
    """Take the lock of the register this measure writes before any journal entry."""
    lock_kind(REGISTER_OF[measure.kind])


def write_entries(measure: Measure, *, at: dt.datetime) -> list[Entry]:
    """Write what the measure says into the register. Twice does nothing more than once.

    Raises :class:`NothingToWrite`, :class:`NotIdentified`, and what a register refuses.
    """
    case = Case.objects.get(pk=measure.case_id)
    lock_registers(measure)
    rows = _blacklist_rows(measure, case, at) if measure.kind == "blacklist" else _licence_rows(measure)
    if not rows:
        raise NothingToWrite
    return [_write(measure, case, row, at=at) for row in rows]


def _blacklist_rows(measure: Measure, case: Case, at: dt.datetime) -> list[dict[str, Any]]:
    today = local_day(at)
    review_on = today + dt.timedelta(days=policy().review_days)
    expires_on = local_day(measure.expires_at) if measure.expires_at else None
    named: list[tuple[str, str, str, str]] = [
        (kind, value, "subject", "") for field, kind in ENTRY_OF_SCOPE.items() for value in measure.scope.get(field, ())]
    for party in parties_of(measure):
        if party.confidence != "subject" and not enters(party.confidence):
            raise NotIdentified(f"{party.value}: {party.confidence}")
        named.append((party.kind, party.value, party.confidence, party.name if party.is_organisation else ""))
    ends = entry_end(expires_on=expires_on, review_on=review_on)
    return [{"register": "blacklist", "kind": kind, "value": value, "confidence": confidence, "name": name,
             "valid_to": ends, "review_on": min(review_on, ends),
             "row": {"kind": kind, "value": value, "ground": case.ground_id, "valid_to": ends.isoformat(),
                     "decided_on": local_day(measure.decided_at or at).isoformat(),
                     "decision_ref": decision_ref(measure, case)}}
            for kind, value, confidence, name in named]


def _licence_rows(measure: Measure) -> list[dict[str, Any]]:
    """The licences named in the attachments (``licences``), or every licence of the provider that is not revoked."""
    party = measure.subject_party or next(iter(measure.scope.get("parties", ())), "")
    wanted = measure.attachments.get("licences")
    numbers = wanted if isinstance(wanted, list) else wanted.split() if isinstance(wanted, str) else None
    rows = []
    for row in licence_rows(party):
        if (numbers is None or row["licence_no"] in numbers) and row["status"] != "revoked":
            rows.append({"register": "licences", "kind": "licence", "value": row["licence_no"], "confidence": "subject",
                         "name": "", "valid_to": None, "review_on": None, "row": row | {"status": "revoked"}})
    return rows


def _key(row: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "value", "ground") if row["register"] == "blacklist" else ("licence_no", "valid_from")
    return {name: row["row"][name] for name in names}


def _write(measure: Measure, case: Case, row: dict[str, Any], *, at: dt.datetime) -> Entry:
    found = Entry.objects.filter(measure=measure, register=row["register"], kind=row["kind"], value=row["value"],
                                 ended_at__isnull=True).first()
    key = _key(row)
    before = _stood_before(row["register"], key, decision_ref(measure, case))
    write_decided(row["register"], row["row"] if found is None else _as_written(found, row), decided(measure, case),
                  actor=WORKER, today=local_day(at), now=at)
    if found is not None:
        return found
    return Entry.objects.create(
        measure=measure, desk_id=measure.desk_id, register=row["register"], kind=row["kind"], value=row["value"], key=key,
        before=before, decision_ref=decision_ref(measure, case), confidence=row["confidence"], name=row["name"],
        since=local_day(at), valid_to=row["valid_to"], review_on=row["review_on"], contest_until=contest_until(measure),
        written_at=at)


def _as_written(entry: Entry, row: dict[str, Any]) -> dict[str, Any]:
    """Written again (the gate did not show it): its term stays what it was."""
    said: dict[str, Any] = row["row"] | ({"valid_to": entry.valid_to.isoformat()} if entry.valid_to else {})
    return said


def _stood_before(register: str, key: dict[str, Any], ref: str) -> dict[str, Any] | None:
    """What stood there before any decision of ours; a decision of ours hands on what it had found."""
    row = present_row(register, key)
    if row is None:
        return None
    if register == "licences":
        return row
    ours = Entry.objects.filter(register=register, key=key, decision_ref=row["decision_ref"]).order_by("-id").first()
    if ours is not None:
        before: dict[str, Any] | None = ours.before
        return before
    return None if row["decision_ref"] == ref else row


def end_entries(measure: Measure, *, why: str, at: dt.datetime) -> int:
    """Take out of the register what this measure put in; what stood there for another reason stands again."""
    entries = list(Entry.objects.select_for_update(of=("self",)).filter(measure=measure, ended_at__isnull=True))
    if not entries:
        return 0
    case = Case.objects.get(pk=measure.case_id)
    lock_registers(measure)
    for entry in entries:
        entry.ended_at, entry.ended_on, entry.ended_why = at, local_day(at), why[:300]
        entry.save(update_fields=["ended_at", "ended_on", "ended_why"])
        source = decided(measure, case, ended=True, purpose=why)
        if entry.register == "licences":
            _restore_licence(entry, source, at=at)
        else:
            _end_listing(entry, source, at=at)
    return len(entries)


def _end_listing(entry: Entry, source: Decided, *, at: dt.datetime) -> None:
    today = local_day(at)
    row = present_row("blacklist", entry.key)
    if row is None or row["decision_ref"] != entry.decision_ref:
        return  # somebody else's decision stands there now
    other = Entry.objects.filter(register="blacklist", key=entry.key, ended_at__isnull=True, valid_to__gte=today).order_by(
        "-valid_to").first()
    back = None
    if other is not None:
        assert other.valid_to is not None
        back = row | {"decision_ref": other.decision_ref, "valid_to": other.valid_to.isoformat(),
                      "decided_on": local_day(other.measure.decided_at or at).isoformat()}
    elif entry.before is not None and (entry.before["valid_to"] or "9999") >= today.isoformat():
        back = entry.before
    if back is not None:
        write_decided("blacklist", back, source, actor=WORKER, today=today, now=at)
    else:
        end_decided("blacklist", entry.key, source, actor=WORKER, today=today, now=at)


def _restore_licence(entry: Entry, source: Decided, *, at: dt.datetime) -> None:
    """The earlier status; what else was corrected in the meantime stays corrected."""
    row = present_row("licences", entry.key)
    others = Entry.objects.filter(register="licences", key=entry.key, ended_at__isnull=True).exists()
    if row is None or row["status"] != "revoked" or others or entry.before is None:
        return
    write_decided("licences", row | {"status": entry.before["status"]}, source, actor=WORKER, today=local_day(at), now=at)


def stands_in_register(entry: Entry) -> bool:
    """Whether the register says now what this entry wrote."""
    row = present_row(entry.register, entry.key)
    if row is None:
        return False
    return bool(row["status"] == "revoked" if entry.register == "licences" else row["decision_ref"] == entry.decision_ref)
