"""What executors read: the JSON of a webhook and of the API, and the text of a mail."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from licet.config.citations import cite
from licet.config.profile import load_profile
from licet.core.language import language
from licet.orders.models import Order
from licet.orders.tables import OrderKind

_SALT = "licet.orders.answer"
VERSION = 1


def order_document(order: Order) -> dict[str, Any]:
    """An order as programs read it. Fields are added, never renamed or given another meaning."""
    measure = order.measure
    return {
        "id": str(order.public_id), "number": order.number, "kind": order.kind, "effect": order.effect,
        "sequence": order.sequence, "round": order.round, "measure": f"M-{order.measure_id}",
        "measure_kind": measure.kind, "rule": measure.rule_cited, "desk": order.desk_id, "executor": order.executor_id,
        "targets": {field: list(order.targets.get(field, ())) for field in ("hosts", "addresses", "codes", "regions")},
        "technical": order.targets.get("technical", ""), "state": order.state,
        "expires_at": measure.expires_at.isoformat() if measure.expires_at else None,
        "acknowledge_by": order.acknowledge_by.isoformat(), "done_by": order.done_by.isoformat(),
    }


def webhook_body(order: Order) -> str:
    """The body of a webhook; the same bytes on every retry of a round."""
    document = order_document(order)
    del document["state"]
    return json.dumps({"type": f"order.{order.kind}", "version": VERSION, "timestamp": order.written_at.isoformat(),
                       "data": document}, ensure_ascii=False, sort_keys=True)


def answer_token(order: Order) -> str:
    """The code in a mail's link: signed, for this order and round only."""
    return signing.dumps([order.pk, order.round], salt=_SALT, compress=False)


def read_token(token: str) -> tuple[int, int] | None:
    """(order, round) of a token, ``None`` for one we did not sign."""
    try:
        order_id, round_ = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(order_id), int(round_)


def mail_subject(order: Order) -> str:
    """One line in both languages."""
    return " / ".join(_both(lambda: _("Order %(number)s: please restore") % {"number": order.number}
                            if order.kind == OrderKind.RESTORE
                            else _("Order %(number)s: please cut") % {"number": order.number}))


def mail_body(order: Order, *, base_url: str) -> str:
    """The order in both languages, with the link to answer."""
    link = base_url.rstrip("/") + reverse("order_answer", args=[answer_token(order)])
    return "\n\n----\n\n".join(_both(lambda: _text(order, link))) + "\n"


def _text(order: Order, link: str) -> str:
    names = [value for field in ("hosts", "addresses", "codes") for value in order.targets.get(field, ())]
    what = _("Connect again:") if order.kind == OrderKind.RESTORE else _("Cut:")
    return "\n".join([
        what, *(f"  {name}" for name in names), "",
        _("Rule: %(rule)s") % {"rule": cite(order.measure.rule_cited, language())},
        _("Acknowledge by: %(moment)s") % {"moment": _local(order.acknowledge_by)},
        _("Carry out by: %(moment)s") % {"moment": _local(order.done_by)}, "",
        _("Answer here (acknowledged, done, refused); the link is for this order alone:"), link])


def _local(moment: dt.datetime) -> str:
    """Local time with its distance to UTC: a mail is read by people, in a country of several zones or none of ours."""
    local = moment.astimezone(ZoneInfo(load_profile().time_zone))
    return f"{local:%Y-%m-%d %H:%M} (UTC{local.isoformat()[-6:]})"


def _both(text: Any) -> list[str]:
    said = []
    for chosen in ("zh-hans", "en"):
        with override(chosen):
            said.append(str(text()))
    return said
