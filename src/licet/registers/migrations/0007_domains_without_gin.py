"""The GIN index over the domains of filings goes: row-level security keeps the application role from using it.

Migration 0005 says why, and made the indexes that are used; this one only cost time in every import.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registers", "0006_uploads_of_programs")]
    operations = [migrations.RemoveIndex(model_name="filing", name="registers_filing_domains")]
