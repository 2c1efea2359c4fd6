"""Evidence belongs to the desk of its case, and to the authority above it. Nobody else sees that there is any."""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_DESK = belongs_to("desk_id")
_TABLES = ("locker", "item", "bag", "custody", "stamp", "hold", "disposal", "viewing")


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial"), ("core", "0001_row_level_security"),
                    ("parties", "0002_row_level_security")]
    operations = [protect(f"evidence_{table}", read=_DESK, write=_DESK) for table in _TABLES]
