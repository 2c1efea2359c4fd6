"""A letter that went out stays as it was; so do answers. Of the other rows only what may move moves."""

from django.db import migrations
from django.db.migrations import RunSQL

_REFUSALS = {  # table -> what nobody does to it
    "notices_notice": "UPDATE OR DELETE OR TRUNCATE",
    "notices_answerdocument": "UPDATE OR DELETE OR TRUNCATE",
    "notices_answer": "DELETE OR TRUNCATE",
    "notices_page": "DELETE OR TRUNCATE",
    "notices_delivery": "DELETE OR TRUNCATE",
    "notices_clock": "DELETE OR TRUNCATE",
}
_FROZEN = {  # table -> columns that keep their first value
    "notices_answer": ("measure_id", "case_id", "desk_id", "at", "text", "sha256"),
    "notices_page": ("measure_id", "desk_id", "nonce", "token_sha256", "created_at"),
    "notices_delivery": ("notice_id", "desk_id", "channel", "recipient", "address", "message_id"),
    "notices_clock": ("measure_id", "appeal_id", "desk_id", "kind", "started_at", "due_at", "consequence_zh",
                      "consequence_en"),
}
_REFUSE = """
CREATE FUNCTION notices_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was said stays as it was said: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_refuse BEFORE {verbs} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION notices_refuse();\n"
    for table, verbs in _REFUSALS.items()) + "".join(
    f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} FOR EACH ROW WHEN ("
    + " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    + ") EXECUTE FUNCTION notices_refuse();\n" for table, columns in _FROZEN.items())
_NO_REFUSE = "".join(f"DROP TRIGGER {table}_refuse ON {table};" for table in _REFUSALS) + "".join(
    f"DROP TRIGGER {table}_frozen ON {table};" for table in _FROZEN) + "DROP FUNCTION notices_refuse();"

_DESK = """
-- A letter and a clock belong to the measure's desk: otherwise another desk could write letters in its name.
CREATE FUNCTION notices_same_desk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM casework_measure WHERE id = NEW.measure_id AND desk_id = NEW.desk_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'what belongs to a measure belongs to its desk' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
""" + "".join(f"CREATE TRIGGER {table}_desk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION notices_same_desk();\n"
              for table in ("notices_notice", "notices_page", "notices_clock", "notices_answer"))
_NO_DESK = "".join(f"DROP TRIGGER {table}_desk ON {table};" for table in (
    "notices_notice", "notices_page", "notices_clock", "notices_answer")) + "DROP FUNCTION notices_same_desk();"


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_row_level_security")]
    operations = [RunSQL(_REFUSE, _NO_REFUSE), RunSQL(_DESK, _NO_DESK)]
