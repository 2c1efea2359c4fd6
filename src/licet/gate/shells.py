"""Shell filings: filed with a provider whose whole list connects none of the filing's names."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.gate.evidence import fill_columns
from licet.gate.findings import FINDINGS_SCHEMA, constant
from licet.gate.tables import RULE_BY_ID
from licet.gate.wording import gate_texts
from licet.registers.compiled import AccessRows, BoundRegister, Connected, RowNormaliser, records
from licet.registers.compiled.layout import DAY_MIN

_ACTIVE = 0


def connect_refused(bound: BoundRegister, connected: Connected, tables: Iterable[pa.Table],
                    normaliser: RowNormaliser) -> NDArray[np.bool_]:
    """Mark what rows connect that cannot be judged; where (per party) a row does not even say what it connects.

    Such a row may be any filing's. A row that does not name its provider may be anybody's. It makes nobody present.
    """
    present, doubtful = connected.providers.copy(), np.zeros(len(bound.parties) + 1, np.bool_)
    for table in tables:
        rows = AccessRows.from_arrow(table, normaliser)
        bound.gather(rows, connected=connected, threads=1)
        silent = pc.or_(pc.equal(rows.domain, ""), pc.equal(table["provider_id"].combine_chunks(), ""))
        providers = table["provider_id"].combine_chunks().filter(silent)
        if pc.any(pc.equal(providers, "")).as_py():
            doubtful[:] = True
        doubtful[bound.parties.find(providers)[0]] = True
    connected.providers[:] = present
    return doubtful


def shell_filings(bound: BoundRegister, connected: Connected, *, language: str = "en",
                  doubtful: NDArray[np.bool_] | None = None) -> pa.Table:
    """Findings of a whole list (schema as ``findings``; ``access_id`` blank, ``row_no`` −1), in filing order.

    ``connected`` was handed to every ``gather`` of the list. Judged for the providers present in it: active filings with
    a name, older than the grace period (a filing without a date is not judged). Nothing for whom filings are not known;
    unknown where ``doubtful`` (of the filing's provider, see ``connect_refused``).
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
    n, words, refused = len(found), rule.words, gate_texts().unknown["refused"]
    unsure = pa.array(np.zeros(n, np.bool_) if doubtful is None else doubtful[bound.filings.holder][rows["provider"][found]])
    return pa.table({
        "access_id": constant("", n), "finding": constant(rule.id, n),
        "severity": pc.if_else(unsure, "unknown", constant(rule.severity, n)),
        "provider_id": columns["holder"], "domain": records.filing_text(bound, found, "domain"),
        "evidence": pc.if_else(unsure, fill_columns(refused.evidence_en, columns, n), fill_columns(words.evidence_en, columns, n)),
        "rule": constant(words.citation, n),
        "remedy": pc.if_else(unsure, refused.said("remedy", language), constant(words.said("remedy", language), n)),
        "row_no": pa.repeat(pa.scalar(-1, pa.int64()), n)}, schema=FINDINGS_SCHEMA)
