"""Thirteen grounds: an index on them alone finds a thirteenth of a table, and tempts the planner to read it."""

from django.db import migrations, models


def _ground(model: str) -> migrations.AlterField:
    return migrations.AlterField(model_name=model, name="ground", field=models.ForeignKey(
        "grounds.ground", on_delete=models.PROTECT, db_index=False))


class Migration(migrations.Migration):
    dependencies = [("casework", "0010_queue_by_tier_and_region"), ("grounds", "0002_closed")]
    operations = [_ground("case"), _ground("signal")]
