"""XARF v4 reports (JSON): what a partner's program sends, as a submission of ours.

XARF's list of (category, type) is closed, so grounds it does not know are said by the tag ``licet:<ground>``, or by
``threat_type`` ``licet:<ground>`` of ``reputation/threat_intelligence``; otherwise category and type say it. The tag
``licet-target:<kind>`` says what ``source_identifier`` is. Evidence is never taken: of sexual content that shows children
no copy may reach us, and of everything else the address is enough. ``xarf_out`` writes what this reads.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from typing import Any

from licet.hotline.intake import Refusal, Submission
from licet.hotline.tables import QUESTION_BY_GROUND, TARGET_BY_ID, TEXT_CHARACTERS

CORE = ("xarf_version", "report_id", "timestamp", "reporter", "sender", "source_identifier", "category", "type")
PARTY = ("org", "contact", "domain")
TAG, TARGET_TAG = "licet:", "licet-target:"
_OPEN = ("reputation", "threat_intelligence")
# Where no tag says it: what the type means here.
GROUND_OF: dict[tuple[str, str], str] = {
    ("content", "csam"): "minors", ("content", "csem"): "minors", ("content", "fraud"): "deceptive_promotion",
    ("content", "phishing"): "deceptive_promotion", ("messaging", "spam"): "deceptive_promotion",
    ("messaging", "bulk_messaging"): "deceptive_promotion",
    ("content", "suspicious_registration"): "false_filing",
}
_HASHES = ("sha256", "sha1", "md5")


def from_xarf(document: Any, *, account: str) -> Submission:
    """The submission a XARF v4 report is. Raises :class:`Refusal` naming the field."""
    if not isinstance(document, Mapping):
        raise Refusal("$", "a XARF report is a JSON object", hint="send one report as one object")
    _check_core(document)
    ground = _ground(document)
    kind, target = _target(document, ground)
    minors = QUESTION_BY_GROUND[ground].url_only
    if document.get("evidence") and minors:
        raise Refusal("evidence", "evidence of this is never taken, not even by partners",
                      hint="send the address or a hash alone, without the field evidence")
    return Submission(
        channel="xarf", target_kind=kind, target=target, ground=ground,
        text="" if minors else str(document.get("description", ""))[:TEXT_CHARACTERS],
        seen_at=_moment(document["timestamp"]), how="other", account=account, key=str(document["report_id"]),
        reference=str(document["report_id"]))


def _check_core(document: Mapping[str, Any]) -> None:
    for field in CORE:
        if not document.get(field):
            raise Refusal(field, f"{field} is missing", hint="XARF v4 needs: " + ", ".join(CORE))
    if not re.fullmatch(r"4\.\d+\.\d+", str(document["xarf_version"])):
        raise Refusal("xarf_version", "this is not XARF v4", hint="convert version 3 reports first")
    try:
        uuid.UUID(str(document["report_id"]))
    except ValueError as error:
        raise Refusal("report_id", "report_id is no UUID", hint="RFC 9562, for example from uuid4()") from error
    for who in ("reporter", "sender"):
        party = document[who]
        missing = [name for name in PARTY if not isinstance(party, Mapping) or not party.get(name)]
        if missing:
            raise Refusal(f"{who}.{missing[0]}", f"{who} does not say {missing[0]}", hint="org, contact, domain")


def _tagged(document: Mapping[str, Any], prefix: str) -> str:
    """What the first tag with this prefix says, '' without one."""
    tags = document.get("tags")
    said = [str(tag)[len(prefix):] for tag in tags if str(tag).startswith(prefix)] if isinstance(tags, list) else []
    return said[0] if said else ""


def _ground(document: Mapping[str, Any]) -> str:
    kind = (str(document["category"]), str(document["type"]))
    named, threat = _tagged(document, TAG), str(document.get("threat_type", ""))
    opened = threat[len(TAG):] if kind == _OPEN and threat.startswith(TAG) else ""
    ground = named or opened or GROUND_OF.get(kind, "")
    if ground not in QUESTION_BY_GROUND:
        known = ", ".join(f"{TAG}{name}" for name in QUESTION_BY_GROUND)
        raise Refusal("tags" if named else "type", f"{kind[0]}/{kind[1]} is none of our grounds by itself",
                      hint=f"add one of these tags if it is meant: {known}")
    return ground


def _target(document: Mapping[str, Any], ground: str) -> tuple[str, str]:
    kind = _tagged(document, TARGET_TAG) or _guessed(document, ground)
    if kind not in TARGET_BY_ID or kind not in QUESTION_BY_GROUND[ground].targets:
        fitting = ", ".join(sorted(f"{TARGET_TAG}{name}" for name in QUESTION_BY_GROUND[ground].targets))
        raise Refusal("tags", f"{ground} cannot be about {kind}", hint=f"one of these tags fits: {fitting}")
    if kind == "hash":
        return kind, _hash(document)
    return kind, str(document.get("url") or document["source_identifier"]) if kind == "url" else str(
        document["source_identifier"])


def _guessed(document: Mapping[str, Any], ground: str) -> str:
    """The kind of target where no tag says it."""
    targets = QUESTION_BY_GROUND[ground].targets
    if document.get("url") and "url" in targets:
        return "url"
    if isinstance(document.get("hash_values"), Mapping) and "hash" in targets:
        return "hash"
    if re.fullmatch(r"\+?[0-9 -]{3,20}", str(document["source_identifier"])) and "sms" in targets:
        return "sms" if document["category"] == "messaging" else "voice_number"
    return next(kind for kind in ("url", "provider", "sms") if kind in targets)


def _hash(document: Mapping[str, Any]) -> str:
    values = document.get("hash_values")
    if isinstance(values, Mapping):
        for name in _HASHES:
            if values.get(name):
                return str(values[name])
    return str(document["source_identifier"]).rpartition(":")[2]


def _moment(value: object) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Refusal("timestamp", "timestamp is no RFC 3339 time", hint="2026-03-02T09:30:00Z") from error
    if moment.tzinfo is None:
        raise Refusal("timestamp", "timestamp has no zone", hint="2026-03-02T09:30:00Z")
    return moment
