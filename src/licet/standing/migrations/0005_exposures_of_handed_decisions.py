"""An exposure may also make known a decision that its desk handed to the exposure's case."""

from django.db import migrations
from django.db.migrations import RunSQL

_GUARD = """
CREATE OR REPLACE FUNCTION standing_guard_exposure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT standing_signed_by_two(NEW.measure_id, ARRAY['publish_exposure']) THEN
      RAISE EXCEPTION 'an exposure rests on a measure two people signed' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM casework_measure d JOIN casework_measure m ON m.id = NEW.measure_id AND (m.case_id = d.case_id
        OR EXISTS (SELECT FROM casework_handeddecision h WHERE h.measure_id = d.id AND h.case_id = m.case_id))
      WHERE d.id = NEW.decision_id AND d.kind IN ('stop_access', 'stop_billing', 'close_site', 'revoke_licence')
      AND d.kind = NEW.decided AND d.state NOT IN ('drafted', 'withdrawn', 'approved', 'stayed', 'overturned', 'lifted')
      AND NOT EXISTS (SELECT FROM casework_appeal a WHERE a.measure_id = d.id AND a.state <> 'upheld');
    IF NOT FOUND THEN
      RAISE EXCEPTION 'an exposure names a decision of its case, or handed to it, that stands and that no appeal is pending against'
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


class Migration(migrations.Migration):
    dependencies = [("standing", "0004_exposures_name_their_decision"), ("casework", "0016_handed_decisions")]
    # The guard before asked for the same and for the same case; going back leaves this one.
    operations = [RunSQL(_GUARD, RunSQL.noop)]
