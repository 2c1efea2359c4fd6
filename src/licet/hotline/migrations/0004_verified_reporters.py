"""A reporter is verified (an account, or a sender our mail server vouches for) or claims to be somebody. What was known
before: accounts are verified, contacts are claims; each stays linked with what comes from it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

_MARK = """
SELECT set_config('licet.scope', 'system', true);
UPDATE hotline_reporter SET person = token, verified = account <> '';
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0003_no_words_about_children"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("reporter", "person", models.CharField(
            blank=True, max_length=32, default="", help_text="token of the account or contact alone, verified or not: it "
            "links, and never tells apart"), preserve_default=False),
        migrations.AddField("reporter", "verified", models.BooleanField(
            default=False, help_text="an account of ours, or a sender our mail server verified")),
        migrations.AddField("report", "operator", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL,
            help_text="who wrote down what somebody said on the telephone")),
        migrations.AddConstraint("report", models.CheckConstraint(
            condition=Q(operator__isnull=True) | Q(channel="operator"), name="hotline_report_operator")),
        migrations.RunSQL(_MARK, migrations.RunSQL.noop),
    ]
