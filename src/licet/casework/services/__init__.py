"""The only writers of casework. Every service states its actor to PostgreSQL, locks, asks the rules, writes, and
appends to the journal last, in one transaction. ``at`` is always given; a service called inside a transaction joins it.
"""

from licet.casework.consequences import StepTaken, follow, unfollow
from licet.casework.scoping import Scope
from licet.casework.services.appeals import (
    Replacement,
    default_overdue_appeals,
    file_appeal,
    filing_facts,
    judge_appeal,
    reopen_appeal,
)
from licet.casework.services.cases import (
    Outcome,
    close_case,
    close_many,
    link_cases,
    merge_cases,
    merge_many,
    release,
    reopen_case,
    split_case,
    take,
    take_many,
    take_next,
)
from licet.casework.services.collateral import Collateral, collateral, parse_scope
from licet.casework.services.determinations import record_determination
from licet.casework.services.extracts import preserve_extract
from licet.casework.services.handing import hand_decision
from licet.casework.services.measures import (
    Amendment,
    MeasureDraft,
    amend_measure,
    approve_measure,
    decide,
    draft_measure,
    first_signature_lapsed,
    present_collateral,
    second_measure,
    withdraw_measure,
)
from licet.casework.services.needs import register_check
from licet.casework.services.proposals import propose
from licet.casework.services.saved import remove_queue, save_queue
from licet.casework.services.signals import Received, SignalIn, ensure_on_record, receive_signal, receive_signals
from licet.casework.services.steps import advance, expire_due, settle
from licet.casework.services.subjects import canonical_subject
from licet.casework.services.sweeps import SweepSignals, signal_from_finding, signals_from_sweep
from licet.casework.services.triage import set_tier, set_tier_many

__all__ = [
    "Amendment", "Collateral", "MeasureDraft", "Outcome", "Received", "Replacement", "Scope", "SignalIn",
    "StepTaken", "SweepSignals", "advance", "amend_measure", "approve_measure", "canonical_subject", "close_case", "close_many",
    "collateral", "decide", "default_overdue_appeals", "draft_measure", "ensure_on_record", "expire_due",
    "file_appeal", "filing_facts", "first_signature_lapsed", "follow", "hand_decision",
    "judge_appeal", "link_cases", "merge_cases", "merge_many", "parse_scope", "present_collateral",
    "preserve_extract", "propose",
    "receive_signal", "receive_signals", "record_determination", "register_check", "release", "remove_queue",
    "reopen_appeal", "reopen_case", "save_queue", "second_measure", "set_tier", "set_tier_many", "settle", "signal_from_finding",
    "signals_from_sweep", "split_case", "take", "take_many", "take_next", "unfollow", "withdraw_measure",
]
