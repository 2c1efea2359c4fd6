"""The only writers of notices. Composing happens inside the measure's step, sending in a job, answering on the page."""

from licet.notices.services.answers import Handed, PageGone, TooMany, answer, appeal, mark_read, read_page
from licet.notices.services.clocks import lapse_due, remind_due
from licet.notices.services.compose import compose_due, on_step, preview
from licet.notices.services.delivery import came_back, deliver_due, send_to, show_address, try_again

__all__ = [
    "Handed", "PageGone", "TooMany", "answer", "appeal", "came_back", "compose_due", "deliver_due", "lapse_due",
    "mark_read", "on_step", "preview", "read_page", "remind_due", "send_to", "show_address", "try_again",
]
