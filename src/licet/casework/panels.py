"""What higher concepts add to the pages of a case and a measure: panels, and words for the lines they write.

Casework knows nothing of evidence, notices, orders and standing; they register in ``AppConfig.ready``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from django.utils.functional import Promise

from licet.casework import wording
from licet.casework.models import Case, Measure
from licet.casework.rules import Refuse
from licet.console.panels import Panels
from licet.core.errors import LicetError

CASE_PANELS: Panels[Case] = Panels()
MEASURE_PANELS: Panels[Measure] = Panels()  # on the decision page: the notice's preview, the orders


def add_words(words: Mapping[str, str | Promise]) -> None:
    """Words for lines that a higher concept writes into a case's timeline: tag -> words; ``actor:<kind>`` -> who;
    ``why:<reason>`` -> a reason that a job noted."""
    wording.OTHERS.update(words)


def why(reason: str) -> str:
    """A step's reason: what a person wrote as it stands, what Licet noted in the page's language."""
    return wording.why(reason)


def add_reader(name: str, reader: Callable[[str], str]) -> None:
    """Let a higher concept say in words what its jobs note with numbers in it; '' for what is not its own."""
    wording.READERS[name] = reader


@dataclasses.dataclass(frozen=True)
class Said:
    """A refusal in the page's language."""

    message: str
    hint: str


def said(error: LicetError) -> Said:
    """What a page shows of an error: words of the page's language, the service's own where there are none."""
    return Said(*wording.refusal(error))


def explain(refuse: Refuse) -> tuple[str, str]:
    """Message and repair of a rule's answer that is no error yet."""
    return wording.explain(refuse.code, refuse.text, refuse.hint)
