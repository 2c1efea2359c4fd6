"""A referral to the police is the desk's record alone: a measure the accused could read would warn them."""

from django.db import migrations
from django.db.migrations import RunSQL

from licet.core.rls import belongs_to

_DESK = belongs_to("desk_id")


def _policy(more: str) -> str:
    affected = (f"(provider_id <> '' AND {belongs_to('provider_id')})"
                f" OR (subject_party <> '' AND {belongs_to('subject_party')})")
    return (f"ALTER POLICY casework_measure_read ON casework_measure USING"
            f" ({_DESK} OR (state NOT IN ('drafted', 'withdrawn', 'approved'){more} AND ({affected})));")


class Migration(migrations.Migration):
    dependencies = [("casework", "0007_reports_recounted")]
    operations = [RunSQL(_policy(" AND kind <> 'refer_to_police'"), _policy(""))]
