"""Casework at size: the queue's first byte, opening a case, joining a signal; with the plans PostgreSQL chose.

    python benchmarks/casework_bench.py [--cases 1000000] [--signals 10] [--keep DIR] [--plans]

A scratch cluster is filled by SQL (the superuser writes past triggers and policies), everything measured goes through
the application role, row-level security and the real views. One case holds 100,000 signals of 50,000 observers.
The bench fails when a 99th percentile exceeds its limit.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

QUEUE_MS, CASE_MS, JOIN_MS = 150, 200, 20
HOT_SIGNALS, HOT_OBSERVERS = 100_000, 50_000
PROVIDERS = 200
NOW = dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC)
GROUNDS = ("ARRAY['unfiled_site','false_filing','pornography','sexual_service_line','deceptive_promotion',"
           "'deceptive_billing','unlicensed_provider','duty_neglected']")
REGIONS = "ARRAY['CN-GD','CN-SH','CN-BJ','CN-ZJ','CN-JS','CN-SC','CN-HB','CN-FJ']"

_FILL = (
    ("organisations", """
INSERT INTO parties_party (party_id, kind, name, uscc, region, parent_id, since, content_hash, change_seq, source, recorded_at)
SELECT 'p' || n, 'access_provider', 'Provider ' || n, '', ({regions})[1 + n % 8], '', '2020-01-01', '\\x00', n, 'bench', now()
FROM generate_series(1, {providers}) n"""),
    ("cases", """
INSERT INTO casework_case (number, desk_id, provider_id, region, ground_id, subject_kind, subject_key, state, outcome, proposal,
  proposed_tier, priority, tier, tier_by_id, tier_at, tier_reason, signal_count, opened_at, last_signal_at, closed_at)
SELECT 'B-' || n, CASE WHEN n % 5 = 0 THEN 'p' || n % {providers} ELSE 'authority' END, 'p' || 1 + n % {providers},
  ({regions})[1 + (1 + n % {providers}) % 8], ({grounds})[1 + n % 8], 'site', 'site-' || n || '.example',
  CASE WHEN n % 10 = 9 THEN 'closed' ELSE 'open' END, CASE WHEN n % 10 = 9 THEN 'rectified' ELSE '' END,
  '{{"version": "2026.1", "tier": 2, "reasons": [], "would_change": []}}', 1 + n % 3,
  CASE WHEN n % 4 = 0 THEN 200 * (1 + n % 3) ELSE 100 * (n % 7) END + n % 90,
  CASE WHEN n % 4 = 0 THEN 1 + n % 3 END, CASE WHEN n % 4 = 0 THEN {user} END, CASE WHEN n % 4 = 0 THEN {now} END,
  CASE WHEN n % 4 = 0 THEN 'looked at it' ELSE '' END, {signals}, {now} - n * interval '7 seconds', {now},
  CASE WHEN n % 10 = 9 THEN {now} END
FROM generate_series(1, {cases}) n"""),
    ("signals", """
INSERT INTO casework_signal (kind, desk_id, provider_id, ground_id, subject_kind, subject_key, case_id, source, observer,
  facts, observed_at, received_at)
SELECT CASE WHEN s % 5 = 0 THEN 'finding' ELSE 'report' END, c.desk_id, c.provider_id, c.ground_id, c.subject_kind,
  c.subject_key, c.id, 'b:' || c.id || ':' || s, 'o' || (c.id + s) % 997, '{{}}', {now} - s * interval '1 day',
  {now} - s * interval '1 day'
FROM casework_case c, generate_series(1, {signals}) s"""),
    ("signals of the hot case", """
INSERT INTO casework_signal (kind, desk_id, provider_id, ground_id, subject_kind, subject_key, case_id, source, observer,
  facts, observed_at, received_at)
SELECT 'report', c.desk_id, c.provider_id, c.ground_id, c.subject_kind, c.subject_key, c.id, 'hot:' || s,
  'h' || s % {hot_observers}, '{{}}', {now} - s * interval '1 second', {now} - s * interval '1 second'
FROM casework_case c, generate_series(1, {hot}) s WHERE c.id = (SELECT id FROM casework_case WHERE number = 'B-1')"""),
    ("observations", """
INSERT INTO casework_observation (case_id, desk_id, kind, observer, signals, best_score, first_at, last_at)
SELECT case_id, min(desk_id), kind, observer, count(*), max(score), min(received_at), max(received_at)
FROM casework_signal GROUP BY case_id, kind, observer"""),
    ("timelines", """
INSERT INTO casework_caseevent (case_id, desk_id, at, tag, actor, note, data)
SELECT c.id, c.desk_id, c.opened_at + e * interval '1 hour', (ARRAY['casework:case:opened','casework:case:taken',
  'casework:case:released'])[e], 'user:{user}', '', '{{}}' FROM casework_case c, generate_series(1, 3) e"""),
)


def superuser(home: Path) -> Any:
    """A connection that writes past triggers and policies: the bench's data come from nowhere else."""
    import psycopg

    from licet.config.bootstrap import held_server
    from licet.config.databases import DATABASE
    from licet.config.embedded import SUPERUSER

    server = held_server()
    assert server is not None
    return psycopg.connect(host=str(server.sockets), user=SUPERUSER, password=server.password, dbname=DATABASE, autocommit=True)


def without_indexes(connection: Any) -> list[str]:
    """Drop what a load of millions would only slow down; returns the statements that bring it back."""
    tables = ["casework_signal", "casework_case"]
    unique = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'u' AND conrelid::regclass::text = ANY (%s)", [tables]).fetchall()
    for table, name, _define in unique:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    plain = connection.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY (%s) AND i.indexname NOT LIKE '%%_pkey'",
        [tables]).fetchall()
    for name, _define in plain:
        connection.execute(f'DROP INDEX "{name}"')
    return [*(define for _name, define in plain),
            *(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {define}' for table, name, define in unique)]


def fill(cases: int, signals: int, user: int, home: Path) -> None:
    """Load everything, then let PostgreSQL look at it."""
    values = {"cases": cases, "signals": signals, "user": user, "now": f"'{NOW.isoformat()}'::timestamptz",
              "providers": PROVIDERS, "hot": HOT_SIGNALS, "hot_observers": HOT_OBSERVERS, "grounds": GROUNDS, "regions": REGIONS}
    with superuser(home) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET work_mem = '512MB'")
        again = without_indexes(connection)
        for name, statement in _FILL:
            if name == "observations":  # it reads signals by their case
                start = time.perf_counter()
                for define in again:
                    connection.execute(define)
                print(f"  indexes: {time.perf_counter() - start:.0f} s", flush=True)
            start = time.perf_counter()
            count = connection.execute(statement.format(**values)).rowcount
            print(f"  {name}: {count:,} rows in {time.perf_counter() - start:.0f} s", flush=True)
        connection.execute(f"UPDATE casework_case SET signal_count = signal_count + {HOT_SIGNALS} WHERE number = 'B-1'")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def people() -> Any:
    """An officer of the authority, with second factors not asked for here."""
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Party
    from licet.parties.services import add_person, next_change_seq

    with acting_as(WORKER):
        if not Party.objects.filter(party_id="authority").exists():
            Party.objects.create(party_id="authority", kind="authority", name="Authority", region="*", since="2020-01-01",
                                 content_hash=b"\0", change_seq=next_change_seq(), source="bench", recorded_at=clock.now())
        from django.contrib.auth import get_user_model

        found = get_user_model().objects.filter(username="olm").first()
        return found or add_person("olm", password="olm-harbour-lantern-42", party_id="authority", roles=("officer",), by=WORKER,
                                   must_change=False)


def percentiles(times: list[float]) -> tuple[float, float]:
    """(p50, p99) in milliseconds."""
    ordered = sorted(times)
    return ordered[len(ordered) // 2] * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


RUNS = 1.0


def timed(usual: int, do: Callable[[int], object]) -> list[float]:
    """Seconds of each run; the first ones warm caches and are not counted."""
    runs = max(10, int(usual * RUNS))
    for n in range(8):
        do(n + runs)
    times = []
    for n in range(runs):
        start = time.perf_counter()
        do(n)
        times.append(time.perf_counter() - start)
    return times


def pages(client: Any, cases: int) -> list[tuple[str, float, float, int]]:
    """Name, p50, p99, limit of each page, asked through every middleware."""
    def get(address: str) -> Callable[[int], object]:
        def ask(_n: int) -> None:
            response = client.get(address)
            assert response.status_code == 200, (address, response.status_code)
        return ask

    def some_case(n: int) -> None:
        number = 1 + (n * 7919) % cases
        response = client.get(f"/cases/B-{number}/")
        assert response.status_code == 200, number

    deep = _three_pages_on(client)
    queues = [("queue", "/cases/"), ("queue, three pages on", deep), ("queue, waiting for me", "/cases/?waiting=me"),
              ("queue, tier 1 · Guangdong · waiting for me · oldest first", "/cases/?tier=1&region=CN-GD&waiting=me&order=oldest"),
              ("queue, one ground without a tier", "/cases/?ground=pornography&tier=none"),
              ("queue, one provider", "/cases/?provider=p7"), ("queue, every desk", "/cases/?desk=*"),
              ("search by site", f"/cases/?q=site-{cases // 2}.example"), ("closed cases", "/cases/?state=closed")]
    rows = [(name, *percentiles(timed(200, get(address))), QUEUE_MS) for name, address in queues]
    rows.append(("opening a case", *percentiles(timed(200, some_case)), CASE_MS))
    rows.append((f"opening the case with {HOT_SIGNALS:,} signals", *percentiles(timed(200, get("/cases/B-1/"))), CASE_MS))
    rows.append(("its signals", *percentiles(timed(200, get("/cases/B-1/signals/"))), CASE_MS))
    return rows


def _three_pages_on(client: Any) -> str:
    """The address three "older" links away. Only here Django keeps what templates got, which doubles the time of a page."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    address = "/cases/"
    for _ in range(3):
        address = client.get(address).context["pager"].older_url
    teardown_test_environment()
    return address


def joins(cases: int) -> list[tuple[str, float, float, int]]:
    """A signal joins an open case, the hot case, or opens one; each in a committed transaction of its own."""
    from licet.casework.services import SignalIn, receive_signal
    from licet.core.actors import WORKER

    run = f"{time.time():.0f}"

    def signal(n: int, subject: str, ground: str, observer: str) -> object:
        return receive_signal(SignalIn(
            kind="report", desk_id="authority", ground=ground, subject_kind="site", subject=subject, provider_id="p7",
            source=f"bench:{run}:{subject}:{time.perf_counter_ns()}", observer=observer, observed_at=NOW), actor=WORKER, at=NOW)

    names = ("unfiled_site", "false_filing", "pornography", "sexual_service_line", "deceptive_promotion", "deceptive_billing",
             "unlicensed_provider", "duty_neglected")

    def some(n: int) -> object:
        number = 1 + (n * 7919) % cases
        return signal(n, f"site-{number}.example", names[number % 8], f"b{n}")

    return [("joining a signal to an open case", *percentiles(timed(1000, some)), JOIN_MS),
            (f"joining the case with {HOT_SIGNALS:,} signals", *percentiles(
                timed(300, lambda n: signal(n, "site-1.example", names[1], f"hot{n}"))), JOIN_MS),
            ("opening a case by a signal", *percentiles(
                timed(300, lambda n: signal(n, f"new-{run}-{n}.example", "unfiled_site", "o"))), JOIN_MS)]


def plans(actor: Any) -> None:
    """The plans of the queue's page, its count, a case's observers and a signal's proposal."""
    from licet.casework import listing
    from licet.casework.models import Case, Observation
    from licet.core.rls import acting_as

    with acting_as(actor):
        for name, asked in (("queue", listing.Asked(desk="authority")),
                            ("tier 1, Guangdong, waiting for me, oldest first",
                             listing.Asked(desk="authority", tier="1", region="CN-GD", waiting="me", order="oldest"))):
            order = ("opened_at", "id") if asked.order == "oldest" else ("-priority", "opened_at", "id")
            print(f"\n-- {name}\n{listing.question(asked, actor, NOW).order_by(*order)[:51].explain(analyze=True)}")
        hot = Case.objects.get(number="B-1")
        rows = Observation.objects.filter(case_id__in=[hot.pk], kind="report").order_by("-last_at")[:100]
        print(f"\n-- observers of the hot case\n{rows.explain(analyze=True)}")


def main() -> int:
    """Fill, measure, print; 1 when a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--runs", type=float, default=1.0, help="share of the usual number of repetitions")
    parser.add_argument("--signals", type=int, default=10, help="signals of each case")
    parser.add_argument("--keep", type=Path, help="directory of the scratch cluster, reused when it is there")
    parser.add_argument("--plans", action="store_true", help="print the plans PostgreSQL chose")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="licet-bench-") as temporary:
        home = options.keep or Path(temporary)
        os.environ["LICET_HOME"] = str(home)
        home.mkdir(parents=True, exist_ok=True)
        (home / "static").mkdir(exist_ok=True)
        from licet.config.bootstrap import connect_database, held_server, leave

        connect_database()
        try:
            return measure(options, home)
        finally:
            leave(held_server())


def measure(options: argparse.Namespace, home: Path) -> int:
    """Everything that needs the database."""
    from django.conf import settings
    from django.test import Client

    from licet.casework.models import Case
    from licet.config.warm import warm
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.selectors import actor_for

    global RUNS  # noqa: PLW0603 (one number of the command line)
    RUNS = options.runs
    settings.REQUIRE_MFA = False
    settings.ALLOWED_HOSTS = ["*"]
    officer = people()
    with acting_as(WORKER):
        filled = Case.objects.filter(number=f"B-{options.cases}").exists()
    if not filled:
        print(f"filling {options.cases:,} cases with {options.signals} signals each", flush=True)
        fill(options.cases, options.signals, officer.pk, home)
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    warm()  # as the web server does
    rows = joins(options.cases) + pages(client, options.cases)
    print(f"\n{options.cases:,} cases, {options.cases * options.signals + HOT_SIGNALS:,} signals")
    for name, p50, p99, limit in rows:
        print(f"  {name:62} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   (at most {limit}){'' if p99 <= limit else '  TOO SLOW'}")
    if options.plans:
        plans(actor_for(officer))
    return 0 if all(p99 <= limit for _name, _p50, p99, limit in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
