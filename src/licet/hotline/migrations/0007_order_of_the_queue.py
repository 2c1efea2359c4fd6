"""The queue comes in the order it is to be looked at: children first, reporters with a track record, then the oldest. What
waits already is ordered by its ground; who has a track record is known of what comes from now on."""

from django.db import migrations, models
from django.db.migrations import RunSQL
from django.db.models import Q

_ORDER = """
SELECT set_config('licet.scope', 'system', true);
UPDATE hotline_report r SET rank = CASE WHEN EXISTS (
    SELECT FROM hotline_alarm a WHERE a.id = r.alarm_id AND a.state = 'open') THEN 9 ELSE 1 END
  WHERE r.looked_at IS NULL AND (r.ground_id = 'minors' OR r.alarm_id IS NOT NULL);
UPDATE hotline_report SET rank = 3 WHERE looked_at IS NULL AND rank = 1 AND ground_id <> 'minors';
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0006_contests")]
    operations = [
        migrations.AddField("report", "rank", models.SmallIntegerField(
            default=3, help_text="place in the queue when it came (rules.queue_rank); 9 = an open alarm stands for it")),
        migrations.RemoveIndex("report", "hotline_report_queue"),
        migrations.AddIndex("report", models.Index(
            fields=["rank", "id"], condition=Q(looked_at__isnull=True, state__in=["in_case", "unplaced"]),
            name="hotline_report_waiting")),
        migrations.AddIndex("report", models.Index(
            fields=["-id"], condition=Q(state="unplaced"), name="hotline_report_unplaced")),
        migrations.AddIndex("report", models.Index(
            fields=["-id"], condition=Q(state__in=["dismissed", "invalidated", "muted"]), name="hotline_report_ended")),
        RunSQL(_ORDER, RunSQL.noop),
    ]
