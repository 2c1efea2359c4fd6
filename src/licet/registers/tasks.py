"""Work on uploads that is too long for a request. Every command loads this module, so tasks import what they need."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as


@app.task(name="registers.check_upload", queue="registers")  # type: ignore[untyped-decorator]
def check_upload(upload_id: int) -> None:
    """Check an uploaded file."""
    from licet.registers import uploads

    with acting_as(WORKER):
        uploads.check_upload(upload_id, now=clock.now())


@app.task(name="registers.merge_upload", queue="registers")  # type: ignore[untyped-decorator]
def merge_upload(upload_id: int) -> None:
    """Import a file that was let in."""
    from licet.registers import uploads

    with acting_as(WORKER):
        uploads.merge_upload(upload_id, now=clock.now())


@app.task(name="registers.take_in_upload", queue="registers")  # type: ignore[untyped-decorator]
def take_in_upload(upload_id: int) -> None:
    """Check a program's file and import it where one may change the register."""
    from licet.registers import uploads

    with acting_as(WORKER):
        uploads.take_in(upload_id, now=clock.now())
