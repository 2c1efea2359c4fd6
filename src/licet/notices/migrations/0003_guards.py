"""A letter that went out stays as it was; so do answers. Of the other rows only what may move moves."""

from django.db import migrations

from licet.core.guards import APPENDED, KEPT, belong_together, freeze, refuse

_REFUSALS = {
    "notices_notice": APPENDED,
    "notices_answerdocument": APPENDED,
    "notices_answer": KEPT,
    "notices_page": KEPT,
    "notices_delivery": KEPT,
    "notices_clock": KEPT,
}
_FROZEN = {
    "notices_answer": ("measure_id", "case_id", "desk_id", "at", "text", "sha256"),
    "notices_page": ("measure_id", "desk_id", "nonce", "token_sha256", "created_at"),
    "notices_delivery": ("notice_id", "desk_id", "channel", "recipient", "address", "message_id"),
    "notices_clock": ("measure_id", "appeal_id", "desk_id", "kind", "started_at", "due_at", "consequence_zh",
                      "consequence_en"),
}
# Otherwise another desk could write letters in the measure's desk's name.
_OF_A_MEASURE = dict.fromkeys(("notices_notice", "notices_page", "notices_clock", "notices_answer"), "INSERT")
_PROMISE = "what was said stays as it was said"


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_row_level_security")]
    operations = [
        refuse("notices", _PROMISE, _REFUSALS),
        freeze("notices", _PROMISE, _FROZEN),
        belong_together("casework_measure", "measure_id", _OF_A_MEASURE,
                        promise="what belongs to a measure belongs to its desk"),
    ]
