"""How many reports a second are accepted (on the disk before the receipt), and how quickly PostgreSQL takes them over.

    python benchmarks/hotline_bench.py                      5 s of intake, no database
    python benchmarks/hotline_bench.py --seconds 60 --drain as the issue asks; with --drain a throw-away PostgreSQL takes
                                                            them over, is killed and started again in the middle

Prints one JSON document. Accepted numbers are counted by what ``submit`` returned; lost ones are looked for at the end.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--drain", action="store_true", help="take over into PostgreSQL, which is killed in the middle")
    return parser.parse_args()


def intake_load(seconds, threads):
    """Threads that submit as fast as they can; returns accepted numbers and the times of single reports."""
    from licet.core import clock
    from licet.hotline import sealing
    from licet.hotline.intake import Submission, submit

    accepted, times, lock, until = [], [], threading.Lock(), time.monotonic() + seconds

    def work(k):
        own, took, n = [], [], 0
        while time.monotonic() < until:
            began = time.monotonic()
            receipt = submit(Submission(
                channel="portal", target_kind="url", ground="deceptive_promotion", key=f"bench-{seconds}-{k}-{n}",
                target=f"https://shop{n % 500}.example/page", text=f"it promised a prize number {n} of {k}",
                network=sealing.network_of(f"10.{n % 200}.{k}.1")), at=clock.now())
            took.append(time.monotonic() - began)
            own.append(receipt.number.replace("-", ""))
            n += 1
        with lock:
            accepted.extend(own)
            times.extend(took)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return accepted, times


def kill_postgres(home):
    """SIGKILL to the server of the throw-away home, as a power cut would do it."""
    import signal

    pid_file = next(home.rglob("postmaster.pid"))
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)


def main():
    given = arguments()
    home = Path(tempfile.mkdtemp(prefix="licet-bench-"))
    os.environ |= {"LICET_HOME": str(home), "DJANGO_SETTINGS_MODULE": "licet.config.settings"}
    os.environ.pop("DATABASE_URL", None)
    sys.path.insert(0, str(ROOT / "src"))
    result = {"seconds": given.seconds, "threads": given.threads, "cpus": os.cpu_count()}
    try:
        if given.drain:
            from licet.config.bootstrap import connect_database, held_server

            connect_database()
        else:
            import django

            django.setup()
        from licet.hotline.intake import spool

        intake_load(0.2, 1)  # the suffix list and the profile are read once per process, before the first report
        killed = None
        if given.drain:
            killed = threading.Timer(given.seconds / 2, kill_postgres, [home])
            killed.start()
        accepted, times = intake_load(given.seconds, given.threads)
        result |= {"accepted": len(accepted), "per_second": round(len(accepted) / given.seconds),
                   "median_ms": round(statistics.median(times) * 1000, 1),
                   "p99_ms": round(statistics.quantiles(times, n=100)[98] * 1000, 1)}
        kept = {item.number for item in spool().oldest(10_000_000)}
        result["lost_in_spool"] = len(set(accepted) - kept)
        if given.drain:
            killed.join()
            result |= take_over(accepted, held_server())
        print(json.dumps(result, indent=1))
    finally:
        from licet.hotline.intake import spool

        spool().close()
        if given.drain:
            from licet.config.bootstrap import held_server, leave

            leave(held_server())
        shutil.rmtree(home, ignore_errors=True)


def take_over(accepted, server):
    from django.db import connections

    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.hotline.models import Report
    from licet.hotline.services.drain import drain_due

    connections.close_all()
    server.recover()
    began = time.monotonic()
    count = 0
    while spool_waits():
        count += drain_due(clock.now())
    took = time.monotonic() - began
    with acting_as(WORKER):
        there = set(Report.objects.values_list("number", flat=True))
    return {"taken_over": count, "taken_over_per_second": round(count / took), "lost": len(set(accepted) - there)}


def spool_waits():
    from licet.hotline.intake import spool

    return spool().counts()[0]


if __name__ == "__main__":
    main()
