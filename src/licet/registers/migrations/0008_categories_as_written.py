"""A licence keeps categories that its catalogue does not hold, as they were written: they cover nothing."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registers", "0007_domains_without_gin")]
    operations = [
        migrations.AlterField(
            model_name="licence",
            name="category",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                help_text="codes of the catalogue named by catalogue_year", size=None),
        ),
    ]
