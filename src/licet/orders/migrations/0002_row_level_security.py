"""Who sees orders: the desk that decided, whoever carries them out, and the authority above them.

Only the system writes: services ask the rules first and act for the person or program that may. Connectors are kept by
the organisation they belong to.
"""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_SYSTEM = "((SELECT licet_scope()) = 'system')"
_TOLD = f"({belongs_to('desk_id')} OR {belongs_to('executor_id')})"


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("core", "0001_row_level_security"),
                    ("parties", "0005_roles_and_scopes")]
    operations = [
        *(protect(table, read=_TOLD, write=_SYSTEM)
          for table in ("orders_order", "orders_ordertransition", "orders_attempt", "orders_escalation",
                        "orders_observation")),
        protect("orders_listentry", read=belongs_to("party_id"), write=_SYSTEM),
        protect("orders_connector", read=belongs_to("party_id"), write=belongs_to("party_id")),
    ]
