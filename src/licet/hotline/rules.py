"""Pure rules of the hotline: who counts as another person, when it is a brigade, what a receipt says, how long to wait."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from licet.hotline.similarity import distance
from licet.hotline.tables import OF_CASE, ReportState


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """The profile's numbers (hotline.toml)."""

    window_days: int
    similar_bits: int
    proven_reports: int
    proven_share: float
    burst_reports: int
    burst_minutes: int
    flood_reports: int
    flood_hours: int
    delay_s: int
    free_reports: int
    most_reports: int
    window_minutes: int
    longest_delay_s: int
    form_hours: int
    partner_requests: int
    contact_days: int
    trace_days: int
    record_days: int


# --- independence ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trace:
    """What is known of who reported. All values are keyed tokens: nobody can be found by them. '' = not known."""

    network: str  # /24 or /48 it came from, as we saw it
    reporter: str  # account or contact, verified or claimed
    text: int | None  # fingerprint of what they wrote
    verified: bool = False  # somebody vouches for the account or contact; otherwise anybody may have written it
    proven: bool = False  # verified, and has a track record

    @property
    def loose(self) -> bool:
        """Nothing that we saw ourselves tells the reporter from another: only what they say."""
        return not self.network and not self.verified


@dataclasses.dataclass(frozen=True, kw_only=True)
class PhonePlan:
    """How numbers are written where the desk is (hotline.toml, ``contact``)."""

    country_code: str
    trunk_prefix: str  # before an area code, left out behind the country code; '' where there is none
    international_prefix: str  # stands for the +
    national_digits: int  # the longest number without country code and trunk prefix


def canonical_phone(text: str, plan: PhonePlan) -> str:
    """One spelling of a phone number (E.164 with its +), however it was written. The number is not looked up."""
    digits = "".join(char for char in text if char.isdigit())
    if text.strip().startswith("+"):
        abroad = digits
    elif digits.startswith(plan.international_prefix):
        abroad = digits.removeprefix(plan.international_prefix)
    elif digits.startswith(plan.country_code) and len(digits) > plan.national_digits:
        abroad = digits
    else:
        abroad = plan.country_code + digits
    if abroad.startswith(plan.country_code):
        national = abroad.removeprefix(plan.country_code)
        return f"+{plan.country_code}{national.removeprefix(plan.trunk_prefix)}"
    return f"+{abroad}"


def is_proven(confirmed: int, not_confirmed: int, limits: Limits) -> bool:
    """Whether a reporter has a track record: enough judged reports, enough of them confirmed.

    It makes somebody count by themselves and be looked at first; it confirms nothing. Rule: house (decision 0014)
    """
    judged = confirmed + not_confirmed
    return judged >= limits.proven_reports and confirmed >= limits.proven_share * judged


HELD = 9  # a person judges the alarm the report is under, not the report


def queue_rank(*, first: bool, proven: bool) -> int:
    """Which place a report has in the queue, lowest first, the oldest first within it: what concerns children, then what
    comes from somebody with a track record. It says who is looked at first and nothing else. Persisted.
    Rule: house (decision 0014)
    """
    return (0 if first else 2) + (0 if proven else 1)


def linked(one: Trace, other: Trace, limits: Limits) -> bool:
    """Whether two reports about the same subject may well come from one person.

    EITHER the same account or contact, OR both loose (whoever mails or phones without anything verified may do so
    again), OR the same network, OR the same text. What reporters say of themselves links and never tells apart.
    Somebody with a track record is told apart by account alone: a colleague behind the same network does not take their
    voice away. Rule: house (decision 0014)
    """
    if one.reporter and one.reporter == other.reporter:
        return True
    if one.proven or other.proven:
        return False
    if one.loose and other.loose:
        return True
    if one.network and one.network == other.network:
        return True
    return one.text is not None and other.text is not None and distance(one.text, other.text) <= limits.similar_bits


@dataclasses.dataclass(frozen=True)
class Placed:
    """The cluster a report belongs to, and clusters that it showed to be the same one."""

    cluster: str
    absorbed: tuple[str, ...] = ()


def place(trace: Trace, known: Mapping[str, Sequence[Trace]], fresh: str, limits: Limits) -> Placed:
    """The cluster of a new report about a subject. ``known``: cluster -> its reports' traces, oldest cluster first;
    ``fresh``: name of a cluster of its own. A report that fits several makes them one: the oldest stays.
    Rule: Notice §4.2.5 (several reports), house (decision 0014)
    """
    fits = [cluster for cluster, traces in known.items() if any(linked(trace, one, limits) for one in traces)]
    return Placed(fits[0], tuple(fits[1:])) if fits else Placed(fresh)


def is_brigade(unproven: Sequence[dt.datetime], limits: Limits) -> bool:
    """Whether reports of people without a track record about one subject came too thick to be told apart.

    EITHER ``burst_reports`` within ``burst_minutes``, OR ``flood_reports`` within ``flood_hours``. ``unproven`` are
    the moments they came, in any order. Rule: house (decision 0014)
    """
    moments = sorted(unproven)
    return (_most_within(moments, dt.timedelta(minutes=limits.burst_minutes)) >= limits.burst_reports
            or _most_within(moments, dt.timedelta(hours=limits.flood_hours)) >= limits.flood_reports)


def _most_within(moments: Sequence[dt.datetime], span: dt.timedelta) -> int:
    return max((n + 1 - bisect.bisect_left(moments, at - span) for n, at in enumerate(moments)), default=0)


# --- the form --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Take:
    """The report is taken now."""


@dataclasses.dataclass(frozen=True)
class Wait:
    """Not yet: send the same form again after so many seconds."""

    seconds: int


@dataclasses.dataclass(frozen=True)
class Later:
    """This network has sent so many that waiting would take longer than coming back."""


@dataclasses.dataclass(frozen=True)
class Stale:
    """The form is too old; it is shown again with what was written."""


def form_delay(earlier: int, limits: Limits) -> int:
    """Seconds a form must have been open, after ``earlier`` reports of the network within the window. Beyond
    ``most_reports`` it grows and grows: behind one gateway of a carrier there are many people, and none is shut out."""
    beyond = max(0, earlier - limits.free_reports)
    delay = int(min(limits.delay_s * 2 ** min(beyond, 20), limits.longest_delay_s))
    over = max(0, earlier - limits.most_reports)
    return delay + 4 * limits.longest_delay_s * over // limits.most_reports


def may_send(opened_at: dt.datetime, now: dt.datetime, earlier: int, limits: Limits) -> Take | Wait | Later | Stale:
    """Whether a form may be sent. Works without scripts: waiting takes the place of a puzzle."""
    age = (now - opened_at).total_seconds()
    if age < 0 or age > limits.form_hours * 3600:
        return Stale()
    if form_delay(earlier, limits) > limits.window_minutes * 60 / 2:
        return Later()
    missing = form_delay(earlier, limits) - age
    return Wait(int(missing) + 1) if missing > 0 else Take()


# --- the receipt -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReceiptFacts:
    """What a receipt's words depend on. ``report_state`` is ``None`` while the report waits in the spool."""

    report_state: str | None
    outcome: str = ""  # of the report, when a person ended it
    case_state: str = ""
    case_outcome: str = ""
    open_question: bool = False


@dataclasses.dataclass(frozen=True)
class Shown:
    """``state`` from ``tables.STATE_WORDS``; ``outcome`` from ``tables.OUTCOMES`` or ''."""

    state: str
    outcome: str = ""


def receipt_shows(facts: ReceiptFacts) -> Shown:
    """What whoever holds the receipt reads. A result only when somebody decided."""
    if facts.report_state is None:
        return Shown("received")
    if facts.report_state in {ReportState.MUTED, ReportState.INVALIDATED}:
        return Shown("not_counted")
    if facts.report_state == ReportState.DISMISSED:
        return Shown("ended", facts.outcome)
    if facts.case_state == "closed":
        return Shown("ended", OF_CASE[facts.case_outcome])
    if facts.open_question:
        return Shown("asked")
    return Shown("in_review")


def near(subject_keys: Iterable[tuple[str, int | None]], text: int | None, limits: Limits) -> list[str]:
    """Keys among ``(key, fingerprint)`` whose text is the same as ``text``: suggestions for a person, no more."""
    if text is None:
        return []
    return [key for key, other in subject_keys
            if other is not None and distance(text, other) <= limits.similar_bits]
