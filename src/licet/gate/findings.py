"""Findings of a batch as a table, one row per finding, built column by column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.gate.decisions import unknown_evidence, unknown_words
from licet.gate.evidence import Source, evidence_columns, fill_columns, placeholders
from licet.gate.facts import DomainFact, Facts
from licet.gate.judging import Judgement
from licet.gate.tables import Rule
from licet.registers.compiled import AccessRows, BoundRegister

# Row grain: one finding of one access row, ordered by row and then by the table of rules, fired before unknown.
# ``row_no``: position of the row in the list (from ``first_row``), −1 for findings about no row.
FINDINGS_SCHEMA = pa.schema([
    pa.field(name, pa.string(), nullable=False) for name in
    ("access_id", "finding", "severity", "provider_id", "domain", "evidence", "rule", "remedy")
] + [pa.field("row_no", pa.int64(), nullable=False)])
_ORDER = 64  # more than twice the rules: fired bits first, then unknown ones


def constant(text: str, count: int) -> pa.Array:
    """The same text ``count`` times."""
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _fired_block(rule: Rule, source: Source, language: str) -> list[pa.Array]:
    """finding, severity, evidence, rule, remedy of one rule at the rows of ``source``, where it fired."""
    n = len(source.at)
    template = rule.words.evidence_en
    evidence = fill_columns(template, evidence_columns(rule, source, placeholders(template)), n)
    return [constant(rule.id, n), constant(rule.severity, n), evidence, constant(rule.words.citation, n),
            constant(rule.words.said("remedy", language), n)]


def _unknown_block(rule: Rule, why: int, source: Source, language: str) -> list[pa.Array]:
    """The same where it is unknown, for one reason."""
    n, words = len(source.at), unknown_words(rule, why, source.bound)
    evidence = fill_columns(words.evidence_en, unknown_evidence(rule, why, source), n)
    return [constant(rule.id, n), constant("unknown", n), evidence, constant(rule.words.citation, n),
            constant(words.said("remedy", language), n)]


def _blocks(rows: AccessRows, facts: Facts, judgement: Judgement, bound: BoundRegister,
            language: str) -> Iterator[tuple[NDArray[np.int64], int, list[pa.Array]]]:
    """Rows, place in the order of findings, and columns of each rule."""
    for place, rule in enumerate(judgement.rules):
        if (fired := _rows_with(judgement.fired, rule.bit)).size:
            yield fired, place, _fired_block(rule, Source(rows, facts, bound, fired), language)
        if (unknown := _rows_with(judgement.reported_unknown, rule.bit)).size:
            for why, where in judgement.kinds_of_unknown(rule, unknown):
                found = unknown[where]
                yield found, place + _ORDER // 2, _unknown_block(rule, why, Source(rows, facts, bound, found), language)


def _rows_with(bits: NDArray[np.uint32], bit: int) -> NDArray[np.int64]:
    return np.flatnonzero(bits & np.uint32(1 << bit))


def findings(rows: AccessRows, facts: Facts, judgement: Judgement, bound: BoundRegister, *, first_row: int = 0,
             language: str = "en") -> pa.Table:
    """The findings of a judged batch (``FINDINGS_SCHEMA``). ``first_row``: position of the batch's first row in its list.

    ``domain`` is the host where it is usable, else what was given. ``language`` (``zh``, ``en``) is that of ``remedy``;
    ``evidence`` is English, for whoever shows it to say in the reader's language (``wording.said_in``).
    """
    blocks: list[list[pa.Array]] = []
    at: list[NDArray[np.int64]] = []
    order: list[NDArray[np.int64]] = []
    for found, place, block in _blocks(rows, facts, judgement, bound, language):
        blocks.append(block)
        at.append(found)
        order.append(found * _ORDER + place)
    if not blocks:
        return FINDINGS_SCHEMA.empty_table()
    sequence = np.argsort(np.concatenate(order), kind="stable")
    where = np.concatenate(at)[sequence]
    taken, picked = pa.array(where), pa.array(sequence)
    names = ("finding", "severity", "evidence", "rule", "remedy")
    columns = {name: pa.concat_arrays([block[k] for block in blocks]).take(picked) for k, name in enumerate(names)}
    host = rows.host.take(taken)
    usable = pa.array(facts.domain[where] == DomainFact.USABLE)
    columns |= {"access_id": rows.access_id.take(taken), "domain": pc.if_else(usable, host, rows.domain.take(taken)),
                "provider_id": rows.provider.values.take(pa.array(rows.provider.codes[where])),
                "row_no": pa.array(where + first_row)}
    return pa.table([columns[name] for name in FINDINGS_SCHEMA.names], schema=FINDINGS_SCHEMA)
