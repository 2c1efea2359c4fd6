"""Of sexual content that shows children only the address or the hash is kept: no reference of a partner's, no question
and no answer, and against a mute or an invalidated batch nothing but one fixed sentence. What was kept before goes.
"""

from django.db import migrations, models
from django.db.migrations import RunSQL
from django.db.models import Q

_STATED = "已声明：如实举报 · stated: meant honestly"  # tables.MEANT_HONESTLY
_FORGET = """
SELECT set_config('licet.scope', 'system', true);
UPDATE hotline_report SET reference = '' WHERE ground_id = 'minors' AND reference <> '';
UPDATE hotline_question q SET text = '–', answer = CASE WHEN q.answer = '' THEN '' ELSE '–' END
  FROM hotline_report r WHERE r.id = q.report_id AND r.ground_id = 'minors';
SELECT set_config('licet.scope', '', true);
"""
_GUARDS = f"""
CREATE FUNCTION hotline_guard_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM hotline_report r WHERE r.id = NEW.report_id AND r.ground_id = 'minors';
  IF FOUND AND (TG_OP = 'INSERT' OR (NEW.text, NEW.answer) IS DISTINCT FROM (OLD.text, OLD.answer)) THEN
    RAISE EXCEPTION 'about sexual content that shows children nothing is asked and nothing answered'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hotline_question_guard BEFORE INSERT OR UPDATE ON hotline_question
  FOR EACH ROW EXECUTE FUNCTION hotline_guard_question();

CREATE FUNCTION hotline_guard_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM regexp_matches(NEW.contest_text, '^\\[([0-9A-Z]{{12}})\\] (.*)$', 'gn') AS line
    JOIN hotline_report r ON r.number = line[1] AND r.ground_id = 'minors' WHERE line[2] <> '{_STATED}';
  IF FOUND THEN
    RAISE EXCEPTION 'about sexual content that shows children no words are kept' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hotline_alarm_guard BEFORE UPDATE OF contest_text ON hotline_alarm
  FOR EACH ROW WHEN (NEW.contest_text <> '') EXECUTE FUNCTION hotline_guard_alarm();

CREATE FUNCTION hotline_guard_reporter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM hotline_report r WHERE r.reporter_id = NEW.id HAVING count(*) > 0 AND bool_and(r.ground_id = 'minors');
  IF FOUND AND NEW.contest_text <> '{_STATED}' THEN
    RAISE EXCEPTION 'about sexual content that shows children no words are kept' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hotline_reporter_guard BEFORE UPDATE OF contest_text ON hotline_reporter
  FOR EACH ROW WHEN (NEW.contest_text <> '') EXECUTE FUNCTION hotline_guard_reporter();
"""
_NO_GUARDS = "".join(f"DROP TRIGGER hotline_{name}_guard ON hotline_{name}; DROP FUNCTION hotline_guard_{name}();"
                     for name in ("question", "alarm", "reporter"))


class Migration(migrations.Migration):
    dependencies = [("hotline", "0002_row_level_security")]
    operations = [
        RunSQL(_FORGET, RunSQL.noop),
        migrations.RemoveConstraint(model_name="report", name="hotline_report_address_only"),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=~Q(ground__in=["minors"]) | (
                    Q(text="") & Q(reference="") & Q(target_kind__in=["url", "hash"])),
                name="hotline_report_address_only")),
        RunSQL(_GUARDS, _NO_GUARDS),
    ]
