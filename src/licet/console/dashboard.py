"""What waits for a person: numbers with their denominators, each linked to the records it counts.

Every section reads another concept's selectors and belongs to a permission; a person without it does not see it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licet.casework import board, listing
from licet.config.profile import Profile
from licet.console.components import Cell, Column, Link, Row, Stat
from licet.core import clock
from licet.core.actors import Actor, Scope
from licet.core.language import in_language
from licet.orders.selectors import waiting_for
from licet.parties.selectors import permissions_of
from licet.registers.listing import LARGEST_COUNT
from licet.registers.models import ProposedChange
from licet.registers.overviews import RegisterState, register_states
from licet.registers.scores import missing_posts
from licet.sweeps.models import Sweep
from licet.sweeps.selectors import sweeps

_STATES = {"known": "fresh", "stale": "stale", "never": "missing"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the overview: numbers, a table, or the step that comes before both."""

    title: str
    lead: str = ""
    stats: Sequence[Stat] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    empty: str = ""
    action: Link | None = None


def sections_for(actor: Actor, *, profile: Profile) -> list[Section]:
    """The parts of the overview for one person, most urgent first."""
    allowed = permissions_of(actor)
    found = []
    if "orders.carry_out" in allowed and actor.scope is Scope.ORGANISATION:
        found.append(_orders(actor))
    if "cases.read" in allowed:
        found.append(_cases(actor))
    if "registers.read" in allowed:
        found.append(_waiting(actor, profile))
    if "sweeps.read" in allowed:
        found.append(_last_sweep("sweeps.run" in allowed))
    if "registers.read" in allowed:
        found.append(_registers(actor, profile))
    return found


def _orders(actor: Actor) -> Section:
    """What others told one's organisation to cut or to restore: it runs out in hours, so it stands first."""
    waiting, late = waiting_for(actor.organisations, clock.now())
    url = f"{reverse('order_board')}?view=mine"
    return Section(title=_("Orders"), stats=[
        Stat(label=_("Orders for us to carry out"), value=waiting, state="waiting" if waiting else "", url=url),
        Stat(label=_("Overdue, of these"), value=late, of=waiting, state="late-undone" if late else "", url=url)])


def _cases(actor: Actor) -> Section:
    now, desk = clock.now(), listing.desk_of(actor)
    queue, person = reverse("case_queue"), actor.user_id or 0

    def counted(**asked: str) -> int | str:
        number = listing.count(listing.Asked(desk=desk, **asked), actor, now)
        return f"{listing.COUNTED:,}+" if number > listing.COUNTED else number

    signatures, appeals = board.waiting_for(person, desk), board.open_appeals(desk)
    return Section(title=_("Cases"), stats=[
        Stat(label=_("Cases that wait for me"), value=counted(waiting="me"), of=counted(), url=f"{queue}?waiting=me",
             note=_("of all that are open")),
        Stat(label=_("Free cases without a tier"), value=counted(tier="none", waiting="free"),
             url=f"{queue}?tier=none&waiting=free"),
        Stat(label=_("Measures I could sign as the second person"), value=signatures,
             state="proposed" if signatures else "", url=f"{reverse('measure_board')}?show=second"),
        Stat(label=_("Appeals to judge"), value=appeals, state="waiting" if appeals else "", url=reverse("appeal_list"))],
        action=Link(label=_("To the queue"), url=queue))


def _waiting(actor: Actor, profile: Profile) -> Section:
    waiting = ProposedChange.objects.filter(state="proposed", needs_second=True)
    mine = waiting.exclude(proposed_by=actor.user_id or 0).count() if "registers.second" in permissions_of(actor) else 0
    posts = missing_posts(clock.today(profile.time_zone))
    lacking = len({post.provider_id for post in posts})
    stats = [
        Stat(label=_("Changes that wait for me"), value=mine, of=waiting.count(), state="proposed" if mine else "",
             url=f"{reverse('change_list')}?show=waiting", note=_("of all that wait for a second person")),
        Stat(label=_("Duty posts nobody fills"), value=len(posts), state="missing" if posts else "",
             of=ngettext("%(count)s provider", "%(count)s providers", lacking) % {"count": lacking} if posts else "",
             url=reverse("post_gaps")),
    ]
    unfinished = sweeps().filter(state__in=["waiting", "running"]).count()
    if unfinished:
        stats.append(Stat(label=_("Sweeps under way"), value=unfinished, state="running", url=reverse("sweep_list")))
    return Section(title=_("Waits for me"), stats=stats)


def _last_sweep(may_run: bool) -> Section:
    last = sweeps().filter(state="finished").first()
    start = Link(label=_("Sweep a list"), url=reverse("sweep_start")) if may_run else None
    if last is None:
        return Section(title=_("Last sweep"), action=start, empty=_(
            "No list was swept yet. Hand in the list of everything a provider connects; what may not be connected "
            "comes back with its reasons."))
    return Section(title=_("Last sweep"), stats=_sweep_stats(last), action=start, lead=_(
        "%(number)s · %(file)s · judged by the registers of %(day)s") % {
            "number": last.number, "file": last.file_name, "day": last.as_of})


def _sweep_stats(sweep: Sweep) -> list[Stat]:
    queue = reverse("sweep_findings", args=[sweep.pk])
    rows: dict[str, int] = {key: int(row["rows"]) for key, row in sweep.summary.get("by_severity", {}).items()}
    words = {"violation": _("Rows with a violation"), "warning": _("Rows with a warning only"),
             "unknown": _("Rows nothing can be said about")}
    stats = [Stat(label=word, value=rows.get(severity, 0), of=sweep.rows, state=severity,
                  url=f"{queue}?{urlencode({'severity': severity})}") for severity, word in words.items()]
    if sweep.summary.get("compared_with"):
        stats.append(Stat(label=_("New since the sweep before"), value=sweep.summary.get("new", 0),
                          of=_("%(count)s still open") % {"count": sweep.summary.get("open", 0)},
                          url=f"{queue}?status=new"))
    return stats


def _registers(actor: Actor, profile: Profile) -> Section:
    states = register_states(actor, today=clock.today(profile.time_zone), profile=profile)
    limited = [state for state in states if state.max_age_days is not None]
    relied = sum(state.state == "known" for state in limited)
    lead = _("%(known)s of %(all)s registers that rules rely on are up to date; a finding that needs another one is "
             "“unknown”, never a violation.") % {"known": relied, "all": len(limited)}
    columns = [Column(label=_("Register")), Column(label=_("Records"), kind="num"),
               Column(label=_("Says what was true on")), Column(label=_("Age in days"), kind="num"),
               Column(label=_("May be relied on"), kind="fit")]
    return Section(title=_("Registers and how fresh they are"), lead=lead, columns=columns,
                   rows=[_register_row(state) for state in states])


def _register_row(state: RegisterState) -> Row:
    name = in_language(state.kind)
    many = state.rows > LARGEST_COUNT
    age = "–" if state.age_days is None else str(state.age_days)
    return Row(url=reverse("register_list", args=[state.kind.id]), cells=[
        Cell(text=name),
        Cell(text=_("more than %(count)s") % {"count": f"{LARGEST_COUNT:,}"} if many else state.rows),
        Cell(text=state.last.as_of if state.last else _("never loaded")),
        Cell(text=f"{age} / {state.max_age_days}" if state.max_age_days is not None else age),
        Cell(text=_("no rule asks it")) if state.max_age_days is None else Cell(state=_STATES[state.state])])
