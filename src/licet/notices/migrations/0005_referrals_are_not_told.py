"""A letter about a referral to the police is the desk's record alone: told to the suspect it would warn them."""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.rls import belongs_to

_DESK = belongs_to("desk_id")
_BEFORE = f"({_DESK} OR measure_id IN (SELECT m.id FROM casework_measure m))"
_AFTER = f"({_DESK} OR measure_id IN (SELECT m.id FROM casework_measure m WHERE m.kind <> 'refer_to_police'))"


def _policy(condition: str) -> str:
    return "".join(f"ALTER POLICY {table}_read ON {table} USING ({condition});"
                   for table in ("notices_notice", "notices_clock"))


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_documents_are_evidence"), ("casework", "0004_guards_read_one_row")]
    operations = [RunSQL(_policy(_AFTER), _policy(_BEFORE))]
