"""PostgreSQL enforces who decides, who takes a step, how long a measure lasts and what it rests on.

The frozen tables get the columns they lacked; ``casework_term`` holds the profile's numbers, written by the owner at
each start (``config/terms.py``): the application role reads them only.
"""

from django.db import migrations
from django.db.migrations import RunSQL

# Copies of tables.TRANSITIONS and tables.MEASURES, compared by a test: a migration never changes meaning.
_DECIDER = ("'withdrawn'", "'approved'", "'lifted'")
_JUDGE = ("'resumed'", "'overturned'")
_EXECUTOR = ("'acknowledged'", "'done'", "'failed'", "'restored'")
_DESKS = "authority,access_provider,carrier"
_REVIEW = "reviewer,officer,compliance_officer"
_MEASURES = [  # kind, party_kinds, roles, needs, effect, reversible, term
    ("warn", f"{_DESKS},association", _REVIEW, "rule,tier", "none", "true", ""),
    ("order_rectification", _DESKS, _REVIEW, "finding,deadline,tier", "none", "true", ""),
    ("suspend_access", _DESKS, _REVIEW, "finding,tier,expiry", "cut_access", "true", "suspension_days"),
    ("stop_access", _DESKS, _REVIEW, "tier,evidence", "cut_access", "true", ""),
    ("suspend_billing", _DESKS, _REVIEW, "finding,tier,expiry,billing_chain", "cut_billing", "true", "suspension_days"),
    ("stop_billing", _DESKS, _REVIEW, "tier,evidence,billing_chain", "cut_billing", "true", ""),
    ("refer_to_police", f"{_DESKS},police", "liaison,officer,compliance_officer", "tier,bag", "refer", "NULL", ""),
    ("close_site", "authority", "officer", "tier,evidence,determination", "cut_access", "false", ""),
    ("revoke_licence", "authority", "officer", "tier,evidence,determination", "list", "false", ""),
    ("blacklist", "authority", "officer", "tier,final_decision,expiry", "list", "true", "blacklist_days"),
    ("publish_exposure", "authority,association", _REVIEW, "tier,final_decision,appeal_window_over,expiry", "publish",
     "true", "exposure_days"),
    ("end_cooperation", "access_provider,carrier", _REVIEW, "tier,assessment", "cut_billing", "true", ""),
    ("advise_non_renewal", _DESKS, _REVIEW, "tier,assessment", "none", "true", ""),
]
_POSTS = [("work", f"{_REVIEW},liaison"), ("judge", _REVIEW), ("carry_out", "executor,compliance_officer")]


def _list(text: str) -> str:
    return f"'{{{text}}}'"


_COLUMNS = f"""
ALTER TABLE casework_transition_rule DISABLE TRIGGER casework_transition_rule_refuse;
ALTER TABLE casework_measure_rule DISABLE TRIGGER casework_measure_rule_refuse;
ALTER TABLE casework_transition_rule ADD COLUMN actor varchar(10) NOT NULL DEFAULT 'system'
  CHECK (actor IN ('decider', 'judge', 'executor', 'system'));
ALTER TABLE casework_measure_rule ADD COLUMN party_kinds varchar(20)[] NOT NULL DEFAULT '{{}}',
  ADD COLUMN roles varchar(40)[] NOT NULL DEFAULT '{{}}', ADD COLUMN needs varchar(20)[] NOT NULL DEFAULT '{{}}',
  ADD COLUMN effect varchar(12) NOT NULL DEFAULT 'none', ADD COLUMN reversible boolean,
  ADD COLUMN term varchar(40) NOT NULL DEFAULT '';
UPDATE casework_transition_rule SET actor = CASE
  WHEN event IN ({", ".join(_DECIDER)}) OR (frm, event) = ('failed', 'ordered') THEN 'decider'
  WHEN event IN ({", ".join(_JUDGE)}) THEN 'judge' WHEN event IN ({", ".join(_EXECUTOR)}) THEN 'executor'
  ELSE 'system' END;
UPDATE casework_measure_rule r SET party_kinds = v.party_kinds::varchar[], roles = v.roles::varchar[],
  needs = v.needs::varchar[], effect = v.effect, reversible = v.reversible, term = v.term
FROM (VALUES {", ".join(
    f"('{kind}', {_list(parties)}, {_list(roles)}, {_list(needs)}, '{effect}', {reversible}::boolean, '{term}')"
    for kind, parties, roles, needs, effect, reversible, term in _MEASURES)})
  AS v(kind, party_kinds, roles, needs, effect, reversible, term) WHERE r.kind = v.kind;
-- None irreversible without two; NULL: nothing is imposed on anybody, so there is nothing to reverse.
ALTER TABLE casework_measure_rule ADD CONSTRAINT casework_irreversible_by_two
  CHECK (reversible IS DISTINCT FROM false OR persons > 1);
ALTER TABLE casework_transition_rule ENABLE ALWAYS TRIGGER casework_transition_rule_refuse;
ALTER TABLE casework_measure_rule ENABLE ALWAYS TRIGGER casework_measure_rule_refuse;

CREATE TABLE casework_post_rule (deed varchar(10) PRIMARY KEY, roles varchar(40)[] NOT NULL);
INSERT INTO casework_post_rule VALUES {", ".join(f"('{deed}', {_list(roles)})" for deed, roles in _POSTS)};
CREATE TRIGGER casework_post_rule_refuse BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON casework_post_rule
  FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse();
ALTER TABLE casework_post_rule ENABLE ALWAYS TRIGGER casework_post_rule_refuse;
CREATE TABLE casework_term (name varchar(40) PRIMARY KEY, days integer NOT NULL CHECK (days > 0));
"""
_NO_COLUMNS = """
DROP TABLE casework_term; DROP TABLE casework_post_rule;
ALTER TABLE casework_measure_rule DROP CONSTRAINT casework_irreversible_by_two;
ALTER TABLE casework_measure_rule DROP COLUMN party_kinds, DROP COLUMN roles, DROP COLUMN needs, DROP COLUMN effect,
  DROP COLUMN reversible, DROP COLUMN term;
ALTER TABLE casework_transition_rule DROP COLUMN actor;
"""

_QUESTIONS = r"""
-- The person stated for the transaction may do this at the desk ("work", "judge", "carry_out").
CREATE FUNCTION casework_may(desk text, asked text) RETURNS boolean LANGUAGE sql AS $$
  SELECT parties_holds(licet_user(), desk, NULL, (SELECT p.roles::text[] FROM casework_post_rule p WHERE p.deed = asked));
$$;

-- A profile's number of days as a span; NULL if it was never written, and then nothing is within it.
CREATE FUNCTION casework_span(term text) RETURNS interval LANGUAGE sql STABLE AS $$
  SELECT make_interval(days => t.days) FROM casework_term t WHERE t.name = term;
$$;

-- Every reference names a sealed bag of the case, or (unless a bag is asked for) evidence of it that is preserved.
CREATE FUNCTION casework_preserved(the_case bigint, refs text, only_bags boolean) RETURNS boolean
LANGUAGE sql STABLE AS $$
  WITH ref AS (SELECT r FROM regexp_split_to_table(coalesce(refs, ''), '[\s,;]+') AS t(r) WHERE r <> ''),
  locker AS (SELECT l.id FROM evidence_locker l WHERE l.case_id IN (
    SELECT the_case UNION ALL SELECT c.id FROM casework_case c WHERE c.merged_into_id = the_case))
  SELECT coalesce(bool_and(
    EXISTS (SELECT FROM evidence_bag b JOIN locker ON locker.id = b.locker_id WHERE b.ref = r AND b.state = 'sealed')
    OR (NOT only_bags AND EXISTS (
      SELECT FROM evidence_item i JOIN locker ON locker.id = i.locker_id
      WHERE i.ref = r AND i.content IN ('kept', 'hash_only') AND coalesce(
        (SELECT u.result FROM evidence_custody u WHERE u.item_id = i.id AND u.action = 'verified' ORDER BY u.id DESC LIMIT 1),
        'unchanged') IN ('unchanged', 'no content is kept')))), false) FROM ref;
$$;
"""
_NO_QUESTIONS = """
DROP FUNCTION casework_preserved(bigint, text, boolean); DROP FUNCTION casework_span(text);
DROP FUNCTION casework_may(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0013_bounds"), ("parties", "0008_posts_are_asked"),
                    ("core", "0002_latest_moment"), ("evidence", "0003_guards")]
    operations = [RunSQL(_COLUMNS, _NO_COLUMNS), RunSQL(_QUESTIONS, _NO_QUESTIONS)]
