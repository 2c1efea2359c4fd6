"""Every page of the console, once: the tests look at each, narrow and wide, in both languages.

Add a line per page. ``prepare`` writes what the page needs, once, as the system, before any page of this table is
visited; ``url`` may be a callable that reads the address from the database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from . import casework, console, evidence, hotline, notices, orders, registers, standing, sweeps


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """One page to look at. ``user`` is of the cast ('' = not signed in); ``status`` what it must answer."""

    name: str
    url: str | Callable[[], str]
    user: str = "pilot"
    prepare: Callable[[], object] | None = None
    status: int = 200
    dark: bool = False  # also a screenshot in the dark


PAGES: tuple[Page, ...] = (
    Page(name="design", url="/design/", dark=True),
    Page(name="home", url="/", dark=True),
    Page(name="sign-in", url="/accounts/login/", user=""),
    Page(name="sign-up-closed", url="/accounts/signup/", user=""),
    Page(name="sign-out", url="/accounts/logout/"),
    Page(name="password-change", url="/accounts/password/change/"),
    Page(name="second-factor", url="/accounts/2fa/"),
    Page(name="second-factor-app", url="/accounts/2fa/totp/activate/"),
    Page(name="passkey-add", url="/accounts/2fa/webauthn/add/"),
    Page(name="confirm-who-you-are", url="/accounts/reauthenticate/"),
    Page(name="second-factor-kept", url="/accounts/2fa/", user="wick", prepare=console.prepare_factors),
    Page(name="recovery-codes", url="/accounts/2fa/recovery-codes/", user="wick", prepare=console.prepare_factors),
    Page(name="people", url="/people/", user="reed"),
    Page(name="journal", url="/journal/", user="olm", prepare=console.prepare_entries, dark=True),
    Page(name="journal-entry", url=console.entry, user="olm", prepare=console.prepare_entries),
    Page(name="home-nobody", url="/", user="otto"),
    Page(name="not-allowed", url="/people/", user="moss", status=403),
    Page(name="registers", url="/registers/", user="olm", prepare=registers.prepare, dark=True),
    Page(name="register-filings", url="/registers/filings/", prepare=registers.prepare),
    Page(name="register-licences", url="/registers/licences/?status=active&as_of=2026-03-02", prepare=registers.prepare),
    Page(name="register-access", url="/registers/access/?q=192.0.2.8", user="olm", prepare=registers.prepare),
    Page(name="register-nothing", url="/registers/filings/?q=nothing", prepare=registers.prepare),
    Page(name="register-record", url=registers.licence, user="olm", prepare=registers.prepare, dark=True),
    Page(name="register-filing", url=lambda: registers.record("filings"), prepare=registers.prepare),
    Page(name="register-provider", url="/registers/providers/harbour/", prepare=registers.prepare, dark=True),
    Page(name="register-post-gaps", url="/registers/posts/missing/", user="olm", prepare=registers.prepare),
    Page(name="register-add", url="/registers/filings/add/", prepare=registers.prepare),
    Page(name="changes", url="/registers/changes/?show=waiting", user="reed", prepare=registers.prepare),
    Page(name="change-second", url=registers.change, user="reed", prepare=registers.prepare),
    Page(name="change-mine", url=registers.change, user="olm", prepare=registers.prepare),
    Page(name="import", url="/registers/import/", user="olm", prepare=registers.prepare),
    Page(name="upload", url=registers.upload, prepare=registers.prepare),
    Page(name="loads", url="/registers/loads/", prepare=registers.prepare),
    Page(name="cases", url="/cases/", user="olm", prepare=casework.prepare, dark=True),
    Page(name="cases-sentence", url="/cases/?tier=1&waiting=me&order=oldest", user="olm", prepare=casework.prepare),
    Page(name="cases-none", url="/cases/", user="moss"),
    Page(name="case", url=casework.case, user="olm", prepare=casework.prepare, dark=True),
    Page(name="case-held", url=lambda: casework.case(subject="shoal.example"), user="olm", prepare=casework.prepare),
    Page(name="case-signals", url=lambda: casework.case("signals/"), user="olm", prepare=casework.prepare),
    Page(name="measure-draft", url=lambda: casework.case("measures/draft/"), user="olm", prepare=casework.prepare),
    Page(name="measures", url="/measures/", user="olm", prepare=casework.prepare),
    Page(name="measure", url=casework.measure, user="olm", prepare=casework.prepare, dark=True),
    Page(name="measure-second", url=lambda: casework.measure(signed=True), user="reed", prepare=casework.prepare),
    Page(name="measure-told", url=casework.told, user="olm", prepare=casework.prepare),
    Page(name="appeals", url="/appeals/", user="reed", prepare=casework.prepare),
    Page(name="appeal", url=casework.appeal, user="reed", prepare=casework.prepare, dark=True),
    Page(name="appeal-mine", url=casework.appeal, user="olm", prepare=casework.prepare),
    Page(name="signal-enter", url="/cases/signals/enter/", user="olm"),
    Page(name="gate", url="/gate/", user="olm", prepare=sweeps.prepare, dark=True),
    Page(name="gate-decision", url=sweeps.decision, user="olm", prepare=sweeps.prepare, dark=True),
    Page(name="gate-dry-run", url="/gate/dry-run/?deny=filing_stale", user="olm", prepare=sweeps.prepare),
    Page(name="sweeps", url="/sweeps/", user="olm", prepare=sweeps.prepare),
    Page(name="sweeps-none", url="/sweeps/"),
    Page(name="sweep-start", url="/sweeps/start/"),
    Page(name="sweep", url=sweeps.sweep, user="olm", prepare=sweeps.prepare, dark=True),
    Page(name="sweep-findings", url=lambda: sweeps.sweep("findings/") + "?severity=violation", user="olm", prepare=sweeps.prepare),
    Page(name="sweep-finding", url=lambda: sweeps.sweep("finding"), user="olm", prepare=sweeps.prepare),
    Page(name="report", url="/report/", user=""),
    Page(name="report-status", url="/report/status/", user=""),
    Page(name="entrance", url="/welcome/", user="", dark=True),
    Page(name="filing-check", url="/check/?site=www.lantern.example", user="", prepare=hotline.prepare),
    Page(name="transparency", url="/transparency/", user="", prepare=hotline.prepare_figures),
    Page(name="hotline", url="/hotline/", user="olm", prepare=hotline.prepare, dark=True),
    Page(name="hotline-report", url=hotline.report, user="olm", prepare=hotline.prepare),
    Page(name="hotline-operator", url="/hotline/operator/", user="olm"),
    Page(name="hotline-bulk", url="/hotline/bulk/", user="olm"),
    Page(name="letters", url="/notices/", user="olm", prepare=notices.prepare),
    Page(name="letters-to-us", url="/notices/", user="wick", prepare=notices.prepare),
    Page(name="letter", url=notices.letter, user="olm", prepare=notices.prepare, dark=True),
    Page(name="letter-to-us", url=notices.letter, user="wick", prepare=notices.prepare),
    Page(name="letter-print", url=lambda: notices.letter("print/"), user="olm", prepare=notices.prepare),
    Page(name="letter-terms", url="/notices/clocks/", user="olm", prepare=notices.prepare),
    Page(name="letter-answer", url=notices.answer, user="olm", prepare=notices.prepare),
    Page(name="letter-preview", url=lambda: notices.measure("drafted"), user="olm", prepare=notices.prepare),
    Page(name="letter-panel", url=notices.measure, user="olm", prepare=notices.prepare),
    Page(name="owner-page", url=notices.portal, user="", prepare=notices.prepare, dark=True),
    Page(name="owner-page-appealed", url=lambda: notices.portal(notices.APPEALED), user="", prepare=notices.prepare),
    Page(name="owner-receipt", url=notices.receipt, user="", prepare=notices.prepare),
    Page(name="owner-page-gone", url="/portal/notices/nothing/", user="", status=404),
    Page(name="orders", url="/orders/?view=all", user="olm", prepare=orders.prepare, dark=True),
    Page(name="orders-mine", url="/orders/", user="wick", prepare=orders.prepare),
    Page(name="orders-none", url="/orders/?view=unverified&executor=nobody", user="olm"),
    Page(name="order-verified", url=orders.order, user="olm", prepare=orders.prepare, dark=True),
    Page(name="order-refused", url=lambda: orders.order("quarry.example"), user="olm", prepare=orders.prepare),
    Page(name="order-to-answer", url=lambda: orders.order("ferry.example"), user="wick", prepare=orders.prepare),
    Page(name="order-answer", url=orders.answer, user="", prepare=orders.prepare),
    Page(name="order-measure", url=orders.measure, user="olm", prepare=orders.prepare),
    Page(name="connectors", url="/orders/connectors/", user="olm", prepare=orders.prepare),
    Page(name="connector", url=orders.connector, user="olm", prepare=orders.prepare),
    Page(name="connector-add", url="/orders/connectors/add/", user="wick"),
    Page(name="standing", url="/standing/", user="olm", prepare=standing.prepare, dark=True),
    Page(name="standing-own", url="/standing/providers/mudflat/", user="moss", prepare=standing.prepare),
    Page(name="standing-provider", url="/standing/providers/nightlamp/", user="olm", prepare=standing.prepare, dark=True),
    Page(name="standing-no-points", url="/standing/providers/harbour/", prepare=standing.prepare),
    Page(name="standing-objection", url=standing.point, user="olm", prepare=standing.prepare),
    Page(name="standing-object", url=lambda: standing.point("nightlamp"), user="wick", prepare=standing.prepare),
    Page(name="standing-formula", url="/standing/formula/", prepare=standing.prepare),
    Page(name="standing-blacklist", url="/standing/blacklist/", user="olm", prepare=standing.prepare),
    Page(name="standing-entry", url=standing.entry, user="olm", prepare=standing.prepare),
    Page(name="standing-preview", url="/standing/thresholds/?advice=talk&value=10", user="olm", prepare=standing.prepare,
         dark=True),
    Page(name="standing-threshold", url=standing.threshold, user="reed", prepare=standing.prepare),
    Page(name="standing-exposures", url="/standing/exposure/", user="olm", prepare=standing.prepare),
    Page(name="standing-case", url=standing.case, user="olm", prepare=standing.prepare),
    Page(name="public-exposure", url="/portal/exposure/", user="", prepare=standing.prepare, dark=True),
    Page(name="evidence", url="/evidence/", user="gale", prepare=evidence.prepare),
    Page(name="evidence-case", url=evidence.case, user="gale", prepare=evidence.prepare),
    Page(name="evidence-item", url=evidence.item, user="gale", prepare=evidence.prepare, dark=True),
    Page(name="evidence-item-unblurred", url=evidence.looked_at, user="olm", prepare=evidence.prepare),
    Page(name="evidence-bag", url=evidence.bag, user="gale", prepare=evidence.prepare),
    Page(name="referrals", url="/referrals/", user="gale", prepare=evidence.prepare),
    Page(name="referral", url=evidence.referral, user="gale", prepare=evidence.prepare),
    Page(name="referral-police", url=evidence.referral, user="finch", prepare=evidence.prepare),
    Page(name="not-found", url="/nothing-here/", status=404),
)
