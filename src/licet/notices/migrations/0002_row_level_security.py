"""Who sees letters: the desk, the authority above it, and whoever may see the measure they are about.

Pages, deliveries and answers stay with the desk: they hold addresses, and what whoever is hit said to the desk alone.
The page's holder has no account; the portal checks the token and then acts as the system.
"""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_DESK = belongs_to("desk_id")
# The sub-select is itself under the policy of casework_measure: who sees the measure sees its letters and its clocks.
_WITH_MEASURE = f"({_DESK} OR measure_id IN (SELECT m.id FROM casework_measure m))"


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial"), ("casework", "0002_row_level_security")]
    operations = [
        *(protect(table, read=_DESK, write=_DESK)
          for table in ("notices_numbering", "notices_page", "notices_delivery", "notices_answer",
                        "notices_answerdocument")),
        *(protect(table, read=_WITH_MEASURE, write=_DESK) for table in ("notices_notice", "notices_clock")),
    ]
