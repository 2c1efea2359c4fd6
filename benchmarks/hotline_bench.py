"""How many reports a second are accepted, how quickly PostgreSQL has them, and whether others are answered meanwhile.

    python benchmarks/hotline_bench.py                      5 s of intake in this process, no database, no HTTP
    python benchmarks/hotline_bench.py --seconds 60 --drain what `make bench-hotline` runs: the same, and then over
                                                            HTTP against a real `licet run` whose PostgreSQL is killed
                                                            (SIGKILL) in the middle and comes back

Prints one JSON document. ``in_process``: threads call the intake. ``partner_api``: batches over keep-alive connections, with
the drain going on beside. ``form``: the last step of the public form. ``flood``: what others wait while fifty networks flood.
``receipt_times``: how long a wrong number takes against a right number with a wrong code. Accepted is what came back with a
receipt; lost and twice are looked for in PostgreSQL at the end. Load and server share the machine.
"""

import argparse
import datetime as dt
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
LONGEST_DRAIN_S = 600


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--drain", action="store_true", help="over HTTP as well, into a PostgreSQL that is killed")
    parser.add_argument("--rate", type=int, default=550, help="reports a second of the partner API; 0: as fast as it goes")
    parser.add_argument("--links", type=int, default=4)
    parser.add_argument("--size", type=int, default=25, help="reports in one request of the partner API")
    parser.add_argument("--form-seconds", type=float, default=15)
    parser.add_argument("--flood-seconds", type=float, default=15)
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


def in_process(seconds, threads):
    """Intake alone, into a spool of its own that is thrown away."""
    from licet.hotline.intake import spool

    intake_load(0.2, 1)  # the suffix list and the profile are read once per process, before the first report
    accepted, times = intake_load(seconds, threads)
    kept = {item.number for item in spool().oldest(10_000_000)}
    spool().close()
    for file in spool().path.parent.glob("spool.sqlite*"):
        file.unlink()
    return {"seconds": seconds, "threads": threads, "accepted": len(accepted),
            "accepted_per_second": round(len(accepted) / seconds), "median_ms": round(statistics.median(times) * 1000, 1),
            "p99_ms": round(statistics.quantiles(times, n=100)[98] * 1000, 1), "lost": len(set(accepted) - kept)}


def prepare():
    """The authority, its first administrator, and a partner with a key; returns the key."""
    from licet.config.bootstrap import connect_database, ensure_administrator
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Party
    from licet.parties.services import next_change_seq
    from licet.parties.tokens import add_token

    connect_database()
    ensure_administrator()
    with acting_as(WORKER):
        Party.objects.create(party_id="harbour", kind="access_provider", name="Harbour Host", region="CN-GD",
                             since="2020-01-01", content_hash=b"\0" * 16, change_seq=next_change_seq(), source="bench",
                             recorded_at=clock.now())
        return add_token("bench", party_id="harbour", scopes=("hotline.report",), by=WORKER)[1]


def stamp_for(address, nonce):
    """What a form handed out to this network five minutes ago carries."""
    from licet.core import clock
    from licet.hotline import sealing

    opened = (clock.now() - dt.timedelta(minutes=5)).isoformat(timespec="seconds")
    return {"opened": opened, "nonce": nonce,
            "signature": sealing.sign_form(opened, nonce, sealing.network_of(address))}


def waiting():
    from licet.hotline.intake import spool

    return spool().counts()


def until_taken_over():
    """Seconds until the running worker has taken everything over; the drain runs every ten seconds by itself."""
    began = time.monotonic()
    while waiting()[0]:
        if time.monotonic() - began > LONGEST_DRAIN_S:
            break
        time.sleep(0.25)
    return round(time.monotonic() - began, 1)


def balance(accepted):
    """What is missing and what is there twice, in reports and in the signals they became."""
    from django.db import connection

    from licet.core.actors import WORKER
    from licet.core.rls import acting_as

    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("SELECT number FROM hotline_report")
        there = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) - count(DISTINCT source), count(*) FROM casework_signal WHERE kind = 'report'")
        doubled, signals = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM hotline_alarm")
        alarms = cursor.fetchone()[0]
    connection.close()
    return {"accepted": len(set(accepted)), "lost": len(set(accepted) - set(there)),
            "twice": len(accepted) - len(set(accepted)) + len(there) - len(set(there)) + doubled,
            "in_postgresql": len(there), "signals": signals, "alarms": alarms, "set_aside": waiting()[1]}


def over_http(given, home):
    """The real server under load; see the top."""
    from django.db import connections
    from hotline_http import Server, flood_and_others, form_load, partner_load

    from licet.hotline.intake import receipt_of

    key = prepare()
    connections.close_all()
    server, result = Server(home), {}
    try:
        partner_load(server.port, key, seconds=0.5, links=1, size=2, rate=0)
        server_killed = threading.Timer(given.seconds / 2, server.kill_postgres)
        server_killed.start()
        accepted, result["partner_api"] = partner_load(server.port, key, seconds=given.seconds, links=given.links,
                                                       size=given.size, rate=given.rate)
        behind = waiting()[0]
        result["partner_api"] |= {"waiting_at_the_end": behind, "taken_over_after_s": until_taken_over(),
                                  "postgresql_killed_at_s": given.seconds / 2}
        more, result["form"] = form_load(server.port, stamp_for, seconds=given.form_seconds, links=given.links)
        result["form"]["taken_over_after_s"] = until_taken_over()
        receipt = receipt_of(accepted[0])
        result["flood"] = flood_and_others(server.port, stamp_for, {"number": receipt.number, "code": receipt.code},
                                           seconds=given.flood_seconds)
        result["flood"]["taken_over_after_s"] = until_taken_over()
        result["balance"] = balance([*accepted, *more])
    finally:
        server.stop()
    return result


def receipt_times(rounds=1500):
    """Seconds of the status page in this process, for wrong numbers and for a right number with wrong codes, in turn."""
    from django.test import RequestFactory

    from licet.hotline import sealing, views_public

    ask = RequestFactory(REMOTE_ADDR="")
    right = sealing.number_of("portal||somebody's")
    kinds = {"wrong_number": [], "right_number_wrong_code": []}
    for n in range(rounds):
        views_public.asked_status.clear()
        for kind, number in (("wrong_number", sealing.number_of(f"w{n}")), ("right_number_wrong_code", right)):
            request = ask.post("/report/status/", {"number": number, "code": sealing.code_of(f"x{n}")})
            began = time.perf_counter()
            assert views_public.status(request).status_code == 404
            kinds[kind].append(time.perf_counter() - began)
    medians = {kind: statistics.median(times) * 1e6 for kind, times in kinds.items()}
    spread = {kind: statistics.quantiles(times, n=4) for kind, times in kinds.items()}
    beyond = sum(a > b for a, b in zip(*kinds.values(), strict=True)) / rounds
    return {"rounds": rounds, **{f"{kind}_median_us": round(value, 1) for kind, value in medians.items()},
            **{f"{kind}_quartiles_us": [round(value * 1e6, 1) for value in cut] for kind, cut in spread.items()},
            "wrong_number_slower_in": round(beyond, 3)}


def main():
    given = arguments()
    home = Path(tempfile.mkdtemp(prefix="licet-bench-"))
    os.environ |= {"LICET_HOME": str(home), "DJANGO_SETTINGS_MODULE": "licet.config.settings"}
    os.environ.pop("DATABASE_URL", None)
    sys.path.insert(0, str(ROOT / "src"))
    import django

    django.setup()
    result = {"cpus": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}
    try:
        result["in_process"] = in_process(given.seconds, given.threads)
        if given.drain:
            result |= over_http(given, home)
        result["receipt_times"] = receipt_times()
        print(json.dumps(result, indent=1))
    finally:
        from licet.config.bootstrap import held_server, leave

        if held_server() is not None:
            leave(held_server())
        shutil.rmtree(home, ignore_errors=True)
    wrong = result.get("balance", result["in_process"])
    sys.exit(1 if wrong["lost"] or wrong.get("twice") or wrong.get("set_aside") else 0)


if __name__ == "__main__":
    main()
