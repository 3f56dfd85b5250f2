"""Django settings of the test project.

SQLite in a file of this process unless ``FLOWENGINE_TEST_DATABASE_URL`` names another database
(``postgresql://user:password@host:port/name`` or ``sqlite:///path``).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def database(url: str) -> dict[str, Any]:
    """Django's settings of the database at *url*; an empty url is a fresh SQLite file."""
    parts = urlsplit(url)
    if parts.scheme in {"postgresql", "postgres"}:
        name = parts.path.lstrip("/")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            # Several test runs may share one server: each has a database of its own.
            "TEST": {"NAME": f"test_{name}_{os.getpid()}"},
        }
    if parts.scheme not in {"", "sqlite"}:
        raise ValueError(f"no test database at {url!r}: give a postgresql:// or sqlite:/// URL")
    file = parts.path or f"{tempfile.gettempdir()}/flowengine-tests-{os.getpid()}.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        # A file, not memory: threads and processes must meet in it as they do in production.
        "TEST": {"NAME": f"{_quick_folder()}/{Path(file).stem}.{os.getpid()}.test.sqlite3"},
    }


def _quick_folder() -> str:
    """Where a file is one for every process, and a commit does not wait for a disk: Linux keeps it in memory."""
    shared = "/dev/shm"
    # A container may have 64 MB of it, and no more.
    has_room = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 1 << 30
    return shared if has_room else tempfile.gettempdir()


SECRET_KEY = "for tests only"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES = {"default": database(os.environ.get("FLOWENGINE_TEST_DATABASE_URL", ""))}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # Nobody cuts the power of this database, so no commit waits for the disk. Where a server is killed
    # (tests/faults) the settings are others.
    DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "channels",
    "flowengine",
    "tests.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

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
    },
]

FLOWENGINE: dict[str, Any] = {}
