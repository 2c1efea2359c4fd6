"""The only writers of the hotline's tables. Each states its actor, locks, asks the rules, writes, journals; ``at`` is
always given. Journal entries carry receipt numbers and counts, never who reported or what they wrote."""

from licet.hotline.services.alarms import call_genuine, invalidate
from licet.hotline.services.contacts import contact_of
from licet.hotline.services.contests import contest, reverse, uphold
from licet.hotline.services.drain import drain_due
from licet.hotline.services.handing import hand_on_case, hand_on_report
from licet.hotline.services.reporters import mute, unmute
from licet.hotline.services.retention import erase_due
from licet.hotline.services.review import answer, ask, dismiss, join, name_subject, reinstate

__all__ = ["answer", "ask", "call_genuine", "contact_of", "contest", "dismiss", "drain_due", "erase_due",
           "hand_on_case", "hand_on_report", "invalidate", "join", "mute", "name_subject", "reinstate", "reverse",
           "unmute", "uphold"]
