"""Sweeps too long for a request. Every command loads this module, so tasks import what they need."""

from __future__ import annotations

import time
from pathlib import Path

from procrastinate.contrib.django import app

from licet.core.actors import WORKER, Actor, Scope
from licet.core.rls import acting_as

_EVERY_S = 1.0  # progress is written at most this often


@app.task(name="sweeps.run", queue="sweeps")  # type: ignore[untyped-decorator]
def run(sweep_id: int, path: str, asked_by: int) -> None:
    """Judge an uploaded list for the person who handed it in; the result belongs to the list's provider."""
    from licet.sweeps import services
    from licet.sweeps.models import Sweep

    with acting_as(WORKER):
        sweep = Sweep.objects.get(pk=sweep_id)
    actor = Actor(name=f"user:{asked_by}", user_id=asked_by, scope=Scope.SYSTEM)
    shown = time.monotonic()

    def progress(_stage: str, _done: float, rows: int) -> None:
        nonlocal shown
        if time.monotonic() - shown >= _EVERY_S:
            shown = time.monotonic()
            services.note_progress(sweep_id, rows)

    services.perform(sweep, Path(path), actor=actor, progress=progress)
