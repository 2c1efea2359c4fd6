"""A keyed digest of all that was said under a partner's key; it goes with the traces."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("hotline", "0004_verified_reporters")]
    operations = [
        migrations.AddField(
            model_name="report", name="digest",
            field=models.CharField(blank=True, default="", max_length=32,
                                   help_text="keyed, of all that was said: the same key with other content is noticed"),
            preserve_default=False),
        migrations.RemoveIndex(model_name="report", name="hotline_report_traces"),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["received_at"], name="hotline_report_traces",
                               condition=~Q(network="") | Q(fingerprint__isnull=False) | ~Q(digest=""))),
    ]
