"""The web application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from licet.config.lifeline import tie_to_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
tie_to_parent()
application = get_wsgi_application()
