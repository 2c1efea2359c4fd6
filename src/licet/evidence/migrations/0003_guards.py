"""PostgreSQL keeps the promises of evidence itself: the custody log is append-only, an item never changes, content of
forbidden grounds is not kept, nothing is destroyed by one person, before its time, or while a hold stands.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.guards import APPENDED, KEPT, belong_together, refuse

_REFUSALS = {
    "evidence_custody": APPENDED,
    "evidence_locker": KEPT,
    "evidence_item": KEPT,
    "evidence_bag": KEPT,
    "evidence_stamp": KEPT,
    "evidence_hold": KEPT,
    "evidence_disposal": KEPT,
    "evidence_viewing": KEPT,
}
_OF_A_LOCKER = dict.fromkeys(("evidence_item", "evidence_bag", "evidence_custody", "evidence_hold"), "INSERT OR UPDATE")
_OF_AN_ITEM = dict.fromkeys(("evidence_stamp", "evidence_disposal", "evidence_viewing"), "INSERT OR UPDATE")

_GUARDS = """
CREATE FUNCTION evidence_guard_locker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.case_id, NEW.case_number, NEW.desk_id, NEW.ground_id, NEW.opened_at) IS DISTINCT FROM
     (OLD.case_id, OLD.case_number, OLD.desk_id, OLD.ground_id, OLD.opened_at)
     OR NEW.items_count < OLD.items_count OR NEW.bags_count < OLD.bags_count THEN
    RAISE EXCEPTION 'a locker stays the case''s' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_locker_guard BEFORE UPDATE ON evidence_locker
  FOR EACH ROW EXECUTE FUNCTION evidence_guard_locker();

CREATE FUNCTION evidence_guard_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.content = 'destroyed' THEN
      RAISE EXCEPTION 'an item does not start destroyed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.content = 'kept' AND EXISTS (SELECT 1 FROM evidence_locker l WHERE l.id = NEW.locker_id
                                        AND l.ground_id = 'minors') THEN
      RAISE EXCEPTION 'content of this ground is never kept' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.locker_id, NEW.desk_id, NEW.ref, NEW.kind, NEW.title, NEW.url, NEW.file_name, NEW.media_type, NEW.bytes,
      NEW.sha256, NEW.captured_at, NEW.added_at, NEW.added_by) IS DISTINCT FROM
     (OLD.locker_id, OLD.desk_id, OLD.ref, OLD.kind, OLD.title, OLD.url, OLD.file_name, OLD.media_type, OLD.bytes,
      OLD.sha256, OLD.captured_at, OLD.added_at, OLD.added_by) THEN
    RAISE EXCEPTION 'an item of evidence never changes' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.content, NEW.wrapped_key, NEW.destroyed_at) IS DISTINCT FROM (OLD.content, OLD.wrapped_key, OLD.destroyed_at)
  THEN
    IF OLD.content <> 'kept' OR NEW.content <> 'destroyed' THEN
      RAISE EXCEPTION 'content is destroyed once, and does not come back' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM evidence_disposal d WHERE d.item_id = NEW.id AND d.seconded_by_id IS NOT NULL) THEN
      RAISE EXCEPTION 'content is destroyed by two people' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM evidence_hold h WHERE h.locker_id = NEW.locker_id AND h.released_at IS NULL) THEN
      RAISE EXCEPTION 'a legal hold keeps this evidence' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_item_guard BEFORE INSERT OR UPDATE ON evidence_item
  FOR EACH ROW EXECUTE FUNCTION evidence_guard_item();

CREATE FUNCTION evidence_guard_bag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.locker_id, NEW.desk_id, NEW.ref, NEW.purpose, NEW.items, NEW.requested_by, NEW.requested_by_user,
      NEW.requested_at) IS DISTINCT FROM
     (OLD.locker_id, OLD.desk_id, OLD.ref, OLD.purpose, OLD.items, OLD.requested_by, OLD.requested_by_user,
      OLD.requested_at)
     OR (OLD.state <> 'requested' AND (NEW.sha256, NEW.bytes, NEW.sealed_at) IS DISTINCT FROM
         (OLD.sha256, OLD.bytes, OLD.sealed_at))
     OR (OLD.state, NEW.state) NOT IN (('requested', 'requested'), ('requested', 'sealed'), ('sealed', 'sealed'),
         ('sealed', 'destroyed'), ('requested', 'destroyed'), ('destroyed', 'destroyed')) THEN
    RAISE EXCEPTION 'a sealed bag never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_bag_guard BEFORE UPDATE ON evidence_bag FOR EACH ROW EXECUTE FUNCTION evidence_guard_bag();

CREATE FUNCTION evidence_guard_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.token IS NOT NULL OR (NEW.item_id, NEW.authority) IS DISTINCT FROM (OLD.item_id, OLD.authority) THEN
    RAISE EXCEPTION 'a time stamp never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_stamp_guard BEFORE UPDATE ON evidence_stamp FOR EACH ROW EXECUTE FUNCTION evidence_guard_stamp();

CREATE FUNCTION evidence_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.set_by_id IS DISTINCT FROM licet_user() OR NEW.released_at IS NOT NULL THEN
      RAISE EXCEPTION 'a hold is set in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.locker_id, NEW.reason, NEW.set_by_id, NEW.set_at) IS DISTINCT FROM
     (OLD.locker_id, OLD.reason, OLD.set_by_id, OLD.set_at) OR OLD.released_at IS NOT NULL
     OR NEW.released_by_id IS DISTINCT FROM licet_user() THEN
    RAISE EXCEPTION 'a hold is released once, in one''s own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_hold_guard BEFORE INSERT OR UPDATE ON evidence_hold
  FOR EACH ROW EXECUTE FUNCTION evidence_guard_hold();

CREATE FUNCTION evidence_guard_disposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.proposed_by_id IS DISTINCT FROM licet_user() OR NEW.seconded_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'a disposal is proposed in one''s own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.item_id, NEW.reason, NEW.proposed_by_id, NEW.proposed_at) IS DISTINCT FROM
     (OLD.item_id, OLD.reason, OLD.proposed_by_id, OLD.proposed_at)
     OR OLD.seconded_by_id IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
     OR (NEW.seconded_by_id IS NOT NULL AND NEW.seconded_by_id IS DISTINCT FROM licet_user()) THEN
    RAISE EXCEPTION 'a disposal is seconded once, by somebody else in their own name' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_disposal_guard BEFORE INSERT OR UPDATE ON evidence_disposal
  FOR EACH ROW EXECUTE FUNCTION evidence_guard_disposal();

CREATE FUNCTION evidence_guard_viewing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.person_id IS DISTINCT FROM licet_user() OR (TG_OP = 'UPDATE' AND (
     (NEW.item_id, NEW.person_id, NEW.purpose, NEW.started_at) IS DISTINCT FROM
     (OLD.item_id, OLD.person_id, OLD.purpose, OLD.started_at) OR NEW.ends_at > OLD.ends_at)) THEN
    RAISE EXCEPTION 'people look in their own name, and no longer than they said' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evidence_viewing_guard BEFORE INSERT OR UPDATE ON evidence_viewing
  FOR EACH ROW EXECUTE FUNCTION evidence_guard_viewing();
"""
_NO_GUARDS = "".join(
    f"DROP TRIGGER evidence_{table}_guard ON evidence_{table}; DROP FUNCTION evidence_guard_{table}();"
    for table in ("viewing", "disposal", "hold", "stamp", "bag", "item", "locker"))


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_row_level_security")]
    operations = [
        refuse("evidence", "evidence keeps what happened", _REFUSALS),
        belong_together("evidence_locker", "locker_id", _OF_A_LOCKER, promise="what belongs to a locker belongs to its desk"),
        belong_together("evidence_item", "item_id", _OF_AN_ITEM, promise="what belongs to an item belongs to its desk"),
        RunSQL(_GUARDS, _NO_GUARDS),
    ]
