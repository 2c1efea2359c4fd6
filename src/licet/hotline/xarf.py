"""XARF v4 reports (JSON): what a partner's program sends, as a submission of ours.

XARF's list of (category, type) is closed, so grounds it does not know are said by the tag ``licet:<ground>``, or by
``threat_type`` ``licet:<ground>`` of ``reputation/threat_intelligence``; otherwise category and type say it. The tag
``licet-target:<kind>`` says what ``source_identifier`` is. Evidence is never taken: of sexual content that shows children
no copy may reach us, and of everything else the address is enough. ``xarf_out`` writes what this reads.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from licet.hotline.intake import Refusal, Submission
from licet.hotline.tables import QUESTION_BY_GROUND, TARGET_BY_ID
from licet.hotline.xarf_fields import canonical_id, check_document

TAG, TARGET_TAG = "licet:", "licet-target:"
_OPEN = ("reputation", "threat_intelligence")
# Where no tag says it: what the type means here.
GROUND_OF: dict[tuple[str, str], str] = {
    ("content", "csam"): "minors", ("content", "csem"): "minors", ("content", "fraud"): "deceptive_promotion",
    ("content", "phishing"): "deceptive_promotion", ("messaging", "spam"): "deceptive_promotion",
    ("messaging", "bulk_messaging"): "deceptive_promotion",
    ("content", "suspicious_registration"): "false_filing",
}
_HASHES = ("sha256", "pdq", "sha1", "md5")


def from_xarf(document: Any, *, account: str) -> Submission:
    """The submission a XARF v4 report is. Raises :class:`Refusal` naming the field."""
    document = check_document(document)
    ground = _ground(document)
    kind, target = _target(document, ground)
    minors = QUESTION_BY_GROUND[ground].url_only
    if document.get("evidence") and minors:
        raise Refusal("evidence", "evidence of this is never taken, not even by partners",
                      hint="send the address or a hash alone, without the field evidence")
    number = canonical_id(document)
    return Submission(
        channel="xarf", target_kind=kind, target=target, ground=ground,
        text="" if minors else document.get("description", ""), seen_at=_moment(document["timestamp"]), how="other",
        account=account, key=number, reference=number)


def _tagged(document: Mapping[str, Any], prefix: str) -> str:
    """What the tag with this prefix says, '' without one. Raises :class:`Refusal` where two say different things."""
    said = sorted({tag[len(prefix):] for tag in document.get("tags", ()) if tag.startswith(prefix)})
    if len(said) > 1:
        raise Refusal("tags", f"two tags say {prefix} and not the same", hint=f"one of: {', '.join(said)}")
    return str(said[0]) if said else ""


def _ground(document: Mapping[str, Any]) -> str:
    kind = (document["category"], document["type"])
    named, threat = _tagged(document, TAG), document.get("threat_type", "")
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
    return kind, document.get("url", document["source_identifier"]) if kind == "url" else document["source_identifier"]


def _guessed(document: Mapping[str, Any], ground: str) -> str:
    """The kind of target where no tag says it."""
    targets = QUESTION_BY_GROUND[ground].targets
    if document.get("url") and "url" in targets:
        return "url"
    if isinstance(document.get("hash_values"), Mapping) and "hash" in targets:
        return "hash"
    if re.fullmatch(r"\+?[0-9 -]{3,20}", document["source_identifier"]) and "sms" in targets:
        return "sms" if document["category"] == "messaging" else "voice_number"
    return next(kind for kind in ("url", "provider", "sms") if kind in targets)


def _hash(document: Mapping[str, Any]) -> str:
    """The strongest of its hashes, with the algorithm's name; else what ``source_identifier`` says."""
    values = document.get("hash_values", {})
    named = next((name for name in _HASHES if values.get(name)), "")
    return f"{named}:{values[named]}" if named else document["source_identifier"]


def _moment(value: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise Refusal("timestamp", "timestamp is no moment there was", hint="2026-03-02T09:30:00Z") from error
