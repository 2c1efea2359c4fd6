"""Pages, the change feed and a desk's work over registers of a million rows each and a sweep of a million findings.

    python benchmarks/pages_bench.py [--rows 1000000] [--keep DIR]

Each address is asked through the whole application (middleware, session, row-level security, template), as an officer
and as a provider's compliance officer. Then an officer works on cases about sites of these registers, one of them with a
name in ten below it. The bench fails when the median of a page exceeds 100 ms, that of a step of the work 200 ms, or a step
about the site with a name in ten below it 500 ms: they are counted anew at each.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pages_data import PLATFORM, fill

MOST_MS, MOST_WORK_MS, MOST_WIDE_MS = 100.0, 200.0, 500.0
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
        "conduct of a provider": "/standing/providers/p-0/",
        "the public filing checker": f"/check/?site=s{rows // 2}.example",
        "the checker, a site nobody filed": "/check/?site=nobody-filed-this.example",
    }


WORK = ("a signal opens a case", "a person sets the tier", "the case is opened", "a measure is drafted",
        "its page is opened", "it is signed", "its letter is composed", "its letter is opened", "its case is opened")


def work(rows: int, rounds: int) -> Iterator[tuple[str, float, float]]:
    """(about what and which step, median ms, limit) of an officer's way from a signal to a letter."""
    for about, site, limit in (("a site", "s{n}.example", MOST_WORK_MS),
                               (f"a site with {rows // 10:,} names below", PLATFORM, MOST_WIDE_MS)):
        if site == PLATFORM:
            rounds = 1
        taken: dict[str, list[float]] = {step: [] for step in WORK}
        for n in range(rounds + (rounds > 1)):
            times = one_case(site.format(n=7 + 11 * n), n)
            if n or rounds == 1:  # the first warms what every process warms once
                for step, seconds in times.items():
                    taken[step].append(seconds * 1e3)
        yield from ((f"{about}: {step}", statistics.median(values), limit) for step, values in taken.items())


def one_case(site: str, n: int) -> dict[str, float]:
    """Seconds of each step of :data:`WORK` on a case of its own; each step in a committed transaction."""
    from django.contrib.auth import get_user_model

    from licet.casework import services
    from licet.casework.models import Case
    from licet.casework.services import MeasureDraft, SignalIn
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.notices.models import Notice
    from licet.notices.services.compose import compose_due
    from licet.parties.selectors import actor_for

    officer, at, times = actor_for(get_user_model().objects.get(username="admin")), clock.now(), {}

    def step(name: str, do: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = do()
        times[name] = time.perf_counter() - start
        return result

    case_id = step("a signal opens a case", lambda: services.receive_signal(SignalIn(
        kind="finding", desk_id="authority", ground="unfiled_site", subject_kind="site", subject=site, provider_id="p-7",
        source=f"bench:{time.perf_counter_ns()}", observer="sweep", observed_at=at), actor=WORKER, at=at))
    step("a person sets the tier", lambda: services.set_tier(case_id, 2, reason="looked at it", actor=officer, at=at))
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    with signed_in("admin") as client:
        step("the case is opened", lambda: found(client.get(f"/cases/{number}/")))
        measure = step("a measure is drafted", lambda: services.draft_measure(case_id, MeasureDraft(
            kind="suspend_access", reasons=[{"rule": "site_unfiled"}], rule_cited="Notice §4.1.1", provider_id="p-7",
            scope={"hosts": [site]}, attachments={"wide_scope": "the names below are the site's own pages"}), actor=officer, at=at))
        step("its page is opened", lambda: found(client.get(f"/measures/{measure.pk}/")))
        step("it is signed", lambda: services.approve_measure(measure.pk, actor=officer, authenticated_at=at, at=at))
        step("its letter is composed", lambda: compose_due(at))
        with acting_as(WORKER):
            letter = Notice.objects.get(measure=measure)
        step("its letter is opened", lambda: found(client.get(f"/notices/{letter.pk}/")))
        step("its case is opened", lambda: found(client.get(f"/cases/{number}/")))
    return times


def found(response: Any) -> None:
    """Stops the bench at a page that is none."""
    if response.status_code != 200:
        raise SystemExit(f"{response.request['PATH_INFO']} answered {response.status_code}")


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
        for step, middle, limit in work(options.rows, options.rounds):
            print(f"{step:70} {middle:8.1f}", flush=True)
            if middle > limit:
                slow.append(f"{step} ({middle:.0f} ms)")
        feed(options.rows)
        leave(held_server())
    if slow:
        print(f"too slow: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
