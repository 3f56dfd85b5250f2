"""A user that shares nothing with Django's own but what Django asks of every user."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class People(BaseUserManager["Person"]):
    """Makes them."""

    def create_user(self, email: str, **fields: Any) -> Person:
        """Anybody."""
        person = self.model(email=email, **fields)
        person.set_password("secret")
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """Known by a UUID; has no user name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects = People()
    USERNAME_FIELD = "email"
