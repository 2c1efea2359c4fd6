"""Django settings; every choice an operator may make is a row in ``environment.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from licet.config import databases as database_table
from licet.config import environment, mail, secrets

ENV = environment.read()
LICET_HOME = cast("Path", ENV["LICET_HOME"])
SECRETS = secrets.load(LICET_HOME)
PACKAGE = Path(__file__).resolve().parents[1]

SECRET_KEY = SECRETS["django_key"]
DEBUG = bool(ENV["LICET_DEBUG"])
ALLOWED_HOSTS = cast("list[str]", ENV["LICET_ALLOWED_HOSTS"])

INSTALLED_APPS = [
    "licet.core",
    "licet.grounds",
    "licet.parties",
    "licet.journal",
    "licet.registers",
    "licet.gate",
    "licet.sweeps",
    "licet.evidence",
    "licet.casework",
    "licet.notices",
    "licet.orders",
    "licet.referrals",
    "licet.standing",
    "licet.hotline",
    "licet.console",
    "licet.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_htmx",
    "ninja",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "licet.hotline.pressure.KeepAnswering",
    "licet.hotline.bodies.NothingButForms",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "licet.console.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "licet.console.middleware.OneTransaction",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "licet.console.middleware.StateActor",
    "licet.console.middleware.Refusals",
    "licet.console.middleware.RequireSetup",
    "axes.middleware.AxesMiddleware",
]

# Public pages and the partners' API below these addresses answer while PostgreSQL is away (console/middleware.py).
WITHOUT_DATABASE = ("/welcome/", "/report/", "/check/", "/transparency/", "/.well-known/", "/api/hotline/")

ROOT_URLCONF = "licet.config.urls"
WSGI_APPLICATION = "licet.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "licet.console.context.shell",
            ],
        },
    },
]

DATABASES = database_table.databases(
    url=cast("str", ENV["DATABASE_URL"]), app_url=cast("str", ENV["LICET_APP_DATABASE_URL"]), home=LICET_HOME,
    secrets=SECRETS,
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = LICET_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns about a missing one; files come from the finders
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "licet.console.accounts.ClosedDesk"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False  # no "remember me": the session ends with the browser, at the latest after 8 hours
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Licet"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENV["LICET_HTTPS"]  # passkeys on http://localhost only
REQUIRE_MFA = bool(ENV["LICET_REQUIRE_MFA"])
AXES_FAILURE_LIMIT = 6  # counted in the database; allauth's own count per process is off (console/accounts.py)
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "console/locked.html"
SILENCED_SYSTEM_CHECKS: list[str] = []

SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "licet.console.refusals.csrf_refused"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = bool(ENV["LICET_HTTPS"])
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV["LICET_HTTPS"] else None
SECURE_HSTS_SECONDS = 31_536_000 if ENV["LICET_HTTPS"] else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None

vars().update(mail.mail_settings(cast("str", ENV["LICET_EMAIL_URL"]), LICET_HOME))
HOTLINE_MAILBOX = mail.mailbox(cast("str", ENV["LICET_HOTLINE_IMAP_URL"]), home=LICET_HOME,
                               password_file=cast("str", ENV["LICET_HOTLINE_IMAP_PASSWORD_FILE"]),
                               ca=cast("str", ENV["LICET_HOTLINE_IMAP_CA"]))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = str(ENV["LICET_MAIL_FROM"])
PUBLIC_URL = environment.public_url(ENV)

PROCRASTINATE_ON_APP_READY = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
