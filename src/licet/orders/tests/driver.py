"""Runs in a subprocess of the crash tests: works on the tests' database and waits where the test wants to kill it.

``python -m licet.orders.tests.driver DATABASE NOW JOB STAGE``; prints ``now`` when it has come there.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time


def wait_here(*_args, **_kwargs):
    """The place to be killed at."""
    print("now", flush=True)
    time.sleep(600)


def before(module, name):
    """Stop before ``module.name`` runs."""
    setattr(module, name, wait_here)


def after(module, name):
    """Stop after ``module.name`` ran, before whatever comes next."""
    original = getattr(module, name)

    def run(*args, **kwargs):
        original(*args, **kwargs)
        wait_here()

    setattr(module, name, run)


def start(database):
    os.environ["DJANGO_SETTINGS_MODULE"] = "licet.config.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections

    settings.ENV["LICET_ALLOW_PRIVATE_TARGETS"] = True
    connections["default"].settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = database


def stop_at(stage):
    from licet.casework.services import steps
    from licet.notices.services import delivery
    from licet.orders.services import dispatch, escalation, reports, verification

    places = {
        "claiming": lambda: after(dispatch, "_prepare"),  # everything written, nothing committed
        "before sending": lambda: before(dispatch, "send"),
        "after sending": lambda: after(dispatch, "send"),
        "recording": lambda: before(dispatch, "carry_on"),  # the order's step is written, the measure's is not
        "recorded": lambda: after(dispatch, "_record"),
        "looking": lambda: before(verification, "probe_for"),
        "concluding": lambda: before(verification, "carry_on"),
        "ending": lambda: before(steps, "record"),  # the step and the order to restore are written, nothing is committed
        "completing": lambda: before(dispatch, "advance"),
        "publishing": lambda: before(delivery, "_note_sent"),  # the page is open, and nobody noted it
        "telling": lambda: before(delivery, "advance"),  # everything was delivered, the measure does not know
        "escalating": lambda: before(escalation, "escalate"),
        "reporting": lambda: before(reports, "carry_on"),
        "nowhere": lambda: None,
    }
    places[stage]()


class Agreeing:
    """A probe that sees it cut; ``settled``: one look is enough."""

    def __init__(self, *, settled=True):
        self.settled = settled

    def look(self, question):
        from licet.orders.probes import Look
        from licet.orders.tables import Verdict

        return Look(probe="test", verdict=Verdict.AGREES, settled=self.settled)


def serve():
    """A web process: the whole WSGI application on a free port."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler, allow_reuse_address=False)
    server.set_app(WSGIHandler())
    print(server.server_port, flush=True)
    server.serve_forever()


def main(database, now, job, stage):
    start(database)
    stop_at(stage)
    if job == "web":
        serve()
        return
    from licet.orders.services import dispatch, verification

    at = dt.datetime.fromisoformat(now)
    if job in {"expire", "deliver", "complete", "escalate"}:
        from licet.casework.services import expire_due
        from licet.notices.services import deliver_due
        from licet.orders.services import complete_due, escalate_overdue

        print({"expire": expire_due, "deliver": deliver_due, "complete": complete_due,
               "escalate": escalate_overdue}[job](at), flush=True)
        return
    if job == "dispatch":
        print(dispatch.dispatch_due(at, sender=dispatch.send), flush=True)
    else:
        verification.register_probe("cut_access", Agreeing())
        print(verification.verify_due(at), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
