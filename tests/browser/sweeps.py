"""What the pages of gate and sweeps show here: a small province, its sweep, a decision."""

from __future__ import annotations

from licet.core.actors import WORKER
from licet.core.rls import acting_as


def prepare() -> None:
    """Import and sweep it, once."""
    from licet.gate import services
    from licet.gate.models import Decision
    from licet.sweeps.demo.run import run_demo

    with acting_as(WORKER):
        if Decision.objects.exists():
            return
    run_demo(rows=200, seed=11, actor=WORKER, progress=lambda _text: None)
    services.decide(
        {"provider_id": "nightlamp", "domain": "www.nobody-filed-this.example", "customer_uscc": "91440000MA00000000"},
        actor=WORKER,
    )


def sweep(page: str = "") -> str:
    """Address of the sweep, or of a page below it."""
    from licet.sweeps.models import Sweep

    with acting_as(WORKER):
        found = Sweep.objects.filter(state="finished").latest("pk")
        if page == "finding":
            return f"/sweeps/{found.pk}/findings/{found.findings.first().pk}/"
    return f"/sweeps/{found.pk}/{page}"


def decision() -> str:
    """Address of the decision."""
    from licet.gate.models import Decision

    with acting_as(WORKER):
        return f"/gate/decisions/{Decision.objects.latest('decided_at').pk}/"
