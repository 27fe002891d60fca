"""For any WSGI server: ``waitress-serve --listen=127.0.0.1:8000 wsgi:app``."""

import os

from sla_service.app import create_app
from sla_service.config import Settings

app = create_app(Settings.from_env(os.environ))
