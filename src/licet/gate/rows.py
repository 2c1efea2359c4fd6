"""What is asked, cleaned exactly as an imported access list is, so that gate and sweep judge the same row."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from django.conf import settings

from licet.config.profile import load_profile
from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, NotAllowed
from licet.parties.selectors import permissions_of
from licet.registers.exchange.cells import CellRules
from licet.registers.exchange.chinese import in_active_language
from licet.registers.exchange.readers import RawBatch
from licet.registers.exchange.validation import Permitted, Validator
from licet.registers.kinds import KIND_BY_ID

ACCESS = KIND_BY_ID["access"]
COLUMNS = tuple(column.name for column in ACCESS.columns)
# An import wants these in every row, a question does not: they are filled in for the checks and blanked again.
_FILLED = {"access_id": "x", "provider_id": "x", "service_kind": "vhost"}
_NAMES = {"customer_uscc": "sponsor", "upstream_provider_id": "upstream", "provider_id": "provider"}


@functools.lru_cache(maxsize=4)
def _validator(_profile_id: str, key: str) -> Validator:
    return Validator(ACCESS, CellRules(load_profile()), key=key.encode(), permitted=Permitted())


# A question names one of these; a service kind or a reference of your own asks nothing.
_ASKED = ("provider_id", "domain", "ip", "customer_uscc", "filing_no", "upstream_provider_id", "code")


class NothingAsked(BadInput):
    """The question names nothing that could be judged."""

    code = "nothing_asked"
    hint = "say what would be connected: provider, domain, ip, sponsor, filing_no, upstream or code"


@dataclasses.dataclass(frozen=True)
class CleanRows:
    """Rows that can be judged, and what is wrong with the others.

    ``table``: canonical access rows in order, columns ``COLUMNS``, text, '' = blank. ``at``: which of the rows asked each
    of them is. ``problems``: row asked (from 0) → its bad cells.
    """

    table: pa.Table
    at: list[int]
    problems: dict[int, list[dict[str, str]]]


def check_asks_something(row: Mapping[str, Any]) -> None:
    """Raises :class:`NothingAsked`: no answer would be the answer to nothing."""
    if not any(str(row.get(name) or "").strip() for name in _ASKED):
        raise NothingAsked


def read_rows(rows: Sequence[Mapping[str, Any]]) -> CleanRows:
    """The rows as an access list would hold them; what no access list could hold is a problem of its row."""
    cells = {name: [str(row.get(name) or "").strip() or _FILLED.get(name, "") for row in rows] for name in COLUMNS}
    validator = _validator(load_profile().id, settings.SECRETS["identifier_key"])
    valid = validator.validate(RawBatch(list(range(len(rows))), cells, [], 0, 0))
    problems: dict[int, list[dict[str, str]]] = {}
    for bad in valid.rejections:
        problems.setdefault(bad.line, []).append({"field": bad.field, "reason": in_active_language(bad.reason),
                                                  "repair": in_active_language(bad.repair)})
    columns = {name: list(valid.columns[name]) for name in COLUMNS}
    for place, at in enumerate(valid.lines):
        for name in _FILLED:
            if not str(rows[at].get(name) or "").strip():
                columns[name][place] = ""
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    return CleanRows(table, list(valid.lines), problems)


def clean_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Canonical access rows, in order. Raises :class:`BadInput` naming row, field and repair of the first bad cell."""
    found = read_rows(rows)
    for at, (bad, *_others) in sorted(found.problems.items()):
        where = f"row {at + 1}, " if len(rows) > 1 else ""
        raise BadInput(f"{where}{_NAMES.get(bad['field'], bad['field'])}: {bad['reason']}", hint=bad["repair"])
    return found.table


def check_asker(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the asker's own organisation filled in. Raises :class:`NotAllowed`.

    An authority may ask about everybody, an organisation about itself.
    """
    if "gate.ask" not in permissions_of(actor):
        raise NotAllowed("you may not ask the gate", hint="ask for a role or key with gate.ask")
    if actor.scope in {Scope.SYSTEM, Scope.NATIONAL, Scope.REGIONAL}:
        return [dict(row) for row in rows]
    filled = []
    for row in rows:
        provider = str(row.get("provider_id") or "").strip()
        if not provider and len(actor.organisations) == 1:
            provider = actor.organisations[0]
        if provider not in actor.organisations:
            raise NotAllowed(
                f"you do not act for {provider}" if provider else "name the provider",
                hint="ask about your own organisation",
            )
        filled.append(dict(row) | {"provider_id": provider})
    return filled


def digest_of(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, hexadecimal."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
