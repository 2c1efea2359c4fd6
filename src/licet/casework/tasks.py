"""The background worker writes down every minute which terms ran out and which appeals nobody judged in time."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="casework:expire", queueing_lock="casework:expire", lock="casework:expire")  # type: ignore[untyped-decorator]
def expire(timestamp: int) -> None:
    """End what time ended. ``timestamp`` is the minute it was meant for (seconds, UTC)."""
    from licet.casework.services import default_overdue_appeals, expire_due  # every command loads this module

    now = clock.now()
    default_overdue_appeals(now)
    expire_due(now)


@app.task(name="casework:receive_sweep", lock="casework:receive_sweep")  # type: ignore[untyped-decorator]
def receive_sweep(sweep_id: int, person: int, desk: str, warnings: bool = False) -> None:
    """Receive a sweep's findings as signals in the name of the person who asked. Safe to run twice."""
    from django.contrib.auth import get_user_model

    from licet.casework.services import signals_from_sweep
    from licet.parties.selectors import actor_for

    with transaction.atomic():
        actor = actor_for(get_user_model().objects.get(pk=person))
    signals_from_sweep(sweep_id, actor=actor, at=clock.now(), desk_id=desk, include_warnings=warnings)
