"""The web server process of ``licet run``: granian serving the WSGI application; static files by whitenoise."""

from __future__ import annotations

import os
import sys

from licet.config.lifeline import tie_to_parent


def main(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    tie_to_parent()
    Granian("licet.config.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=1,
            blocking_threads=min(16, 2 * (os.cpu_count() or 1) + 1), log_level=LogLevels.warning,
            workers_kill_timeout=5, websockets=False).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
