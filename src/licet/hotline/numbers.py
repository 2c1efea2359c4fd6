"""Telephone numbers and senders of text messages in the one form by which reports about the same one meet. Pure.

``+86 1688 0000``, ``0086-1688-0000`` and ``1688 0000`` are one number: the profile says what a country's numbers begin with
when they are written for abroad, and what is dialled before them at home.
"""

from __future__ import annotations

import re
import unicodedata

from licet.hotline.rules import PhonePlan

FOREIGN_DIGITS = 9  # fewer after the prefix for abroad are no number of another country: somebody wrote zeros in front
_BETWEEN = re.compile(r"[\s().\u2010-\u2015\u2212/\u200b\u2060-]+")
_NUMBER = re.compile(r"\+?[0-9*#]{3,20}")
_SENDER = re.compile(r"(?=.*[A-Z])[A-Z0-9](?:[A-Z0-9 .&_'-]{0,9}[A-Z0-9])")


def canonical_number(text: str, plan: PhonePlan) -> str:
    """A number as people of the country dial it, of another country with ``+``; '' for what is none."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    if not _NUMBER.fullmatch(plain):
        return ""
    if not plain.lstrip("+").isdigit():
        return plain  # * and # are dialled as they stand
    prefix = plan.international_prefix
    if plain.startswith("+") or (plain.startswith(prefix) and len(plain) - len(prefix) >= FOREIGN_DIGITS):
        rest = plain[1:] if plain.startswith("+") else plain[len(prefix):]
        if not rest.startswith(plan.country_code):
            return f"+{rest}" if len(rest) >= FOREIGN_DIGITS else _at_home(rest, plan)
        return _at_home(rest[len(plan.country_code):], plan)
    return _at_home(plain, plan)


def _at_home(digits: str, plan: PhonePlan) -> str:
    """Without what is dialled before it; text messages often show their sender with a bare country code."""
    while True:
        if plan.trunk_prefix and digits.startswith(plan.trunk_prefix) and (
                not plan.trunk_prefix.strip("0") or len(digits) > plan.national_digits):
            digits = digits[len(plan.trunk_prefix):]
        elif plan.country_code and len(digits) > plan.national_digits and digits.startswith(plan.country_code):
            digits = digits[len(plan.country_code):]
        else:
            return digits if len(digits) >= 3 else ""


def canonical_sender(text: str) -> str:
    """A sender of text messages that is a name (``LANTERN``), at most eleven characters as the networks allow; '' for
    what is none."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split()).upper()
    return plain if _SENDER.fullmatch(plain) else ""
