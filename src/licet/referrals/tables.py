"""Where a referral stands, and what the police desk may answer. Ids never change meaning."""

from __future__ import annotations

import enum


class ReferralState(enum.StrEnum):
    """``waiting`` → ``sent`` → ``received`` → ``answered`` → ``recorded``; or ``failed`` (a person looks), ``withdrawn``."""

    WAITING = "waiting"  # decided and told; the job has not handed it over yet
    SENT = "sent"  # at the police desk's disposal; its receipt is awaited
    RECEIVED = "received"  # acknowledged with a receipt whose hash is the bag's; the answer is awaited
    ANSWERED = "answered"  # the police desk answered; a person of the desk records it
    RECORDED = "recorded"  # the determination is in the case
    FAILED = "failed"  # no police desk, no bag, or a bag that is not what was sealed
    WITHDRAWN = "withdrawn"  # the measure ended; the police desk is told


STATES = tuple(state.value for state in ReferralState)
# What the police desk sees: nothing before it was handed over.
SHOWN_TO_POLICE = tuple(state.value for state in ReferralState
                        if state not in {ReferralState.WAITING, ReferralState.FAILED})
# Steps of a measure after which nothing is referred any more.
ENDS = frozenset({"lifted", "overturned", "defaulted", "expired"})
EFFECT = "refer"
ANSWER = "referrals.answer"  # the permission of a police desk's people and programs
