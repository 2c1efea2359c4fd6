"""Shell filings: filed with a provider whose whole list connects none of the filing's names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from licet.gate.evidence import fill_columns
from licet.gate.findings import FINDINGS_SCHEMA, constant
from licet.gate.tables import RULE_BY_ID
from licet.registers.compiled import BoundRegister, Connected, records
from licet.registers.compiled.layout import DAY_MIN

_ACTIVE = 0


def shell_filings(bound: BoundRegister, connected: Connected, *, language: str = "en") -> pa.Table:
    """Findings of a whole list (schema as ``findings``; ``access_id`` blank, ``row_no`` −1), in filing order.

    ``connected`` was handed to every ``gather`` of the list. Judged for the providers present in it: active filings with
    a name, older than the grace period (a filing without a date is not judged). Nothing for whom filings are not known.
    """
    rule, rows = RULE_BY_ID["shell_filing"], bound.filings.records
    if not len(rows):
        return FINDINGS_SCHEMA.empty_table()
    present = np.append(connected.providers, 0)[bound.filings.holder]
    known = bound.known_for("filings")[bound.filings.holder]
    latest = bound.day - bound.params.shell_grace_days
    found = np.flatnonzero((connected.filings == 0) & (rows["status"] == _ACTIVE) & (rows["domain_len"] > 0)
                           & (rows["filed_on"] != DAY_MIN) & (rows["filed_on"] < latest)
                           & (present[rows["provider"]] != 0) & known[rows["provider"]]).astype(np.int32)
    columns = {"filing_no": records.filing_text(bound, found, "number"), "holder": records.filing_holder(bound, found),
               "filed_on": records.filing_day(bound, found, "filed_on")}
    n = len(found)
    return pa.table({
        "access_id": constant("", n), "finding": constant(rule.id, n), "severity": constant(rule.severity, n),
        "provider_id": columns["holder"], "domain": records.filing_text(bound, found, "domain"),
        "evidence": fill_columns(rule.words.evidence_en, columns, n), "rule": constant(rule.words.citation, n),
        "remedy": constant(rule.words.said("remedy", language), n),
        "row_no": pa.repeat(pa.scalar(-1, pa.int64()), n)}, schema=FINDINGS_SCHEMA)
