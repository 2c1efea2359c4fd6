"""Documents that come back are kept as evidence of the case, encrypted and with custody, not beside the answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_guards")]
    operations = [
        migrations.RemoveField(model_name="answerdocument", name="content"),
        migrations.AddField(model_name="answerdocument", name="evidence_ref", field=models.CharField(
            blank=True, max_length=50, default="", help_text="the item of evidence that holds its content"),
            preserve_default=False),
    ]
