"""Parties whose licences or reviews a refused row speaks of, and what spreads along the chain of upstreams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from licet.registers.compiled.layout import Part

if TYPE_CHECKING:
    from licet.registers.compiled.bind import PartyTable
    from licet.registers.compiled.unread import Unread

Index = NDArray[np.int32]


@dataclass(frozen=True)
class DoubtfulParties:
    """Position of a refused row per party, −1 for none; the last party stands for "on no register"."""

    licence: Index  # names the party or one of its licences
    review: Index  # names the review of one of its licences

    @property
    def any_of(self) -> Index:
        """Either of them."""
        return np.where(self.licence >= 0, self.licence, self.review).astype(np.int32)


def doubtful_parties(part: Part, parties: PartyTable, unread: Unread) -> DoubtfulParties:
    """Refused rows of licences and annual reviews by the party they speak of."""
    licence, review = np.full(len(parties) + 1, -1, np.int32), np.full(len(parties) + 1, -1, np.int32)
    if unread:
        at, values = unread.values("licences", "provider")
        found, _ = parties.find(values)
        licence[found[found >= 0]] = at[found >= 0]
        for column, kind in ((licence, "licences"), (review, "annual_reviews")):
            _mark_owners(column, part, *unread.values(kind, "licence"))
    return DoubtfulParties(licence, review)


def _mark_owners(column: Index, part: Part, at: Index, numbers: pa.Array) -> None:
    arrays = part.arrays
    offsets, text = arrays["licence_offsets"], arrays["licence_text"]
    if not len(at) or len(offsets) < 2:
        return
    known = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text))
    place = np.array(pc.fill_null(pc.index_in(known, numbers), -1), dtype=np.int64)
    named = place >= 0
    column[arrays["licence_party"][named]] = at[place[named]]


def spread_doubt(own: Index, part: Part) -> Index:
    """Per party its own mark or that of anyone upstream; −1 where nobody has one."""
    return np.asarray(_spread(own, part, np.maximum), np.int32)


def spread_known(known: NDArray[np.bool_], part: Part) -> NDArray[np.bool_]:
    """Where a register is known for a party and for everyone upstream of it."""
    return np.asarray(_spread(known, part, np.logical_and))


def _spread(start: Any, part: Part, join: Any) -> Any:
    """Carry values from sellers to buyers until nothing changes (chains are short)."""
    first, up = part.arrays["up_first"], part.arrays["up"]
    buyers = np.repeat(np.arange(len(first) - 1), np.diff(first))
    values = start.copy()
    while True:
        before = values.copy()
        join.at(values, buyers, before[up])
        if np.array_equal(before, values):
            return values
