"""A desk hands a final decision to an association; the association sees that measure, and nothing else of the case."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations import RunSQL
from django.db.models import Q

from licet.core.rls import belongs_to, protect

_DESK, _PARTY = belongs_to("desk_id"), belongs_to("party_id")
_USER = settings.AUTH_USER_MODEL


def _policy(more: str) -> str:
    affected = (f"(provider_id <> '' AND {belongs_to('provider_id')})"
                f" OR (subject_party <> '' AND {belongs_to('subject_party')})")
    return (f"ALTER POLICY casework_measure_read ON casework_measure USING ({_DESK} OR (state NOT IN ('drafted',"
            f" 'withdrawn', 'approved') AND kind <> 'refer_to_police' AND ({affected})){more});")


# The sub-select is itself under the policy of casework_handeddecision.
_HANDED = " OR id IN (SELECT h.measure_id FROM casework_handeddecision h)"
_GUARD = """
CREATE FUNCTION casework_guard_handed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.given_by_id IS DISTINCT FROM licet_user() OR NOT casework_may(NEW.desk_id, 'work') THEN
    RAISE EXCEPTION 'a decision is handed on in one''s own name, by whoever works at its desk'
      USING ERRCODE = 'check_violation';
  END IF;
  PERFORM 1 FROM casework_measure m JOIN casework_case c ON c.id = m.case_id JOIN casework_case t ON t.id = NEW.case_id
    JOIN parties_party p ON p.party_id = NEW.party_id AND p.kind = 'association' AND p.until IS NULL
    WHERE m.id = NEW.measure_id AND m.desk_id = NEW.desk_id AND t.desk_id = NEW.party_id
    AND m.kind IN ('stop_access', 'stop_billing', 'close_site', 'revoke_licence')
    AND m.state NOT IN ('drafted', 'withdrawn', 'approved', 'stayed', 'overturned', 'lifted')
    AND (t.ground_id, t.subject_kind, t.subject_key) = (c.ground_id, c.subject_kind, c.subject_key);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a final decision is handed to an association, for a case about the same'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER casework_handeddecision_guard BEFORE INSERT ON casework_handeddecision
  FOR EACH ROW EXECUTE FUNCTION casework_guard_handed();
CREATE TRIGGER casework_handeddecision_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON casework_handeddecision
  FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse();
ALTER TABLE casework_handeddecision ENABLE ALWAYS TRIGGER casework_handeddecision_refuse;
"""
_NO_GUARD = """
DROP TRIGGER casework_handeddecision_refuse ON casework_handeddecision;
DROP TRIGGER casework_handeddecision_guard ON casework_handeddecision; DROP FUNCTION casework_guard_handed();
"""


def _key(to: str, **more: str) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **more)


class Migration(migrations.Migration):
    dependencies = [("casework", "0015_guards_ask_who"), migrations.swappable_dependency(_USER)]
    operations = [
        migrations.CreateModel(name="HandedDecision", fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("desk_id", models.CharField(max_length=80)),
            ("party_id", models.CharField(max_length=80, help_text="who may see it from now on")),
            ("reason", models.TextField()),
            ("given_at", models.DateTimeField()),
            ("measure", _key("casework.measure", related_name="handed")),
            ("case", _key("casework.case", related_name="handed", help_text="the receiver's case")),
            ("given_by", _key(_USER, related_name="+")),
        ], options={"constraints": [
            models.UniqueConstraint(fields=["measure", "party_id"], name="casework_handeddecision_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="casework_handeddecision_reason")]}),
        protect("casework_handeddecision", read=f"({_DESK} OR {_PARTY})", write=_DESK),
        RunSQL(_GUARD, _NO_GUARD),
        RunSQL(_policy(_HANDED), _policy("")),
    ]
