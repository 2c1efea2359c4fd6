"""A legal hold is released by two people who hold a post at its desk: one proposes, another one releases."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations import RunSQL
from django.db.models import F, Q

_ACTIONS = ("added", "added_again", "viewed", "blurred", "downloaded", "exported", "sealed", "verified", "stamped", "held",
            "release_proposed", "release_withdrawn", "released", "disposal_proposed", "disposal_withdrawn", "disposed")
_GUARD = """
CREATE OR REPLACE FUNCTION evidence_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT parties_holds(licet_user(), NEW.desk_id, NULL, '{officer,reviewer,compliance_officer,liaison}') THEN
    RAISE EXCEPTION 'a hold is set and released by a post at its desk' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.set_by_id IS DISTINCT FROM licet_user() OR NEW.released_at IS NOT NULL OR NEW.release_proposed_by_id IS NOT NULL
    THEN
      RAISE EXCEPTION 'a hold is set in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.locker_id, NEW.reason, NEW.set_by_id, NEW.set_at) IS DISTINCT FROM
     (OLD.locker_id, OLD.reason, OLD.set_by_id, OLD.set_at) OR OLD.released_at IS NOT NULL THEN
    RAISE EXCEPTION 'a hold stays as it was set' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.released_at IS NULL THEN  -- proposed in one's own name, or withdrawn
    IF NEW.release_proposed_by_id IS NOT NULL
       AND (OLD.release_proposed_by_id IS NOT NULL OR NEW.release_proposed_by_id <> licet_user()) THEN
      RAISE EXCEPTION 'the release of a hold is proposed once, in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.release_proposed_by_id IS NULL OR NEW.released_by_id IS DISTINCT FROM licet_user()
     OR NEW.released_by_id = OLD.release_proposed_by_id
     OR (NEW.release_proposed_by_id, NEW.release_proposed_at, NEW.release_reason) IS DISTINCT FROM
        (OLD.release_proposed_by_id, OLD.release_proposed_at, OLD.release_reason) THEN
    RAISE EXCEPTION 'a hold is released once, by somebody else than proposed it, in their own name'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("evidence", "0003_guards"), ("parties", "0008_posts_are_asked"),
                    migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("hold", "release_proposed_by", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
        migrations.AddField("hold", "release_proposed_at", models.DateTimeField(null=True)),
        migrations.AlterField("hold", "release_reason", models.TextField(
            blank=True, help_text="why, as whoever proposed it says")),
        migrations.AddConstraint("hold", models.CheckConstraint(
            condition=Q(released_by__isnull=True) | Q(release_proposed_by__isnull=True)
            | ~Q(released_by=F("release_proposed_by")), name="evidence_hold_released_by_two")),
        migrations.RemoveConstraint("custody", "evidence_custody_action"),
        migrations.AddConstraint("custody", models.CheckConstraint(
            condition=Q(action__in=list(_ACTIONS)), name="evidence_custody_action")),
        RunSQL(_GUARD, RunSQL.noop),  # the function before did the same and let one person release
    ]
