"""Who is acting, for whom, within which scope. Every service takes an ``Actor``; the journal records it."""

from __future__ import annotations

import dataclasses
import enum


class Scope(enum.StrEnum):
    """How far an actor sees; PostgreSQL row-level security repeats it (see ``rls.py``)."""

    NOBODY = "nobody"  # not signed in, or without any membership: sees nothing that belongs to an organisation
    ORGANISATION = "organisation"  # sees what belongs to the organisations they are a member of
    REGIONAL = "regional"  # authority of some regions: sees the organisations seated there
    NATIONAL = "national"  # authority of the whole profile
    SYSTEM = "system"  # the command line on the server and the background worker


@dataclasses.dataclass(frozen=True, kw_only=True)
class Actor:
    """One person or process acting."""

    name: str  # what the journal shows: "user:12", "cli:root", "worker"
    scope: Scope = Scope.NOBODY
    user_id: int | None = None
    organisations: tuple[str, ...] = ()  # party_id of each organisation the actor may act for
    regions: tuple[str, ...] = ()  # ISO 3166-2 codes, only for REGIONAL
    roles: frozenset[str] = frozenset()  # ids from parties.tables.ROLES
    grants: frozenset[str] = frozenset()  # permission ids given directly: the scopes of a program's key

    @property
    def is_person(self) -> bool:
        """True when a named human acts; only these may decide measures or second a change."""
        return self.user_id is not None


NOBODY = Actor(name="nobody")
WORKER = Actor(name="worker", scope=Scope.SYSTEM)
