"""What may be done with evidence: pure functions over frozen facts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from licet.evidence.tables import HASH_ONLY_GROUNDS, MEDIA, PLAIN, UNKNOWN


@dataclasses.dataclass(frozen=True)
class Refuse:
    """No, with the code of the reason."""

    code: str
    text: str
    hint: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """The profile's numbers (``evidence.toml``)."""

    retention_days: int  # after the case was closed
    view_minutes: int  # an unblurred item blurs itself again after this long
    pause_after_minutes: int  # of exposure within ``pause_window_minutes``: a pause is due
    pause_window_minutes: int
    fresh_minutes: int  # whoever takes part in a disposal proved who they are at most this long ago


def media_type(head: bytes) -> str:
    """The type of content by its first bytes. Text without control characters is plain text whatever it claims to be:
    HTML and SVG are never served as such."""
    for media in MEDIA:
        if all(head[at:at + len(magic)] == magic for at, magic in media.magic):
            return media.type
    return PLAIN.type if _is_text(head) else UNKNOWN.type


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    for cut in range(min(4, len(head))):  # the last character may be cut off
        try:
            text = head[:len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return all(character.isprintable() or character in "\n\r\t\f" for character in text.removeprefix("\ufeff"))
    return False


def may_keep_content(ground: str) -> Refuse | None:
    """Why content must not be taken in for a case of this ground. Rule: house (decision 0013)"""
    if ground in HASH_ONLY_GROUNDS:
        return Refuse("hash_only", "content of this ground is never stored, not even as evidence",
                      "hand in its SHA-256 and its address; the police secure the content themselves")
    return None


def retained_until(added_at: dt.datetime, closed_at: dt.datetime | None, limits: Limits) -> dt.datetime | None:
    """Until when content must be kept: ``retention_days`` after the case was closed (or the item added, if later).
    ``None`` while the case is open."""
    if closed_at is None:
        return None
    return max(added_at, closed_at) + dt.timedelta(days=limits.retention_days)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DisposalFacts:
    """For :func:`may_dispose`."""

    kept: bool
    held: bool
    added_at: dt.datetime
    closed_at: dt.datetime | None
    user_id: int | None
    proposed_by: int | None  # None = this is the proposal
    authenticated_at: dt.datetime | None
    now: dt.datetime


def may_dispose(facts: DisposalFacts, limits: Limits) -> Refuse | None:  # noqa: PLR0911 (one line per reason)
    """Why content cannot be destroyed (or proposed for it). Hold before retention. Rule: house (decision 0013)"""
    until = retained_until(facts.added_at, facts.closed_at, limits)
    if facts.user_id is None:
        return Refuse("not_a_person", "evidence is destroyed by two named people", "sign in; programs cannot")
    if not facts.kept:
        return Refuse("nothing_kept", "there is no content to destroy")
    if facts.held:
        return Refuse("on_hold", "a legal hold keeps this evidence", "two people release it, with a reason")
    if until is None:
        return Refuse("case_open", "the case is open", "evidence is kept until the case is closed and the term is over")
    if facts.now < until:
        return Refuse("retained", f"it must be kept until {until:%Y-%m-%d}", "come back then")
    if facts.proposed_by is not None and facts.proposed_by == facts.user_id:
        return Refuse("same_person", "the second person is somebody else", "ask a colleague")
    return _stale(facts.authenticated_at, facts.now, limits, "destroying evidence")


def _stale(authenticated_at: dt.datetime | None, now: dt.datetime, limits: Limits, deed: str) -> Refuse | None:
    fresh = dt.timedelta(minutes=limits.fresh_minutes)
    if authenticated_at is None or not now - fresh <= authenticated_at <= now + dt.timedelta(minutes=1):
        return Refuse("authentication_stale", f"{deed} asks you to prove again who you are",
                      f"sign in again; it counts for {limits.fresh_minutes} minutes")
    return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReleaseFacts:
    """For :func:`may_release`."""

    user_id: int | None
    proposed_by: int | None  # None = this is the proposal
    authenticated_at: dt.datetime | None
    now: dt.datetime


def may_release(facts: ReleaseFacts, limits: Limits) -> Refuse | None:
    """Why somebody cannot release a legal hold (or propose it): after it content can be destroyed, so it takes two as
    well. Rule: house (decision 0013)"""
    if facts.user_id is None:
        return Refuse("not_a_person", "a hold is released by two named people", "sign in; programs cannot")
    if facts.proposed_by is not None and facts.proposed_by == facts.user_id:
        return Refuse("same_person", "the second person is somebody else", "ask a colleague")
    return _stale(facts.authenticated_at, facts.now, limits, "releasing a hold")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exposure:
    """How long one person looked at unblurred items lately, and whether a pause is due."""

    minutes: int
    pause_due: bool


def exposure(viewings: Sequence[tuple[dt.datetime, dt.datetime]], now: dt.datetime, limits: Limits) -> Exposure:
    """Minutes of (begin, end) within the window before ``now``; overlapping ones count once, started minutes whole."""
    begin = now - dt.timedelta(minutes=limits.pause_window_minutes)
    seconds, reached = 0.0, begin
    for start, end in sorted(viewings):
        first, last = max(start, reached), min(end, now)
        if last > first:
            seconds += (last - first).total_seconds()
            reached = last
    minutes = -int(-seconds // 60)
    return Exposure(minutes=minutes, pause_due=minutes >= limits.pause_after_minutes)


def retry_delay(tries: int) -> dt.timedelta:
    """How long to wait before a time-stamp authority is asked again: 1, 2, 4 … minutes, at most six hours."""
    return dt.timedelta(minutes=min(2 ** min(tries, 12), 360))
