"""The only writers of orders. Jobs take the steps; the follower of casework writes the rows; ``at`` is always given."""

from licet.orders.services.connectors import ConnectorIn, add_connector, new_signing_secret, switch_off, try_out
from licet.orders.services.dispatch import complete_due, dispatch_due
from licet.orders.services.escalation import escalate_overdue, trouble_of
from licet.orders.services.outbox import on_step
from licet.orders.services.reading import confirm, fetch, lines_now, mark_fetched, present_list, visible_list
from licet.orders.services.reports import reissue, report, visible_order
from licet.orders.services.verification import (
           check_by_hand,
           checkable,
           checker,
           register_probe,
           unregister_probe,
           verify_due,
)

__all__ = ["ConnectorIn", "add_connector", "check_by_hand", "checkable", "checker", "complete_due", "confirm", "dispatch_due",
           "escalate_overdue", "fetch", "lines_now", "mark_fetched", "new_signing_secret", "on_step", "present_list",
           "register_probe", "reissue", "report", "switch_off", "trouble_of", "try_out", "unregister_probe", "verify_due",
           "visible_list", "visible_order"]
