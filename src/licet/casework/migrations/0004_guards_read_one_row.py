"""The guard that runs once per row of a bulk load reads its case by its id alone, and compares afterwards.

PL/pgSQL keeps a plan made when the table was small or not analysed yet; with more conditions than the id, that plan may
read by an index every case shares (the ground), and a hundred thousand signals would never be through.
"""

from django.db import migrations
from django.db.migrations import RunSQL

_SIGNAL = """
CREATE OR REPLACE FUNCTION casework_guard_signal() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  its_case record;
BEGIN
  IF TG_OP = 'UPDATE' AND
     (NEW.kind, NEW.source, NEW.observer, NEW.score, NEW.facts, NEW.observed_at, NEW.received_at, NEW.desk_id)
     IS DISTINCT FROM
     (OLD.kind, OLD.source, OLD.observer, OLD.score, OLD.facts, OLD.observed_at, OLD.received_at, OLD.desk_id) THEN
    RAISE EXCEPTION 'what was observed stays as it was observed' USING ERRCODE = 'check_violation';
  END IF;
  SELECT c.desk_id, c.ground_id, c.subject_kind, c.subject_key INTO its_case FROM casework_case c WHERE c.id = NEW.case_id;
  IF NOT FOUND OR (its_case.desk_id, its_case.ground_id, its_case.subject_kind, its_case.subject_key) IS DISTINCT FROM
     (NEW.desk_id, NEW.ground_id, NEW.subject_kind, NEW.subject_key) THEN
    RAISE EXCEPTION 'a signal has the desk, ground and subject of its case' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0003_guards")]
    # The function before did the same, slower; there is nothing to take back.
    operations = [RunSQL(_SIGNAL, RunSQL.noop)]
