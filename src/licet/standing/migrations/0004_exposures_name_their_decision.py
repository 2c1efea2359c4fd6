"""An exposure makes one final decision known, names it, and ends with it.

Those published before named it in words only ("2026-000012-M7"), so it is read from there.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations import RunSQL

_GUARD = """
CREATE OR REPLACE FUNCTION standing_guard_exposure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT standing_signed_by_two(NEW.measure_id, ARRAY['publish_exposure']) THEN
      RAISE EXCEPTION 'an exposure rests on a measure two people signed' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM casework_measure d JOIN casework_measure m ON m.case_id = d.case_id AND m.id = NEW.measure_id
      WHERE d.id = NEW.decision_id AND d.kind IN ('stop_access', 'stop_billing', 'close_site', 'revoke_licence')
      AND d.kind = NEW.decided AND d.state NOT IN ('drafted', 'withdrawn', 'approved', 'stayed', 'overturned', 'lifted')
      AND NOT EXISTS (SELECT FROM casework_appeal a WHERE a.measure_id = d.id AND a.state <> 'upheld');
    IF NOT FOUND THEN
      RAISE EXCEPTION 'an exposure names a decision of its case that stands and that no appeal is pending against'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR
     (NEW.measure_id, NEW.decision_id, NEW.desk_id, NEW.organisation_name, NEW.organisation_code, NEW.about, NEW.decided,
      NEW.expires_at, NEW.published_at) IS DISTINCT FROM
     (OLD.measure_id, OLD.decision_id, OLD.desk_id, OLD.organisation_name, OLD.organisation_code, OLD.about, OLD.decided,
      OLD.expires_at, OLD.published_at) THEN
    RAISE EXCEPTION 'an exposure is withdrawn once and changed never' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""
_OLD_GUARD = """
CREATE OR REPLACE FUNCTION standing_guard_exposure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT standing_signed_by_two(NEW.measure_id, ARRAY['publish_exposure']) THEN
      RAISE EXCEPTION 'an exposure rests on a measure two people signed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR
     (NEW.measure_id, NEW.desk_id, NEW.organisation_name, NEW.organisation_code, NEW.about, NEW.decided, NEW.expires_at,
      NEW.published_at) IS DISTINCT FROM
     (OLD.measure_id, OLD.desk_id, OLD.organisation_name, OLD.organisation_code, OLD.about, OLD.decided, OLD.expires_at,
      OLD.published_at) THEN
    RAISE EXCEPTION 'an exposure is withdrawn once and changed never' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""
# The guard of the exposures refuses every change but a withdrawal, and rightly; here the owner completes them once.
_NAMED = """
SELECT set_config('licet.scope', 'system', true);
ALTER TABLE standing_exposure DISABLE TRIGGER standing_exposure_guard;
UPDATE standing_exposure e SET decision_id = m.id FROM casework_measure m
  WHERE e.decision_ref ~ '-M[0-9]+$' AND m.id = substring(e.decision_ref FROM '-M([0-9]+)$')::bigint;
ALTER TABLE standing_exposure ENABLE TRIGGER standing_exposure_guard;
SELECT set_config('licet.scope', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("standing", "0003_guards"), ("casework", "0004_guards_read_one_row")]
    operations = [
        migrations.AddField("exposure", "decision", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="casework.measure",
            help_text="the final decision it makes known; it ends with it")),
        RunSQL(_NAMED, RunSQL.noop),
        RunSQL(_GUARD, _OLD_GUARD),
    ]
