from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("casework", "0009_queue_of_every_desk")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("state", "open")),
                               fields=["desk_id", "tier", "region", "opened_at", "id"], name="casework_case_tier_region"),
        ),
    ]
