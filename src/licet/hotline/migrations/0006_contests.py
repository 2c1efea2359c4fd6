"""A mute or an invalidated batch that is contested gets a row of its own, with who decides, when and why: another person
than the one it is about, by constraint. What was contested before waits there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations import RunSQL
from django.db.models import F, Q

from licet.core.rls import belongs_to, protect

_DESK = belongs_to("desk_id")
_USER = settings.AUTH_USER_MODEL
_STATED = "已声明：如实举报 · stated: meant honestly"  # tables.MEANT_HONESTLY
_GUARD = f"""
CREATE FUNCTION hotline_guard_objection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM hotline_report r WHERE r.id = NEW.report_id AND r.ground_id = 'minors';
  IF FOUND AND NEW.text <> '{_STATED}' THEN
    RAISE EXCEPTION 'about sexual content that shows children no words are kept' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hotline_objection_guard BEFORE INSERT OR UPDATE ON hotline_objection
  FOR EACH ROW EXECUTE FUNCTION hotline_guard_objection();
"""
_NO_GUARD = "DROP TRIGGER hotline_objection_guard ON hotline_objection; DROP FUNCTION hotline_guard_objection();"
_MOVE = """
SELECT set_config('licet.scope', 'system', true);
INSERT INTO hotline_contest (desk_id, kind, alarm_id, against_id, since, opened_at, state, reason)
  SELECT desk_id, 'batch', id, judged_by_id, judged_at, contested_at, 'open', '' FROM hotline_alarm
  WHERE state = 'invalidated' AND contested_at IS NOT NULL;
INSERT INTO hotline_objection (contest_id, report_id, desk_id, text, at)
  SELECT DISTINCT ON (c.id, r.id) c.id, r.id, c.desk_id, left(line[2], 2000), c.opened_at
  FROM hotline_contest c JOIN hotline_alarm a ON a.id = c.alarm_id,
    regexp_matches(a.contest_text, '^\\[([0-9A-Z]{12})\\] (.+)$', 'gn') AS line JOIN hotline_report r ON r.number = line[1];
INSERT INTO hotline_contest (desk_id, kind, reporter_id, against_id, since, opened_at, state, reason)
  SELECT desk_id, 'mute', id, muted_by_id, muted_at, contested_at, 'open', '' FROM hotline_reporter
  WHERE muted_at IS NOT NULL AND contested_at IS NOT NULL;
INSERT INTO hotline_objection (contest_id, report_id, desk_id, text, at)
  SELECT DISTINCT ON (c.id) c.id, r.id, c.desk_id, left(p.contest_text, 2000), c.opened_at
  FROM hotline_contest c JOIN hotline_reporter p ON p.id = c.reporter_id
    JOIN hotline_report r ON r.reporter_id = p.id AND r.state = 'muted' AND r.ground_id <> 'minors'
  WHERE p.contest_text <> '' ORDER BY c.id, r.id DESC;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
DROP TRIGGER hotline_alarm_guard ON hotline_alarm;
DROP FUNCTION hotline_guard_alarm();
DROP TRIGGER hotline_reporter_guard ON hotline_reporter;
DROP FUNCTION hotline_guard_reporter();
"""


def _key() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _user(**given: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=_USER, **given)


class Migration(migrations.Migration):
    dependencies = [("hotline", "0005_what_a_key_stands_for"), migrations.swappable_dependency(_USER)]
    operations = [
        migrations.CreateModel(name="Contest", fields=[
            ("id", _key()),
            ("desk_id", models.CharField(max_length=80)),
            ("kind", models.CharField(max_length=5)),
            ("alarm", models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="contest",
                                           to="hotline.alarm")),
            ("reporter", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="contests",
                                           to="hotline.reporter")),
            ("against", _user(help_text="who invalidated or muted")),
            ("since", models.DateTimeField(help_text="when they did")),
            ("opened_at", models.DateTimeField()),
            ("state", models.CharField(default="open", max_length=8)),
            ("decided_by", _user(null=True)),
            ("decided_at", models.DateTimeField(null=True)),
            ("reason", models.TextField(blank=True, help_text="shown on the receipts")),
        ], options={
            "indexes": [models.Index(fields=["desk_id", "opened_at"], condition=Q(state="open"), name="hotline_contest_open")],
            "constraints": [
                models.CheckConstraint(condition=Q(state__in=["open", "upheld", "reversed"]), name="hotline_contest_state"),
                models.CheckConstraint(condition=Q(kind="batch", alarm__isnull=False, reporter__isnull=True)
                                       | Q(kind="mute", alarm__isnull=True), name="hotline_contest_about"),
                models.CheckConstraint(
                    condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True, reason="")
                    | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason="")),
                    name="hotline_contest_decided_with_reason"),
                models.CheckConstraint(condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("against")),
                                       name="hotline_contest_another_person"),
                models.UniqueConstraint(fields=["reporter", "since"], name="hotline_contest_once"),
            ]}),
        migrations.CreateModel(name="Objection", fields=[
            ("id", _key()),
            ("desk_id", models.CharField(max_length=80)),
            ("text", models.TextField()),
            ("at", models.DateTimeField()),
            ("contest", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="objections",
                                          to="hotline.contest")),
            ("report", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="objections",
                                         to="hotline.report")),
        ], options={"constraints": [
            models.UniqueConstraint(fields=["contest", "report"], name="hotline_objection_once"),
            models.CheckConstraint(condition=~Q(text=""), name="hotline_objection_text"),
        ]}),
        protect("hotline_contest", read=_DESK, write=_DESK),
        protect("hotline_objection", read=_DESK, write=_DESK),
        RunSQL(_GUARD, _NO_GUARD),
        RunSQL(_MOVE, RunSQL.noop),
        *(migrations.RemoveField(table, field) for table in ("alarm", "reporter")
          for field in ("contested_at", "contest_text")),
    ]
