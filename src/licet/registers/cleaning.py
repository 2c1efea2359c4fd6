"""One row typed by a person, brought to canonical form by the very validators an import uses, or refused by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadInput
from licet.registers.exchange.cells import CellRules
from licet.registers.exchange.readers import RawBatch
from licet.registers.exchange.validation import Permitted, Validator
from licet.registers.kinds import Column, Kind


class BadRow(BadInput):
    """Some fields cannot be used."""

    code = "bad_row"
    hint = "repair the marked fields"

    def __init__(self, errors: Mapping[str, tuple[str, str]]) -> None:
        """``errors``: column name -> (reason, repair)."""
        self.errors = dict(errors)
        super().__init__("; ".join(f"{name}: {reason}" for name, (reason, _) in errors.items()))


def clean_row(kind: Kind, texts: Mapping[str, Any], profile: Profile | None = None) -> dict[str, Any]:
    """The canonical row of ``kind`` for typed ``texts`` (column name -> text, or an already canonical value).

    Raises :class:`BadRow` with reason and repair for every column that cannot be used.
    """
    key = settings.SECRETS["identifier_key"].encode()
    validator = Validator(kind, CellRules(profile or load_profile()), key=key, permitted=Permitted())
    cells = {column.name: [typed_text(texts.get(column.name))] for column in kind.columns}
    batch = validator.validate(RawBatch(lines=[1], cells=cells, broken=[], at=1, total=1))
    if batch.rejections:
        raise BadRow({found.field: (found.reason, found.repair) for found in batch.rejections})
    return {column.name: _json(column, batch.columns[column.name][0]) for column in kind.columns}


def typed_text(value: Any) -> str:
    """How a canonical value is typed: lists with spaces between, nothing for none."""
    if value is None:
        return ""
    return " ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


def _json(column: Column, value: Any) -> Any:
    if column.is_list:
        return list(value)
    if column.type == "year":
        return int(value)
    return None if value == "" and column.type in {"date", "ip"} else value
