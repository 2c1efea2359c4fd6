"""Signals become cases: one open case per desk, ground and subject, also when many arrive at once.

Set-based: a batch of thousands costs the same few statements as a single signal.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from licet.casework.services.prepared import prepared
from licet.casework.services.proposals import propose
from licet.casework.services.subjects import canonical_subject
from licet.casework.tables import SignalKind
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict
from licet.core.rls import acting_as
from licet.grounds.tables import GROUNDS
from licet.journal.services import append
from licet.parties.models import Party

SOURCE_CHARACTERS = 120
_GROUND_IDS = frozenset(ground.id for ground in GROUNDS)
Key = tuple[str, str, str, str]  # desk, ground, kind of subject, subject


class UnknownGround(BadInput):
    """There is no such ground, and none can be added."""

    code = "unknown_ground"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SignalIn:
    """A fact to receive. ``subject`` is canonical (see ``subjects.canonical_subject``)."""

    kind: str
    desk_id: str
    ground: str
    subject_kind: str
    subject: str
    source: str  # the same source is received once per desk
    observer: str  # cluster of the observer; one cluster counts once
    observed_at: dt.datetime
    provider_id: str = ""
    score: float | None = None
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What decides which case it joins."""
        return (self.desk_id, self.ground, self.subject_kind, self.subject)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Received:
    """What became of a batch. ``case_of``: source -> case the signal is in (new ones only)."""

    new: int
    repeated: int
    opened: tuple[int, ...]
    joined: tuple[int, ...]
    case_of: Mapping[str, int]


def receive_signal(signal: SignalIn, *, actor: Actor, at: dt.datetime) -> int | None:
    """Receive one signal as it was written down (its subject is made canonical). Returns the case's id, ``None`` if the
    desk had the signal before."""
    subject = canonical_subject(signal.subject_kind, signal.subject)
    received = receive_signals([dataclasses.replace(signal, subject=subject)], actor=actor, at=at)
    return received.case_of.get(signal.source)


def ensure_on_record(*provider_ids: str) -> None:
    """Whoever hands a signal in names providers by ids on record. A sweep's row may name one that is not: that is its
    finding. Raises :class:`BadInput`."""
    wanted = {provider for provider in provider_ids if provider}
    unknown = wanted - set(Party.objects.filter(party_id__in=wanted, until__isnull=True).values_list("party_id", flat=True))
    if unknown:
        error = BadInput(f"{min(unknown)} is not on record", hint="name an organisation by its id")
        error.code = "executor_unknown"
        raise error


def receive_signals(signals: Sequence[SignalIn], *, actor: Actor, at: dt.datetime) -> Received:
    """Receive a batch in one transaction. Idempotent by (desk, source).

    1. leave out what the desk has  2. lock the open cases concerned, or the cases those were merged into
    3. open the missing ones: of two transactions that open the same, the second waits and joins
    4. add the signals  5. count them  6. propose tiers anew  7. journal

    Raises :class:`UnknownGround`, :class:`BadInput` for a kind or source that cannot be, and :class:`Conflict` if the
    same batch arrives twice at the same moment.
    """
    batch = list({(signal.desk_id, signal.source): _checked(signal) for signal in signals}.values())
    if not batch:
        return Received(new=0, repeated=len(signals), opened=(), joined=(), case_of={})
    with acting_as(actor):
        fresh = _not_there_yet(batch)
        if not fresh:
            return Received(new=0, repeated=len(signals), opened=(), joined=(), case_of={})
        keys = sorted({signal.key for signal in fresh})
        case_of, target_of = _open_cases(keys)
        missing = [key for key in keys if key not in case_of]
        opened: list[int] = []
        if missing:
            opened = _open(missing, fresh, at, case_of)
            target_of |= {case_of[key]: case_of[key] for key in missing}
        written = _write(fresh, case_of, at)
        touched = _count(written, fresh, target_of, at)
        if not set(opened) <= touched.keys():
            raise Conflict("the same signals are arriving twice at this moment", hint="send them again")
        _opening_lines(opened, actor, at)
        propose(list(touched), at=at)
        received = Received(new=len(written), repeated=len(signals) - len(written), opened=tuple(opened),
                            joined=tuple(sorted(touched.keys() - set(opened))), case_of=written)
        _journal(fresh, received, actor)
    return received


def _checked(signal: SignalIn) -> SignalIn:
    if signal.ground not in _GROUND_IDS:
        raise UnknownGround(f"there is no ground {signal.ground!r}", hint=f"grounds: {', '.join(sorted(_GROUND_IDS))}")
    if signal.kind not in set(SignalKind):
        raise BadInput(f"there is no kind of signal {signal.kind!r}", hint=f"kinds: {', '.join(SignalKind)}")
    if not signal.source or len(signal.source) > SOURCE_CHARACTERS:
        raise BadInput("the source of a signal is missing or too long", hint=f"at most {SOURCE_CHARACTERS} characters")
    if not signal.observer:
        raise BadInput("the observer of a signal is missing", hint="name the cluster that observed it")
    return signal


def _columns(keys: Sequence[Key]) -> list[list[str]]:
    return [list(column) for column in zip(*keys, strict=True)]


def _not_there_yet(batch: list[SignalIn]) -> list[SignalIn]:
    rows = prepared(
        "SELECT i.n FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS i(desk, source, n)"
        " WHERE EXISTS (SELECT FROM casework_signal s WHERE s.desk_id = i.desk AND s.source = i.source)",
        [[signal.desk_id for signal in batch], [signal.source for signal in batch]])
    there = {row[0] - 1 for row in rows}
    return [signal for n, signal in enumerate(batch) if n not in there]


_KEYS = "unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS k(desk, ground, kind, key)"
_SAME = "c.desk_id = k.desk AND c.ground_id = k.ground AND c.subject_kind = k.kind AND c.subject_key = k.key"


# Found and locked one by one through the indexes, also while PostgreSQL knows no numbers about a young table; locked in
# the order of their ids, so that two batches cannot wait for each other.
_LOCK = f"""
WITH found AS MATERIALIZED (
  SELECT o.id, k.* FROM {_KEYS} CROSS JOIN LATERAL (
    SELECT c.id FROM casework_case c WHERE {_SAME} AND c.state = 'open' LIMIT 1) o)
SELECT f.* FROM (SELECT * FROM found ORDER BY id) f CROSS JOIN LATERAL (
  SELECT FROM casework_case c WHERE c.id = f.id AND c.state = 'open' FOR NO KEY UPDATE) locked
"""


def _open_cases(keys: list[Key]) -> tuple[dict[Key, int], dict[int, int]]:
    """Key -> case the signal is put in; that case -> the open case it counts for (another one after a merge)."""
    rows = prepared(_LOCK, _columns(keys))
    case_of = {(row[1], row[2], row[3], row[4]): row[0] for row in rows}
    target_of = {case: case for case in case_of.values()}
    missing = [key for key in keys if key not in case_of]
    if missing:
        merged = prepared(f"SELECT c.id, t.id, k.* FROM {_KEYS} JOIN casework_case c ON {_SAME}"
                       " JOIN casework_case t ON t.id = c.merged_into_id AND t.state = 'open'"
                       " WHERE c.state = 'merged' ORDER BY c.id", _columns(missing))
        for case, target, *key in merged:
            case_of[key[0], key[1], key[2], key[3]] = case
            target_of[case] = target
    return case_of, target_of


_OPEN = """
INSERT INTO casework_case (number, desk_id, provider_id, ground_id, subject_kind, subject_key, state, outcome, proposal,
  priority, tier_reason, signal_count, opened_at, last_signal_at)
SELECT %s::text || lpad(n::text, greatest(6, length(n::text)), '0'), desk, provider, ground, kind, key, 'open', '', '{}',
  0, '', 0, %s::timestamptz, %s::timestamptz
FROM (SELECT k.*, nextval('casework_case_number') AS n
      FROM (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
              AS u(desk, ground, kind, key, provider) ORDER BY desk, ground, kind, key) k) numbered
ON CONFLICT (desk_id, ground_id, subject_kind, subject_key) WHERE state = 'open'
DO UPDATE SET last_signal_at = greatest(casework_case.last_signal_at, EXCLUDED.last_signal_at)
RETURNING id, xmax = 0, desk_id, ground_id, subject_kind, subject_key
"""


def _open(missing: list[Key], fresh: list[SignalIn], at: dt.datetime, case_of: dict[Key, int]) -> list[int]:
    """Open a case per key, in the keys' order so that two batches cannot wait for each other. Fills ``case_of``."""
    provider = {signal.key: signal.provider_id for signal in reversed(fresh)}
    rows = prepared(_OPEN, [f"{at:%Y}-", at, at, *_columns(missing), [provider[key] for key in missing]])
    for row in rows:
        case_of[row[2], row[3], row[4], row[5]] = row[0]
    return [row[0] for row in rows if row[1]]


_ADD = """
INSERT INTO casework_signal (kind, desk_id, provider_id, ground_id, subject_kind, subject_key, case_id, source,
  observer, score, facts, observed_at, received_at)
SELECT i.*, %s::timestamptz FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
  %s::text[], %s::text[], %s::float8[], %s::jsonb[], %s::timestamptz[]) AS i
ON CONFLICT (desk_id, source) DO NOTHING RETURNING source, case_id
"""


def _write(fresh: list[SignalIn], case_of: dict[Key, int], at: dt.datetime) -> dict[str, int]:
    rows = [(s.kind, s.desk_id, s.provider_id, s.ground, s.subject_kind, s.subject, case_of[s.key], s.source,
             s.observer, s.score, json.dumps(dict(s.facts), ensure_ascii=False), s.observed_at) for s in fresh]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {row[0]: row[1] for row in prepared(_ADD, [at, *columns])}


_COUNT = """
UPDATE casework_case c SET signal_count = c.signal_count + v.n, last_signal_at = greatest(c.last_signal_at, %s::timestamptz),
  provider_id = CASE WHEN c.provider_id = '' THEN v.provider ELSE c.provider_id END
FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS v(id, n, provider) WHERE c.id = v.id
"""


def _count(written: dict[str, int], fresh: list[SignalIn], target_of: dict[int, int],
           at: dt.datetime) -> dict[int, int]:
    """Add to the counts of the cases concerned; returns case -> signals added."""
    added: dict[int, int] = {}
    provider: dict[int, str] = {}
    for signal in fresh:
        if signal.source in written:
            target = target_of[written[signal.source]]
            added[target] = added.get(target, 0) + 1
            provider[target] = provider.get(target) or signal.provider_id
    ids = list(added)
    prepared(_COUNT, [at, ids, list(added.values()), [provider[case] for case in ids]])
    return added


def _opening_lines(opened: list[int], actor: Actor, at: dt.datetime) -> None:
    if opened:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO casework_caseevent (case_id, desk_id, at, tag, actor, note, data)"
                " SELECT id, desk_id, %s, 'casework:case:opened', %s, '', '{}' FROM casework_case WHERE id = ANY(%s)",
                [at, actor.name, opened])


def _journal(fresh: list[SignalIn], received: Received, actor: Actor) -> None:
    """One entry per signal that came alone, one per batch otherwise: the signals' own rows are the detail."""
    first = fresh[0]
    case = next(iter(received.case_of.values()), None)
    numbers = {"new": received.new, "repeated": received.repeated, "opened": len(received.opened),
               "joined": len(received.joined)}
    if len(fresh) == 1:
        data: dict[str, Any] = {"case": case, "kind": first.kind, "ground": first.ground, "source": first.source,
                                "opened": bool(received.opened)}
        append("casework:signal:received", actor=actor, subject=f"{first.subject_kind}:{first.subject}",
               organisation=first.desk_id, data=data)
    else:
        append("casework:signals:received", actor=actor, subject=f"desk:{first.desk_id}", organisation=first.desk_id,
               data={**numbers, "first": first.source, "last": fresh[-1].source})
