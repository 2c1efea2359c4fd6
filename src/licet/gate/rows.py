"""What is asked, cleaned exactly as an imported access list is, so that gate and sweep judge the same row."""

from __future__ import annotations

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


def clean_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Canonical access rows, in order; columns ``COLUMNS``, text, '' = blank.

    Raises :class:`BadInput` naming row, field and repair for what no access list could hold.
    """
    cells = {name: [str(row.get(name) or "").strip() or _FILLED.get(name, "") for row in rows] for name in COLUMNS}
    validator = _validator(load_profile().id, settings.SECRETS["identifier_key"])
    valid = validator.validate(RawBatch(list(range(1, len(rows) + 1)), cells, [], 0, 0))
    if valid.rejections:
        bad = valid.rejections[0]
        where = f"row {bad.line}, " if len(rows) > 1 else ""
        raise BadInput(f"{where}{_NAMES.get(bad.field, bad.field)}: {bad.reason}", hint=bad.repair)
    columns = {name: list(valid.columns[name]) for name in COLUMNS}
    for name in _FILLED:
        for at, row in enumerate(rows):
            if not str(row.get(name) or "").strip():
                columns[name][at] = ""
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


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
