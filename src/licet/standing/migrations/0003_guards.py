"""The database keeps standing's promises itself: nothing is listed, counted or published without a measure that the people
it needs signed; thresholds, reviews and answers are given in one's own name; what happened is neither changed nor removed.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.guards import KEPT, refuse

_SIGNED = """
-- The measure is of this kind, was signed by two different people, and its statement of reasons went out.
CREATE FUNCTION standing_signed_by_two(measure bigint, kinds text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM casework_measure m WHERE m.id = measure AND m.kind = ANY (kinds)
    AND m.decided_by_id IS NOT NULL AND m.seconded_by_id IS NOT NULL AND m.decided_by_id <> m.seconded_by_id
    AND m.state NOT IN ('drafted', 'withdrawn', 'approved')) $$;
"""

# A register row that names a measure as its source was written for it; the import and the change keep their own guards.
_REGISTER = """
CREATE FUNCTION standing_guard_register() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.source LIKE 'measure:%' AND NOT standing_signed_by_two(
      nullif(regexp_replace(split_part(NEW.source, ':', 2), '[^0-9]', '', 'g'), '')::bigint, TG_ARGV) IS TRUE THEN
    RAISE EXCEPTION 'a decided entry rests on a measure two people signed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_guard_blacklist BEFORE INSERT OR UPDATE OF source ON registers_blacklistentry
  FOR EACH ROW WHEN (NEW.source LIKE 'measure:%') EXECUTE FUNCTION standing_guard_register('blacklist');
CREATE TRIGGER standing_guard_licence BEFORE INSERT OR UPDATE OF source ON registers_licence
  FOR EACH ROW WHEN (NEW.source LIKE 'measure:%') EXECUTE FUNCTION standing_guard_register('revoke_licence');
"""
_NO_REGISTER = """
DROP TRIGGER standing_guard_licence ON registers_licence; DROP TRIGGER standing_guard_blacklist ON registers_blacklistentry;
DROP FUNCTION standing_guard_register();
"""

_CONSEQUENCES = """
CREATE FUNCTION standing_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT standing_signed_by_two(NEW.measure_id,
        CASE NEW.register WHEN 'blacklist' THEN ARRAY['blacklist'] ELSE ARRAY['revoke_licence'] END) THEN
      RAISE EXCEPTION 'an entry rests on a measure two people signed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.measure_id, NEW.desk_id, NEW.register, NEW.kind, NEW.value, NEW.key, NEW.before, NEW.decision_ref, NEW.confidence,
      NEW.since, NEW.written_at) IS DISTINCT FROM
     (OLD.measure_id, OLD.desk_id, OLD.register, OLD.kind, OLD.value, OLD.key, OLD.before, OLD.decision_ref, OLD.confidence,
      OLD.since, OLD.written_at) THEN
    RAISE EXCEPTION 'what was entered stays as it was entered' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    RAISE EXCEPTION 'an ended entry stays ended' USING ERRCODE = 'check_violation';
  END IF;
  -- It stands longer only if two people reviewed it.
  IF (NEW.valid_to, NEW.review_on) IS DISTINCT FROM (OLD.valid_to, OLD.review_on) AND NOT EXISTS (
      SELECT FROM standing_review r WHERE r.entry_id = NEW.id AND r.seconded_by_id IS NOT NULL
      AND r.until = NEW.review_on AND NEW.valid_to <= r.until) THEN
    RAISE EXCEPTION 'an entry is renewed by a review of two people' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_entry_guard BEFORE INSERT OR UPDATE ON standing_entry
  FOR EACH ROW EXECUTE FUNCTION standing_guard_entry();

CREATE FUNCTION standing_guard_point() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM 1 FROM casework_measure m JOIN casework_case c ON c.id = m.case_id WHERE m.id = NEW.measure_id
      AND m.kind = NEW.kind AND m.desk_id = NEW.desk_id AND c.tier = NEW.tier AND m.decided_by_id IS NOT NULL
      AND m.state NOT IN ('drafted', 'withdrawn', 'approved', 'overturned')
      AND NOT EXISTS (SELECT FROM casework_appeal a WHERE a.measure_id = m.id AND a.state IN ('filed', 'overturned', 'defaulted'));
    IF NOT FOUND THEN
      RAISE EXCEPTION 'a point rests on a final decision' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.reversed_at IS NOT NULL OR
     (NEW.measure_id, NEW.desk_id, NEW.provider_id, NEW.case_number, NEW.role, NEW.kind, NEW.tier, NEW.points, NEW.formula,
      NEW.final_on, NEW.visible_on, NEW.recorded_at) IS DISTINCT FROM
     (OLD.measure_id, OLD.desk_id, OLD.provider_id, OLD.case_number, OLD.role, OLD.kind, OLD.tier, OLD.points, OLD.formula,
      OLD.final_on, OLD.visible_on, OLD.recorded_at) THEN
    RAISE EXCEPTION 'a point is taken away once and changed never' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_point_guard BEFORE INSERT OR UPDATE ON standing_conductpoint
  FOR EACH ROW EXECUTE FUNCTION standing_guard_point();

CREATE FUNCTION standing_guard_exposure() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER standing_exposure_guard BEFORE INSERT OR UPDATE ON standing_exposure
  FOR EACH ROW EXECUTE FUNCTION standing_guard_exposure();
"""
_NO_CONSEQUENCES = """
DROP TRIGGER standing_exposure_guard ON standing_exposure; DROP FUNCTION standing_guard_exposure();
DROP TRIGGER standing_point_guard ON standing_conductpoint; DROP FUNCTION standing_guard_point();
DROP TRIGGER standing_entry_guard ON standing_entry; DROP FUNCTION standing_guard_entry();
"""

_PEOPLE = """
CREATE FUNCTION standing_guard_threshold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.proposed_by_id IS DISTINCT FROM licet_user() OR NEW.switched_on_by_id IS NOT NULL OR NEW.ended_by_id IS NOT NULL
    THEN
      RAISE EXCEPTION 'a threshold is proposed in one''s own name and starts switched off' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.advice, NEW.value, NEW.reason, NEW.preview, NEW.proposed_by_id, NEW.proposed_at) IS DISTINCT FROM
     (OLD.advice, OLD.value, OLD.reason, OLD.preview, OLD.proposed_by_id, OLD.proposed_at) OR OLD.ended_at IS NOT NULL THEN
    RAISE EXCEPTION 'what was proposed stays as it was proposed' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.switched_on_by_id, NEW.switched_on_at) IS DISTINCT FROM (OLD.switched_on_by_id, OLD.switched_on_at)
     AND (OLD.switched_on_by_id IS NOT NULL OR NEW.switched_on_at IS NULL
          OR NEW.switched_on_by_id IS DISTINCT FROM licet_user()) THEN
    RAISE EXCEPTION 'a threshold is switched on once, by a second person in their own name' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.ended_by_id, NEW.ended_at) IS DISTINCT FROM (OLD.ended_by_id, OLD.ended_at)
     AND (NEW.ended_at IS NULL OR NEW.ended_by_id IS DISTINCT FROM licet_user()) THEN
    RAISE EXCEPTION 'a threshold is switched off in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_threshold_guard BEFORE INSERT OR UPDATE ON standing_threshold
  FOR EACH ROW EXECUTE FUNCTION standing_guard_threshold();

CREATE FUNCTION standing_guard_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.proposed_by_id IS DISTINCT FROM licet_user() OR NEW.seconded_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'a review is proposed in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.seconded_by_id IS NOT NULL OR NEW.seconded_by_id IS DISTINCT FROM licet_user() OR NEW.seconded_at IS NULL OR
     (NEW.entry_id, NEW.desk_id, NEW.reason, NEW.until, NEW.proposed_by_id, NEW.proposed_at) IS DISTINCT FROM
     (OLD.entry_id, OLD.desk_id, OLD.reason, OLD.until, OLD.proposed_by_id, OLD.proposed_at) THEN
    RAISE EXCEPTION 'a review is seconded once, in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_review_guard BEFORE INSERT OR UPDATE ON standing_review
  FOR EACH ROW EXECUTE FUNCTION standing_guard_review();

CREATE FUNCTION standing_guard_objection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.filed_by_id IS DISTINCT FROM licet_user() OR NEW.state <> 'open' THEN
      RAISE EXCEPTION 'an objection is filed in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  -- Whoever signed the decision does not answer the objection to it.
  IF OLD.state <> 'open' OR NEW.answered_by_id IS DISTINCT FROM licet_user() OR licet_scope() NOT IN ('national', 'regional')
     OR (NEW.point_id, NEW.provider_id, NEW.text, NEW.filed_by_id, NEW.filed_at) IS DISTINCT FROM
        (OLD.point_id, OLD.provider_id, OLD.text, OLD.filed_by_id, OLD.filed_at)
     OR EXISTS (SELECT FROM standing_conductpoint p JOIN casework_measure m ON m.id = p.measure_id WHERE p.id = NEW.point_id
                AND NEW.answered_by_id IN (m.drafted_by_id, m.decided_by_id, m.seconded_by_id)) THEN
    RAISE EXCEPTION 'an objection is answered once, by somebody of the authority who did not decide'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_objection_guard BEFORE INSERT OR UPDATE ON standing_objection
  FOR EACH ROW EXECUTE FUNCTION standing_guard_objection();
"""
_NO_PEOPLE = """
DROP TRIGGER standing_objection_guard ON standing_objection; DROP FUNCTION standing_guard_objection();
DROP TRIGGER standing_review_guard ON standing_review; DROP FUNCTION standing_guard_review();
DROP TRIGGER standing_threshold_guard ON standing_threshold; DROP FUNCTION standing_guard_threshold();
"""
_REFUSALS = dict.fromkeys(("standing_entry", "standing_review", "standing_conductpoint", "standing_objection",
                           "standing_threshold", "standing_exposure"), KEPT)


class Migration(migrations.Migration):
    dependencies = [("standing", "0002_row_level_security"), ("casework", "0004_guards_read_one_row"),
                    ("registers", "0004_two_people")]
    operations = [
        RunSQL(_SIGNED, "DROP FUNCTION standing_signed_by_two(bigint, text[]);"),
        RunSQL(_REGISTER, _NO_REGISTER),
        RunSQL(_CONSEQUENCES, _NO_CONSEQUENCES),
        RunSQL(_PEOPLE, _NO_PEOPLE),
        refuse("standing", "standing keeps what happened", _REFUSALS),
    ]
