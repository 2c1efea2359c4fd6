"""Functions that read a transaction's statement of who acts, and the change-feed sequence."""

from django.db import migrations

from licet.core.rls import DROP_FUNCTIONS_SQL, FUNCTIONS_SQL


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(FUNCTIONS_SQL, DROP_FUNCTIONS_SQL),
        migrations.RunSQL("CREATE SEQUENCE licet_change_seq", "DROP SEQUENCE licet_change_seq"),
    ]
