"""``licet doctor``: is this installation sound? A table of checks, each with what it means and how to repair it.

A check returns (ok, detail). It may raise: then it failed, and the message is the detail. Checks act as the operator.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from licet.config.terminal import counted
from licet.core.errors import LicetError

MINIMUM_FREE_BYTES = 2 * 1024**3
MAXIMUM_CLOCK_DIFFERENCE_S = 2.0
MAXIMUM_WAIT = dt.timedelta(minutes=15)  # the worker takes reports over every ten seconds
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
ORGANISATION_COLUMNS = ("provider_id", "party_id", "holder_id", "organisation", "organisation_id")

Outcome = tuple[bool, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """One thing to look at. An ``advice`` that fails is shown and does not fail the command."""

    id: str
    look: Callable[[], Outcome]
    meaning: str
    repair: str
    advice: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What a check found; ``ok`` is true for advice, whatever it says."""

    id: str
    ok: bool
    detail: str
    meaning: str
    repair: str  # empty when there is nothing to repair


def examine() -> list[Result]:
    """Run all checks. When the database cannot be reached, the checks that need it are not run."""
    results = [_run(check) for check in (*_BEFORE, _CONNECT)]
    if not results[-1].ok:
        return results
    from licet.core.operator import operator
    from licet.core.rls import acting_as

    with acting_as(operator()):
        return results + [_run(check) for check in _WITH_DATABASE]


def _run(check: Check) -> Result:
    from django.db import transaction

    try:
        if check in _WITH_DATABASE:
            with transaction.atomic():
                ok, detail = check.look()
        else:
            ok, detail = check.look()
    except LicetError as error:
        ok, detail = False, f"{error.message} ({error.hint})" if error.hint else error.message
    except Exception as error:  # whatever a check meets is what it found
        ok, detail = False, f"{type(error).__name__}: {error}".strip()
    return Result(id=check.id, ok=ok or check.advice, detail=detail, meaning=check.meaning,
                  repair="" if ok else check.repair)


def as_json(results: list[Result]) -> str:
    """One document: ``{"ok", "checks": [{"id", "ok", "detail", "meaning", "repair"}]}``."""
    return json.dumps({"ok": all(result.ok for result in results),
                       "checks": [dataclasses.asdict(result) for result in results]}, ensure_ascii=False, indent=1)


def as_text(results: list[Result]) -> str:
    """A line per check; under a failing one what it means and how to repair it."""
    lines = []
    for result in results:
        word = "FAIL" if not result.ok else "note" if result.repair else "ok"
        lines.append(f"{word:5}{result.id:22}{result.detail}")
        if result.repair:
            lines += [f"{'':5}{'':22}means:  {result.meaning}", f"{'':5}{'':22}repair: {result.repair}"]
    return "\n".join(lines)


def _home() -> Path:
    from licet.config.settings import LICET_HOME

    return LICET_HOME


def _disk() -> Outcome:
    free = shutil.disk_usage(_home()).free
    return free >= MINIMUM_FREE_BYTES, f"{free / 1024**3:.1f} GB free"


def _secret_modes() -> Outcome:
    """Secrets and signing keys are readable by their owner only."""
    home = _home()
    paths = [home / "secrets.json", *(home / "keys").glob("*")]
    loose = [path.name for path in paths if path.is_file()
             and stat.S_IMODE(path.stat().st_mode) & 0o077]
    return not loose, f"readable by others: {', '.join(loose)}" if loose else "keys are private"


def _mail() -> Outcome:
    from licet.config.settings import ENV

    return bool(ENV["LICET_EMAIL_URL"]), "mail server set" if ENV["LICET_EMAIL_URL"] else "no mail server"


def _public_address() -> Outcome:
    from licet.config.settings import PUBLIC_URL
    from licet.core.outside import has_public_address

    return has_public_address(), PUBLIC_URL


def _security_contact() -> Outcome:
    from licet.config.settings import ENV

    found = str(ENV["LICET_SECURITY_CONTACT"])
    return bool(found), found or "nobody is named"


def _mailbox() -> Outcome:
    """Signs in and looks; nothing is fetched."""
    from licet.config import settings
    from licet.hotline.imap import signed_in

    box = settings.HOTLINE_MAILBOX
    if box is None:
        return True, "none is set"
    with signed_in(box) as server:
        waiting = server.open(box.folder)
    if stat.S_IMODE(box.password_file.stat().st_mode) & 0o077:
        return False, f"{box}: {waiting} waiting; others can read {box.password_file}"
    return True, f"{box}: {waiting} waiting"


def _spool() -> Outcome:
    """What was accepted with a receipt and did not reach PostgreSQL."""
    from licet.core import clock
    from licet.hotline.intake import spool

    (waiting, aside), oldest = spool().counts(), spool().oldest_at()
    since = clock.now() - dt.datetime.fromisoformat(oldest) if oldest else dt.timedelta(0)
    late = since > MAXIMUM_WAIT
    return not aside and not late, f"{waiting} waiting, {aside} set aside" + (
        f"; the oldest waits for {counted(round(since.total_seconds() / 60), 'minute')}" if late else "")


def _browser() -> Outcome:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    return found is not None, "Chromium found" if found else "no Chromium"


def _fonts() -> Outcome:
    from licet.notices.fonts import cjk_family

    found = cjk_family()
    return bool(found), found or "no CJK font"


def _calendar() -> Outcome:
    """Holidays are known for a year from today; deadlines counted beyond are counted by weekends alone."""
    from licet.config.profile import load_profile
    from licet.core import clock
    from licet.core.calendar import calendar_of, gaps

    profile = load_profile()
    missing = gaps(calendar_of(profile), clock.today(profile.time_zone))
    return not missing, "; ".join(missing) or "holidays known for a year"


def _connect() -> Outcome:
    from licet.config.bootstrap import connect_database

    connect_database()
    from django.db import connection

    version = connection.cursor().execute("SHOW server_version").fetchone()[0]
    return True, f"PostgreSQL {version}, schema up to date"


def _query(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _weak_role() -> Outcome:
    ((name, strong, owned),) = _query(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole,"
        " (SELECT count(*) FROM pg_class WHERE relowner = r.oid AND relnamespace = 'public'::regnamespace)"
        " FROM pg_roles r WHERE rolname = current_user")
    return not strong and not owned, f"{name}: {'strong' if strong else 'weak'}, owns {owned} tables"


def _row_security() -> Outcome:
    open_tables = [row[0] for row in _query(
        "SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = ANY(%s)"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1", [list(ORGANISATION_COLUMNS)])]
    return not open_tables, f"not protected: {', '.join(open_tables)}" if open_tables else "forced on every such table"


def _journal() -> Outcome:
    from licet.journal.checks import health

    problems = health()
    return not problems, "; ".join(problems) or "append-only, triggers in place"


def _registers() -> Outcome:
    """Each register the profile gives an age limit, against the day its last load speaks of."""
    from licet.config.profile import load_profile
    from licet.core import clock
    from licet.registers.selectors import latest_load

    profile = load_profile()
    today = clock.today(profile.time_zone)
    bad = []
    for kind, limit in profile.thresholds["max_age_days"].items():
        load = latest_load(kind)
        day = None if load is None else load.as_of
        if day is None:
            bad.append(f"{kind}: never loaded")
        elif (today - day).days > limit:
            bad.append(f"{kind}: {counted((today - day).days, 'day')} old, limit {limit}")
    return not bad, "; ".join(bad) or "all fresh"


def _demo() -> Outcome:
    from licet.registers.models import RegisterLoad

    loads = RegisterLoad.objects.filter(origin="demo").count()
    return not loads, f"demo data present: {loads} loads" if loads else "none"


def _compiled() -> Outcome:
    found = [path for path in (_home() / "snapshots").glob("*/*") if path.is_dir()]
    return bool(found), "present" if found else "none yet"


def _clocks() -> Outcome:
    from licet.core import clock

    difference = abs((clock.now() - _query("SELECT clock_timestamp()")[0][0]).total_seconds())
    return difference <= MAXIMUM_CLOCK_DIFFERENCE_S, f"{difference:.2f} s apart"


def _queue() -> Outcome:
    rows = _query("SELECT count(*) FILTER (WHERE status = 'failed'), min(scheduled_at) FILTER (WHERE status = 'todo')"
                  " FROM procrastinate_jobs")
    failed, oldest = rows[0]
    late = oldest is not None and dt.datetime.now(dt.UTC) - oldest > dt.timedelta(minutes=15)
    return not failed and not late, f"{failed} failed" + (", jobs wait for a worker" if late else "")


def _password() -> Outcome:
    from django.contrib.auth import get_user_model

    people = get_user_model().objects.filter(is_active=True).count()
    return people > 0, f"{counted(people, 'person', 'people')} may sign in"


_BEFORE = (
    Check(id="disk_space", look=_disk, meaning="imports, sweeps and the database need room; a full disk stops all",
          repair="free some space below LICET_HOME, or move it to a larger disk"),
    Check(id="key_modes", look=_secret_modes, meaning="whoever reads these can sign in to the database",
          repair="chmod 600 on the files named; change the secrets if somebody may have read them"),
    Check(id="mail", look=_mail, advice=True, meaning="messages are written to LICET_HOME/mail and sent to nobody",
          repair="set LICET_EMAIL_URL"),
    Check(id="public_address", look=_public_address, advice=True, repair="set LICET_PUBLIC_URL, for instance https://desk.example",
          meaning="site owners and executors get an address that works on this machine only; letters by mail are not sent"),
    Check(id="security_contact", look=_security_contact, advice=True, meaning="there is no security.txt: who finds a "
          "weakness of this site does not learn whom to tell", repair="set LICET_SECURITY_CONTACT"),
    Check(id="hotline_mailbox", look=_mailbox, advice=True, meaning="reports by mail stay in the mailbox unread",
          repair="read the detail; check the LICET_HOTLINE_IMAP settings, then licet hotline fetch --once"),
    Check(id="hotline_spool", look=_spool, meaning="reports with a receipt reach no case; their receipts say received",
          repair="licet hotline status names the problems; after the repair licet hotline retry NUMBER; see that licet "
                 "run, which has the worker, is up"),
    Check(id="chromium", look=_browser, advice=True, meaning="pages cannot be photographed; all else works",
          repair="apt-get install chromium"),
    Check(id="fonts", look=_fonts, advice=True, meaning="no PDF of a letter can be made (its print page works)",
          repair="apt-get install fonts-noto-cjk"),
    Check(id="calendar", look=_calendar, advice=True, meaning="deadlines in the years named ignore unknown holidays",
          repair="add the year's published holidays to calendar.toml of the profile"),
)
_CONNECT = Check(id="database", look=_connect, meaning="nothing works without the database",
                 repair="read the detail; check DATABASE_URL, or the server log below LICET_HOME/postgres")
_WITH_DATABASE = (
    Check(id="application_role", look=_weak_role, meaning="a strong or owning role is not held by row-level security",
          repair="give LICET_APP_DATABASE_URL a role that owns nothing and has no attributes"),
    Check(id="row_level_security", look=_row_security, meaning="one organisation could see another's rows",
          repair="somebody changed the schema by hand; restore the policies (licet.core.rls.protect)"),
    Check(id="journal", look=_journal, meaning="entries could be changed or removed unnoticed",
          repair="restore the triggers of the journal's migrations, then licet journal verify"),
    Check(id="registers", look=_registers, advice=True, meaning="what depends on these is answered `refer`/`unknown`",
          repair="licet import KIND FILE for the registers named"),
    Check(id="demo_data", look=_demo, advice=True, meaning="an invented province stands in the registers; it judges nobody else",
          repair="licet demo --remove"),
    Check(id="compiled_registers", look=_compiled, advice=True, meaning="the first gate question waits for them",
          repair="licet gate check once after an import"),
    Check(id="clocks", look=_clocks, meaning="deadlines and the journal's order rest on the clocks agreeing",
          repair="run a time service on both machines"),
    Check(id="queue", look=_queue, advice=True, meaning="work waits or went wrong",
          repair="see that licet run, which has the worker, is up"),
    Check(id="people", look=_password, meaning="nobody can sign in", repair="licet run once, or licet user add"),
)
assert len({check.id for check in (*_BEFORE, _CONNECT, *_WITH_DATABASE)}) == len(_BEFORE) + 1 + len(_WITH_DATABASE)
