"""Who sees which organisation, post and membership."""

from django.db import migrations

from licet.core.rls import SEES_ALL, SIGNED_IN, belongs_to, protect

# The directory of organisations is open to everybody signed in; a site owner's record only to itself and the authority.
# It must not use belongs_to(): that reads this very table for regional authorities.
_OWN = "party_id = ANY ((SELECT licet_organisations())::text[])"
_REGION = "((SELECT licet_scope()) = 'regional' AND region = ANY ((SELECT licet_regions())::text[]))"
_PARTY_READ = f"{SIGNED_IN} AND (kind <> 'sponsor' OR {SEES_ALL} OR {_OWN} OR {_REGION})"
_MEMBER = "user_id = (SELECT licet_user())"


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial"), ("core", "0001_row_level_security")]
    operations = [
        protect("parties_party", read=_PARTY_READ, write=f"{SEES_ALL} OR {_REGION}"),
        protect("parties_post", read=belongs_to("provider_id"), write=belongs_to("provider_id")),
        protect("parties_membership", read=f"{belongs_to('party_id')} OR {_MEMBER}", write=belongs_to("party_id")),
    ]
