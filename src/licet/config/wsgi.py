"""The web application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from licet.config.lifeline import tie_to_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
tie_to_parent()
application = get_wsgi_application()

# The addresses now, while the database starts, and not with the first request.
from django.urls import get_resolver  # noqa: E402 - needs the settings

from licet.config.warm import warm_after_first_request  # noqa: E402

get_resolver().url_patterns  # noqa: B018 - a cached property that imports them
warm_after_first_request()
