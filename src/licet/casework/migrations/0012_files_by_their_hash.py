"""A case may be about a file known by its fingerprint alone."""

from django.db import migrations, models
from django.db.models import Q

_KINDS = ["site", "address", "code", "provider", "sponsor", "hash"]


class Migration(migrations.Migration):
    dependencies = [("casework", "0011_grounds_are_few")]
    operations = [operation for model in ("case", "signal") for operation in (
        migrations.RemoveConstraint(model_name=model, name=f"casework_{model}_subject"),
        migrations.AddConstraint(model_name=model, constraint=models.CheckConstraint(
            condition=Q(subject_kind__in=_KINDS), name=f"casework_{model}_subject")))]
