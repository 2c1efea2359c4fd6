"""Pages and the change feed over a register of a million filings and a sweep of a million findings.

    python benchmarks/pages_bench.py [--rows 1000000] [--keep DIR]

Each address is asked through the whole application (middleware, session, row-level security, template), as an officer
and as a provider's compliance officer. The bench fails when the median of a page exceeds 100 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_MS = 100.0
PROVIDERS = 200  # provider p-0 is the compliance officer's
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


def fill(rows: int) -> int:
    """Write the province once; the number of the sweep."""
    from django.db import connection

    from licet.config.bootstrap import ensure_administrator
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Party
    from licet.parties.services import add_person, next_change_seq
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
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE sweeps_finding")
        cursor.execute("ANALYZE registers_filing")
    return int(sweep.pk)


def addresses(sweep: int, rows: int) -> dict[str, str]:
    """What is asked, by what it is called."""
    queue = f"/sweeps/{sweep}/findings/"
    return {
        "findings": queue,
        "findings, by severity and provider": f"{queue}?severity=violation&provider=p-0",
        "findings, deep": f"{queue}?after={rows // 2}",
        "filings": "/registers/filings/",
        "filings, a name": "/registers/filings/?q=s77777.example",
        "filings, by state": "/registers/filings/?status=suspended",
        "filings, another day": "/registers/filings/?as_of=2026-01-06",
        "registers": "/registers/",
        "a provider": "/registers/providers/p-0/",
    }


@contextlib.contextmanager
def signed_in(name: str) -> Iterator[Any]:
    """A client of the whole application."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(username=name),
                       backend="django.contrib.auth.backends.ModelBackend")
    yield client


def median_ms(client: Any, address: str, rounds: int) -> tuple[float, float, int]:
    """Median of the rounds after two warm-up rounds, in ms of the clock and of this process, and the weight in bytes."""
    took, worked, weight = [], [], 0
    for at in range(rounds + 2):
        start, busy = time.perf_counter(), time.process_time()
        response = client.get(address)
        if at >= 2:
            took.append((time.perf_counter() - start) * 1e3)
            worked.append((time.process_time() - busy) * 1e3)
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}")
        weight = len(response.content)
    return statistics.median(took), statistics.median(worked), weight


def feed(rows: int) -> None:
    """Changes a second through the change feed, pages of 10,000 from the middle."""
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.registers.feed import changes_since
    from licet.registers.kinds import KIND_BY_ID

    with acting_as(WORKER):
        start = time.perf_counter()
        page = changes_since(KIND_BY_ID["filings"], rows // 2, limit=10_000)
        took = time.perf_counter() - start
    print(f"{'change feed':40} {len(page.changes) / took:12,.0f} changes/s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="filings, and findings of the sweep")
    parser.add_argument("--rounds", type=int, default=15, help="how often each page is asked")
    parser.add_argument("--keep", type=Path, help="LICET_HOME of the bench, reused when it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="licet-bench-", ignore_cleanup_errors=True) as scratch:
        home = options.keep or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        os.environ["LICET_HOME"] = str(home)
        os.environ["LICET_REQUIRE_MFA"] = "0"
        from licet.config.bootstrap import connect_database, held_server, leave

        connect_database()
        from licet.parties.models import AccountState

        sweep = fill(options.rows)

        AccountState.objects.update(must_change_password=False)
        slow = []
        print(f"{'page':40} {'officer':>18} {'compliance officer':>22}   (median ms · of them in this process; weight, KB)")
        for name, address in addresses(sweep, options.rows).items():
            cells = []
            for user in ("admin", "pilot"):
                with signed_in(user) as client:
                    middle, busy, weight = median_ms(client, address, options.rounds)
                cells.append(f"{middle:8.1f} · {busy:6.1f} {weight / 1024:5.0f}")
                if middle > MOST_MS:
                    slow.append(f"{name} ({user}: {middle:.0f} ms)")
            print(f"{name:40} {cells[0]} {cells[1]}", flush=True)
        feed(options.rows)
        leave(held_server())
    if slow:
        print(f"slower than {MOST_MS:.0f} ms: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
