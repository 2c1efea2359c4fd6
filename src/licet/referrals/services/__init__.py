"""The only writers of referrals. Each states its actor, locks, asks, writes, and tells the case and the journal."""

from licet.referrals.services.answering import (
    Receipt,
    Reply,
    acknowledge,
    answer,
    escalate_overdue,
    fetch_package,
    is_police,
    record_answer,
)
from licet.referrals.services.sending import close_due, name_police, on_step, send_due, set_key

__all__ = ["Receipt", "Reply", "acknowledge", "answer", "close_due", "escalate_overdue", "fetch_package", "is_police",
           "name_police", "on_step", "record_answer", "send_due", "set_key"]
