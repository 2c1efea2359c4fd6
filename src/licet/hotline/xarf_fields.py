"""What a XARF v4 document must be before anything of it is read: the core fields, and those its type asks for.

The types below are those that say something of ours; what is accepted passes the published schemas in every field that is
looked at here. Each problem names its field.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from licet.hotline.intake import Refusal

CORE = ("xarf_version", "report_id", "timestamp", "reporter", "sender", "source_identifier", "category", "type")
PARTY = ("org", "contact", "domain")
DESCRIPTION_CHARACTERS = 1000
MOST_TAGS = 20
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_DOMAIN = re.compile(r"(?=.{1,253}$)([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_TAG = re.compile(r"[a-z0-9][a-z0-9_+-]*:[a-z0-9][a-z0-9_+-]*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!#$&-;=?-Z_a-z~%\[\]]+")
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not re.search(r"[\x00-\x08\ud800-\udfff]", value)


def _like(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def _one_of(words: str) -> Check:
    known = frozenset(words.split())
    return lambda value: isinstance(value, str) and value in known


def _whole(least: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _listed(words: str) -> Check:
    one = _one_of(words)
    return lambda value: isinstance(value, list) and bool(value) and all(one(part) for part in value)


_PROTOCOLS = "smtp sms whatsapp telegram social_media push_notification other"
_FOUND = "hash_match ai_detection manual_review user_report automated_scan"
_FOUND_ACTS = "behavioral_analysis keyword_detection user_report ai_detection manual_review law_enforcement_referral"
_ACTS = "grooming solicitation sextortion trafficking distribution production possession"
_FRAUDS = ("investment romance tech_support lottery advance_fee cryptocurrency shopping charity employment "
           "government_impersonation other")
_SIGNS = ("typosquatting homograph_attack brand_keyword suspicious_tld bulk_registration privacy_protection "
          "suspicious_registrant fast_flux dga_pattern known_bad_nameserver suspicious_ssl_cert immediate_activation "
          "parked_page other")
# (category, type) -> what it asks for besides the core fields.
ASKED: dict[tuple[str, str], dict[str, Check]] = {
    ("content", "csam"): {"url": _like(_URL), "classification": _one_of("baseline A1 A2 B1 B2"),
                          "detection_method": _one_of(_FOUND)},
    ("content", "csem"): {"url": _like(_URL), "exploitation_type": _one_of(_ACTS), "detection_method": _one_of(_FOUND_ACTS)},
    ("content", "fraud"): {"url": _like(_URL), "fraud_type": _one_of(_FRAUDS)},
    ("content", "phishing"): {"url": _like(_URL)},
    ("content", "suspicious_registration"): {"url": _like(_URL), "registration_date": _like(_MOMENT),
                                             "suspicious_indicators": _listed(_SIGNS)},
    ("messaging", "spam"): {"protocol": _one_of(f"{_PROTOCOLS} signal chat")},
    ("messaging", "bulk_messaging"): {"protocol": _one_of(_PROTOCOLS), "recipient_count": _whole(100)},
    ("reputation", "threat_intelligence"): {"threat_type": _text},
}
_SAID_BY = {
    ("messaging", "spam"): _one_of("spamtrap user_complaint automated_filter honeypot content_analysis reputation_feed"),
    ("messaging", "bulk_messaging"): _one_of("user_complaint automated_filter reputation_feed volume_analysis"),
}


def _port(value: Any) -> bool:
    return _whole(1)(value) and value <= 65535


_SMTP: dict[str, Check] = {"smtp_from": _like(_MAIL), "source_port": _port}


def check_document(document: Any) -> Mapping[str, Any]:
    """The document, if it is one. Raises :class:`Refusal` naming the first field that is missing or is something else."""
    if not isinstance(document, Mapping):
        raise Refusal("$", "a XARF report is a JSON object", hint="send one report as one object")
    for field in CORE:
        if field not in document or document[field] in ("", None):
            raise Refusal(field, f"{field} is missing", hint="XARF v4 needs: " + ", ".join(CORE))
    _check_core(document)
    _check_type(document)
    _check_optional(document)
    return document


def canonical_id(document: Mapping[str, Any]) -> str:
    """The one spelling of ``report_id``."""
    return str(uuid.UUID(document["report_id"]))


def _need(document: Mapping[str, Any], field: str, check: Check, hint: str) -> None:
    if not check(document[field]):
        raise Refusal(field, f"{field} is not what XARF v4 asks for", hint=hint)


def _check_core(document: Mapping[str, Any]) -> None:
    if not _like(re.compile(r"4\.\d+\.\d+"))(document["xarf_version"]):
        raise Refusal("xarf_version", "this is not XARF v4", hint="convert version 3 reports first")
    _need(document, "report_id", _like(_UUID), "RFC 9562 without urn: or braces, for example from uuid4()")
    _need(document, "timestamp", _like(_MOMENT), "RFC 3339 with a zone: 2026-03-02T09:30:00Z")
    for field in ("source_identifier", "category", "type"):
        _need(document, field, _text, "one text")
    for who in ("reporter", "sender"):
        _check_party(who, document[who])


def _check_party(who: str, party: Any) -> None:
    if not isinstance(party, Mapping):
        raise Refusal(who, f"{who} is no object", hint="org, contact, domain")
    checks: dict[str, Check] = {"org": lambda value: _text(value) and len(value) <= 200, "contact": _like(_MAIL),
                                "domain": _like(_DOMAIN)}
    for name, check in checks.items():
        if not party.get(name):
            raise Refusal(f"{who}.{name}", f"{who} does not say {name}", hint="org, contact, domain")
        if not check(party[name]):
            raise Refusal(f"{who}.{name}", f"{who}.{name} is not what XARF v4 asks for",
                          hint="org: at most 200 characters; contact: an e-mail address; domain: a host name")
    more = sorted(set(map(str, party)) - set(PARTY))
    if more:
        raise Refusal(f"{who}.{more[0][:40]}", f"{who} says more than XARF v4 has room for", hint="org, contact, domain")


def _check_type(document: Mapping[str, Any]) -> None:
    kind = (document["category"], document["type"])
    if kind not in ASKED:
        raise Refusal("type", f"{kind[0][:40]}/{kind[1][:40]} says nothing that is handled here",
                      hint="one of: " + ", ".join("/".join(known) for known in ASKED))
    smtp = document["category"] == "messaging" and document.get("protocol") == "smtp"
    for field, check in (ASKED[kind] | (_SMTP if smtp else {})).items():
        if document.get(field) in ("", None):
            raise Refusal(field, f"{field} is missing", hint=f"{kind[0]}/{kind[1]} asks for it")
        _need(document, field, check, f"compare with the schema of {kind[0]}/{kind[1]}")


def _check_optional(document: Mapping[str, Any]) -> None:
    """Fields that are read where they are there; ``null`` is no value of theirs."""
    checks: dict[str, tuple[Check, str]] = {
        "description": (lambda value: isinstance(value, str) and len(value) <= DESCRIPTION_CHARACTERS and not re.search(
            r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", value), "a text of at most 1000 characters, or leave it out"),
        "url": (_like(_URL), "an address as RFC 3986 writes it, or leave it out"),
        "tags": (lambda value: isinstance(value, list) and len(value) <= MOST_TAGS and all(map(_like(_TAG), value)),
                 "a list of at most 20 tags like licet:pornography"),
        "evidence": (lambda value: isinstance(value, list), "evidence is not taken; leave it out"),
        "hash_values": (_hashes, "md5, sha1 and sha256 with 32, 40 and 64 digits"),
        "source_port": (_port, "a port between 1 and 65535"),
        "confidence": (lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1,
                       "a number from 0 to 1"),
        "evidence_source": (_SAID_BY.get((document["category"], document["type"]), _text), "a word of the type's schema"),
    }
    if document["category"] == "messaging":
        checks |= {"smtp_from": (_like(_MAIL), "an e-mail address"), "recipient_count": (_whole(1), "a whole number")}
    for field, (check, hint) in checks.items():
        if field in document:
            _need(document, field, check, hint)


def _hashes(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value[name], str) and re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value[name])
        for name, length in _DIGITS.items() if name in value)
