"""Two people, whatever the application says: who needs a second person, who may be it, and what stays as it was."""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.rls import belongs_to, protect

# A copy of the kinds marked two_person in ``licet.registers.kinds``: a migration never changes meaning after it landed.
_TWO_PEOPLE = "('licences', 'annual_reviews', 'blacklist')"
_OWN = "(SELECT licet_user())"
# Records of no organisation (the blacklist) are the authority's: regional officers see and decide them too.
_SHARED = "(provider_id = '' AND (SELECT licet_scope()) = 'regional')"
_CHANGE_READ = f"{belongs_to('provider_id')} OR {_SHARED} OR proposed_by = {_OWN}"
_UPLOAD = f"{belongs_to('provider_id')} OR {_SHARED} OR uploaded_by = {_OWN}"

_GUARD = f"""
CREATE FUNCTION registers_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a proposed change is kept' USING ERRCODE = 'check_violation';
  END IF;
  -- These registers decide about livelihoods: a second person, whatever the application says.
  IF NEW.kind IN {_TWO_PEOPLE} THEN NEW.needs_second := true; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.proposed_by IS DISTINCT FROM licet_user() THEN
      RAISE EXCEPTION 'a change is proposed in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.needs_second AND NEW.state <> 'proposed' THEN
      RAISE EXCEPTION 'a change that needs a second person starts as proposed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'proposed' THEN
    RAISE EXCEPTION 'a decided change stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind, NEW.key, NEW.provider_id, NEW.before, NEW.after, NEW.reason, NEW.proposed_by, NEW.proposed_at)
     IS DISTINCT FROM
     (OLD.kind, OLD.key, OLD.provider_id, OLD.before, OLD.after, OLD.reason, OLD.proposed_by, OLD.proposed_at)
     OR (OLD.needs_second AND NOT NEW.needs_second) THEN
    RAISE EXCEPTION 'what was proposed stays as it was proposed' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = 'withdrawn' AND licet_user() IS DISTINCT FROM OLD.proposed_by THEN
    RAISE EXCEPTION 'a change is withdrawn by who proposed it' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.needs_second AND NEW.state IN ('applied', 'refused')
     AND (NEW.decided_by IS DISTINCT FROM licet_user() OR licet_scope() NOT IN ('national', 'regional')) THEN
    RAISE EXCEPTION 'a change is decided in one''s own name by the authority' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER registers_guard_change BEFORE INSERT OR UPDATE OR DELETE ON registers_proposedchange
  FOR EACH ROW EXECUTE FUNCTION registers_guard_change();

CREATE FUNCTION registers_guard_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a record of an upload is kept' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.kind IN {_TWO_PEOPLE} THEN NEW.needs_second := true; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.uploaded_by IS DISTINCT FROM licet_user() THEN
      RAISE EXCEPTION 'a file is handed in in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.needs_second AND (NEW.state <> 'uploaded' OR NEW.decided_by IS NOT NULL) THEN
      RAISE EXCEPTION 'a file that needs a second person starts as uploaded' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state IN ('imported', 'refused', 'withdrawn', 'failed') THEN
    RAISE EXCEPTION 'a finished upload stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind, NEW.as_of, NEW.provider_id, NEW.replace, NEW.file_sha256, NEW.uploaded_by, NEW.uploaded_at)
     IS DISTINCT FROM
     (OLD.kind, OLD.as_of, OLD.provider_id, OLD.replace, OLD.file_sha256, OLD.uploaded_by, OLD.uploaded_at)
     OR (OLD.needs_second AND NOT NEW.needs_second) THEN
    RAISE EXCEPTION 'what was handed in stays as it was' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.needs_second AND NEW.decided_by IS DISTINCT FROM OLD.decided_by AND
     (OLD.decided_by IS NOT NULL OR NEW.decided_by IS DISTINCT FROM licet_user()
      OR licet_scope() NOT IN ('national', 'regional')) THEN
    RAISE EXCEPTION 'a file is let in in one''s own name by the authority' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER registers_guard_upload BEFORE INSERT OR UPDATE OR DELETE ON registers_registerupload
  FOR EACH ROW EXECUTE FUNCTION registers_guard_upload();
"""
_UNGUARD = """
DROP TRIGGER registers_guard_upload ON registers_registerupload; DROP FUNCTION registers_guard_upload();
DROP TRIGGER registers_guard_change ON registers_proposedchange; DROP FUNCTION registers_guard_change();
"""
_WIDEN = f"""
DROP POLICY registers_proposedchange_read ON registers_proposedchange;
CREATE POLICY registers_proposedchange_read ON registers_proposedchange FOR SELECT USING ({_CHANGE_READ});
"""
_NARROW = f"""
DROP POLICY registers_proposedchange_read ON registers_proposedchange;
CREATE POLICY registers_proposedchange_read ON registers_proposedchange FOR SELECT USING ({belongs_to("provider_id")});
"""


class Migration(migrations.Migration):
    dependencies = [("registers", "0003_uploads_and_search")]
    operations = [
        RunSQL(_GUARD, _UNGUARD),
        RunSQL(_WIDEN, _NARROW),
        protect("registers_registerupload", read=_UPLOAD, write=_UPLOAD),
    ]
