"""Who sponsors a site: an organisation's credit code (USCC) in clear, a person's resident id only as a keyed token.

Both are 18 characters, and one column of an import holds both, so every value is first told apart:

* *Resident id* (GB 11643): 6 digits of region, birth date, 3 digits, check digit 0-9 or X. Foreigners' permanent
  residence numbers have the same shape, beginning with 9. The 15-digit ids issued before 1999 lack the century and the
  check digit.
* *USCC* (GB 32100-2015): 2 characters of registering department and kind, 6 digits of region, 9 of organisation code,
  check character. Characters 7-8, where a resident id has its century, are the end of the region, so an all-digit USCC
  rarely looks like a person.

A value that could be either is a person's where being wrong would put a person's number in clear text:

1. person-shaped with a birth date that exists and a check digit that holds: a person, even if the USCC check holds too
   (by chance it does for one in 31). Both readings are valid, so only the display differs.
2. person-shaped otherwise, and a USCC whose check character holds: an organisation. Unless it begins with 9 (companies;
   residence numbers beginning so are rare) the embedded organisation code (GB 11714) must hold as well.
3. person-shaped otherwise, or holding 14 digits and more without being 18 characters long (an id with one lost or
   doubled): a person's number that is wrong.
4. everything else is kept as upper-case text; ``is_valid_sponsor`` says whether it is a valid USCC.

Passport numbers and the like cannot be told from other text and stay as they are: an import should not carry them.
"""

import datetime
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from operator import mul

from stdnum.cn import ric

_TOKEN = re.compile(r"rid[01]:[0-9a-f]{32}:[0-9X]{4}")
_PERSON_SHAPED = re.compile(r"\d{6}(?:19|20)\d{9}[\dX]", re.ASCII)
_OLD_PERSON_SHAPED = re.compile(r"\d{15}", re.ASCII)
_SEPARATORS = re.compile(r"[\s'\u2018\u2019\-\u2010-\u2015\u2212.·]+")
_LIKE_X = str.maketrans(
    "×✕ХΧ", "XXXX"
)  # typed for the check character X: the sign, the dingbat, Cyrillic and Greek letters
# First two digits of GB/T 2260 region codes; 83 is used in residence permits of people from Taiwan.
_PROVINCES = frozenset(
    str(code)
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82, 83),
    )
    for code in codes
)
# The registering department may be a letter (A agriculture, N rural collectives, Y others); python-stdnum refuses them.
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {char: value for value, char in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0123456789X0"  # (11 - sum) % 11, and 11 itself is written 0


def sponsor_token(value: str, key: bytes) -> str:
    """How a sponsor's id is stored: '' when blank, a USCC or other text in upper case, a resident id as a token.

    A token is ``rid1:<first 32 hex of HMAC-SHA-256>:<last 4>``, or ``rid0:…`` when the number is wrong. The same number
    under the same key gives the same token, and a token gives itself. Rule: house (a person's number is never stored or
    shown in clear).
    """
    if _TOKEN.fullmatch(value.strip()):
        return value.strip()
    compact = _compact(value)
    if len(compact) == 15 and (modern := _modern_resident_id(compact)):
        return _token("rid1", modern, key)
    if _PERSON_SHAPED.fullmatch(compact):
        if _is_resident_id(compact):
            return _token("rid1", compact, key)
        return compact if _is_arguably_uscc(compact) else _token("rid0", compact, key)
    if len(compact) != 18 and sum(char.isdigit() for char in compact) >= 14:
        return _token("rid0", compact, key)
    return compact


def sponsor_tokens(values: Sequence[str], key: bytes) -> list[str]:
    """``sponsor_token`` of each value, computed once per distinct value."""
    known = {value: sponsor_token(value, key) for value in set(values)}
    return [known[value] for value in values]


def is_valid_sponsor(token: str) -> bool:
    """Whether a stored sponsor id stands: a USCC whose check character holds, or the token of a valid resident id."""
    if _TOKEN.fullmatch(token):
        return token.startswith("rid1:")
    return _is_uscc(token)


def valid_sponsors(tokens: Sequence[str]) -> list[bool]:
    """``is_valid_sponsor`` of each token, computed once per distinct token."""
    known = {token: is_valid_sponsor(token) for token in set(tokens)}
    return [known[token] for token in tokens]


def _compact(value: str) -> str:
    """The value in upper case and compatibility form without separators; cleaning the result again changes nothing."""
    for _ in range(4):  # taking out a space may join what then composes to another character
        before, value = value, unicodedata.normalize("NFKC", value).upper().translate(_LIKE_X)
        value = _SEPARATORS.sub("", value)
        if value == before:
            break
    return value


def _is_uscc(text: str) -> bool:
    """Whether a text has a credit code's shape and its check character holds (GB 32100-2015)."""
    if not _USCC.fullmatch(text):
        return False
    total = sum(map(mul, map(_USCC_VALUES.__getitem__, text), _USCC_WEIGHTS))
    return _USCC_ALPHABET[-total % 31] == text[17]


def _token(kind: str, number: str, key: bytes) -> str:
    digest = hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32]
    last = "".join(char if char in "0123456789X" else "X" for char in number[-4:])
    return f"{kind}:{digest}:{last}"


def _is_resident_id(number: str) -> bool:
    """Whether a person-shaped number has a region in use, a birth date that exists and a check digit that holds.

    The county is not looked up: counties are merged and renumbered, and people keep their number.
    """
    province = number[1:3] if number[0] == "9" else number[:2]
    if province not in _PROVINCES or ric.calc_check_digit(number) != number[-1]:
        return False
    return _is_date(number[6:14])


def _modern_resident_id(number: str) -> str:
    """The 18-digit form of a 15-digit resident id (GB 11643-1999: century 19, check digit), or ''."""
    if not _OLD_PERSON_SHAPED.fullmatch(number) or number[:2] not in _PROVINCES or not _is_date(f"19{number[6:12]}"):
        return ""
    modern = f"{number[:6]}19{number[6:]}"
    return modern + str(ric.calc_check_digit(modern + "0"))


def _is_date(digits: str) -> bool:
    try:
        datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _is_arguably_uscc(number: str) -> bool:
    """Whether a person-shaped number is more likely an organisation's: its check holds, and see rule 2 above."""
    if not _is_uscc(number):
        return False
    if number[0] == "9":
        return True
    total = sum(int(digit) * weight for digit, weight in zip(number[8:16], _ORGANISATION_WEIGHTS, strict=True))
    return number[2:4] in _PROVINCES | {"10"} and _ORGANISATION_CHECKS[11 - total % 11] == number[16]
