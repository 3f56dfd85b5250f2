"""The types of what carries payload in answers: where a shape has them, what is hidden never leaves.

A test holds that no answer has a member of any JSON otherwise, but those that it names.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from flowengine.orchestration.masked import mask

Masked = Annotated[Any, AfterValidator(lambda value: mask().value(value))]
"""Any JSON value, without what ``MASKED_NAMES`` hides."""

MaskedFields = Annotated[dict[str, Any], AfterValidator(lambda value: mask().value(value))]
"""The same of members by name."""

MaskedText = Annotated[str, AfterValidator(lambda text: mask().text(text))]
"""A text that may quote payload."""
