"""What tests of evidence do: a case, items in it, times that are given."""

from __future__ import annotations

import datetime as dt
import io
import itertools

from licet.casework import services as casework
from licet.casework.models import Case
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence import services
from licet.evidence.models import Custody
from licet.evidence.services import NewItem

_CONTENT = itertools.count(1)
WHY = "needed to judge the case"


def picture(side=64):
    """A PNG with something to see."""
    from PIL import Image

    image = Image.new("RGB", (side, side), "white")
    for x in range(side):
        for y in range(side // 2):
            image.putpixel((x, y), (200, 20, 20))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class TestLocker:
    """Services with the actor named by the cast."""

    __test__ = False

    def __init__(self, story, **fields):
        self.story = story
        self.case_id = story.case(tier=fields.pop("tier", 2), **fields)
        with acting_as(WORKER):
            self.number = Case.objects.get(pk=self.case_id).number

    @property
    def now(self):
        return self.story.now

    def add(self, content=None, *, by="olm", kind="file", title="Front page", why=WHY, **fields):
        content = content if content is not None else f"content {next(_CONTENT)}".encode()
        return services.add_item(self.number, NewItem(kind=kind, title=title, **fields), [content], purpose=why,
                                 actor=self.story.who(by), at=self.now)

    def actions(self, item=None):
        with acting_as(WORKER):
            rows = Custody.objects.filter(locker__case_number=self.number).order_by("pk")
            return [row.action for row in (rows.filter(item=item) if item else rows)]

    def close(self, by="olm"):
        casework.close_case(self.case_id, outcome="not_confirmed", reason="nothing there", actor=self.story.who(by),
                            at=self.now)

    def later(self, **span):
        self.story.now += dt.timedelta(**span)
        return self

    def propose(self, item, by="olm", fresh=True):
        return services.propose_disposal(item.ref, reason="the term is over", actor=self.story.who(by),
                                         authenticated_at=self.now if fresh else None, at=self.now)

    def dispose(self, item, by="reed", fresh=True):
        return services.dispose(item.ref, reason="the term is over", actor=self.story.who(by),
                                authenticated_at=self.now if fresh else None, at=self.now)

    def seal(self, by="olm", refs=()):
        return services.seal_now(self.number, purpose="for the police desk", actor=self.story.who(by), at=self.now,
                                 refs=refs)
