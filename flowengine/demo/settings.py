"""Settings of the demo project. The environment says where its parts are.

=========================== ====================================================
``FLOWENGINE_DEMO_DIR``     where the SQLite file and the secret are kept
``FLOWENGINE_BROKER_URL``   default ``inproc://``
``DATABASE_URL``            ``postgres://user:password@host:port/name``; default SQLite
``REDIS_URL``               default: hints stay in the process
``FLOWENGINE_DEMO_HOSTS``   comma-separated host names; default: this machine only
=========================== ====================================================
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DATA_DIR = Path(
    os.environ.get("FLOWENGINE_DEMO_DIR")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowengine" / "demo"
)
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret() -> str:
    """A secret of this machine's own, made once."""
    path = DATA_DIR / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "demo.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit(f"DATABASE_URL is {parts.scheme}://…; the demo knows postgres://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
    }


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = [
    *("127.0.0.1", "localhost", "[::1]"),
    *filter(None, os.environ.get("FLOWENGINE_DEMO_HOSTS", "").split(",")),
]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "flowengine",
    "flowengine.demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "flowengine.demo.views.SignedIn",
]
ROOT_URLCONF = "flowengine.demo.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
LOGIN_URL = "shop"  # who comes is signed in there
WHITENOISE_USE_FINDERS = True
SESSION_COOKIE_NAME = "flowengine_demo_session"
CSRF_COOKIE_NAME = "flowengine_demo_csrf"

FLOWENGINE = {
    "BROKER_URL": os.environ.get("FLOWENGINE_BROKER_URL", "inproc://"),
    "LEASE_S": 10.0,  # a demo that is killed is to go on soon after
}
if os.environ.get("REDIS_URL"):
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
        }
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A payment that is tried again is the shop's daily bread; the page tells of it.
    "loggers": {
        "flowengine.worker": {"level": "ERROR"},
        # What tasks log is looked at where they fail.
        "flowengine.task": {"level": "INFO", "handlers": ["nowhere"], "propagate": False},
    },
}
