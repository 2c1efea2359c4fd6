"""Who sees and writes which register row.

Licences, their reviews and the blacklist are the authority's public record: everybody signed in reads them, the authority
writes. Filings, access relations and addresses belong to a provider.
"""

from django.db import migrations

from licet.core.rls import SEES_ALL, SIGNED_IN, belongs_to, protect

_AUTHORITY = f"{SEES_ALL} OR (SELECT licet_scope()) = 'regional'"


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_initial"), ("parties", "0002_row_level_security")]
    operations = [
        protect("registers_licence", read=SIGNED_IN, write=_AUTHORITY),
        protect("registers_annualreview", read=SIGNED_IN, write=_AUTHORITY),
        protect("registers_blacklistentry", read=SIGNED_IN, write=_AUTHORITY),
        protect("registers_filing", read=belongs_to("provider_id"), write=belongs_to("provider_id")),
        protect("registers_accessrelation", read=belongs_to("provider_id"), write=belongs_to("provider_id")),
        protect("registers_addressblock", read=belongs_to("holder_id"), write=belongs_to("holder_id")),
        protect("registers_registerload", read=f"provider_id = '' AND {SIGNED_IN} OR {belongs_to('provider_id')}",
                write=f"{_AUTHORITY} OR {belongs_to('provider_id')}"),
        protect("registers_proposedchange", read=belongs_to("provider_id"),
                write=f"{_AUTHORITY} OR {belongs_to('provider_id')}"),
    ]
