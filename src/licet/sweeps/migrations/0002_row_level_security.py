"""Who sees which sweep and finding: the provider whose list it is, and the authority."""

from django.db import migrations

from licet.core.rls import belongs_to, protect


class Migration(migrations.Migration):
    dependencies = [("sweeps", "0001_initial"), ("parties", "0002_row_level_security")]
    operations = [
        protect(table, read=belongs_to("provider_id"), write=belongs_to("provider_id"))
        for table in ("sweeps_sweep", "sweeps_finding")
    ]
