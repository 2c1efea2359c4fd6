"""The gate over HTTP: one row, many rows, a dry run, and a decision again.

The services load numba and pyarrow, so they are imported by the first question and not while the server starts.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, StringConstraints

from licet.config.api import Key
from licet.gate import selectors

router = Router()
MOST_ROWS = 10_000


def _as_written(value: Any) -> Any:
    """A cell as programs write it: null is blank, a number is its digits."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


# How long a cell may be is its column's business: one that is too long is that row's error, not the batch's.
_Cell = Annotated[str, BeforeValidator(_as_written), StringConstraints(max_length=20_000)]
_Text = Annotated[str, StringConstraints(max_length=300)]


class _Strict(Schema):
    """What is not understood is refused: a misspelt field would be a question not asked, and so a permit."""

    model_config = ConfigDict(extra="forbid")


class Row(_Strict):
    """What would be connected. Everything may be blank but something must be given."""

    access_id: _Cell = Field("", description="your own reference; comes back")
    provider_id: _Cell = Field("", description="who would connect it (or: provider); blank = the key's own organisation",
                               validation_alias=AliasChoices("provider_id", "provider"))
    customer_uscc: _Cell = Field("", description="credit code or resident id of the customer (or: sponsor)",
                                 validation_alias=AliasChoices("customer_uscc", "sponsor"))
    service_kind: _Cell = Field("", description="vhost, colocation, cloud or line")
    domain: _Cell = ""
    ip: _Cell = ""
    filing_no: _Cell = Field("", description="the number the customer declares, as written")
    upstream_provider_id: _Cell = Field("", description="whom the provider buys access from (or: upstream)",
                                        validation_alias=AliasChoices("upstream_provider_id", "upstream"))
    code: _Cell = Field("", description="billing code")


class Question(Row):
    """One row, with the day to judge by."""

    as_of: dt.date | None = Field(None, description="judge by the registers of this day; default: today")
    purpose: Annotated[str, StringConstraints(max_length=500)] = Field(
        "", description="why you ask; kept in the journal"
    )


class Questions(_Strict):
    """Many rows of one day."""

    rows: list[Row] = Field(min_length=1, max_length=MOST_ROWS)
    as_of: dt.date | None = None
    purpose: Annotated[str, StringConstraints(max_length=500)] = ""


class DecisionBehind(Schema):
    """The decision that put a row on a register."""

    ref: str
    ground: str
    since: str = Field(description="day of the decision, blank when not known")
    until: str = Field(description="last day it stands, blank = open")
    authority: str = Field("", description="who decided, and whom to appeal to")
    contest_until: str = Field("", description="last day to appeal")
    appeal_pending: bool = False


class Reason(Schema):
    """Why: a rule that fired, or one that could not be judged (severity ``unknown``)."""

    finding: str
    severity: str = Field(description="violation, warning or unknown")
    at_gate: str = Field(description="deny, refer or permit: what this reason asks for")
    title: str
    explanation: str
    evidence: str
    rule: str = Field(description="the clause it rests on")
    remedy: str
    contest: str = Field(description="who may contest it, and where")
    actor: str = Field(description="who must act")
    deadline_days: int | None = None
    decision: DecisionBehind | None = Field(None, description="the decision it rests on, where one wrote the row")


class Answer(Schema):
    """The gate's answer with all its reasons, fired ones first."""

    id: str = Field(description="decision id; blank when the decision could not be kept")
    answer: str = Field(description="permit, deny or refer")
    as_of: dt.date
    decided_at: str
    ruleset: str
    registers: dict[str, Any] = Field(
        description="register -> version, last_as_of (the load that answers), known on that day, early (it is of a later day)")
    provider_id: str
    domain: str
    input_digest: str = Field(description="SHA-256 of the canonical input")
    reasons: list[Reason]
    notes: list[str] = Field(default=[], description="facts of a later day than asked about; what was not asked about")


class CellError(Schema):
    """A cell that could not be read."""

    field: str
    reason: str
    repair: str


class RowAnswer(Schema):
    """One row's answer in a batch. ``errors``: cells that could not be read; such a row is not judged but referred."""

    row: int
    access_id: str
    answer: str
    reasons: list[Reason]
    errors: list[CellError] = []


class BatchAnswer(Schema):
    """Answers in the order of the rows; ``digest`` is in the journal."""

    id: str
    as_of: dt.date
    ruleset: str
    registers: dict[str, Any]
    counts: dict[str, int]
    digest: str = Field(description="SHA-256 of the canonical answers")
    notes: list[str] = []
    rows: list[RowAnswer]


class DryRunQuestion(_Strict):
    """What if more findings led to a refusal? ``rows`` empty: the access register of ``provider_id``."""

    deny: list[str] = Field(description="findings that would deny, beside those that do now", min_length=1)
    rows: list[Row] = Field(default_factory=list, max_length=MOST_ROWS)
    provider_id: _Text = Field("", validation_alias=AliasChoices("provider_id", "provider"))
    as_of: dt.date | None = None


class DryRunAnswer(Schema):
    """Who would be cut: rows that pass today and would not under the stricter rules."""

    as_of: dt.date
    ruleset: str
    deny: list[str]
    rows: int
    denied_now: int
    denied_then: int
    cut: int
    by_finding: dict[str, int]
    by_provider: dict[str, int]
    shown: list[dict[str, str]]


@router.post("/decisions", response=Answer, auth=Key("gate.ask"), summary="May this be connected?")
def decide(request: HttpRequest, question: Question) -> dict[str, Any]:
    """One decision, kept and journalled. A register that is stale or cannot be read gives ``refer``, never ``deny``."""
    from licet.gate import services

    row = question.dict(exclude={"as_of", "purpose"})
    return services.decide(
        row,
        actor=request.auth,  # type: ignore[attr-defined]
        as_of=question.as_of,
        purpose=question.purpose,
    ).document


@router.post("/decisions/batch", response=BatchAnswer, auth=Key("gate.ask"), summary="May these be connected?")
def decide_batch(request: HttpRequest, questions: Questions) -> dict[str, Any]:
    """Up to 10,000 decisions; the journal gets one entry with a digest of them all."""
    from licet.gate import services

    return services.decide_batch(
        [row.dict() for row in questions.rows],
        actor=request.auth,  # type: ignore[attr-defined]
        as_of=questions.as_of,
        purpose=questions.purpose,
    ).document


@router.post("/dry-run", response=DryRunAnswer, auth=Key("gate.ask"), summary="Who would be cut by stricter rules?")
def dry_run(request: HttpRequest, question: DryRunQuestion) -> dict[str, Any]:
    """Nothing is decided, nothing is kept."""
    from licet.gate import services

    return services.dry_run(
        question.deny,
        rows=[row.dict() for row in question.rows] or None,
        provider=question.provider_id,
        actor=request.auth,  # type: ignore[attr-defined]
        as_of=question.as_of,
    )


@router.get("/decisions/{decision_id}", response=Answer, auth=Key("gate.ask"), summary="A decision again")
def decision(request: HttpRequest, decision_id: uuid.UUID) -> dict[str, Any]:
    """The decision as it was given."""
    return dict(selectors.decision(decision_id).document)
