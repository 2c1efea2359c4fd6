"""Who sees what of standing. Entries, points and exposures are consequences of steps: only the system writes them, and no
person can, whatever their post. Thresholds, reviews and objections are acts of people.

The public page reads exposures as the system, through one selector that shows only what stands.
"""

from django.db import migrations

from licet.core.rls import SEES_ALL, SIGNED_IN, belongs_to, protect

_SYSTEM = "(SELECT licet_scope()) = 'system'"
_AUTHORITY = f"({SEES_ALL} OR (SELECT licet_scope()) = 'regional')"
_DESK = belongs_to("desk_id")
_PROVIDER = belongs_to("provider_id")


class Migration(migrations.Migration):
    dependencies = [("standing", "0001_initial"), ("parties", "0002_row_level_security"),
                    ("core", "0001_row_level_security")]
    operations = [
        protect("standing_entry", read=_DESK, write=_SYSTEM),
        protect("standing_review", read=_DESK, write=f"({_DESK} AND {_AUTHORITY})"),
        protect("standing_conductpoint", read=f"({_PROVIDER} OR {_DESK})", write=_SYSTEM),
        protect("standing_objection", read=_PROVIDER, write=_PROVIDER),
        protect("standing_threshold", read=SIGNED_IN, write=_AUTHORITY),
        protect("standing_exposure", read=_DESK, write=_SYSTEM),
    ]
