"""Files of the tests: small registers of invented companies, written in every format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def filing(number: int = 1, **changes: Any) -> dict[str, str]:
    row = {"filing_no": f"粤ICP备{2024000100 + number}号-1",
           "subject_name": f"Harbour Example {number} 有限公司",
           "subject_uscc": "91440300MA5FAKE01X", "subject_kind": "organisation", "site_name": f"Site {number}",
           "domains": f"site{number}.example", "home_url": f"https://www.site{number}.example/",
           "provider_id": "harbour",
           "addresses": "192.0.2.1 198.51.100.0/24", "service_kind": "web", "filed_on": "2024-05-01",
           "verified_on": "2026-01-15", "status": "active"}
    return row | changes


def licence(number: int = 1, **changes: Any) -> dict[str, str]:
    row = {"licence_no": f"粤B2-2020{number:04d}", "provider_id": "harbour", "category": "B11;B14",
           "catalogue_year": "2015", "regions": "广东、上海", "valid_from": "2020-01-01", "valid_to": "2029-12-31",
           "status": "active", "issuer": "Authority of the tests"}
    return row | changes


def address(cidr: str = "192.0.2.0/24", **changes: Any) -> dict[str, str]:
    return {"cidr": cidr, "holder_id": "harbour", "kind": "allocated", "valid_from": "", "valid_to": ""} | changes


def access(number: int = 1, **changes: Any) -> dict[str, str]:
    row = {"access_id": f"A{number}", "provider_id": "harbour", "customer_name": f"Customer {number}",
           "customer_uscc": "91440300MA5FAKE01X", "service_kind": "vhost", "domain": f"site{number}.example",
           "ip": "192.0.2.7", "filing_no": f"粤ICP备{2024000100 + number}号-1", "connected_on": "2024-06-01",
           "upstream_provider_id": ""}
    return row | changes


def listed(**changes: Any) -> dict[str, str]:
    return {"kind": "domain", "value": "bad.example", "ground": "pornography", "decided_on": "2026-01-10",
            "valid_to": "2028-01-10", "decision_ref": "Decision 7"} | changes


def post(**changes: Any) -> dict[str, str]:
    return {"provider_id": "harbour", "branch": "Shenzhen", "region": "广东", "person": "Desk One",
            "role": "security officer", "phone": "+86 755 5550 0100", "email": "desk@harbour.example",
            "valid_from": "2025-01-01",
            "valid_to": ""} | changes


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], *, encoding: str = "utf-8", delimiter: str = ",",
              headers: Mapping[str, str] | None = None) -> Path:
    text = io.StringIO()
    names = list(rows[0])
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([(headers or {}).get(name, name) for name in names])
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_workbook(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(rows[0]))
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row.values()):
                if str(value).startswith("{="):
                    sheet.write_formula(number, column, str(value)[1:-1], None, 2)
                else:
                    sheet.write(number, column, value)
    return path


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def errors_of(report: Any) -> list[dict[str, str]]:
    """Rows of a report's errors.csv."""
    if not report.errors:
        return []
    with Path(report.errors).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
