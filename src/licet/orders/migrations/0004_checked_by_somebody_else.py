"""A check by hand comes from somebody who neither signed the measure nor carried it out, and one of billing names what it
saw: nothing else about a charge can be seen from outside.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations import RunSQL

_GUARD = """
CREATE FUNCTION orders_guard_observation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ordered record;
BEGIN
  IF (NEW.probe LIKE 'person:%') IS DISTINCT FROM (NEW.person_id IS NOT NULL)
     OR (NEW.person_id IS NOT NULL AND NEW.probe <> 'person:' || NEW.person_id) THEN
    RAISE EXCEPTION 'whoever looked by hand is named' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.person_id IS NULL THEN
    RETURN NEW;
  END IF;
  SELECT o.executor_id, o.desk_id, o.effect, m.drafted_by_id, m.decided_by_id, m.seconded_by_id INTO ordered
    FROM orders_order o JOIN casework_measure m ON m.id = o.measure_id WHERE o.id = NEW.order_id;
  IF NOT FOUND OR NEW.person_id = ANY (ARRAY[ordered.drafted_by_id, ordered.decided_by_id, ordered.seconded_by_id])
     OR EXISTS (SELECT FROM orders_ordertransition t WHERE t.order_id = NEW.order_id AND t.event IN ('acknowledged', 'done')
                AND t.actor = 'user:' || NEW.person_id)
     OR (ordered.executor_id <> ordered.desk_id AND EXISTS (SELECT FROM parties_membership p
         WHERE p.user_id = NEW.person_id AND p.party_id = ordered.executor_id AND p.ended_at IS NULL)) THEN
    RAISE EXCEPTION 'whoever signed or carried it out does not check it' USING ERRCODE = 'check_violation';
  END IF;
  IF ordered.effect = 'cut_billing' AND NEW.evidence = '' THEN
    RAISE EXCEPTION 'a check of billing by hand names its evidence' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_observation_guard BEFORE INSERT ON orders_observation
  FOR EACH ROW EXECUTE FUNCTION orders_guard_observation();
"""
_NO_GUARD = "DROP TRIGGER orders_observation_guard ON orders_observation; DROP FUNCTION orders_guard_observation();"


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_guards"), ("casework", "0003_guards"), ("parties", "0005_roles_and_scopes"),
                    migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("observation", "person", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL,
            help_text="who looked by hand: neither a signer nor the executor")),
        migrations.AddField("observation", "evidence", models.CharField(
            blank=True, default="", max_length=200, help_text="reference of what that person preserved"),
            preserve_default=False),
        RunSQL(_GUARD, _NO_GUARD),
    ]
