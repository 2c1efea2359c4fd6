"""What a load speaks for, and what could be read of the rows it refused."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from licet.core.rls import belongs_to, protect


class Migration(migrations.Migration):
    dependencies = [("registers", "0008_categories_as_written")]
    operations = [
        migrations.AddField(
            model_name="registerload",
            name="covers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=80),
                blank=True,
                default=list,
                help_text="the organisations whose rows it speaks for; empty = provider_id's, or everybody's",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="registerload",
            name="origin",
            field=models.CharField(
                blank=True,
                choices=[("demo", "demo"), ("removed", "removed")],
                default="",
                help_text="demo = licet demo; removed = a demo that was removed and counts for nothing",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="registerload",
            name="source",
            field=models.CharField(blank=True, default="", help_text="as in the records it wrote", max_length=60),
        ),
        migrations.AddConstraint(
            model_name="registerload",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["", "demo", "removed"])), name="registers_load_origin"
            ),
        ),
        migrations.AddIndex(
            model_name="registerload",
            index=models.Index(fields=["kind", "-id"], name="registers_load_newest"),
        ),
        migrations.CreateModel(
            name="UnreadRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                (
                    "what",
                    models.CharField(
                        help_text="domain, number, subject, provider, licence, block, holder, …", max_length=10
                    ),
                ),
                ("value", models.CharField(max_length=300)),
                ("closes", models.BooleanField(help_text="a later row with this value is this row repaired")),
                ("line", models.BigIntegerField()),
                ("file_name", models.CharField(max_length=300)),
                (
                    "provider_id",
                    models.CharField(
                        blank=True, help_text="whose data, when a provider handed it in", max_length=80
                    ),
                ),
                ("since", models.DateField(help_text="the day the load reflects")),
                (
                    "until",
                    models.DateField(
                        help_text="the first day it no longer counts: the row was brought again", null=True
                    ),
                ),
                ("change_seq", models.BigIntegerField()),
                (
                    "load",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unread",
                        to="registers.registerload",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("until__isnull", True)),
                        fields=["kind", "value"],
                        name="registers_unread_open",
                    ),
                    models.Index(fields=["change_seq"], name="registers_unread_newest"),
                ],
            },
        ),
        protect(
            "registers_unreadrow", read=belongs_to("provider_id"), write=belongs_to("provider_id")
        ),
    ]
