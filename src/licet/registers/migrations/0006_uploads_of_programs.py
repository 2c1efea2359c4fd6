"""A program may hand in a file as well; what it handed in stays its own."""

from django.db import migrations, models
from django.db.migrations import RunSQL

_GUARD = """
CREATE FUNCTION registers_guard_upload_sender() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was handed in stays as it was' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER registers_guard_upload_sender BEFORE UPDATE ON registers_registerupload
  FOR EACH ROW WHEN (OLD.token_id IS DISTINCT FROM NEW.token_id) EXECUTE FUNCTION registers_guard_upload_sender();
"""
_UNGUARD = """
DROP TRIGGER registers_guard_upload_sender ON registers_registerupload;
DROP FUNCTION registers_guard_upload_sender();
"""


class Migration(migrations.Migration):
    dependencies = [("registers", "0005_domain_search")]
    operations = [
        migrations.AddField(
            model_name="registerupload",
            name="token_id",
            field=models.BigIntegerField(help_text="the program's key", null=True),
        ),
        migrations.AlterField(
            model_name="registerupload",
            name="uploaded_by",
            field=models.BigIntegerField(help_text="user id; empty when a program handed it in", null=True),
        ),
        migrations.AddConstraint(
            model_name="registerupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("uploaded_by__isnull", True)) ^ models.Q(("token_id__isnull", True)),
                name="registers_upload_one_sender",
            ),
        ),
        RunSQL(_GUARD, _UNGUARD),
    ]
