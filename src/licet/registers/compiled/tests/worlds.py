"""Small worlds: registers as lists of dictionaries, written as a snapshot, compiled and bound."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import licet
from licet.registers.compiled import KINDS, BoundRegister, JudgingParams, RowNormaliser, compile_part, open_register
from licet.registers.identifiers.domains import Normaliser
from licet.registers.identifiers.numbers import NumberFormats

TEXT, DAY, YEAR, LIST = pa.string(), pa.date32(), pa.int16(), pa.list_(pa.string())
SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "parties": {"party_id": TEXT, "kind": TEXT, "name": TEXT, "uscc": TEXT, "region": TEXT, "parent_id": TEXT},
    "licences": {"licence_no": TEXT, "provider_id": TEXT, "category": LIST, "catalogue_year": YEAR, "regions": LIST,
                 "valid_from": DAY, "valid_to": DAY, "status": TEXT, "issuer": TEXT},
    "annual_reviews": {"licence_no": TEXT, "year": YEAR, "result": TEXT, "decided_on": DAY},
    "filings": {"filing_no": TEXT, "subject_no": TEXT, "subject_name": TEXT, "subject_uscc": TEXT, "subject_kind": TEXT,
                "site_name": TEXT, "domains": LIST, "home_url": TEXT, "provider_id": TEXT, "addresses": LIST,
                "service_kind": TEXT, "filed_on": DAY, "verified_on": DAY, "status": TEXT},
    "addresses": {"cidr": TEXT, "holder_id": TEXT, "kind": TEXT, "valid_from": DAY, "valid_to": DAY},
    "blacklist": {"kind": TEXT, "value": TEXT, "ground": TEXT, "decided_on": DAY, "valid_to": DAY, "decision_ref": TEXT},
    "edges": {"provider_id": TEXT, "upstream_provider_id": TEXT},
    "unread": {"kind": TEXT, "what": TEXT, "value": TEXT, "line": pa.int64(), "file_name": TEXT, "since": DAY, "until": DAY},
}
REGISTERS = ("licences", "annual_reviews", "filings", "addresses", "blacklist")
PARAMS = JudgingParams(
    max_age_days=dict.fromkeys(REGISTERS, 60), filing_stale_days=365, shell_grace_days=30, review_deadline=(3, 31),
    categories={(2003, "vhost"): frozenset({"B14", "B23"}), (2003, "line"): frozenset({"B23"}),
                (2015, "vhost"): frozenset({"B11", "B14"}), (2015, "cloud"): frozenset({"B11"})})


@lru_cache
def formats() -> NumberFormats:
    path = Path(licet.__file__).parent / "profiles" / "cn-2007" / "numbers.toml"
    return NumberFormats.from_toml(tomllib.loads(path.read_text(encoding="utf-8")))


@lru_cache
def normaliser() -> RowNormaliser:
    return RowNormaliser(Normaliser(), formats())


def loads(last_as_of: str = "2026-05-01", **others: dict[str, Any] | None) -> dict[str, Any]:
    """``meta.json`` rows of all registers; ``others`` replaces single ones (None: never loaded)."""
    usual = {"loaded": True, "first_as_of": "2026-01-01", "last_as_of": last_as_of, "version": 7}
    rows = {name: others.get(name, usual) for name in REGISTERS}
    return {name: row for name, row in rows.items() if row is not None}


def write_snapshot(directory: Path, world: dict[str, Any]) -> Path:
    """Write the tables a world has (missing ones: no file) and ``meta.json``."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in SCHEMAS.items():
        if name in world:
            blank = dict.fromkeys(schema)
            table = pa.Table.from_pylist([blank | row for row in world[name]], schema=pa.schema(list(schema.items())))
            pq.write_table(table, directory / f"{name}.parquet")
    meta = {"registers": world.get("registers", loads())}
    (directory / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return directory


def bound(directory: Path, world: dict[str, Any], day: dt.date, params: JudgingParams = PARAMS,
          **options: Any) -> BoundRegister:
    """The world compiled below ``directory`` and bound to ``day``."""
    source = write_snapshot(directory / "snapshot", world)
    for kind in KINDS:
        compile_part(kind, source, directory / "parts", **options)
    if "unread" in world:
        shutil.copy(source / "unread.parquet", directory / "parts")
    return open_register(directory / "parts").bind(day, params)
