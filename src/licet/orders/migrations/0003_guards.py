"""The database keeps the promises of orders itself, whatever the application says.

Steps are a frozen table. A step is a row: adding it compares the order's state with the step's ``frm`` and moves it, so
two reports never both win. What was ordered, sent, seen and escalated stays.
"""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.guards import APPENDED, KEPT, LISTED, belong_together, refuse

# A copy of tables.STEPS: a migration never changes meaning after it landed. A test compares it with the table in Python.
_STEPS = [
    ('pending', 'dispatched', 'dispatched'),
    ('pending', 'acknowledged', 'acknowledged'),
    ('dispatched', 'acknowledged', 'acknowledged'),
    ('refused', 'acknowledged', 'acknowledged'),
    ('failed', 'acknowledged', 'acknowledged'),
    ('pending', 'done', 'done'),
    ('dispatched', 'done', 'done'),
    ('acknowledged', 'done', 'done'),
    ('refused', 'done', 'done'),
    ('failed', 'done', 'done'),
    ('pending', 'refused', 'refused'),
    ('dispatched', 'refused', 'refused'),
    ('acknowledged', 'refused', 'refused'),
    ('pending', 'failed', 'failed'),
    ('dispatched', 'failed', 'failed'),
    ('acknowledged', 'failed', 'failed'),
    ('failed', 'reassigned', 'pending'),
    ('refused', 'reissued', 'pending'),
    ('failed', 'reissued', 'pending'),
    ('done', 'verified', 'verified'),
    ('done', 'disagreed', 'pending'),
    ('verified', 'disagreed', 'pending'),
    ('pending', 'superseded', 'superseded'),
    ('dispatched', 'superseded', 'superseded'),
    ('acknowledged', 'superseded', 'superseded'),
    ('refused', 'superseded', 'superseded'),
    ('failed', 'superseded', 'superseded'),
    ('done', 'superseded', 'superseded'),
    ('verified', 'superseded', 'superseded'),
]
_RULES = f"""
CREATE TABLE orders_transition_rule (
  frm varchar(12) NOT NULL, event varchar(14) NOT NULL, "to" varchar(12) NOT NULL CHECK ("to" <> frm),
  PRIMARY KEY (frm, event), UNIQUE (frm, event, "to"));
INSERT INTO orders_transition_rule VALUES {", ".join(str(row) for row in _STEPS)};
ALTER TABLE orders_ordertransition ADD CONSTRAINT orders_step_listed FOREIGN KEY (frm, event, "to")
  REFERENCES orders_transition_rule (frm, event, "to");
"""
_NO_RULES = """
ALTER TABLE orders_ordertransition DROP CONSTRAINT orders_step_listed;
DROP TABLE orders_transition_rule;
"""

_REFUSALS = {
    "orders_transition_rule": LISTED,
    "orders_order": KEPT,
    "orders_connector": KEPT,
    "orders_attempt": KEPT,
    "orders_ordertransition": APPENDED,
    "orders_escalation": APPENDED,
    "orders_observation": APPENDED,
    "orders_listentry": APPENDED,
}
_OF_AN_ORDER = dict.fromkeys(
    ("orders_ordertransition", "orders_attempt", "orders_escalation", "orders_observation"), "INSERT")

_ORDER = """
CREATE FUNCTION orders_guard_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  step orders_ordertransition%ROWTYPE;
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM 1 FROM casework_measure m WHERE m.id = NEW.measure_id AND m.desk_id = NEW.desk_id;
    IF NOT FOUND OR NEW.state <> 'pending' OR NEW.round <> 1 OR NEW.tries <> 0 THEN
      RAISE EXCEPTION 'an order starts pending, with the desk of its measure' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.public_id, NEW.measure_id, NEW.desk_id, NEW.executor_id, NEW.sequence, NEW.kind, NEW.effect, NEW.written_at)
     IS DISTINCT FROM
     (OLD.public_id, OLD.measure_id, OLD.desk_id, OLD.executor_id, OLD.sequence, OLD.kind, OLD.effect, OLD.written_at)
     OR (NEW.targets IS DISTINCT FROM OLD.targets AND EXISTS (SELECT 1 FROM orders_attempt a WHERE a.order_id = NEW.id))
     OR NEW.round NOT IN (OLD.round, OLD.round + 1) THEN
    RAISE EXCEPTION 'what was ordered stays as it was ordered' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state IS DISTINCT FROM OLD.state THEN
    SELECT * INTO step FROM orders_ordertransition t WHERE t.order_id = NEW.id ORDER BY t.id DESC LIMIT 1;
    IF NOT FOUND OR step.frm <> OLD.state OR step."to" <> NEW.state THEN
      RAISE EXCEPTION 'the state of an order changes by adding a step' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_order_guard BEFORE INSERT OR UPDATE ON orders_order
  FOR EACH ROW EXECUTE FUNCTION orders_guard_order();

CREATE FUNCTION orders_take_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  present varchar(12);
BEGIN
  SELECT o.state INTO present FROM orders_order o WHERE o.id = NEW.order_id FOR UPDATE;
  IF present IS DISTINCT FROM NEW.frm THEN
    RAISE EXCEPTION 'the order is %, not %', present, NEW.frm USING ERRCODE = 'restrict_violation';
  END IF;
  UPDATE orders_order SET state = NEW."to" WHERE id = NEW.order_id;
  RETURN NULL;
END $$;
CREATE TRIGGER orders_ordertransition_take AFTER INSERT ON orders_ordertransition
  FOR EACH ROW EXECUTE FUNCTION orders_take_step();

CREATE FUNCTION orders_guard_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.finished_at IS NOT NULL
     OR (NEW.order_id, NEW.round, NEW.number, NEW.channel, NEW.message_id, NEW.started_at, NEW.lease_until)
     IS DISTINCT FROM
     (OLD.order_id, OLD.round, OLD.number, OLD.channel, OLD.message_id, OLD.started_at, OLD.lease_until) THEN
    RAISE EXCEPTION 'an attempt is completed once' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_attempt_guard BEFORE UPDATE ON orders_attempt
  FOR EACH ROW EXECUTE FUNCTION orders_guard_attempt();

CREATE FUNCTION orders_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
BEGIN
  SELECT c.serial INTO last FROM orders_connector c
    WHERE c.id = NEW.connector_id AND c.party_id = NEW.party_id FOR UPDATE;
  IF NOT FOUND OR NEW.serial <> last + 1 THEN
    RAISE EXCEPTION 'lines of a list follow each other without gaps' USING ERRCODE = 'check_violation';
  END IF;
  UPDATE orders_connector SET serial = NEW.serial WHERE id = NEW.connector_id;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_listentry_guard BEFORE INSERT ON orders_listentry
  FOR EACH ROW EXECUTE FUNCTION orders_guard_entry();
"""
_NO_ORDER = """
DROP TRIGGER orders_listentry_guard ON orders_listentry; DROP FUNCTION orders_guard_entry();
DROP TRIGGER orders_attempt_guard ON orders_attempt; DROP FUNCTION orders_guard_attempt();
DROP TRIGGER orders_ordertransition_take ON orders_ordertransition; DROP FUNCTION orders_take_step();
DROP TRIGGER orders_order_guard ON orders_order; DROP FUNCTION orders_guard_order();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_row_level_security")]
    operations = [
        RunSQL(_RULES, _NO_RULES),
        belong_together("orders_order", "order_id", _OF_AN_ORDER, shared=("desk_id", "executor_id"),
                        promise="what belongs to an order belongs to its desk and executor"),
        RunSQL(_ORDER, _NO_ORDER),
        refuse("orders", "orders keep what happened", _REFUSALS),
    ]
