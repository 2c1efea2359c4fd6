"""Who sees and writes casework: the desk that handles a case, and the authority above it.

Whoever a measure hits, and whoever carries it out, reads the measure and its appeals, but only once the statement of
reasons went out: a draft read by the accused would cost the evidence. Signals, timelines, links and single steps stay
with the desk: they hold what reporters said. Nobody but the desk writes; services act as the system where an executor
reports or an affected person appeals, after the rule let them.
"""

from django.db import migrations

from licet.core.rls import belongs_to, protect

_DESK = belongs_to("desk_id")
_AFFECTED = (
    f"({_DESK} OR (state NOT IN ('drafted', 'withdrawn', 'approved')"
    f" AND ((provider_id <> '' AND {belongs_to('provider_id')}) OR (subject_party <> '' AND {belongs_to('subject_party')}))))"
)
# The sub-select is itself under the policy of casework_measure: who sees the measure sees its appeals.
_WITH_MEASURE = f"({_DESK} OR measure_id IN (SELECT m.id FROM casework_measure m))"


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial"), ("core", "0001_row_level_security"),
                    ("parties", "0002_row_level_security")]
    operations = [
        *(protect(table, read=_DESK, write=_DESK)
          for table in ("casework_case", "casework_signal", "casework_caseevent", "casework_caselink",
                        "casework_measuretransition")),
        protect("casework_measure", read=_AFFECTED, write=_DESK),
        protect("casework_appeal", read=_WITH_MEASURE, write=_DESK),
        protect("casework_determination", read=f"({_DESK} OR {belongs_to('authority_id')})", write=_DESK),
    ]
