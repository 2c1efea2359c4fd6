"""The guards ask for posts, terms, evidence and appeals (migration 0014 holds the rules and the questions).

The functions replaced here did the same and asked for less; going back leaves them as they are.
"""

from django.db import migrations
from django.db.migrations import RunSQL

_STEPS = """
CREATE FUNCTION casework_name_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Who takes a step is what the transaction stated, whatever was given.
  IF licet_user() IS NOT NULL THEN
    NEW.actor := 'user:' || licet_user();
  ELSIF licet_scope() <> 'system' OR NEW.actor LIKE 'user:%' THEN
    RAISE EXCEPTION 'a step is taken in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.at > licet_latest() THEN
    RAISE EXCEPTION 'a step is not taken in the future' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measuretransition_name BEFORE INSERT ON casework_measuretransition
  FOR EACH ROW EXECUTE FUNCTION casework_name_step();

-- Whether the listed kind of actor takes this step. "withdrawn" affects nobody: whoever works on the case may.
CREATE FUNCTION casework_takes(step casework_measuretransition, measure casework_measure) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  rule casework_measure_rule%ROWTYPE;
  taker text;
BEGIN
  SELECT r.actor INTO taker FROM casework_transition_rule r WHERE r.frm = step.frm AND r.event = step.event;
  IF licet_scope() = 'system' OR taker = 'judge' THEN RETURN true; END IF;
  IF taker = 'executor' THEN RETURN measure.provider_id <> '' AND casework_may(measure.provider_id, 'carry_out'); END IF;
  IF taker IS DISTINCT FROM 'decider' THEN RETURN false; END IF;
  IF step.event = 'withdrawn' THEN RETURN casework_may(measure.desk_id, 'work'); END IF;
  SELECT * INTO rule FROM casework_measure_rule r WHERE r.kind = measure.kind;
  RETURN parties_holds(licet_user(), measure.desk_id, rule.party_kinds::text[], rule.roles::text[]);
END $$;

-- Whether what the step says is so: an appeal pending, judged by whoever takes the step, or overdue; a term over.
CREATE FUNCTION casework_is_so(step casework_measuretransition, measure casework_measure) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  appeal casework_appeal%ROWTYPE;
BEGIN
  SELECT * INTO appeal FROM casework_appeal a WHERE a.measure_id = measure.id ORDER BY a.id DESC LIMIT 1;
  RETURN coalesce(CASE step.event
    WHEN 'approved' THEN licet_user() IN (measure.decided_by_id, measure.seconded_by_id)
    WHEN 'completed' THEN (SELECT r.effect = 'none' FROM casework_measure_rule r WHERE r.kind = measure.kind)
    WHEN 'expired' THEN measure.expires_at <= step.at
    WHEN 'stayed' THEN appeal.state = 'filed'
    WHEN 'resumed' THEN appeal.state = 'upheld' AND appeal.judge_id = licet_user()
    WHEN 'overturned' THEN appeal.state IN ('overturned', 'modified', 'remitted') AND appeal.judge_id = licet_user()
    WHEN 'defaulted' THEN appeal.state = 'defaulted' AND appeal.due_at <= step.at
    ELSE true END, false);
END $$;

CREATE OR REPLACE FUNCTION casework_take_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  measure casework_measure%ROWTYPE;
BEGIN
  SELECT * INTO measure FROM casework_measure m WHERE m.id = NEW.measure_id FOR UPDATE;
  IF NOT FOUND OR measure.desk_id <> NEW.desk_id THEN
    RAISE EXCEPTION 'a step belongs to the desk of its measure' USING ERRCODE = 'check_violation';
  END IF;
  IF measure.state <> NEW.frm THEN
    RAISE EXCEPTION 'the measure is %, not %', measure.state, NEW.frm USING ERRCODE = 'restrict_violation';
  END IF;
  IF measure.expires_at <= NEW.at AND NEW.frm NOT IN ('expired', 'overturned', 'lifted', 'restored')
     AND NEW.event NOT IN ('withdrawn', 'expired', 'overturned', 'defaulted', 'lifted') THEN
    RAISE EXCEPTION 'the time of the measure is over' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT casework_takes(NEW, measure) THEN
    RAISE EXCEPTION 'this step is not theirs to take' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT casework_is_so(NEW, measure) THEN
    RAISE EXCEPTION 'nothing calls for this step' USING ERRCODE = 'check_violation';
  END IF;
  UPDATE casework_measure SET state = NEW."to" WHERE id = NEW.measure_id;
  RETURN NULL;
END $$;
"""
_NO_STEPS = """
DROP TRIGGER casework_measuretransition_name ON casework_measuretransition; DROP FUNCTION casework_name_step();
"""

_SIGNATURES = """
CREATE FUNCTION casework_ensure_post(measure casework_measure, who bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rule casework_measure_rule%ROWTYPE;
BEGIN
  SELECT * INTO rule FROM casework_measure_rule r WHERE r.kind = measure.kind;
  IF NOT parties_holds(who, measure.desk_id, rule.party_kinds::text[], rule.roles::text[]) THEN
    RAISE EXCEPTION 'a measure is signed by a post that decides it' USING ERRCODE = 'check_violation';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION casework_guard_signatures() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lapsed boolean := coalesce(NEW.decided_at > OLD.decided_at + casework_span('first_signature_days'), false);
BEGIN
  IF (NEW.decided_by_id, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at) THEN
    IF OLD.state <> 'drafted' OR (OLD.decided_by_id IS NOT NULL AND NOT lapsed) OR OLD.seconded_by_id IS NOT NULL
       OR NEW.decided_at IS NULL OR NEW.decided_at > licet_latest() OR NEW.decided_by_id IS NULL
       OR NEW.decided_by_id IS DISTINCT FROM licet_user() THEN
      RAISE EXCEPTION 'a measure is decided once, in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM casework_ensure_post(NEW, NEW.decided_by_id);
  END IF;
  IF (NEW.seconded_by_id, NEW.seconded_at) IS DISTINCT FROM (OLD.seconded_by_id, OLD.seconded_at) THEN
    IF OLD.state <> 'drafted' OR OLD.decided_by_id IS NULL OR OLD.seconded_by_id IS NOT NULL OR NEW.seconded_at IS NULL
       OR NEW.seconded_at > licet_latest() OR NEW.seconded_by_id = OLD.decided_by_id
       OR NEW.seconded_by_id IS DISTINCT FROM licet_user() THEN
      RAISE EXCEPTION 'a measure is seconded once, after the decision, by somebody else in their own name'
        USING ERRCODE = 'check_violation';
    END IF;
    PERFORM casework_ensure_post(NEW, NEW.seconded_by_id);
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION casework_guard_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  step casework_measuretransition%ROWTYPE;
  rule casework_measure_rule%ROWTYPE;
BEGIN
  SELECT * INTO step FROM casework_measuretransition t WHERE t.measure_id = NEW.id ORDER BY t.id DESC LIMIT 1;
  IF NOT FOUND OR step.frm <> OLD.state OR step."to" <> NEW.state THEN
    RAISE EXCEPTION 'the state of a measure changes by adding a step' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state <> 'approved' THEN RETURN NEW; END IF;
  SELECT * INTO rule FROM casework_measure_rule r WHERE r.kind = NEW.kind;
  PERFORM 1 FROM casework_case c WHERE c.id = NEW.case_id AND c.state = 'open' AND c.tier = ANY (rule.tiers)
    AND NEW.decided_by_id IS NOT NULL AND (rule.persons < 2 OR NEW.seconded_by_id IS NOT NULL);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the case''s tier or the signatures do not carry this measure' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM casework_ensure_post(NEW, NEW.decided_by_id);
  IF rule.persons > 1 THEN
    PERFORM casework_ensure_post(NEW, NEW.seconded_by_id);
    IF (NEW.seconded_at <= NEW.decided_at + casework_span('first_signature_days')) IS NOT TRUE THEN
      RAISE EXCEPTION 'the first signature has lapsed' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF rule.term <> '' AND (NEW.expires_at <= NEW.decided_at + casework_span(rule.term)) IS NOT TRUE THEN
    RAISE EXCEPTION 'a measure of this kind does not last that long' USING ERRCODE = 'check_violation';
  END IF;
  IF ('evidence' = ANY (rule.needs) AND NOT casework_preserved(NEW.case_id, NEW.attachments->>'evidence', false))
     OR ('bag' = ANY (rule.needs) AND NOT casework_preserved(NEW.case_id, NEW.attachments->>'bag', true)) THEN
    RAISE EXCEPTION 'what the measure rests on is not preserved in its case' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""

# What a draft, a tier, a determination and a judgement ask on top of "in one's own name".
_WORK = """
CREATE FUNCTION casework_guard_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT casework_may(NEW.desk_id, 'work') THEN
    RAISE EXCEPTION 'whoever works on a case holds a post at its desk' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_guard_work BEFORE INSERT ON casework_measure
  FOR EACH ROW EXECUTE FUNCTION casework_guard_work();
CREATE TRIGGER casework_determination_guard_work BEFORE INSERT ON casework_determination
  FOR EACH ROW EXECUTE FUNCTION casework_guard_work();
CREATE TRIGGER casework_case_guard_work BEFORE UPDATE ON casework_case FOR EACH ROW
  WHEN (NEW.tier IS NOT NULL AND (NEW.tier, NEW.tier_by_id, NEW.tier_at) IS DISTINCT FROM
        (OLD.tier, OLD.tier_by_id, OLD.tier_at)) EXECUTE FUNCTION casework_guard_work();

CREATE FUNCTION casework_guard_issuer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM parties_party p WHERE p.party_id = NEW.authority_id AND p.kind IN ('authority', 'police')
    AND p.until IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a determination is an authority''s' USING ERRCODE = 'check_violation';
  END IF;
  -- A local day may be one ahead of the moment in UTC.
  IF NEW.recorded_at > licet_latest() OR NEW.determined_on > (NEW.recorded_at AT TIME ZONE 'UTC')::date + 1 THEN
    RAISE EXCEPTION 'a determination is not dated in the future' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_determination_guard_issuer BEFORE INSERT ON casework_determination
  FOR EACH ROW EXECUTE FUNCTION casework_guard_issuer();

CREATE FUNCTION casework_guard_extension() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM casework_determination d WHERE d.id = NEW.determination_id AND NEW.expires_at <=
    greatest(OLD.expires_at, d.recorded_at + casework_span('determination_extension_days'));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a determination does not extend a measure that far' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_guard_extension BEFORE UPDATE ON casework_measure FOR EACH ROW
  WHEN (OLD.decided_by_id IS NOT NULL AND OLD.expires_at IS DISTINCT FROM NEW.expires_at)
  EXECUTE FUNCTION casework_guard_extension();

CREATE FUNCTION casework_guard_judge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ended boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF (NEW.due_at <= NEW.filed_at + casework_span('appeal_default_days')) IS NOT TRUE THEN
      RAISE EXCEPTION 'an appeal does not wait that long' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state = OLD.state THEN
    IF NEW.judge_id IS NOT NULL THEN
      RAISE EXCEPTION 'an appeal is judged in one step' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state <> 'defaulted' THEN
    IF NOT casework_may(NEW.desk_id, 'judge') OR NEW.judged_at > licet_latest() THEN
      RAISE EXCEPTION 'an appeal is judged by a post that judges at its desk' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  -- In favour of the affected without a judge: when its time ran out, or when the measure has ended anyway.
  SELECT m.state IN ('expired', 'lifted', 'overturned', 'restored', 'restoration_verified') INTO ended
    FROM casework_measure m WHERE m.id = NEW.measure_id;
  IF (licet_scope() = 'system' AND NEW.judged_at >= NEW.due_at AND NEW.judged_at <= licet_latest()) IS NOT TRUE
     AND ended IS NOT TRUE THEN
    RAISE EXCEPTION 'an appeal that is not overdue is judged by a person' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_appeal_guard_judge BEFORE INSERT OR UPDATE ON casework_appeal
  FOR EACH ROW EXECUTE FUNCTION casework_guard_judge();
"""
_NO_WORK = """
DROP TRIGGER casework_appeal_guard_judge ON casework_appeal; DROP FUNCTION casework_guard_judge();
DROP TRIGGER casework_measure_guard_extension ON casework_measure; DROP FUNCTION casework_guard_extension();
DROP TRIGGER casework_determination_guard_issuer ON casework_determination; DROP FUNCTION casework_guard_issuer();
DROP TRIGGER casework_case_guard_work ON casework_case;
DROP TRIGGER casework_determination_guard_work ON casework_determination;
DROP TRIGGER casework_measure_guard_work ON casework_measure; DROP FUNCTION casework_guard_work();
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0014_who_decides")]
    operations = [RunSQL(_STEPS, _NO_STEPS), RunSQL(_SIGNATURES, RunSQL.noop), RunSQL(_WORK, _NO_WORK)]
