"""Who sees which decision; nobody changes one."""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_WRITE = f"{belongs_to('provider_id')} OR (SELECT licet_scope()) = 'regional'"


class Migration(migrations.Migration):
    dependencies = [("gate", "0001_initial"), ("parties", "0002_row_level_security")]
    operations = [
        protect("gate_decision", read=belongs_to("provider_id"), write=_WRITE),
        migrations.RunSQL(
            # Without a policy for them, row-level security lets no row be updated or deleted.
            "DROP POLICY gate_decision_update ON gate_decision; DROP POLICY gate_decision_delete ON gate_decision;",
            f"CREATE POLICY gate_decision_update ON gate_decision FOR UPDATE USING ({_WRITE});"
            f"CREATE POLICY gate_decision_delete ON gate_decision FOR DELETE USING ({_WRITE});"),
    ]
