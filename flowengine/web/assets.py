"""What goes into a page's head: the style sheet, the script, its words, and who looks.

Nothing of it is inline code: a page under a strict policy needs ``'self'`` for scripts and styles, or its
nonce.
"""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils.crypto import salted_hmac
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from flowengine.access import is_known, user_key
from flowengine.web.words import all_words


def assets(request: Any, nonce: Any) -> SafeString:
    """The elements of the head.

    Args:
        request: the page's; None = nobody is known, and nothing is said of who looks.
        nonce: of the page's policy; None = it has none.
    """
    # A nonce that is lazy is false until it is read: ask for its text, not whether it is there.
    attribute = mark_safe("") if nonce is None else format_html(' nonce="{}"', str(nonce))
    return format_html(
        '<link rel="stylesheet" href="{}"{}>\n{}{}<script type="module" src="{}"{}></script>',
        static("flowengine/flowengine.css"),
        attribute,
        reader(request),
        json_script(all_words(), "flow-words"),
        static("flowengine/flowengine.js"),
        attribute,
    )


def reader(request: Any) -> SafeString:
    """Whose page it is, as a text that says nothing else; and what his acts are signed with.

    Tabs of one reader share a socket; nobody is shown what another's tab was told.
    """
    if request is None:
        return mark_safe("")
    user = getattr(request, "user", None)
    if not is_known(user):
        return mark_safe('<meta name="flow-user" content="-">\n')
    name = salted_hmac("flowengine.tabs", user_key(user)).hexdigest()[:16]
    return format_html(
        '<meta name="flow-user" content="{}">\n<meta name="flow-csrf" content="{}">\n',
        name,
        get_token(request),
    )
