"""Small pieces of pages: icons, state badges, moments, official terms, figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from licet.config.citations import cite
from licet.config.profile import load_profile
from licet.console import icons, states
from licet.console.components import Cell, Column, Row, address_with
from licet.core.language import is_chinese
from licet.core.language import language as reader_language

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """``{% icon "search" %}``: an icon of ``icons.SHAPES``."""
    return icons.icon(name)


@register.simple_tag
def state_badge(state: str, label: str = "") -> SafeString:
    """``{% state_badge "deny" %}``: word, shape and colour of a state; ``label`` replaces the word."""
    look = states.look(str(state))
    return SafeString(f'<span class="badge {look.tone}">{icons.icon(look.icon)}{escaped(label or look.label)}</span>')


@register.filter
def citation(text: str, language: str = "") -> str:
    """A rule's citation in the page's language, or in ``language`` (zh, en)."""
    return cite(str(text), language or reader_language())


@register.filter
def tone(state: str) -> str:
    """The tone class of a state."""
    return states.look(str(state)).tone if state else ""


@register.filter
def state_icon(state: str) -> SafeString:
    """The shape of a state."""
    return icons.icon(states.look(str(state)).icon)


@register.filter
def state_label(state: str) -> str:
    """The word of a state."""
    return str(states.look(str(state)).label)


@register.filter
def moment(value: dt.date | dt.datetime | None) -> str | SafeString:
    """A moment as local time with its zone, a day as a day; how long ago appears on hover."""
    if value is None or value == "":
        return "–"
    if not isinstance(value, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), value.isoformat())
    local = timezone.localtime(value)
    zone = date_format(local, "T")
    return format_html('<time datetime="{}" data-moment title="{}">{} <span class="quiet">{}</span></time>',
                       value.isoformat(), local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M}", zone)


@register.filter
def figure(value: Any) -> str:
    """A whole number with its thousands apart; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return f"{value:,}"


@register.filter
def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in percent; '–' without a denominator."""
    return f"{100 * part / whole:.1f}%" if whole else "–"


@register.simple_tag
def term(key: str, label: str = "") -> str | SafeString:
    """``{% term "filing" %}``: the word in the page's language, the official term beside it on hover and focus."""
    terms = load_profile().names.get("terms", {})
    official, translation = str(terms.get(f"{key}_zh", "")), str(terms.get(f"{key}_en", ""))
    chinese = is_chinese()
    word = label or (official if chinese else translation) or key.replace("_", " ")
    other = translation if chinese else official
    if not other:
        return word
    tip = (_("In English: %(word)s") if chinese else _("Official term: %(word)s")) % {"word": other}
    return format_html('<span class="term" tabindex="0">{}<span class="tip" role="tooltip">{}</span></span>', word, tip)


@register.filter
def attribute(field: Any, text: str) -> SafeString:
    """``{{ field|attribute:"autocomplete=off" }}``: draw a bound field with one more attribute."""
    name, _sep, value = text.partition("=")
    return SafeString(field.as_widget(attrs={name: value}))


@register.filter
def described(field: Any) -> SafeString:
    """Draw a bound field tied to its hint and errors for screen readers."""
    attrs: dict[str, str] = {}
    parts = [f"{field.auto_id}_hint"] if field.help_text else []
    if field.errors:
        attrs["aria-invalid"] = "true"
        parts.append(f"{field.auto_id}_error")
    if str(field.field.widget.attrs.get("placeholder", "")) == str(field.label):  # the label says it already
        attrs["placeholder"] = ""
    if parts:
        attrs["aria-describedby"] = " ".join(parts)
    return SafeString(field.as_widget(attrs=attrs))


@register.filter
def widget_kind(field: Any) -> str:
    """``checkbox``, ``group`` (several boxes with one legend), ``hidden`` or ``box``."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if getattr(widget, "input_type", "") == "checkbox" and not hasattr(widget, "choices"):
        return "checkbox"
    return "group" if getattr(widget, "use_fieldset", False) else "box"


@register.filter
def repair(error: Any) -> str:
    """The repair of a form error: ``ValidationError(..., params={"hint": …})``."""
    params = getattr(error, "params", None) or {}
    return str(params.get("hint", ""))


@register.filter
def at(items: Any, index: int) -> Any:
    """The item at ``index``."""
    return items[index]


@register.filter
def shown(value: Any) -> Any:
    """A value as people read it: figures with thousands apart, moments local, lists with commas, nothing as a dash."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.date):
        return moment(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value) or "–"
    return figure(value) if isinstance(value, int) else value


@register.simple_tag
def draw_cells(row: Row, columns: Sequence[Column]) -> SafeString:
    """All cells of one row of a queue. A page draws hundreds of them; a template takes several times as long for one."""
    last = len(row.cells) - 1
    return SafeString("".join(
        _cell(cell, column, row.url if number == 0 else "", row.act_url if number == last else "")
        for number, (cell, column) in enumerate(zip(row.cells, columns, strict=True))))


def escaped(value: object) -> str:
    """For HTML; what is safe already stays."""
    return conditional_escape(str(value))


def _cell(cell: Cell, column: Column, opens: str, acts: str) -> str:
    text = escaped(localize(shown(cell.text)))
    if opens:
        text = f'<a href="{escaped(opens)}" data-open>{text}</a>'
    elif cell.url:
        text = f'<a href="{escaped(cell.url)}">{text}</a>'
    elif cell.mono:
        text = f'<span class="mono">{text}</span>'
    elif cell.state and not cell.text:
        text = ""
    badge = f"{state_badge(cell.state)} " if cell.state else ""
    sub = f'<span class="sub">{escaped(localize(shown(cell.sub)))}</span>' if cell.sub else ""
    act = f' <a href="{escaped(acts)}" data-act>{escaped(_("Act"))}</a>' if acts else ""
    kind = f' class="{column.kind}"' if column.kind else ""
    return f'<td{kind} data-label="{escaped(column.label)}"><span>{badge}{text}{sub}{act}</span></td>'


@register.simple_tag(takes_context=True)
def language_address(context: template.Context, code: str) -> str:
    """``{% language_address "en" %}``: this page's address in another language; what else stands in it stays."""
    return address_with(context["request"], {"lang": code})


@register.filter
def minutes(length: dt.timedelta | None) -> int:
    """A length of time in whole minutes."""
    return round(length.total_seconds() / 60) if length else 0


@register.simple_tag(takes_context=True)
def draw_panel(context: template.Context, panel: dict[str, Any]) -> SafeString:
    """``{% draw_panel panel %}``: what another concept adds to a page; its template reads its values as ``context.…``.

    (``{% with context=… %}`` cannot do it: Django's own argument has that name.)
    """
    assert context.template is not None
    drawn = context.template.engine.get_template(panel["template"])
    with context.push():
        context["context"] = panel["context"]
        return drawn.render(context)
