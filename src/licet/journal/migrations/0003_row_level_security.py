"""Who reads which entry: the organisation it belongs to, whoever did it, and the authority. Everybody appends.

An entry of no organisation is read by the authority and the system alone, and by the person who did it. A failed
sign-in is appended by nobody, so appending is open; what may be appended is checked by the trigger ``journal_take``.
"""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_OWN = "actor = (SELECT 'user:' || licet_user())"


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only"), ("core", "0001_row_level_security"),
                    ("parties", "0002_row_level_security")]
    operations = [protect("journal_entry", read=f"{belongs_to('organisation')} OR {_OWN}", write="true")]
