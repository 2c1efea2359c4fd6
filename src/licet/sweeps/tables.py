"""States of a sweep and how a finding stands against the sweep before."""

from __future__ import annotations

from licet.gate.tables import RULES, SEVERITIES

# id -> (zh, en, comment). Every state but the last two has an exit.
STATES: dict[str, tuple[str, str, str]] = {
    "waiting": ("等待", "waiting", "handed in, not started"),
    "running": ("进行中", "running", "being judged"),
    "finished": ("完成", "finished", "judged and stored"),
    "failed": ("失败", "failed", "stopped; the problem says why"),
}
TRANSITIONS: frozenset[tuple[str, str]] = frozenset(
    {("waiting", "running"), ("waiting", "failed"), ("running", "finished"), ("running", "failed")}
)

STATUSES: dict[str, tuple[str, str, str]] = {
    "new": ("新增", "new", "not there in the last sweep of the same scope"),
    "open": ("未解决", "still open", "there in the last sweep as well"),
    "gone": ("已消除", "gone", "there in the last sweep, no longer now"),
}
# Columns of findings.csv, .parquet and .xlsx: one row per finding, ordered by the list, shell filings last.
FINDING_COLUMNS = ("access_id", "finding", "severity", "provider_id", "domain", "evidence", "rule", "remedy")
FINDINGS = tuple(rule.id for rule in RULES)
FORMATS = ("csv", "parquet", "xlsx", "html")

__all__ = ["FINDINGS", "FINDING_COLUMNS", "FORMATS", "SEVERITIES", "STATES", "STATUSES", "TRANSITIONS"]
