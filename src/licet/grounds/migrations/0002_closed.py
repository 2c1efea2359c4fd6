"""The thirteen grounds, then the lid: a trigger refuses every further change for everyone."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROWS = {
    "content": ("pornography", "minors", "sexual_service_line", "deceptive_promotion", "deceptive_billing"),
    "licensing": ("unlicensed_provider", "failed_annual_review", "unfiled_site", "false_filing",
                  "serving_unfiled_site", "blacklisted", "real_name_missing", "duty_neglected"),
}
CLOSE = """
CREATE FUNCTION grounds_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the list of grounds is closed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER grounds_ground_closed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON grounds_ground
  FOR EACH STATEMENT EXECUTE FUNCTION grounds_closed();
"""
OPEN = "DROP TRIGGER grounds_ground_closed ON grounds_ground; DROP FUNCTION grounds_closed();"


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    ground = apps.get_model("grounds", "Ground")
    ground.objects.using(editor.connection.alias).bulk_create(
        ground(id=name, kind=kind) for kind, names in ROWS.items() for name in names
    )


class Migration(migrations.Migration):
    dependencies = [("grounds", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(CLOSE, OPEN),
    ]
