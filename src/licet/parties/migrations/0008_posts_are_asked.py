"""PostgreSQL itself can ask whether somebody holds a post, and lets nobody give themselves one.

The question is the one services ask (``casework/services/people.py``): a live membership in one of these roles at the
desk, or at an authority whose region covers it.
"""

from django.db import migrations
from django.db.migrations import RunSQL

_HOLDS = """
CREATE FUNCTION parties_holds(who bigint, desk text, kinds text[], roles text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  stated text := current_setting('licet.scope', true);
  held boolean;
BEGIN
  -- The rule looks, not the person: what a colleague is elsewhere is hidden from them.
  PERFORM set_config('licet.scope', 'system', true);
  SELECT EXISTS (
    SELECT FROM parties_membership m
    JOIN auth_user u ON u.id = m.user_id AND u.is_active
    JOIN parties_party p ON p.party_id = m.party_id AND p.until IS NULL
    LEFT JOIN parties_party d ON d.party_id = desk AND d.until IS NULL
    WHERE m.user_id = who AND m.ended_at IS NULL AND m.role = ANY (roles) AND (kinds IS NULL OR p.kind = ANY (kinds))
      AND (m.party_id = desk OR (p.kind = 'authority' AND (p.region IN ('', '*') OR p.region = d.region)))) INTO held;
  PERFORM set_config('licet.scope', coalesce(stated, ''), true);
  RETURN held;
END $$;
"""
_GIVEN = """
CREATE FUNCTION parties_guard_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL
     OR (NEW.user_id, NEW.party_id, NEW.role, NEW.granted_by, NEW.granted_at) IS DISTINCT FROM
        (OLD.user_id, OLD.party_id, OLD.role, OLD.granted_by, OLD.granted_at)) THEN
    RAISE EXCEPTION 'a membership ends once and changes in nothing else' USING ERRCODE = 'check_violation';
  END IF;
  IF licet_scope() <> 'system' AND NOT parties_holds(licet_user(), NEW.party_id, NULL, '{administrator}') THEN
    RAISE EXCEPTION 'memberships are given and ended by an administrator' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parties_membership_guard BEFORE INSERT OR UPDATE ON parties_membership
  FOR EACH ROW EXECUTE FUNCTION parties_guard_membership();
"""
_NOT_GIVEN = "DROP TRIGGER parties_membership_guard ON parties_membership; DROP FUNCTION parties_guard_membership();"


class Migration(migrations.Migration):
    dependencies = [("parties", "0007_evidence_scopes"), ("core", "0001_row_level_security"),
                    migrations.swappable_dependency("auth.User")]
    operations = [RunSQL(_HOLDS, "DROP FUNCTION parties_holds(bigint, text, text[], text[]);"),
                  RunSQL(_GIVEN, _NOT_GIVEN)]
