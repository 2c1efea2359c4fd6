"""A batch's rows with one statement each, planned once per connection.

The rows travel as one JSON document: building and planning an INSERT of ten thousand values costs more than the rows.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from licet.casework.services.prepared import prepared
from licet.hotline.models import Contact, Report, Reporter

_REPORT = {
    "number": "text", "channel": "text", "desk_id": "text", "ground_id": "text", "target_kind": "text",
    "target": "text", "subject_kind": "text", "subject_key": "text", "text": "text", "how": "text",
    "seen_at": "timestamptz", "received_at": "timestamptz", "taken_over_at": "timestamptz", "language": "text",
    "operator_id": "bigint",
    "reference": "text", "network": "text", "reporter_id": "bigint", "fingerprint": "bigint", "cluster": "text",
    "state": "text", "case_id": "bigint", "alarm_id": "bigint", "rank": "smallint", "dismissal": "text",
    "reason": "text",
    "digest": "text",
}
_REPORTER = {"desk_id": "text", "token": "text", "person": "text", "verified": "boolean", "account": "text",
             "last_at": "timestamptz", "mute_reason": "text"}


def _insert(table: str, columns: dict[str, str], rest: str) -> str:
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS i({typed}) {rest}"


_REPORTS = _insert("hotline_report", _REPORT, "RETURNING number, id")
_REPORTERS = _insert("hotline_reporter", _REPORTER, "ORDER BY desk_id, token ON CONFLICT (desk_id, token)"
                     " DO UPDATE SET last_at = EXCLUDED.last_at RETURNING desk_id, token, id, muted_at")
_CONTACTS = ("INSERT INTO hotline_contact (report_id, kind, sealed, erase_at)"
             " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::timestamptz[])")


def _document(rows: Iterable[Any], columns: dict[str, str]) -> str:
    return json.dumps([{name: getattr(row, name) for name in columns} for row in rows], ensure_ascii=False,
                      separators=(",", ":"), default=dt.datetime.isoformat)


def write_reports(reports: Sequence[Report]) -> None:
    """Insert new reports in their order and give them their ids."""
    by_number = {report.number: report for report in reports}
    for number, report_id in prepared(_REPORTS, [_document(reports, _REPORT)]):
        by_number[number].pk = report_id


def write_reporters(reporters: Iterable[Reporter]) -> None:
    """Insert reporters, or note that those who are known came again; gives them their ids and when they were muted."""
    rows = {(row.desk_id, row.token): row for row in reporters}
    if not rows:
        return
    for desk, token, reporter_id, muted_at in prepared(_REPORTERS, [_document(rows.values(), _REPORTER)]):
        row = rows[desk, token]
        row.pk, row.muted_at = reporter_id, muted_at


def write_contacts(contacts: Sequence[Contact]) -> None:
    """Insert the sealed contacts of reports that have ids."""
    if contacts:
        rows = [(row.report.pk, row.kind, row.sealed, row.erase_at) for row in contacts]
        prepared(_CONTACTS, [list(column) for column in zip(*rows, strict=True)])
