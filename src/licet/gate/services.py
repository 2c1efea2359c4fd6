"""The gate's answers, kept and journalled. Rule: Notice §4.2.1

Every answer gives all its reasons. What the gate cannot know makes it ``refer``: a stale register, one that cannot be
read or compiled, a database that is away. None of these ever makes it ``deny`` or ``permit``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from django.db import DatabaseError, InterfaceError

from licet.core import clock
from licet.core.actors import Actor
from licet.core.errors import BadInput, LicetError, NotAllowed
from licet.core.rls import acting_as
from licet.gate import documents, rules
from licet.gate.identity import new_decision_id
from licet.gate.models import Decision
from licet.gate.rehearsal import Rehearsal, present_access
from licet.gate.rows import check_asker, check_asks_something, clean_rows, digest_of, read_rows
from licet.gate.tables import ANSWERS, RULES, RULESET_VERSION
from licet.journal import services as journal
from licet.registers import snapshots
from licet.registers.compiled import AccessRows, BoundRegister

MOST_ROWS = 10_000
_WORDS = ("permit", "deny", "refer")  # by the codes of rules.answers
_AWAY = (DatabaseError, InterfaceError, OSError)
_CHUNK = 50_000


@dataclasses.dataclass(frozen=True)
class Answered:
    """A decision as it was given: ``document`` is what the API returns and the database keeps."""

    document: dict[str, Any]

    @property
    def answer(self) -> str:
        """permit, deny or refer."""
        return str(self.document["answer"])

    @property
    def id(self) -> str:
        """Decision id; '' when the decision could not be kept."""
        return str(self.document["id"])

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """All reasons, fired ones first."""
        return list(self.document["reasons"])

    @property
    def findings(self) -> list[str]:
        """Ids of the findings among the reasons."""
        return [reason["finding"] for reason in self.reasons]


@dataclasses.dataclass(frozen=True)
class _Judged:
    """Answer and reasons of each row asked, in order."""

    answers: list[str]
    reasons: list[list[dict[str, Any]]]
    registers: dict[str, Any]


def decide(row: Mapping[str, Any], *, actor: Actor, as_of: dt.date | None = None, purpose: str = "") -> Answered:
    """May this be connected? ``row`` has the access columns (and ``code``); anything may be blank.

    Raises :class:`NotAllowed` for somebody else's rows and :class:`BadInput` for what no access list could hold and for
    a question that asks nothing.
    """
    check_asks_something(row)
    asked = check_asker(actor, [row])[0]
    day = as_of or snapshots.today()
    table = clean_rows([asked])
    judged = _judge_all(table, [asked], day)
    document = _document(asked, table, judged, day)
    try:
        _keep(document, actor=actor, purpose=purpose)
    except _AWAY as error:
        return Answered(_unkept(document, error))
    return Answered(document)


def decide_batch(
    rows: Sequence[Mapping[str, Any]], *, actor: Actor, as_of: dt.date | None = None, purpose: str = ""
) -> Answered:
    """The same for up to :data:`MOST_ROWS` rows; one journal entry with a digest over the canonical answers.

    A row that cannot be read, or asks nothing, is referred with its errors; the others are judged.
    """
    if not 0 < len(rows) <= MOST_ROWS:
        raise BadInput(f"a batch of {len(rows):,} rows", hint=f"ask about 1 to {MOST_ROWS:,} rows at a time")
    asked = check_asker(actor, rows)
    day = as_of or snapshots.today()
    clean = read_rows(asked)
    for at, row in enumerate(rows):
        _note_nothing_asked(row, at, clean.problems)
    judged = _judge_all(clean.table, [asked[at] for at in clean.at], day)
    results = [
        {"row": at, "access_id": str(row.get("access_id") or ""), "answer": "refer", "reasons": [], "errors": []}
        for at, row in enumerate(asked, 1)
    ]
    for at, answer, reasons in zip(clean.at, judged.answers, judged.reasons, strict=True):
        results[at] |= {"answer": answer, "reasons": reasons}
    for at, problems in clean.problems.items():
        results[at] |= {"answer": "refer", "reasons": [documents.unreadable(problems)], "errors": problems}
    return journal_batch(
        results,
        judged.registers,
        actor=actor,
        as_of=day,
        purpose=purpose,
        providers=sorted({str(row.get("provider_id") or "") for row in asked}),
    )


def _note_nothing_asked(row: Mapping[str, Any], at: int, problems: dict[int, list[dict[str, str]]]) -> None:
    try:
        check_asks_something(row)
    except BadInput as nothing:
        problems.setdefault(at, []).append({"field": "", "reason": nothing.message, "repair": nothing.hint})


def _judge_all(table: pa.Table, asked: Sequence[Mapping[str, Any]], day: dt.date) -> _Judged:
    """Judged by the registers of a day; without registers everything is referred."""
    try:
        return _judge(snapshots.current_register(day), table, asked)
    except (LicetError, *_AWAY) as error:
        return _all_refer(table.num_rows, documents.unavailable(error))


def journal_batch(
    results: Sequence[dict[str, Any]],
    registers: Mapping[str, Any],
    *,
    actor: Actor,
    as_of: dt.date,
    purpose: str,
    providers: Sequence[str],
) -> Answered:
    """Journal a batch as one entry and give it its document."""
    counted = Counter(str(result["answer"]) for result in results)
    now = clock.now()
    document: dict[str, Any] = {
        "id": str(new_decision_id(now)),
        "answer": "",
        "as_of": as_of.isoformat(),
        "decided_at": now.isoformat(),
        "ruleset": RULESET_VERSION,
        "registers": dict(registers),
        "counts": {word: counted[word] for word in ANSWERS},
        "digest": digest_of(documents.neutral(list(results))),
        "rows": list(results),
        "reasons": [],
        "notes": documents.notes(registers),
    }
    try:
        with acting_as(actor):
            journal.append(
                "gate:batch:made",
                actor=actor,
                subject=f"batch:{document['id']}",
                purpose=purpose,
                organisation=providers[0] if len(providers) == 1 else "",
                data={name: document[name] for name in ("as_of", "ruleset", "counts", "digest")}
                | {"rows": len(results), "registers": _brief(registers)},
            )
    except _AWAY as error:
        reason = documents.unavailable(error)
        rows = [dict(result) | {"answer": "refer", "reasons": [*result["reasons"], reason]} for result in results]
        return Answered(document | {"id": "", "rows": rows, "counts": {"permit": 0, "deny": 0, "refer": len(rows)}})
    return Answered(document)


def would_answer(rows: Sequence[Mapping[str, Any]], *, as_of: dt.date) -> list[dict[str, Any]]:
    """What the gate would answer about ``rows`` now, in order; nothing is kept. For checks whether an entry is seen."""
    return judge_table(clean_rows(rows), as_of=as_of)[0]


def judge_table(table: pa.Table, *, as_of: dt.date) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Answers of canonical rows in order, and where registers stood; nothing is kept. ``refer`` without registers."""
    asked = table.select(["access_id"]).to_pylist()
    judged = _judge_all(table, asked, as_of)
    return [
        {"row": at, "access_id": row["access_id"], "answer": answer, "reasons": reasons}
        for at, (row, answer, reasons) in enumerate(zip(asked, judged.answers, judged.reasons, strict=True), 1)
    ], judged.registers


def journal_file(
    counts: Mapping[str, int],
    digest: str,
    registers: Mapping[str, Any],
    *,
    actor: Actor,
    as_of: dt.date,
    rows: int,
    file_name: str,
    providers: Sequence[str],
) -> None:
    """One journal entry for a file of decisions."""
    with acting_as(actor):
        journal.append(
            "gate:batch:made",
            actor=actor,
            subject=f"file:{file_name}"[:400],
            organisation=providers[0] if len(providers) == 1 else "",
            data={
                "as_of": as_of.isoformat(),
                "ruleset": RULESET_VERSION,
                "rows": rows,
                "digest": digest,
                "counts": {word: counts.get(word, 0) for word in ANSWERS},
                "registers": _brief(registers),
            },
        )


def refer_without_registers(row: Mapping[str, Any], why: str, *, as_of: dt.date | None = None) -> Answered:
    """The answer when not even the database can be reached; not kept, because there is nowhere to keep it."""
    judged = _all_refer(1, documents.unavailable(None, why))
    return Answered(_document(row, None, judged, as_of or snapshots.today()) | {"id": ""})


def dry_run(
    deny: Sequence[str],
    *,
    actor: Actor,
    rows: Sequence[Mapping[str, Any]] | None = None,
    tables: Iterable[pa.Table] | None = None,
    provider: str = "",
    as_of: dt.date | None = None,
    shown: int = 100,
) -> dict[str, Any]:
    """Who would be cut if the findings in ``deny`` denied: over ``rows``, over ``tables`` of canonical rows the actor may
    see, or over the present access register.

    Nothing is decided or kept. Raises :class:`BadInput` for findings that are none, and
    :class:`licet.core.errors.Unavailable` when the registers cannot be read: a guess helps nobody.
    """
    unknown = sorted(set(deny) - {rule.id for rule in RULES if rule.scope == "row"})
    if unknown or not deny:
        raise BadInput(
            f"there is no finding {unknown[0]!r} of a row" if unknown else "say which findings would deny",
            hint="findings: see docs/judging.md",
        )
    day = as_of or snapshots.today()
    register = snapshots.current_register(day)
    strict = rules.stricter(RULES, {name: {"severity": "violation", "at_gate": "deny"} for name in deny})
    total = Rehearsal(strict, shown)
    if rows is not None:
        total.add(register, clean_rows(check_asker(actor, rows)))
    elif tables is not None:
        for table in tables:
            total.add(register, table)
    else:
        with acting_as(actor):
            for table in present_access(_own_provider(actor, provider)):
                total.add(register, table)
    return {"as_of": day.isoformat(), "ruleset": RULESET_VERSION, "deny": list(deny)} | total.as_json()


def _own_provider(actor: Actor, provider: str) -> str:
    row = check_asker(actor, [{"provider_id": provider}])[0]
    return str(row["provider_id"] or "")


def _judge(register: BoundRegister, table: pa.Table, asked: Sequence[Mapping[str, Any]]) -> _Judged:
    """Facts, rules, reasons. What no register can say about a row is added as a reason to refer."""
    facts = register.gather(AccessRows.from_arrow(table, snapshots.row_normaliser()), threads=1)
    judgement = rules.judge(facts, register.known)
    words = [_WORDS[code] for code in rules.answers(judgement)]
    reasons = documents.reasons(facts, judgement)
    for at, row in enumerate(asked):
        if str(row.get("code") or "").strip():
            reasons[at] = [*reasons[at], documents.billing_not_loaded()]
            words[at] = "deny" if words[at] == "deny" else "refer"
    providers = set(table["provider_id"].to_pylist())
    return _Judged(words, reasons, register_stamp(register, providers.pop() if len(providers) == 1 else ""))


def register_stamp(register: BoundRegister, provider: str = "") -> dict[str, Any]:
    """Where each register stood: version, day of the load that answers, known and ``early`` on the day judged by.

    For everybody, or for ``provider``. ``early``: the day lies before the first load, whose rows answer all the same.
    """
    found = {}
    for name in register.known:
        standing = register.standing(name, provider)
        found[name] = {
            "version": register.versions[name],
            "last_as_of": standing.day.isoformat() if standing.day else None,
            "known": standing.known,
            "early": standing.early,
        }
    return found


def _brief(registers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row["version"] for name, row in registers.items()}


def _all_refer(rows: int, reason: dict[str, Any]) -> _Judged:
    return _Judged(["refer"] * rows, [[reason] for _ in range(rows)], {})


def _document(asked: Mapping[str, Any], table: pa.Table | None, judged: _Judged, as_of: dt.date) -> dict[str, Any]:
    now = clock.now()
    clean = {name: table[name][0].as_py() for name in table.column_names} if table is not None else dict(asked)
    return {
        "id": str(new_decision_id(now)),
        "answer": judged.answers[0],
        "as_of": as_of.isoformat(),
        "decided_at": now.isoformat(),
        "ruleset": RULESET_VERSION,
        "registers": judged.registers,
        "provider_id": clean.get("provider_id") or "",
        "domain": clean.get("domain") or "",
        "input_digest": digest_of(clean | {"code": str(asked.get("code") or "")}),
        "reasons": judged.reasons[0],
        "notes": documents.notes(judged.registers, clean),
    }


def _keep(document: Mapping[str, Any], *, actor: Actor, purpose: str) -> None:
    with acting_as(actor):
        Decision.objects.create(
            id=document["id"],
            provider_id=document["provider_id"],
            domain=document["domain"][:300],
            answer=document["answer"],
            as_of=document["as_of"],
            decided_at=document["decided_at"],
            actor=actor.name,
            purpose=purpose[:500],
            document=document,
        )
        journal.append(
            "gate:decision:made",
            actor=actor,
            subject=f"decision:{document['id']}",
            purpose=purpose[:500],
            organisation=document["provider_id"],
            after=document,
            data={
                "answer": document["answer"],
                "reasons": [row["finding"] for row in document["reasons"]],
                "as_of": document["as_of"],
                "input_digest": document["input_digest"],
                "ruleset": document["ruleset"],
                "registers": _brief(document["registers"]),
            },
        )


def _unkept(document: Mapping[str, Any], error: BaseException) -> dict[str, Any]:
    """A decision nobody can look up again must not let anything in or out."""
    return dict(document) | {
        "id": "",
        "answer": "refer",
        "reasons": [*document["reasons"], documents.unavailable(error)],
    }


__all__ = [
    "Answered",
    "BadInput",
    "NotAllowed",
    "decide",
    "decide_batch",
    "dry_run",
    "journal_batch",
    "refer_without_registers",
    "register_stamp",
]
