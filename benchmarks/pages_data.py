"""A province for the pages' bench: filings, access relations and a sweep's findings, a million of each by SQL."""

from __future__ import annotations

PROVIDERS = 200  # provider p-0 is the compliance officer's, and above all others
PLATFORM = "platform.example"  # one name in ten lies below it
FINDINGS = """
INSERT INTO sweeps_finding (sweep_id, access_id, finding, severity, provider_id, domain, evidence, status)
SELECT %(sweep)s, 'a-' || i, (ARRAY['site_unfiled', 'filing_stale', 'sponsor_mismatch'])[1 + i %% 3],
       (ARRAY['violation', 'warning', 'unknown'])[1 + i %% 3], 'p-' || i %% %(providers)s,
       'www.s' || i || '.example', 'no filing lists www.s' || i || '.example', (ARRAY['new', 'open', 'gone'])[1 + i %% 3]
FROM generate_series(1, %(rows)s) i
"""
FILINGS = """
INSERT INTO registers_filing (filing_no, subject_no, subject_name, subject_uscc, subject_kind, site_name, domains,
       home_url, provider_id, addresses, service_kind, filed_on, verified_on, status, since, content_hash, change_seq,
       source, recorded_at)
SELECT '京ICP备' || (10000000 + i) || '号-1', '京ICP备' || (10000000 + i) || '号', 'Subject ' || i, '', 'organisation',
       'Site ' || i, ARRAY['s' || i || '.example'], '', 'p-' || i %% %(providers)s, '{{}}', 'web', '2025-01-01',
       '2026-01-01', (ARRAY['active', 'active', 'active', 'suspended'])[1 + i %% 4], '2026-01-05', decode(md5(i::text), 'hex'),
       nextval('licet_change_seq'), 'bench', now()
FROM generate_series(1, %(rows)s) i
""".replace("{{}}", "{}")


ACCESS = """
INSERT INTO registers_accessrelation (access_id, provider_id, customer_name, customer_uscc, service_kind, domain, ip, filing_no,
       connected_on, upstream_provider_id, since, content_hash, change_seq, source, recorded_at)
SELECT 'a-' || i, 'p-' || i %% %(providers)s, 'Subject ' || i, '', 'vhost',
       CASE WHEN i %% 10 = 0 THEN 'u' || i || '.platform.example' ELSE 'www.s' || i || '.example' END,
       '10.0.0.0'::inet + i / 50, '京ICP备' || (10000000 + i) || '号-1', '2025-01-01',
       CASE WHEN i %% %(providers)s = 0 THEN '' ELSE 'p-0' END, '2026-01-05', decode(md5(i::text), 'hex'),
       nextval('licet_change_seq'), 'bench', now()
FROM generate_series(1, %(rows)s) i
"""


def fill(rows: int) -> int:
    """Write the province once; the number of the sweep."""
    from django.db import connection

    from licet.config.bootstrap import ensure_administrator
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Party
    from licet.parties.services import add_person, next_change_seq
    from licet.registers.models import RegisterLoad
    from licet.sweeps.models import Sweep

    ensure_administrator()
    with acting_as(WORKER):
        if found := Sweep.objects.first():
            return int(found.pk)
        Party.objects.bulk_create(
            Party(party_id=f"p-{number}", kind="access_provider", name=f"Provider {number}", region="CN-BJ",
                  since="2020-01-01", content_hash=b"\0" * 16, change_seq=next_change_seq(), source="bench",
                  recorded_at=clock.now()) for number in range(PROVIDERS))
        add_person("pilot", password="pilot-harbour-lantern-42", party_id="p-0", roles=("compliance_officer",), by=WORKER,
                   must_change=False)
        sweep = Sweep.objects.create(provider_id="p-0", as_of="2026-03-02", file_name="list.csv", state="finished",
                                     rows=rows, actor="bench", requested_at=clock.now(), finished_at=clock.now(),
                                     summary={"by_provider": []})
        values = {"rows": rows, "providers": PROVIDERS, "sweep": sweep.pk}
        with connection.cursor() as cursor:
            cursor.execute(FINDINGS, values)
            cursor.execute(FILINGS, values)
            cursor.execute(ACCESS, values)
        RegisterLoad.objects.bulk_create(
            RegisterLoad(kind=kind, as_of=clock.now().date(), version=0, file_name="bench", file_sha256="", rows_read=rows,
                         rows_added=rows, rows_changed=0, rows_unchanged=0, rows_ended=0, rows_rejected=0, actor="bench",
                         finished_at=clock.now()) for kind in ("filings", "access"))
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        for table in ("sweeps_finding", "registers_filing", "registers_accessrelation"):
            cursor.execute(f"ANALYZE {table}")
    return int(sweep.pk)
