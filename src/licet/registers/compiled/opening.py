"""Opening a compiled register: mapping its parts and knowing which registers are known on a day."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from licet.registers import loads as load_days
from licet.registers.compiled.bind import BoundRegister
from licet.registers.compiled.layout import KINDS, DamagedPart, Part, read_part
from licet.registers.compiled.params import REGISTERS, JudgingParams
from licet.registers.compiled.unread import no_unread, read_unread


@dataclass(frozen=True)
class CompiledRegister:
    """The mapped parts of one register and when each register was loaded."""

    parts: Mapping[str, Part]
    registers: Mapping[str, Mapping[str, Any]]  # register -> a row of meta.json (loads.load_row)
    unread: pa.Table = field(default_factory=no_unread)  # what could be read of rows that loads refused

    def with_loads(self, registers: Mapping[str, Mapping[str, Any]]) -> CompiledRegister:
        """The same parts under newer load dates: a load that changed nothing needs no new part."""
        return replace(self, registers={**self.registers, **registers})

    def standing(self, name: str, as_of: dt.date, params: JudgingParams, party: str = "") -> load_days.Standing:
        """Where a register stands on ``as_of``, for everybody or for ``party`` as well."""
        return load_days.standing(self.registers.get(name, {}), as_of, params.max_age_days.get(name), party)

    def known(self, as_of: dt.date, params: JudgingParams) -> dict[str, bool]:
        """Whether each register is known for everybody (docs/judging.md, Registers and what is known)."""
        return {name: self.standing(name, as_of, params).known for name in REGISTERS}

    def known_parties(self, name: str, as_of: dt.date, params: JudgingParams) -> list[str]:
        """Organisations for which alone a register is known."""
        return load_days.known_parties(self.registers.get(name, {}), as_of, params.max_age_days.get(name))

    def bind(self, as_of: dt.date, params: JudgingParams) -> BoundRegister:
        """What the registers say on ``as_of`` under a profile's numbers."""
        return BoundRegister(self, as_of, params)


def open_register(directory: Path, *, verify: bool = True) -> CompiledRegister:
    """Map the four parts in ``directory``; with ``verify`` every byte is compared with its digest once.

    A ``meta.json`` beside the parts (as in a snapshot) replaces the load dates the parts were compiled with. Raises
    :class:`DamagedPart` for a part that is missing, truncated, changed or of another format.
    """
    directory = Path(directory)
    parts: dict[str, Part] = {}
    for kind in KINDS:
        path = directory / f"{kind}.part"
        if not path.is_file():
            raise DamagedPart(f"the compiled register has no part {path.name}")
        parts[kind] = read_part(path, kind, verify=verify)
    loads: dict[str, Any] = {}
    for part in parts.values():
        loads |= part.manifest["registers"]
    opened = CompiledRegister(parts, loads, read_unread(directory))
    meta = directory / "meta.json"
    if not meta.is_file():
        return opened
    try:
        return opened.with_loads(json.loads(meta.read_text(encoding="utf-8"))["registers"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedPart(f"meta.json of the compiled register cannot be read: {error}") from error
