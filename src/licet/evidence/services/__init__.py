"""The only writers of evidence. Every service states its actor to PostgreSQL, locks, asks the rules, writes, and ends
with a line of the custody log and a journal entry, in one transaction. ``at`` is always given.
"""

from licet.evidence.cases import CaseFacts, Directory, case_facts, register_directory
from licet.evidence.services.bags import bag_content, download_bag, handed_on, request_bag, seal_due, seal_now
from licet.evidence.services.holds import (
    dispose,
    locker_of,
    propose_disposal,
    propose_release,
    release_hold,
    set_hold,
    withdraw_disposal,
    withdraw_release,
)
from licet.evidence.services.items import (
    NewItem,
    add_item,
    begin_viewing,
    download,
    end_viewing,
    seen_content,
    verify_item,
)
from licet.evidence.services.stamps import stamp_due

__all__ = [
    "CaseFacts", "Directory", "NewItem", "add_item", "bag_content", "begin_viewing", "case_facts", "dispose", "download",
    "download_bag", "end_viewing", "handed_on", "locker_of", "propose_disposal", "propose_release",
    "register_directory", "release_hold",
    "request_bag", "seal_due", "seal_now", "seen_content", "set_hold", "stamp_due", "verify_item", "withdraw_disposal",
    "withdraw_release",
]
