"""The database keeps the journal's promise itself: entries continue the chain, and nothing is changed or removed.

An entry is taken only if it has the next number, its leaf hash is the hash of its text and its chain hash continues the
chain; the same trigger moves the head (size, chain hash, Merkle frontier). ``journal_lock`` hands the head to the next
writer and keeps it locked until that transaction ends: two writers queue, a rollback leaves no gap. Both run with the
owner's rights, so that the application role can move the head in no other way. ``journal_append`` saves the writer a
round trip: it puts the number into the text. ``ENABLE ALWAYS`` keeps the triggers on in a session that pretends to be
a replica.
"""

from django.db import migrations

from licet.core.guards import APPENDED, refuse

FORWARD = r"""
INSERT INTO journal_head (id, size, chain_hash, frontier) VALUES (1, 0, decode(repeat('00', 32), 'hex'), '');

CREATE FUNCTION journal_lock(OUT size bigint, OUT chain_hash bytea) LANGUAGE sql SECURITY DEFINER
  SET search_path = public, pg_temp AS
  $$ SELECT size, chain_hash FROM journal_head WHERE id = 1 FOR UPDATE $$;

CREATE FUNCTION journal_take() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE
  head journal_head%ROWTYPE;
  node bytea := NEW.leaf_hash;
  counter bigint;
BEGIN
  SELECT * INTO STRICT head FROM journal_head WHERE id = 1 FOR UPDATE;
  IF NEW.seq <> head.size
     OR NEW.leaf_hash <> sha256('\x00'::bytea || convert_to(NEW.canonical, 'UTF8'))
     OR NEW.chain_hash <> sha256(head.chain_hash || NEW.leaf_hash) THEN
    RAISE EXCEPTION 'entry % does not continue the journal', NEW.seq USING ERRCODE = 'restrict_violation';
  END IF;
  counter := head.size;
  WHILE counter & 1 = 1 LOOP
    node := sha256('\x01'::bytea || substr(head.frontier, length(head.frontier) - 31) || node);
    head.frontier := substr(head.frontier, 1, length(head.frontier) - 32);
    counter := counter >> 1;
  END LOOP;
  UPDATE journal_head SET size = head.size + 1, chain_hash = NEW.chain_hash, frontier = head.frontier || node
    WHERE id = 1;
  RETURN NEW;
END $$;

CREATE FUNCTION journal_append(
  p_at timestamptz, p_tag text, p_actor text, p_purpose text, p_subject text, p_organisation text, p_before text,
  p_after text, p_data jsonb, text_before_seq text, text_after_seq text,
  OUT seq bigint, OUT canonical text, OUT leaf_hash bytea, OUT chain_hash bytea) LANGUAGE plpgsql AS $$
BEGIN
  SELECT l.size, l.chain_hash INTO STRICT seq, chain_hash FROM journal_lock() l;
  canonical := text_before_seq || seq || text_after_seq;
  leaf_hash := sha256('\x00'::bytea || convert_to(canonical, 'UTF8'));
  chain_hash := sha256(chain_hash || leaf_hash);
  INSERT INTO journal_entry VALUES (seq, p_at, p_tag, p_actor, p_purpose, p_subject, p_organisation, p_before, p_after,
    p_data, canonical, leaf_hash, chain_hash);
END $$;

CREATE FUNCTION journal_head_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 OR NEW.size <> OLD.size + 1 THEN
    RAISE EXCEPTION 'the head of the journal moves only with an entry' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER journal_entry_take BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_take();
CREATE TRIGGER journal_head_step BEFORE UPDATE ON journal_head FOR EACH ROW EXECUTE FUNCTION journal_head_step();
ALTER TABLE journal_entry ENABLE ALWAYS TRIGGER journal_entry_take;
ALTER TABLE journal_head ENABLE ALWAYS TRIGGER journal_head_step;
-- One row that changes with every entry: its dead versions go away often and at once.
ALTER TABLE journal_head SET (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);
"""
BACKWARD = """
DROP TRIGGER journal_head_step ON journal_head;
DROP TRIGGER journal_entry_take ON journal_entry;
DROP FUNCTION journal_head_step(); DROP FUNCTION journal_take();
DROP FUNCTION journal_append(timestamptz, text, text, text, text, text, text, text, jsonb, text, text);
DROP FUNCTION journal_lock();
DELETE FROM journal_head;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        refuse("journal", "the journal is append-only", {
            "journal_entry": APPENDED, "journal_checkpoint": APPENDED, "journal_head": "INSERT OR DELETE OR TRUNCATE"}),
    ]
