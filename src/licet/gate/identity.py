"""Ids of decisions: UUID version 7 (RFC 9562), so that they sort by time."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid


def new_decision_id(now: dt.datetime) -> uuid.UUID:
    """48 bits of milliseconds, then random bits."""
    value = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
