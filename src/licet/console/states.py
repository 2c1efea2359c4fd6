"""How every state that pages show looks: word, shape and tone. A state without a row is shown by its own name, grey."""

from __future__ import annotations

import dataclasses

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclasses.dataclass(frozen=True)
class Look:
    """``tone`` is a class of badge.css: permit, refer, deny, unknown or plain."""

    label: str | Promise
    icon: str
    tone: str


LOOKS: dict[str, Look] = {
    # gate answers
    "permit": Look(_("Permit"), "permit", "permit"),
    "refer": Look(_("Refer"), "refer", "refer"),
    "deny": Look(_("Deny"), "deny", "deny"),
    # severities of findings
    "violation": Look(_("Violation"), "deny", "deny"),
    "warning": Look(_("Warning"), "warning", "refer"),
    "unknown": Look(_("Unknown"), "unknown", "unknown"),
    "clear": Look(_("Nothing found"), "permit", "permit"),
    # records of the registers
    "active": Look(_("Active"), "permit", "permit"),
    "suspended": Look(_("Suspended"), "warning", "refer"),
    "revoked": Look(_("Revoked"), "deny", "deny"),
    "cancelled": Look(_("Cancelled"), "ended", "deny"),
    "expired": Look(_("Expired"), "ended", "deny"),
    "ended": Look(_("Ended"), "ended", "unknown"),
    "present": Look(_("Present"), "permit", "permit"),
    "pass": Look(_("Passed"), "permit", "permit"),
    "fail": Look(_("Failed"), "deny", "deny"),
    "not_submitted": Look(_("Not submitted"), "warning", "refer"),
    "fresh": Look(_("Up to date"), "permit", "permit"),
    "stale": Look(_("Out of date"), "warning", "refer"),
    "missing": Look(_("Missing"), "unknown", "unknown"),
    # proposed changes
    "proposed": Look(_("Waits for a second person"), "waiting", "refer"),
    "applied": Look(_("Applied"), "permit", "permit"),
    "refused": Look(_("Refused"), "deny", "deny"),
    "withdrawn": Look(_("Withdrawn"), "ended", "unknown"),
    # sweeps and loads
    "waiting": Look(_("Waiting"), "waiting", "plain"),
    "running": Look(_("Running"), "running", "plain"),
    "finished": Look(_("Done"), "permit", "permit"),
    "failed": Look(_("Stopped with a problem"), "deny", "deny"),
    # findings against the sweep before
    "new": Look(_("New"), "dot", "plain"),
    "open": Look(_("Still open"), "waiting", "plain"),
    "gone": Look(_("Gone"), "ended", "unknown"),
}


def look(state: str) -> Look:
    """The look of ``state``."""
    return LOOKS.get(state) or Look(state.replace("_", " "), "dot", "unknown")
