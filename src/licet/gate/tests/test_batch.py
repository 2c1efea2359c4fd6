"""A list through the rules: findings in list order, counts with denominators, shell filings at the end."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from licet.gate import batch
from licet.gate.batch import Tally, sweep_batches
from licet.gate.findings import FINDINGS_SCHEMA
from licet.gate.rules import decide, judge
from licet.gate.tables import RULES
from licet.registers.compiled import AccessRows, BoundRegister
from licet.registers.compiled.tests.worlds import bound, loads, normaliser

DAY = dt.date(2026, 5, 20)
LICENCE = {"category": ["B11"], "catalogue_year": 2015, "regions": ["*"], "valid_from": dt.date(2026, 1, 5), "status": "active"}
FILING = {"subject_no": "京ICP备05012345号", "subject_uscc": "91110000600037341L", "status": "active",
          "filed_on": dt.date(2026, 1, 1), "verified_on": dt.date(2026, 4, 1)}
WORLD: dict[str, Any] = {
    "parties": [{"party_id": "p-1", "region": "CN-BJ"}, {"party_id": "p-2", "region": "CN-SH"}],
    "licences": [{**LICENCE, "licence_no": "L-1", "provider_id": "p-1"}],
    "filings": [
        {**FILING, "filing_no": "京ICP备05012345号-1", "domains": ["site.example"], "provider_id": "p-1"},
        {**FILING, "filing_no": "京ICP备05012345号-2", "domains": ["shell.example", "x.example"], "provider_id": "p-1"},
        {**FILING, "filing_no": "京ICP备05012345号-3", "domains": ["elsewhere.example"], "provider_id": "p-2"}],
}
ROWS = [
    {"access_id": "a-1", "provider_id": "p-1", "domain": "www.site.example", "service_kind": "vhost"},
    {"access_id": "a-2", "provider_id": "p-1", "domain": "elsewhere.example", "service_kind": "vhost"},
    {"access_id": "a-3", "provider_id": "p-9", "domain": "中文.example", "service_kind": "vhost"},
    {"access_id": "a-4", "provider_id": "p-1", "domain": "localhost", "service_kind": "vhost"},
]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> BoundRegister:
    return bound(tmp_path_factory.mktemp("world"), WORLD, DAY)


def swept(register: BoundRegister, rows: list[dict[str, str]] = ROWS, **options: Any) -> tuple[list[dict[str, Any]], Tally]:
    tables: list[pa.Table] = []
    tally = sweep_batches(register, pa.Table.from_pylist(rows).to_batches(), tables.append, normaliser=normaliser(), **options)
    return pa.concat_tables(tables, promote_options="none").to_pylist() if tables else [], tally


def test_findings_name_row_rule_record_and_remedy(register: BoundRegister) -> None:
    found, _ = swept(register)
    assert [(row["access_id"], row["finding"], row["severity"], row["domain"], row["evidence"]) for row in found] == [
        ("a-2", "filed_with_other_provider", "violation", "elsewhere.example", "filing 京ICP备05012345号-3 held by p-2"),
        ("a-3", "provider_unlicensed", "violation", "xn--fiq228c.example", "no licence of p-9 on record"),
        ("a-3", "site_unfiled", "violation", "xn--fiq228c.example", "no filing lists xn--fiq228c.example"),
        ("a-4", "domain_unusable", "warning", "localhost", "localhost cannot be looked up"),
        ("", "shell_filing", "warning", "shell.example", "filing 京ICP备05012345号-2 of 2026-01-01 not connected by p-1")]
    assert {row["remedy"] for row in found} <= {rule.words.remedy_en for rule in RULES}
    assert [row["row_no"] for row in found] == [1, 2, 2, 3, -1]


def test_counts_come_with_denominators(register: BoundRegister) -> None:
    _, tally = swept(register)
    assert tally.rows == 4
    assert tally.by_finding["site_unfiled", "violation"] == 1
    assert tally.by_provider == {
        "p-1": {"rows": 3, "clean": 1, "unknown": 0, "warning": 1, "violation": 1},
        "p-9": {"rows": 1, "clean": 0, "unknown": 0, "warning": 0, "violation": 1}}
    assert {region: row["rows"] for region, row in tally.by_region.items()} == {"CN-BJ": 3, "": 1}
    assert tally.shell_filings_by_provider == {"p-1": 1}


def test_the_cut_into_batches_changes_nothing(register: BoundRegister, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = swept(register, ROWS * 5)
    monkeypatch.setattr(batch, "ROWS_AT_A_TIME", 3)
    seen: list[int] = []
    assert swept(register, ROWS * 5, on_progress=seen.append) == whole
    assert seen == [3, 6, 9, 12, 15, 18, 20]


def test_an_empty_list_has_no_findings(register: BoundRegister) -> None:
    tables: list[pa.Table] = []
    tally = sweep_batches(register, [], tables.append, normaliser=normaliser())
    assert (tables, tally.rows, tally.by_provider) == ([], 0, {})


def test_a_stale_register_is_unknown_not_unfiled(tmp_path: Path) -> None:
    old = {"loaded": True, "first_as_of": "2025-01-01", "last_as_of": "2025-06-01", "version": 1}
    register = bound(tmp_path, {**WORLD, "registers": loads(filings=old)}, DAY)
    found, tally = swept(register, ROWS[:1])
    assert [(row["finding"], row["severity"], row["evidence"]) for row in found] == [
        ("site_unfiled", "unknown", "register filings not known, last load 2025-06-01")]
    assert tally.by_finding == {("site_unfiled", "unknown"): 1}


def test_findings_keep_their_columns(register: BoundRegister) -> None:
    tables: list[pa.Table] = []
    sweep_batches(register, pa.Table.from_pylist(ROWS).to_batches(), tables.append, normaliser=normaliser(), language="zh")
    assert {table.schema for table in tables} == {FINDINGS_SCHEMA}
    assert tables[0]["remedy"][0].as_py() == "由主办者办理接入变更备案后再接入。"


def test_a_decision_tells_rule_record_remedy_and_contest(register: BoundRegister) -> None:
    facts = register.gather(AccessRows.from_mapping(ROWS[1], normaliser()))
    decision = decide(judge(facts, register.known), 0, facts)
    (reason,) = decision.reasons
    assert (decision.answer, decision.as_of, decision.ruleset_version) == ("deny", DAY, "2026.1")
    assert decision.register_versions["filings"] == 7
    assert reason.evidence["filing_no"] == "京ICP备05012345号-3"
    assert reason.explanation_zh == "elsewhere.example 的备案 京ICP备05012345号-3 登记的接入商为 p-2，不是本接入商。"
    assert reason.citation == "Notice §4.2.1"
    assert reason.remedy_en and reason.contest_zh and reason.actor == "provider"
    assert decision.as_dict()["reasons"][0]["rule"] == "filed_with_other_provider"
