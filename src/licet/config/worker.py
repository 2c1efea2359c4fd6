"""The worker process of ``licet run``: does queued jobs and the periodic ones that concepts register in ``tasks.py``.

Jobs survive: they are rows in PostgreSQL. A job whose worker was killed is given back to the queue.
"""

from __future__ import annotations

import os

CONCURRENCY = 2
GRACE_S = 8  # a running job gets this long to end when the worker is asked to stop
STALLED_AFTER_S = 30  # a worker that gave no sign of life for so long is dead


def main() -> None:
    """Work until SIGTERM or SIGINT; holds the embedded server, so that it stops after the last process left."""
    import django

    from licet.config.lifeline import tie_to_parent

    tie_to_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
    django.setup()
    from licet.config.bootstrap import embedded_server, leave

    server = embedded_server()
    if server is not None:
        server.hold()
    try:
        _work()
    finally:
        leave(server)


def _work() -> None:
    from procrastinate.contrib.django import app

    @app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
    @app.task(name="licet.config.worker.retry_stalled", queueing_lock="retry_stalled")  # type: ignore[untyped-decorator]
    async def retry_stalled(timestamp: int) -> int:
        """Give jobs of dead workers back to the queue."""
        given_back = 0
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
            await app.job_manager.retry_job(job)
            given_back += 1
        return given_back

    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(concurrency=CONCURRENCY, shutdown_graceful_timeout=GRACE_S, listen_notify=True,
                       delete_jobs="successful")


if __name__ == "__main__":
    main()
