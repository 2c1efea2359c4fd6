"""The database keeps casework's promises itself, whatever the application says.

Steps and measures are frozen tables. A step is a row: adding it compares the measure's state with the step's ``frm`` and
moves it, so two deciders never both win. Signatures, tiers and judgements are given in one's own name; what was signed
stays as it was signed; nothing that happened is changed or removed.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.guards import APPENDED, KEPT, LISTED, belong_together, refuse

# Copies of tables.TRANSITIONS and of three columns of tables.MEASURES: a migration never changes meaning after it
# landed. A test compares the tables in the database with the tables in Python.
_STEPS = [
    ('drafted', 'withdrawn', 'withdrawn'),
    ('drafted', 'approved', 'approved'),
    ('approved', 'notified', 'notified'),
    ('notified', 'ordered', 'ordered'),
    ('notified', 'completed', 'done'),
    ('ordered', 'acknowledged', 'acknowledged'),
    ('ordered', 'done', 'done'),
    ('acknowledged', 'done', 'done'),
    ('ordered', 'failed', 'failed'),
    ('acknowledged', 'failed', 'failed'),
    ('failed', 'ordered', 'ordered'),
    ('done', 'verified', 'verified'),
    ('done', 'disagreed', 'ordered'),
    ('verified', 'disagreed', 'ordered'),
    ('notified', 'stayed', 'stayed'),
    ('ordered', 'stayed', 'stayed'),
    ('acknowledged', 'stayed', 'stayed'),
    ('done', 'stayed', 'stayed'),
    ('verified', 'stayed', 'stayed'),
    ('failed', 'stayed', 'stayed'),
    ('stayed', 'resumed', 'notified'),
    ('approved', 'expired', 'expired'),
    ('notified', 'expired', 'expired'),
    ('ordered', 'expired', 'expired'),
    ('acknowledged', 'expired', 'expired'),
    ('done', 'expired', 'expired'),
    ('verified', 'expired', 'expired'),
    ('failed', 'expired', 'expired'),
    ('stayed', 'expired', 'expired'),
    ('approved', 'overturned', 'overturned'),
    ('notified', 'overturned', 'overturned'),
    ('ordered', 'overturned', 'overturned'),
    ('acknowledged', 'overturned', 'overturned'),
    ('done', 'overturned', 'overturned'),
    ('verified', 'overturned', 'overturned'),
    ('failed', 'overturned', 'overturned'),
    ('stayed', 'overturned', 'overturned'),
    ('notified', 'defaulted', 'overturned'),
    ('ordered', 'defaulted', 'overturned'),
    ('acknowledged', 'defaulted', 'overturned'),
    ('done', 'defaulted', 'overturned'),
    ('verified', 'defaulted', 'overturned'),
    ('failed', 'defaulted', 'overturned'),
    ('stayed', 'defaulted', 'overturned'),
    ('approved', 'lifted', 'lifted'),
    ('notified', 'lifted', 'lifted'),
    ('ordered', 'lifted', 'lifted'),
    ('acknowledged', 'lifted', 'lifted'),
    ('done', 'lifted', 'lifted'),
    ('verified', 'lifted', 'lifted'),
    ('failed', 'lifted', 'lifted'),
    ('stayed', 'lifted', 'lifted'),
    ('expired', 'nothing_to_restore', 'restoration_verified'),
    ('lifted', 'nothing_to_restore', 'restoration_verified'),
    ('overturned', 'nothing_to_restore', 'restoration_verified'),
    ('expired', 'restored', 'restored'),
    ('lifted', 'restored', 'restored'),
    ('overturned', 'restored', 'restored'),
    ('restored', 'restoration_verified', 'restoration_verified'),
    ('restored', 'restoration_disagreed', 'lifted'),
]
_MEASURES = [
    ('warn', 1, [1, 2, 3]),
    ('order_rectification', 1, [1, 2, 3]),
    ('suspend_access', 1, [1, 2]),
    ('stop_access', 2, [1]),
    ('suspend_billing', 1, [1, 2]),
    ('stop_billing', 2, [1]),
    ('refer_to_police', 1, [1, 2]),
    ('close_site', 2, [1, 2]),
    ('revoke_licence', 2, [1, 2, 3]),
    ('blacklist', 2, [1, 2, 3]),
    ('publish_exposure', 2, [1, 2, 3]),
    ('end_cooperation', 2, [1, 2, 3]),
    ('advise_non_renewal', 1, [1, 2, 3]),
]
_RULES = f"""
CREATE TABLE casework_transition_rule (
  frm varchar(24) NOT NULL, event varchar(30) NOT NULL, "to" varchar(24) NOT NULL CHECK ("to" <> frm),
  PRIMARY KEY (frm, event), UNIQUE (frm, event, "to"));
INSERT INTO casework_transition_rule VALUES {", ".join(str(row) for row in _STEPS)};
CREATE TABLE casework_measure_rule (
  kind varchar(20) PRIMARY KEY, persons smallint NOT NULL CHECK (persons > 0), tiers smallint[] NOT NULL);
INSERT INTO casework_measure_rule VALUES {", ".join(f"('{kind}', {persons}, ARRAY{tiers})" for kind, persons, tiers in _MEASURES)};
ALTER TABLE casework_measuretransition ADD CONSTRAINT casework_step_listed FOREIGN KEY (frm, event, "to")
  REFERENCES casework_transition_rule (frm, event, "to");
CREATE SEQUENCE casework_case_number;
"""
_NO_RULES = """
DROP SEQUENCE casework_case_number;
ALTER TABLE casework_measuretransition DROP CONSTRAINT casework_step_listed;
DROP TABLE casework_measure_rule; DROP TABLE casework_transition_rule;
"""

_REFUSALS = {
    "casework_transition_rule": LISTED,
    "casework_measure_rule": LISTED,
    "casework_case": KEPT,
    "casework_signal": KEPT,
    "casework_measure": KEPT,
    "casework_appeal": KEPT,
    "casework_caseevent": APPENDED,
    "casework_determination": APPENDED,
    "casework_measuretransition": APPENDED,
}
_OF_A_CASE = {
    "casework_caseevent": "INSERT",
    "casework_caselink": "INSERT OR UPDATE",
    "casework_determination": "INSERT",
}

_DETERMINATION = """
CREATE FUNCTION casework_guard_determination() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.recorded_by_id IS DISTINCT FROM licet_user() THEN
    RAISE EXCEPTION 'a determination is recorded in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_determination_guard BEFORE INSERT ON casework_determination
  FOR EACH ROW EXECUTE FUNCTION casework_guard_determination();
"""
_NO_DETERMINATION = """
DROP TRIGGER casework_determination_guard ON casework_determination; DROP FUNCTION casework_guard_determination();
"""

_CASE = """
CREATE FUNCTION casework_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'open' OR NEW.tier IS NOT NULL THEN
      RAISE EXCEPTION 'a case starts open and without a tier' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.number, NEW.desk_id, NEW.ground_id, NEW.subject_kind, NEW.subject_key, NEW.opened_at, NEW.reopened_from_id)
     IS DISTINCT FROM
     (OLD.number, OLD.desk_id, OLD.ground_id, OLD.subject_kind, OLD.subject_key, OLD.opened_at, OLD.reopened_from_id) THEN
    RAISE EXCEPTION 'what a case is about stays' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state <> 'open' AND (NEW.state, NEW.outcome, NEW.closed_at) IS DISTINCT FROM (OLD.state, OLD.outcome, OLD.closed_at)
  THEN
    RAISE EXCEPTION 'an ended case stays as it ended; reopening opens a new one' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.tier IS NOT NULL AND (NEW.tier, NEW.tier_by_id, NEW.tier_reason, NEW.tier_at) IS DISTINCT FROM
     (OLD.tier, OLD.tier_by_id, OLD.tier_reason, OLD.tier_at) AND NEW.tier_by_id IS DISTINCT FROM licet_user() THEN
    RAISE EXCEPTION 'a tier is set in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_case_guard BEFORE INSERT OR UPDATE ON casework_case
  FOR EACH ROW EXECUTE FUNCTION casework_guard_case();

CREATE FUNCTION casework_guard_signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND
     (NEW.kind, NEW.source, NEW.observer, NEW.score, NEW.facts, NEW.observed_at, NEW.received_at, NEW.desk_id)
     IS DISTINCT FROM
     (OLD.kind, OLD.source, OLD.observer, OLD.score, OLD.facts, OLD.observed_at, OLD.received_at, OLD.desk_id) THEN
    RAISE EXCEPTION 'what was observed stays as it was observed' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM 1 FROM casework_case c WHERE c.id = NEW.case_id AND c.desk_id = NEW.desk_id AND c.ground_id = NEW.ground_id
    AND c.subject_kind = NEW.subject_kind AND c.subject_key = NEW.subject_key;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a signal has the desk, ground and subject of its case' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_signal_guard BEFORE INSERT OR UPDATE ON casework_signal
  FOR EACH ROW EXECUTE FUNCTION casework_guard_signal();
"""
_NO_CASE = """
DROP TRIGGER casework_signal_guard ON casework_signal; DROP FUNCTION casework_guard_signal();
DROP TRIGGER casework_case_guard ON casework_case; DROP FUNCTION casework_guard_case();
"""

_MEASURE = """
CREATE FUNCTION casework_guard_measure_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM casework_case c WHERE c.id = NEW.case_id AND c.desk_id = NEW.desk_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'what belongs to a case belongs to its desk' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state <> 'drafted' OR NEW.decided_by_id IS NOT NULL OR NEW.seconded_by_id IS NOT NULL THEN
    RAISE EXCEPTION 'a measure starts as a draft nobody signed' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.drafted_by_id IS DISTINCT FROM licet_user() THEN
    RAISE EXCEPTION 'a measure is drafted in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_guard_insert BEFORE INSERT ON casework_measure
  FOR EACH ROW EXECUTE FUNCTION casework_guard_measure_insert();

CREATE FUNCTION casework_guard_signatures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.decided_by_id, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at)
     AND (OLD.state <> 'drafted' OR OLD.decided_by_id IS NOT NULL OR NEW.decided_at IS NULL
          OR NEW.decided_by_id IS DISTINCT FROM licet_user()) THEN
    RAISE EXCEPTION 'a measure is decided once, in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.seconded_by_id, NEW.seconded_at) IS DISTINCT FROM (OLD.seconded_by_id, OLD.seconded_at)
     AND (OLD.state <> 'drafted' OR OLD.decided_by_id IS NULL OR OLD.seconded_by_id IS NOT NULL OR NEW.seconded_at IS NULL
          OR NEW.seconded_by_id = OLD.decided_by_id OR NEW.seconded_by_id IS DISTINCT FROM licet_user()) THEN
    RAISE EXCEPTION 'a measure is seconded once, after the decision, by somebody else in their own name'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_guard_signatures BEFORE UPDATE ON casework_measure
  FOR EACH ROW EXECUTE FUNCTION casework_guard_signatures();

CREATE FUNCTION casework_guard_content() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  newly_illegal boolean := false;
BEGIN
  IF (NEW.case_id, NEW.desk_id, NEW.kind, NEW.drafted_by_id, NEW.drafted_at, NEW.replaces_id) IS DISTINCT FROM
     (OLD.case_id, OLD.desk_id, OLD.kind, OLD.drafted_by_id, OLD.drafted_at, OLD.replaces_id) THEN
    RAISE EXCEPTION 'what a measure is stays' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.determination_id IS DISTINCT FROM OLD.determination_id AND NEW.determination_id IS NOT NULL THEN
    SELECT d.case_id = NEW.case_id AND d.result = 'illegal' INTO newly_illegal
      FROM casework_determination d WHERE d.id = NEW.determination_id;
    IF newly_illegal IS NOT TRUE THEN
      RAISE EXCEPTION 'a measure rests on a determination of illegality in its own case' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF OLD.decided_by_id IS NULL THEN RETURN NEW; END IF;
  IF (NEW.provider_id, NEW.subject_party, NEW.reasons, NEW.rule_cited, NEW.scope, NEW.collateral, NEW.deadline_on,
      NEW.attachments) IS DISTINCT FROM
     (OLD.provider_id, OLD.subject_party, OLD.reasons, OLD.rule_cited, OLD.scope, OLD.collateral, OLD.deadline_on,
      OLD.attachments) THEN
    RAISE EXCEPTION 'what was signed stays as it was signed' USING ERRCODE = 'check_violation';
  END IF;
  -- One exception: a written determination of illegality, once, so that what it calls for can still be decided.
  IF (NEW.expires_at, NEW.determination_id) IS DISTINCT FROM (OLD.expires_at, OLD.determination_id)
     AND NOT (OLD.determination_id IS NULL AND newly_illegal) THEN
    RAISE EXCEPTION 'the term of a signed measure changes only by a determination, once' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_guard_content BEFORE UPDATE ON casework_measure
  FOR EACH ROW EXECUTE FUNCTION casework_guard_content();

CREATE FUNCTION casework_guard_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  step casework_measuretransition%ROWTYPE;
BEGIN
  SELECT * INTO step FROM casework_measuretransition t WHERE t.measure_id = NEW.id ORDER BY t.id DESC LIMIT 1;
  IF NOT FOUND OR step.frm <> OLD.state OR step."to" <> NEW.state THEN
    RAISE EXCEPTION 'the state of a measure changes by adding a step' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = 'approved' THEN
    PERFORM 1 FROM casework_case c JOIN casework_measure_rule r ON r.kind = NEW.kind
      WHERE c.id = NEW.case_id AND c.state = 'open' AND c.tier = ANY (r.tiers)
      AND (r.persons < 2 OR NEW.seconded_by_id IS NOT NULL) AND NEW.decided_by_id IS NOT NULL;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the case''s tier or the signatures do not carry this measure' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_measure_guard_state BEFORE UPDATE ON casework_measure FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION casework_guard_state();

CREATE FUNCTION casework_take_step() RETURNS trigger LANGUAGE plpgsql AS $$
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
  UPDATE casework_measure SET state = NEW."to" WHERE id = NEW.measure_id;
  RETURN NULL;
END $$;
CREATE TRIGGER casework_measuretransition_take AFTER INSERT ON casework_measuretransition
  FOR EACH ROW EXECUTE FUNCTION casework_take_step();
"""
_NO_MEASURE = """
DROP TRIGGER casework_measuretransition_take ON casework_measuretransition; DROP FUNCTION casework_take_step();
DROP TRIGGER casework_measure_guard_state ON casework_measure; DROP FUNCTION casework_guard_state();
DROP TRIGGER casework_measure_guard_content ON casework_measure; DROP FUNCTION casework_guard_content();
DROP TRIGGER casework_measure_guard_signatures ON casework_measure; DROP FUNCTION casework_guard_signatures();
DROP TRIGGER casework_measure_guard_insert ON casework_measure; DROP FUNCTION casework_guard_measure_insert();
"""

_APPEAL = """
CREATE FUNCTION casework_guard_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  measure casework_measure%ROWTYPE;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT * INTO measure FROM casework_measure m WHERE m.id = NEW.measure_id;
    IF NOT FOUND OR measure.desk_id <> NEW.desk_id OR measure.decided_by_id IS NULL THEN
      RAISE EXCEPTION 'an appeal is against a decided measure of the same desk' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> 'filed' OR NEW.judge_id IS NOT NULL THEN
      RAISE EXCEPTION 'an appeal starts filed and unjudged' USING ERRCODE = 'check_violation';
    END IF;
    -- Copied here, whatever was given, so that a plain constraint keeps these three away from the judging.
    NEW.decider_id := measure.decided_by_id;
    NEW.seconder_id := measure.seconded_by_id;
    NEW.drafter_id := measure.drafted_by_id;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'filed' THEN
    RAISE EXCEPTION 'a judged appeal stays as it was judged' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.measure_id, NEW.desk_id, NEW.filed_by, NEW.filed_at, NEW.grounds, NEW.due_at, NEW.decider_id, NEW.seconder_id,
      NEW.drafter_id) IS DISTINCT FROM
     (OLD.measure_id, OLD.desk_id, OLD.filed_by, OLD.filed_at, OLD.grounds, OLD.due_at, OLD.decider_id, OLD.seconder_id,
      OLD.drafter_id) THEN
    RAISE EXCEPTION 'what was appealed stays as it was appealed' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.judge_id IS NOT NULL AND NEW.judge_id IS DISTINCT FROM licet_user() THEN
    RAISE EXCEPTION 'an appeal is judged in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_appeal_guard BEFORE INSERT OR UPDATE ON casework_appeal
  FOR EACH ROW EXECUTE FUNCTION casework_guard_appeal();
"""
_NO_APPEAL = "DROP TRIGGER casework_appeal_guard ON casework_appeal; DROP FUNCTION casework_guard_appeal();"


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_row_level_security")]
    operations = [
        RunSQL(_RULES, _NO_RULES),
        belong_together("casework_case", "case_id", _OF_A_CASE, promise="what belongs to a case belongs to its desk"),
        RunSQL(_DETERMINATION, _NO_DETERMINATION),
        RunSQL(_CASE, _NO_CASE),
        RunSQL(_MEASURE, _NO_MEASURE),
        RunSQL(_APPEAL, _NO_APPEAL),
        refuse("casework", "casework keeps what happened", _REFUSALS),
    ]
