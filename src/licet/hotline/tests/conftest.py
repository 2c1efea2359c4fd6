"""A spool of its own for every test, and a story to tell."""

import datetime as dt
import itertools

import pytest

START = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
_KEYS = itertools.count(1)


@pytest.fixture
def spool(tmp_path, settings, monkeypatch):
    """A fresh LICET_HOME for the spool alone."""
    from licet.hotline import intake

    settings.LICET_HOME = tmp_path
    yield intake.spool()
    intake.spool().close()
    intake._spool_at.cache_clear()


class Hotline:
    """Reports handed in and taken over, at explicit times."""

    def __init__(self):
        self.now = START

    def submission(self, **fields):
        from licet.hotline import sealing
        from licet.hotline.intake import Submission

        fields.setdefault("channel", "portal")
        fields.setdefault("target_kind", "url")
        fields.setdefault("target", "https://www.lantern.example/page")
        fields.setdefault("ground", "pornography")
        fields.setdefault("key", f"key-{next(_KEYS)}")
        address = fields.pop("address", "")
        if address:
            fields["network"] = sealing.network_of(address)
        return Submission(**fields)

    def report(self, **fields):
        """Accept one; returns the number in canonical form."""
        from licet.hotline.intake import submit

        return submit(self.submission(**fields), at=self.now).number.replace("-", "")

    def drain(self):
        from licet.hotline.services import drain_due

        return drain_due(self.now)

    def get(self, number):
        from licet.core.actors import WORKER
        from licet.core.rls import acting_as
        from licet.hotline.models import Report

        with acting_as(WORKER):
            return Report.objects.select_related("case", "reporter", "alarm").get(number=number)

    def shown(self, number):
        from licet.hotline.selectors import receipt

        return receipt(number).shown

    def wait(self, **span):
        self.now += dt.timedelta(**span)
        return self


@pytest.fixture
def hotline(spool):
    return Hotline()
