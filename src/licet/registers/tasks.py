"""Work on uploads that is too long for a request."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.registers import uploads


@app.task(name="registers.check_upload", queue="registers")  # type: ignore[untyped-decorator]
def check_upload(upload_id: int) -> None:
    """Check an uploaded file."""
    with acting_as(WORKER):
        uploads.check_upload(upload_id, now=clock.now())


@app.task(name="registers.merge_upload", queue="registers")  # type: ignore[untyped-decorator]
def merge_upload(upload_id: int) -> None:
    """Import a file that was let in."""
    with acting_as(WORKER):
        uploads.merge_upload(upload_id, now=clock.now())
