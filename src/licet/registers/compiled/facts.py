"""Fact codes and the columns that carry them (docs/judging.md, Facts).

The codes live beside the compiled register because it fills them; ``licet.gate.facts`` is their public name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from licet.registers.compiled.bind import BoundRegister
    from licet.registers.compiled.rows import AccessRows


class LicenceFact(IntEnum):
    """How far the provider's licences carry for this service kind."""

    OK = 0
    NONE = 1
    EXPIRED = 2
    SUSPENDED_OR_REVOKED = 3
    CATEGORY_MISSING = 4
    REGION_NOT_COVERED = 5


class ReviewFact(IntEnum):
    """Annual review of the deciding licences."""

    PASSED = 0
    UNKNOWN = 1
    FAILED = 2


class UpstreamFact(IntEnum):
    """The chain of upstream providers; NO_FACT when the row names none."""

    NO_FACT = 0
    SOUND = 1
    BAD = 2


class DomainFact(IntEnum):
    """Whether the domain given can be asked for."""

    ABSENT = 0
    USABLE = 1
    UNUSABLE = 2


class FilingFact(IntEnum):
    """What the candidate filings say; NO_FACT without domain and number, or with an unusable domain."""

    NO_FACT = 0
    NONE = 1
    ALL_CANCELLED = 2
    SUSPENDED = 3
    ELSEWHERE = 4
    HERE = 5


class DeclaredFact(IntEnum):
    """The number the provider declared, against the candidates."""

    NO_FACT = 0
    MATCH = 1
    OTHER = 2
    NOT_FOUND = 3
    MALFORMED = 4


class SponsorFact(IntEnum):
    """The customer's id by itself."""

    ABSENT = 0
    VALID = 1
    INVALID = 2


class SubjectFact(IntEnum):
    """The customer's id against the chosen filing's subject; NO_FACT unless that is active and both ids are valid."""

    NO_FACT = 0
    SAME = 1
    DIFFERENT = 2


class AddressFact(IntEnum):
    """Whether the address lies in a block of the provider or of its chain."""

    NO_FACT = 0
    INSIDE = 1
    OUTSIDE = 2


_CODES = ("named", "declares", "licence", "review", "upstream", "domain", "filing", "stale", "declared", "sponsor", "subject",
          "address", "duplicate")


@dataclass(kw_only=True)
class Facts:
    """Facts of ``n`` rows, one element per row in row order.

    uint8 columns hold the enum codes above (0 or 1: ``named`` the row names its provider, ``declares`` it declares a
    number, ``stale``, ``duplicate``). int32 columns point at the record that
    proves the fact, −1 for none: ``licence_row``, ``review_row`` (licences), ``upstream_party`` (party index of the bound
    register, −2 for the row's own upstream when no register knows it), ``filing_row``, ``duplicate_a``,
    ``duplicate_b`` (filings part), ``duplicate_name`` (index of the name asked), ``address_row`` (addresses part),
    ``listed_domain``, ``listed_sponsor``, ``listed_address``, ``listed_provider`` (blacklist part).
    """

    named: NDArray[np.uint8]
    declares: NDArray[np.uint8]
    licence: NDArray[np.uint8]
    review: NDArray[np.uint8]
    upstream: NDArray[np.uint8]
    domain: NDArray[np.uint8]
    filing: NDArray[np.uint8]
    stale: NDArray[np.uint8]
    declared: NDArray[np.uint8]
    sponsor: NDArray[np.uint8]
    subject: NDArray[np.uint8]
    address: NDArray[np.uint8]
    duplicate: NDArray[np.uint8]
    licence_row: NDArray[np.int32]
    review_row: NDArray[np.int32]
    upstream_party: NDArray[np.int32]
    filing_row: NDArray[np.int32]
    duplicate_a: NDArray[np.int32]
    duplicate_b: NDArray[np.int32]
    duplicate_name: NDArray[np.int32]
    address_row: NDArray[np.int32]
    listed_domain: NDArray[np.int32]
    listed_sponsor: NDArray[np.int32]
    listed_address: NDArray[np.int32]
    listed_provider: NDArray[np.int32]
    # Registers known for some organisations only: where they are known, per row (``upstream``: licences of the upstream).
    known: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    # Rules whose fact a refused row makes doubtful: its position in ``BoundRegister.unread``, −1 where the fact stands.
    unread: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    rows: AccessRows | None = None  # the rows judged, for evidence
    bound: BoundRegister | None = None  # the register they were judged by, for evidence

    def __len__(self) -> int:
        return len(self.licence)

    @classmethod
    def blank(cls, n: int, **columns: Any) -> Facts:
        """``n`` rows without any fact; ``columns`` (scalars or sequences) replace single ones."""
        made: dict[str, Any] = {}
        for name, dtype, empty in _COLUMNS:
            column = np.full(n, empty, dtype=dtype)
            if name in columns:
                column[:] = columns.pop(name)
            made[name] = column
        return cls(**made, **columns)


_COLUMNS: tuple[tuple[str, Any, int], ...] = tuple(
    (column.name, np.uint8, int(column.name == "named")) if column.name in _CODES else (column.name, np.int32, -1)
    for column in fields(Facts) if column.name not in ("known", "unread", "rows", "bound"))
