"""Records of the fixed cast, one of each kind, most of them Harbour Host's."""

import datetime as dt

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.registers.cleaning import clean_row
from licet.registers.kinds import KIND_BY_ID
from licet.registers.records import key_of, write_version

DAY = dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)

ROWS = {
    "licences": {
        "licence_no": "B1-20200001",
        "provider_id": "harbour",
        "category": "B11 B14",
        "catalogue_year": "2015",
        "regions": "CN-GD",
        "valid_from": "2020-01-01",
        "valid_to": "2029-12-31",
        "status": "active",
        "issuer": "Authority of the tests",
    },
    "annual_reviews": {"licence_no": "B1-20200001", "year": "2024", "result": "pass", "decided_on": "2025-03-01"},
    "filings": {
        "filing_no": "粤ICP备20260001号-1",
        "subject_name": "Lantern Books",
        "subject_kind": "organisation",
        "site_name": "Lantern",
        "domains": "lantern.example",
        "provider_id": "harbour",
        "addresses": "192.0.2.8",
        "service_kind": "web",
        "filed_on": "2024-01-05",
        "verified_on": "2026-01-05",
        "status": "active",
    },
    "access": {
        "access_id": "A-1",
        "provider_id": "harbour",
        "customer_name": "Lantern Books",
        "service_kind": "vhost",
        "domain": "www.lantern.example",
        "ip": "192.0.2.8",
        "filing_no": "粤ICP备20260001号-1",
        "upstream_provider_id": "backbone",
    },
    "addresses": {"cidr": "192.0.2.0/24", "holder_id": "harbour", "kind": "assigned", "valid_from": "2020-01-01"},
    "posts": {
        "provider_id": "harbour",
        "branch": "Guangzhou",
        "region": "CN-GD",
        "person": "Pilot",
        "role": "duty desk",
        "phone": "+86 20 5550 0100",
    },
    "blacklist": {
        "kind": "domain",
        "value": "night.example",
        "ground": "pornography",
        "decided_on": "2025-05-01",
        "decision_ref": "Decision 12 (2025)",
    },
    "parties": {"party_id": "tidewater", "kind": "access_provider", "name": "Tidewater", "region": "CN-GD"},
}


def write(kind_id, *, since=dt.date(2026, 1, 5), **values):
    """Write a version as the worker; returns its natural key."""
    kind = KIND_BY_ID[kind_id]
    row = clean_row(kind, ROWS[kind_id] | values)
    with acting_as(WORKER):
        write_version(kind, key_of(kind, row), row, source="import:0", today=since, now=NOW)
    return key_of(kind, row)
