"""Handing a report or a case on to a provider or another hotline: the document, and an entry in the journal each time."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from licet.core.actors import Actor
from licet.core.rls import acting_as
from licet.hotline import sealing
from licet.hotline.xarf_out import document_of_case, document_of_report
from licet.journal.services import append


def hand_on_report(number: str, *, actor: Actor) -> dict[str, Any]:
    """The XARF v4 document of a report (receipt number) at the actor's desk; the journal keeps the document's digest, so
    that what somebody received can be shown to be what was handed on.

    Raises :class:`NotFound`, or :class:`Conflict` for what is not handed on.
    """
    with acting_as(actor):
        document = document_of_report(number)
        _record(f"report:{sealing.typed(number)}", document, actor)
        return document


def hand_on_case(number: str, *, actor: Actor) -> dict[str, Any]:
    """As :func:`hand_on_report`, of a case."""
    with acting_as(actor):
        document = document_of_case(number)
        _record(f"case:{number}", document, actor)
        return document


def _record(subject: str, document: dict[str, Any], actor: Actor) -> None:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    append("hotline:xarf:handed", actor=actor, subject=subject,
           data={"report_id": document["report_id"], "sha256": sha256(text.encode()).hexdigest()})
