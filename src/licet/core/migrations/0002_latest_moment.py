"""The latest moment a row may claim for what happened: clocks of two machines differ, and nobody signs tomorrow's deeds.

Services are given their time, so a trigger cannot simply write its own. Tests tell stories of other days and move this
bound in their template; the application role cannot.
"""

from django.db import migrations

_LATEST = """
CREATE FUNCTION licet_latest() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT now() + interval '1 day' $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_row_level_security")]
    operations = [migrations.RunSQL(_LATEST, "DROP FUNCTION licet_latest();")]
