"""The engine against the naive oracle: one row at a time, as a batch, with weak hashes; every rule, fired and unknown."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licet.gate.facts import Facts
from licet.gate.rules import Judgement, decide, findings, judge, shell_filings
from licet.gate.tables import RULES
from licet.gate.tests.oracle import Oracle
from licet.registers.compiled import AccessRows, BoundRegister
from licet.registers.compiled.tests.strategies import ROWS, SLICED_WORLDS, TODAY, UNREAD_WORLDS, WORLDS
from licet.registers.compiled.tests.worlds import PARAMS, bound, formats, normaliser


@pytest.fixture(autouse=True, scope="module")
def no_sync() -> Iterator[None]:
    """Hundreds of tiny parts are written here; waiting for the disk each time would test the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


EVERY_DAY = st.sampled_from([TODAY, TODAY, dt.date(2026, 3, 31), dt.date(2026, 4, 1), dt.date(2025, 12, 31)])


def rules_of(bits: int) -> set[str]:
    return {rule.id for rule in RULES if int(bits) >> rule.bit & 1}


def judged(register: BoundRegister, rows: list[dict[str, str]], **options: Any) -> tuple[Facts, Judgement]:
    table = pa.Table.from_pylist(rows)
    facts = register.gather(AccessRows.from_arrow(table, normaliser()), **options)
    return facts, judge(facts, register.known)


def explained(row: dict[str, str], facts: Facts, i: int) -> str:
    columns = {name: int(column[i]) for name, column in vars(facts).items() if name not in ("known", "unread", "rows", "bound")}
    return f"{row} {columns}"


def assert_they_agree(world: dict[str, Any], rows: list[dict[str, str]], day: dt.date, mask: int) -> None:
    rows = [{"access_id": f"a-{i}"} | row for i, row in enumerate(rows)]
    oracle = Oracle(world, day, PARAMS, formats())
    with TemporaryDirectory() as directory:
        register = bound(Path(directory), world, day, hash_mask=mask)
        connected = register.connected()
        facts, batch = judged(register, rows, connected=connected)
        for i, row in enumerate(rows):
            fired, unknown, reported = oracle.judge(row)
            found = [rules_of(bits[i]) for bits in (batch.fired, batch.unknown, batch.reported_unknown)]
            assert found == [fired, unknown, reported], explained(row, facts, i)
            alone_facts, alone = judged(register, [row])
            assert [rules_of(bits[0]) for bits in (alone.fired, alone.unknown, alone.reported_unknown)] == found
            answer = decide(alone, 0, alone_facts)
            assert answer.answer == oracle_answer(fired, unknown)
            assert [reason.rule for reason in answer.reasons] == [
                *(rule.id for rule in RULES if rule.id in fired), *(rule.id for rule in RULES if rule.id in reported)]
        assert facts.rows is not None
        table = findings(facts.rows, facts, batch, register)
        assert table.num_rows == sum(int(bits).bit_count() for bits in [*batch.fired, *batch.reported_unknown])
        shells = shell_filings(register, connected)["evidence"].to_pylist()
        assert [text.split()[1] for text in shells] == oracle.shells(rows)


def oracle_answer(fired: set[str], unknown: set[str]) -> str:
    by_id = {rule.id: rule for rule in RULES}
    if any(by_id[rule].severity == "violation" for rule in fired):
        return "deny"
    return "refer" if unknown or any(by_id[rule].at_gate == "refer" for rule in fired) else "permit"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(world=WORLDS, rows=ROWS, day=EVERY_DAY)
def test_engine_and_oracle_agree(world: dict[str, Any], rows: list[dict[str, str]], day: dt.date) -> None:
    assert_they_agree(world, rows, day, (1 << 64) - 1)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(world=UNREAD_WORLDS, rows=ROWS)
def test_they_agree_where_rows_could_not_be_read(world: dict[str, Any], rows: list[dict[str, str]]) -> None:
    assert_they_agree(world, rows, TODAY, (1 << 64) - 1)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(world=SLICED_WORLDS, rows=ROWS, day=EVERY_DAY)
def test_they_agree_where_registers_are_known_for_some(world: dict[str, Any], rows: list[dict[str, str]],
                                                       day: dt.date) -> None:
    assert_they_agree(world, rows, day, (1 << 64) - 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(world=WORLDS, rows=ROWS)
@pytest.mark.parametrize("mask", [0, 1 << 63], ids=["every hash equal", "two hashes"])
def test_strings_are_verified_when_hashes_collide(mask: int, world: dict[str, Any], rows: list[dict[str, str]]) -> None:
    assert_they_agree(world, rows, TODAY, mask)
