"""Search for a domain of a filing within milliseconds, under row-level security.

PostgreSQL evaluates nothing before a row-level policy that could leak a hidden row's value, and it does not trust
array containment: the GIN index over ``domains`` cannot serve the application role. Equality of texts is trusted, so
the first three domains have an index each; filings with more of them are few and share a partial index.
"""

from django.db import migrations
from django.db.migrations import RunSQL

_FORWARD = """
CREATE INDEX registers_filing_domain1 ON registers_filing ((domains[1]));
CREATE INDEX registers_filing_domain2 ON registers_filing ((domains[2])) WHERE domains[2] IS NOT NULL;
CREATE INDEX registers_filing_domain3 ON registers_filing ((domains[3])) WHERE domains[3] IS NOT NULL;
CREATE INDEX registers_filing_domain4 ON registers_filing ((domains[4])) WHERE domains[4] IS NOT NULL;
"""
_BACKWARD = "".join(f"DROP INDEX registers_filing_domain{number};" for number in (1, 2, 3, 4))


class Migration(migrations.Migration):
    dependencies = [("registers", "0004_two_people")]
    operations = [RunSQL(_FORWARD, _BACKWARD)]
