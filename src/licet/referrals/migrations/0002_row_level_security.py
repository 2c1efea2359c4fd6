"""The sending desk, the authority above it and the police desk it went to see a referral; only services write it.

A referral is no police matter before it was handed over. The keys of police desks are their own; services read them.
Evidence lies below casework and cannot name its tables: that a locker is a case's is compared here.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.guards import KEPT, refuse
from licet.core.rls import SEES_ALL, belongs_to, protect

_DESK = belongs_to("desk_id")
_READ = (f"({_DESK} OR (police_id <> '' AND state NOT IN ('waiting', 'failed') AND {belongs_to('police_id')}))")

_LOCKERS = """
CREATE FUNCTION referrals_locker_of_case() RETURNS trigger LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
  PERFORM 1 FROM casework_case c WHERE c.id = NEW.case_id AND c.number = NEW.case_number AND c.desk_id = NEW.desk_id
    AND c.ground_id = NEW.ground_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a locker has the number, desk and ground of its case' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_locker_of_case BEFORE INSERT ON evidence_locker
  FOR EACH ROW EXECUTE FUNCTION referrals_locker_of_case();
"""
_NO_LOCKERS = "DROP TRIGGER evidence_locker_of_case ON evidence_locker; DROP FUNCTION referrals_locker_of_case();"

_GUARDS = """
CREATE FUNCTION referrals_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM 1 FROM casework_measure m WHERE m.id = NEW.measure_id AND m.desk_id = NEW.desk_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'a referral has the desk of its measure' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.number, NEW.measure_id, NEW.desk_id, NEW.case_number, NEW.ground, NEW.subject, NEW.created_at)
     IS DISTINCT FROM
     (OLD.number, OLD.measure_id, OLD.desk_id, OLD.case_number, OLD.ground, OLD.subject, OLD.created_at)
     OR OLD.state IN ('recorded', 'withdrawn')
     OR (OLD.sent_at IS NOT NULL AND (NEW.police_id, NEW.bag_id, NEW.bag_sha256) IS DISTINCT FROM
         (OLD.police_id, OLD.bag_id, OLD.bag_sha256))
     OR (OLD.state IN ('received', 'answered') AND (NEW.received_at, NEW.receipt_no, NEW.receipt_sha256, NEW.received_by)
         IS DISTINCT FROM (OLD.received_at, OLD.receipt_no, OLD.receipt_sha256, OLD.received_by))
     OR (OLD.state = 'answered' AND (NEW.result, NEW.document_no, NEW.determined_on, NEW.text, NEW.answered_at)
         IS DISTINCT FROM (OLD.result, OLD.document_no, OLD.determined_on, OLD.text, OLD.answered_at)) THEN
    RAISE EXCEPTION 'what was handed over, received and answered stays as it was' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER referrals_referral_guard BEFORE INSERT OR UPDATE ON referrals_referral
  FOR EACH ROW EXECUTE FUNCTION referrals_guard();
"""
_NO_GUARDS = """
DROP TRIGGER referrals_referral_guard ON referrals_referral; DROP FUNCTION referrals_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial"), ("evidence", "0003_guards"), ("casework", "0003_guards"),
                    ("core", "0001_row_level_security"), ("parties", "0002_row_level_security")]
    operations = [
        protect("referrals_referral", read=_READ, write=SEES_ALL),
        protect("referrals_deskkey", read=belongs_to("party_id"), write=belongs_to("party_id")),
        refuse("referrals", "referrals keep what happened", {"referrals_referral": KEPT, "referrals_deskkey": KEPT}),
        RunSQL(_GUARDS, _NO_GUARDS), RunSQL(_LOCKERS, _NO_LOCKERS),
    ]
