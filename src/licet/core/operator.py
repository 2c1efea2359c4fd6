"""The operator at the server's command line: whoever can run ``licet`` there has the system's scope, and is named."""

from __future__ import annotations

import getpass

from licet.core.actors import Actor, Scope


def operator() -> Actor:
    """The actor of a command; the journal shows the operating-system user."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = "unknown"
    return Actor(name=f"cli:{name}", scope=Scope.SYSTEM)
