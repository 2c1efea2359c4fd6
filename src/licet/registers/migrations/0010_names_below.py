"""Names below a host within milliseconds, under row-level security.

LIKE '%.site.example' reads the whole table: PostgreSQL has no index for an ending, and does not let the application role
use one of trigrams. Written from the last letter to the first, an ending is a beginning, and a beginning is a range.
"""

from django.db import migrations, models
from django.db.models.functions import Collate, Reverse


class Migration(migrations.Migration):
    dependencies = [("registers", "0009_what_a_load_says")]
    operations = [
        migrations.AddField(
            model_name="accessrelation",
            name="domain_reversed",
            field=models.GeneratedField(
                db_persist=True,
                expression=Reverse("domain"),
                help_text="letters from the last to the first: names below a host begin with the host's (registers.lookups)",
                output_field=models.CharField(max_length=253),
            ),
        ),
        migrations.AddIndex(
            model_name="accessrelation",
            index=models.Index(
                Collate("domain_reversed", "C"), condition=models.Q(("until__isnull", True)), name="registers_access_below"
            ),
        ),
    ]
