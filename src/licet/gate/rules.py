"""Stage 2: what follows from the facts (docs/judging.md, Rules). Pure: no Django, clock or settings.

conditions (when a rule fires) → judging (bits and answers) → decisions (one row, with reasons) or findings (lists).
"""

from __future__ import annotations

from licet.gate.conditions import APPLIES, DOUBTS, FIRES
from licet.gate.decisions import GateDecision, Reason, decide
from licet.gate.dry_run import DryRun, dry_run, stricter
from licet.gate.findings import FINDINGS_SCHEMA, findings
from licet.gate.judging import ANSWER_WORDS, Judgement, answers, bits_where, judge
from licet.gate.shells import shell_filings

__all__ = ["ANSWER_WORDS", "APPLIES", "DOUBTS", "FINDINGS_SCHEMA", "FIRES", "DryRun", "GateDecision", "Judgement",
           "Reason", "answers", "bits_where", "decide", "dry_run", "findings", "judge", "shell_filings", "stricter"]
