"""Who sees reports: the desk they were made to, and the authority above it. A provider never sees who reported what
about it, and how to reach a reporter is shown by no query of anybody's: the system alone reads that table, for a named
person with a purpose (``services.contacts``).
"""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_DESK = belongs_to("desk_id")
_SYSTEM = "(SELECT licet_scope()) = 'system'"


class Migration(migrations.Migration):
    dependencies = [("hotline", "0001_initial"), ("core", "0001_row_level_security"),
                    ("parties", "0002_row_level_security")]
    operations = [
        *(protect(table, read=_DESK, write=_DESK)
          for table in ("hotline_reporter", "hotline_alarm", "hotline_report", "hotline_question")),
        protect("hotline_contact", read=_SYSTEM, write=_SYSTEM),
    ]
