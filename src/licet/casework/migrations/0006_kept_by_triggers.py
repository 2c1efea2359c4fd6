"""Observations are counted and a case's region is copied by triggers, so that whoever writes keeps them right.

Saved queues belong to a person; a shared one is read by its desk.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.rls import belongs_to, protect

_DESK = belongs_to("desk_id")
_MINE = "person_id = (SELECT licet_user())"
_SYSTEM = "(SELECT licet_scope()) = 'system'"

_COUNTS = """
  SELECT s.case_id, s.desk_id, s.kind, s.observer, count(*), max(s.score), min(s.received_at), max(s.received_at)
"""
_OBSERVATIONS = f"""
CREATE FUNCTION casework_observe() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO casework_observation AS o (case_id, desk_id, kind, observer, signals, best_score, first_at, last_at)
  {_COUNTS} FROM added s GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 4
  ON CONFLICT (case_id, kind, observer) DO UPDATE SET signals = o.signals + EXCLUDED.signals,
    best_score = greatest(o.best_score, EXCLUDED.best_score), first_at = least(o.first_at, EXCLUDED.first_at),
    last_at = greatest(o.last_at, EXCLUDED.last_at);
  RETURN NULL;
END $$;
CREATE TRIGGER casework_signal_observe AFTER INSERT ON casework_signal
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION casework_observe();

-- Signals change in one way only: a split puts them into another case. What it touched is counted again.
CREATE FUNCTION casework_observe_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM casework_observation o USING (SELECT case_id, kind, observer FROM gone UNION SELECT case_id, kind, observer
    FROM come) t WHERE (o.case_id, o.kind, o.observer) = (t.case_id, t.kind, t.observer);
  INSERT INTO casework_observation (case_id, desk_id, kind, observer, signals, best_score, first_at, last_at)
  {_COUNTS} FROM casework_signal s JOIN (SELECT case_id, kind, observer FROM gone UNION SELECT case_id, kind, observer
    FROM come) t ON (s.case_id, s.kind, s.observer) = (t.case_id, t.kind, t.observer)
  GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$;
CREATE TRIGGER casework_signal_observe_moved AFTER UPDATE ON casework_signal
  REFERENCING OLD TABLE AS gone NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION casework_observe_moved();
"""
_NO_OBSERVATIONS = """
DROP TRIGGER casework_signal_observe_moved ON casework_signal; DROP FUNCTION casework_observe_moved();
DROP TRIGGER casework_signal_observe ON casework_signal; DROP FUNCTION casework_observe();
"""
_REGION = """
CREATE FUNCTION casework_case_region() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.region := coalesce(
    (SELECT p.region FROM parties_party p WHERE p.party_id = NEW.provider_id AND p.until IS NULL), '');
  RETURN NEW;
END $$;
CREATE TRIGGER casework_case_region_new BEFORE INSERT ON casework_case FOR EACH ROW
  WHEN (NEW.provider_id <> '') EXECUTE FUNCTION casework_case_region();
CREATE TRIGGER casework_case_region_changed BEFORE UPDATE ON casework_case FOR EACH ROW
  WHEN (OLD.provider_id IS DISTINCT FROM NEW.provider_id) EXECUTE FUNCTION casework_case_region();
"""
_NO_REGION = """
DROP TRIGGER casework_case_region_changed ON casework_case; DROP TRIGGER casework_case_region_new ON casework_case;
DROP FUNCTION casework_case_region();
"""
# Rows from before; the owner is under the policies too, so it says that the system acts.
_BEFORE = f"""
SELECT set_config('licet.scope', 'system', true);
INSERT INTO casework_observation (case_id, desk_id, kind, observer, signals, best_score, first_at, last_at)
{_COUNTS} FROM casework_signal s GROUP BY 1, 2, 3, 4;
UPDATE casework_case c SET region = p.region FROM parties_party p
  WHERE p.party_id = c.provider_id AND p.until IS NULL AND p.region <> '';
SELECT set_config('licet.scope', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0005_queues_and_observations"), ("parties", "0002_row_level_security")]
    operations = [
        protect("casework_observation", read=_DESK, write=_DESK),
        # The authority sees everything else of a desk, but a person's own queues are theirs.
        protect("casework_savedqueue",
                read=f"({_SYSTEM} OR {_MINE} OR (shared AND {_DESK}))",
                write=f"({_SYSTEM} OR ({_MINE} AND {_DESK}))"),
        RunSQL(_OBSERVATIONS, _NO_OBSERVATIONS),
        RunSQL(_REGION, _NO_REGION),
        RunSQL(_BEFORE, RunSQL.noop),
    ]
