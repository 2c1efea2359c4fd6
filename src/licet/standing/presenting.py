"""Standing as components: rows, facts, and two drawings made of SVG shapes, because pages carry no inline style."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.casework.tables import MEASURE_BY_ID
from licet.console.access import may
from licet.console.components import Cell, Fact, Row
from licet.core.language import in_language
from licet.grounds.tables import GROUNDS
from licet.standing.models import ConductPoint, Entry, Exposure, Threshold
from licet.standing.rules import Bar, Policy, entry_state, percent_at
from licet.standing.selectors import Record
from licet.standing.tables import CONFIDENCE_BY_ID

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 220, 48, 28, 12
_GROUND_BY_ID = {row.id: row for row in GROUNDS}
_POINT_STATES = ("reversed", "objected", "preview", "faded", "counts")


def points_text(milli: int) -> str:
    """Thousandths as people write them: 6000 → 6, 4500 → 4.5."""
    return f"{(Decimal(milli) / 1000).normalize():,f}"


def measure_word(kind: str) -> str:
    """A kind of measure in the language that is active."""
    row = MEASURE_BY_ID[kind]
    return in_language(row)


def ground_word(ground: str) -> str:
    """A ground in the language that is active."""
    row = _GROUND_BY_ID[ground]
    return in_language(row)


def confidence_word(confidence: str) -> str:
    """How sure it is whom an entry hits."""
    if confidence == "subject":
        return _("the case is about it")
    row = CONFIDENCE_BY_ID[confidence]
    return in_language(row)


def entry_kind(kind: str) -> str:
    """A kind of entry."""
    return {"domain": _("domain"), "sponsor": _("organiser"), "address": _("address"), "provider": _("provider"),
            "licence": _("licence")}[kind]


def decision_url(request: HttpRequest, measure_id: int) -> str:
    """The page of a measure, '' for people who may not open it."""
    return reverse("measure_show", args=[measure_id]) if may(request, "cases.read") else ""


def person_word() -> str:
    """What stands for a person's name."""
    return _("a natural person")


# --- entries ---------------------------------------------------------------------------------------------------------


def state_of(entry: Entry, today: dt.date) -> str:
    """The state badge of an entry on a day."""
    return "entry-" + entry_state(ended_on=entry.ended_on, valid_to=entry.valid_to, review_on=entry.review_on, today=today)


def entry_row(entry: Entry, today: dt.date) -> Row:
    """One line of the blacklist page."""
    return Row(url=reverse("standing_entry", args=[entry.pk]), cells=[
        Cell(text=entry.value, sub=entry_kind(entry.kind)), Cell(state=state_of(entry, today)),
        Cell(text=entry.decision_ref, mono=True), Cell(text=entry.since), Cell(text=entry.review_on or "–"),
        Cell(text=entry.valid_to or "–"),
        Cell(text=_("seen by the gate") if entry.verified_at else entry.check_note or _("not checked yet"))])


def entry_facts(request: HttpRequest, entry: Entry) -> list[Fact]:
    """What an entry says, and how it came there."""
    return [
        Fact(label=_("Listed"), value=entry.value, mono=True),
        Fact(label=_("Kind"), value=entry_kind(entry.kind)),
        Fact(label=_("Organiser as recorded"), value=entry.name or "–"),
        Fact(label=_("How sure it is who this is"), value=confidence_word(entry.confidence)),
        Fact(label=_("Decision"), value=entry.decision_ref, url=decision_url(request, entry.measure_id)),
        Fact(label=_("Since"), value=entry.since),
        Fact(label=_("Stands until, unless renewed"), value=entry.valid_to),
        Fact(label=_("Next review"), value=entry.review_on),
        Fact(label=_("Can be appealed until"), value=entry.contest_until),
        Fact(label=_("Seen by the gate"), value=entry.verified_at or entry.check_note or _("not checked yet")),
        *([Fact(label=_("Taken out"), value=entry.ended_on), Fact(label=_("Why"), value=entry.ended_why)]
          if entry.ended_on else [])]


# --- points ----------------------------------------------------------------------------------------------------------


def point_state(record: Record, point: ConductPoint) -> str:
    """Why a point counts as it does on the record's day; the first that applies."""
    objection = record.objections.get(point.pk)
    checks = (point.reversed_on is not None and point.reversed_on <= record.as_of,
              objection is not None and objection.state == "open", point.visible_on > record.as_of,
              percent_at((record.as_of - point.final_on).days, record.policy.decay) == 0, True)
    return "point-" + next(state for state, applies in zip(_POINT_STATES, checks, strict=True) if applies)


def point_row(request: HttpRequest, record: Record, point: ConductPoint, *, own: bool) -> Row:
    """One decision of the record."""
    objection, url = record.objections.get(point.pk), ""
    if objection is not None or (own and point.reversed_on is None):
        url = reverse("standing_point", args=[point.pk])
    against = _("against the provider itself") if point.role == "own" else _("against what it connected")
    act = _("Object") if own and objection is None and point.reversed_on is None else _("Objection") if objection else ""
    return Row(cells=[
        Cell(text=measure_word(point.kind), sub=against, url=decision_url(request, point.measure_id)),
        Cell(text=point.case_number, mono=True), Cell(text=point.tier), Cell(text=point.final_on),
        Cell(text=point.points), Cell(text=points_text(record.weights[point.pk])), Cell(state=point_state(record, point)),
        Cell(text=act or "–", url=url if act else "")])


def size_words(record: Record) -> str:
    """The normalisation in a sentence."""
    numbers = record.policy
    if record.size < numbers.size_floor:
        return _("%(total)s points over %(size)s relations and filings, counted as %(floor)s because fewer would let one "
                 "decision weigh too much: %(score)s per %(per)s.") % {
            "total": points_text(record.total), "size": record.size, "floor": numbers.size_floor,
            "score": points_text(record.score), "per": numbers.size_per}
    return _("%(total)s points over %(size)s relations and filings: %(score)s per %(per)s.") % {
        "total": points_text(record.total), "size": record.size, "score": points_text(record.score),
        "per": numbers.size_per}


def decay_rows(numbers: Policy) -> list[Row]:
    """How much of a point counts at which age."""
    return [Row(cells=[Cell(text=since), Cell(text=f"{percent} %")]) for since, percent in numbers.decay]


# --- drawings --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawing:
    """Shapes of an SVG picture, in its own units. ``text``: what the picture says, for those who cannot see it."""

    width: int
    height: int
    text: str
    line: str = ""  # points of a stepped line
    area: str = ""  # the same, closed to the axis
    bars: Sequence[dict[str, object]] = ()
    marks: Sequence[dict[str, object]] = ()  # labels below the axis
    grid: Sequence[dict[str, object]] = ()  # horizontal lines with their value
    rule_x: float | None = None  # where a threshold stands
    today_x: float | None = None
    base: int = HEIGHT - BOTTOM
    left: int = LEFT


def curve_drawing(points: Sequence[tuple[dt.date, int]], today: dt.date) -> Drawing:
    """The record over time, past and to come, as a stepped line."""
    top = max([value for _day, value in points] + [1000])
    first, span = points[0][0], max((points[-1][0] - points[0][0]).days, 1)

    def x(day: dt.date) -> float:
        return round(LEFT + (day - first).days / span * (WIDTH - LEFT - 12), 1)

    def y(value: int) -> float:
        return round(HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP), 1)

    corners: list[tuple[float, float]] = []
    for day, value in points:
        if corners:
            corners.append((x(day), corners[-1][1]))
        corners.append((x(day), y(value)))
    line = " ".join(f"{a},{b}" for a, b in corners)
    base = HEIGHT - BOTTOM
    months = [first + (points[-1][0] - first) * n // 4 for n in range(5)]
    return Drawing(
        width=WIDTH, height=HEIGHT, line=line, area=f"{corners[0][0]},{base} {line} {corners[-1][0]},{base}",
        today_x=x(today), marks=_marks([(x(day), day.isoformat()[:7]) for day in months]), grid=_grid(top, y),
        text=_("Points that count, from %(first)s to %(last)s; today %(now)s") % {
            "first": first.isoformat(), "last": points[-1][0].isoformat(),
            "now": points_text(next((value for day, value in reversed(points) if day <= today), 0))})


def _marks(places: Sequence[tuple[float, str]]) -> list[dict[str, object]]:
    last = len(places) - 1
    return [{"x": at, "label": label, "anchor": "start" if n == 0 else "end" if n == last else "middle"}
            for n, (at, label) in enumerate(places)]


def _grid(top: int, y: object) -> list[dict[str, object]]:
    return [{"y": y(value), "label": points_text(value)} for value in (0, top // 2, top)]  # type: ignore[operator]


def histogram_drawing(bars: Sequence[Bar], threshold: int) -> Drawing:
    """How many providers stand at which score; those that reach the threshold drawn full."""
    most = max([bar.count for bar in bars] + [1])
    width = (WIDTH - LEFT - 12) / len(bars)

    def y(count: int) -> float:
        return round(HEIGHT - BOTTOM - count / most * (HEIGHT - BOTTOM - TOP - 12), 1)

    drawn: list[dict[str, object]] = []
    rule_x = None
    for n, bar in enumerate(bars):
        left = round(LEFT + n * width, 1)
        if bar.low == threshold:
            rule_x = left
        drawn.append({"x": left + 2, "y": y(bar.count), "width": round(max(width - 4, 1), 1),
                      "height": round(HEIGHT - BOTTOM - y(bar.count), 1), "count": bar.count, "reaches": bar.reaches,
                      "middle": round(left + width / 2, 1), "label_y": y(bar.count) - 4})
    reached = sum(bar.count for bar in bars if bar.reaches)
    places = [(LEFT + n * width, points_text(bar.low)) for n, bar in enumerate(bars)]
    return Drawing(
        width=WIDTH, height=HEIGHT, bars=drawn, rule_x=rule_x,
        marks=_marks([places[n] for n in range(0, len(places), max(len(places) // 6, 1))]),
        text=_("%(reached)s of %(all)s providers would reach %(value)s") % {
            "reached": reached, "all": sum(bar.count for bar in bars), "value": points_text(threshold)})


# --- exposure and thresholds -----------------------------------------------------------------------------------------


def exposure_state(row: Exposure, now: dt.datetime) -> str:
    """The state badge of an exposure at a moment."""
    if row.withdrawn_at is not None:
        return "exposure-withdrawn"
    return "exposure-expired" if row.expires_at <= now else "exposure-public"


def threshold_state(row: Threshold) -> str:
    """The state badge of a threshold."""
    if row.ended_at is not None:
        return "threshold-ended"
    return "threshold-on" if row.switched_on_at is not None else "threshold-proposed"
