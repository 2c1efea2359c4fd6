"""The blacklist feed as this installation gives it: rows of the register, signed with the journal's key."""

from __future__ import annotations

import dataclasses
import datetime as dt

from licet.core.errors import BadInput
from licet.journal.checkpoint import signer
from licet.journal.services import home
from licet.standing import feed
from licet.standing.selectors import feed_rows


@dataclasses.dataclass(frozen=True)
class SignedFeed:
    """A document as it travels."""

    body: str
    signature: str
    cursor: int

    @property
    def etag(self) -> str:
        """Its validator."""
        return feed.etag_of(self.body)


def blacklist_feed(*, since: int = 0, as_of: dt.date) -> SignedFeed:
    """What changed after ``since``, or everything. The caller states the actor; the blacklist is read by everybody signed in.

    Raises :class:`BadInput` for a cursor that was never given.
    """
    rows, cursor = feed_rows(since)
    if since < 0 or since > cursor:
        raise BadInput(f"there is no cursor {since}", hint="start again with a snapshot: leave since out")
    body = feed.body_of(feed.document(rows, since=since, cursor=cursor, as_of=as_of))
    return SignedFeed(body=body, signature=feed.sign(body, signer(home())), cursor=cursor)


def feed_key() -> dict[str, str]:
    """The public key to check feeds with."""
    return feed.public_key(signer(home()).verifier)
