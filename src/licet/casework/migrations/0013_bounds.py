"""PostgreSQL keeps measures within their bounds: whom a desk orders, one suspension at a time, who signs a replacement.

Only an authority (its region), or a carrier that connects it, orders somebody else; the executor is an organisation on
record; a measure acts by the means on the list. A case ends as anything but actioned only once nothing is cut for it.
"""

from django.db import migrations, models
from django.db.migrations import RunSQL
from django.db.models import F, Q

_LIVE = ["acknowledged", "approved", "done", "failed", "notified", "ordered", "stayed", "verified"]

# It looks into every provider's access relations, as the rule does; what it says about them is yes or no.
_ORDERS = """
CREATE FUNCTION casework_may_order(desk text, executor text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ours parties_party%ROWTYPE;
  theirs parties_party%ROWTYPE;
  before text := coalesce(current_setting('licet.scope', true), '');
  connected boolean;
BEGIN
  IF executor = '' OR executor = desk THEN RETURN true; END IF;
  PERFORM set_config('licet.scope', 'system', true);
  SELECT * INTO ours FROM parties_party p WHERE p.party_id = desk AND p.until IS NULL;
  SELECT * INTO theirs FROM parties_party p WHERE p.party_id = executor AND p.until IS NULL;
  IF ours.kind = 'carrier' THEN
    WITH RECURSIVE above(party, deep) AS (
      SELECT executor, 0 UNION
      SELECT a.upstream_provider_id::text, deep + 1 FROM above JOIN registers_accessrelation a ON a.provider_id = above.party
      WHERE a.until IS NULL AND a.upstream_provider_id <> '' AND deep < 5)
    SELECT EXISTS (SELECT FROM above WHERE party = desk) INTO connected;
  END IF;
  PERFORM set_config('licet.scope', before, true);
  RETURN theirs.party_id IS NOT NULL AND CASE ours.kind
    WHEN 'authority' THEN ours.region IN ('', '*') OR theirs.region IN ('', '*') OR ours.region = theirs.region
    WHEN 'carrier' THEN connected
    WHEN 'association' THEN true
    WHEN 'police' THEN true
    ELSE false END;
END $$;

CREATE FUNCTION casework_guard_bounds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(NEW.scope ->> 'technical', '') NOT IN ('', 'dns', 'access', 'billing') THEN
    RAISE EXCEPTION 'a measure acts by the means on the list' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT casework_may_order(NEW.desk_id, NEW.provider_id) THEN
    RAISE EXCEPTION 'a desk orders itself; an authority whoever is in its region; a carrier whom it connects'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_bounds_new BEFORE INSERT ON casework_measure
  FOR EACH ROW EXECUTE FUNCTION casework_guard_bounds();
CREATE TRIGGER casework_measure_bounds BEFORE UPDATE ON casework_measure FOR EACH ROW
  WHEN (OLD.provider_id IS DISTINCT FROM NEW.provider_id OR OLD.scope IS DISTINCT FROM NEW.scope
        OR (OLD.state = 'drafted' AND NEW.state = 'approved')) EXECUTE FUNCTION casework_guard_bounds();
"""
_NO_ORDERS = """
DROP TRIGGER casework_measure_bounds ON casework_measure; DROP TRIGGER casework_measure_bounds_new ON casework_measure;
DROP FUNCTION casework_guard_bounds(); DROP FUNCTION casework_may_order(text, text);
"""
_CLOSING = """
CREATE FUNCTION casework_guard_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM casework_measure m WHERE m.case_id = NEW.id
    AND m.state IN ('approved', 'notified', 'ordered', 'acknowledged', 'done', 'verified', 'failed', 'stayed')
    AND (NEW.outcome IN ('not_confirmed', 'out_of_scope')
         OR m.kind NOT IN ('warn', 'order_rectification', 'advise_non_renewal')) AND m.kind <> 'refer_to_police';
  IF FOUND THEN
    RAISE EXCEPTION 'a case ends so once nothing of it binds any more' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_case_closing BEFORE UPDATE ON casework_case FOR EACH ROW
  WHEN (OLD.state = 'open' AND NEW.state = 'closed' AND NEW.outcome <> 'actioned')
  EXECUTE FUNCTION casework_guard_closing();
"""
_NO_CLOSING = "DROP TRIGGER casework_case_closing ON casework_case; DROP FUNCTION casework_guard_closing();"


class Migration(migrations.Migration):
    dependencies = [("casework", "0012_files_by_their_hash"), ("registers", "0007_domains_without_gin")]
    operations = [
        RunSQL(_ORDERS, _NO_ORDERS),
        RunSQL(_CLOSING, _NO_CLOSING),
        migrations.AddConstraint(model_name="measure", constraint=models.UniqueConstraint(
            fields=["case", "kind"], name="casework_measure_one_suspension",
            condition=Q(kind__in=["suspend_access", "suspend_billing"], state__in=_LIVE))),
        migrations.AddConstraint(model_name="measure", constraint=models.CheckConstraint(
            condition=Q(replaces__isnull=True) | (
                (Q(decided_by__isnull=True) | ~Q(decided_by=F("drafted_by")))
                & (Q(seconded_by__isnull=True) | ~Q(seconded_by=F("drafted_by")))),
            name="casework_measure_replaced_by_others")),
        migrations.AddField(model_name="appeal", name="on_new_facts", field=models.BooleanField(
            default=False, help_text="a person of the desk took it up again; it stays nothing")),
        migrations.AddConstraint(model_name="appeal", constraint=models.UniqueConstraint(
            fields=["measure", "filed_by"], condition=Q(on_new_facts=False), name="casework_appeal_once")),
    ]
