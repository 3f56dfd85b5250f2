"""Texts that would be programs, if any page took them for more than texts: made from a small grammar."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

MARK = "window.__inert=0"
"""What each of them would do: ``__inert`` is asked of the page afterwards."""
_CALLS = (MARK, "eval(`window.__inert`+`=0`)", "top.__inert=0", "document.body.innerHTML=1")
_HANDLERS = (
    *("<img src=x onerror={}>", "<svg onload={}>", "<svg/onload='{}'>", "<body onload={}>"),
    *("<input autofocus onfocus={}>", "<details open ontoggle={}>", "<video><source onerror={}>"),
    *("<audio src=x onerror={}>", "<marquee onstart={}>", "<iframe onload={}></iframe>"),
    *("<IMG SRC=x OnErRoR={}>", "<img\tsrc=x\nonerror={}\t>", "<a onmouseover={}>over</a>"),
    *("<style onload={}></style>", "<object data=x onerror={}></object>", "<select onfocus={}>"),
)
_SCRIPTS = (
    *("<script>{}</script>", "<ScRiPt>{}</sCrIpT>", "<script\n>{}</script\n>", "<svg><script>{}"),
    *("<script type=module>{}</script>", "<script src='data:text/javascript,{}'></script>"),
    *(
        "<iframe srcdoc='<script>parent.{}</script>'></iframe>",
        "<script>{}//",
        "<<script>{}<</script>",
    ),
)
_ADDRESSES = (
    *("javascript:{}", "JaVaScRiPt:{}", "java\tscript:{}", "\x01javascript:{}", " javascript:{}"),
    *(
        "javascript://%0a{}",
        "data:text/html,<script>{}</script>",
        "vbscript:{}",
        "&#106;avascript:{}",
    ),
    *("data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19pbmVydD0wPC9zY3JpcHQ+", "//example.invalid/{}"),
)
_LINKS = ("{}", "<a href='{}'>go</a>", "<form action='{}'><button>go</button></form>", "[go]({})")
_ENDS = (
    "",
    '">',
    "'>",
    "-->",
    "]]>",
    "</title>",
    "</textarea>",
    "</script>",
    "</style>",
    "</noscript>",
)
_MARKUP = (
    *("<base href=//example.invalid/>", "<link rel=stylesheet href=//example.invalid/x.css>"),
    *(
        "<meta http-equiv=refresh content='0;url=//example.invalid/'>",
        "<style>*{display:none}</style>",
    ),
    *(
        "<!--<img src='--><img src=x onerror=window.__inert=0>'>",
        "<plaintext>",
        "<xmp>",
        "<table><td>",
    ),
    *("<math><mtext></p><img src=x onerror=window.__inert=0>", "<template><img src=x></template>"),
    *(
        "<svg><use href='data:image/svg+xml,<svg onload=window.__inert=0>'/></svg>",
        "<noscript><p title='",
    ),
    *(
        "<svg><animate attributeName=href values=javascript:window.__inert=0 /></svg>",
        "<embed src=x>",
    ),
    *(
        "<button formaction=javascript:window.__inert=0>",
        "<portal src=x>",
        "<applet code=x>",
        "<frame>",
    ),
)
_TEMPLATES = (
    *(
        "{{constructor.constructor('window.__inert=0')()}}",
        "${window.__inert=0}",
        "#{window.__inert=0}",
    ),
    *(
        "{{7*7}}",
        "{% debug %}",
        "{% load static %}",
        "<%= 7*7 %>",
        "@(7*7)",
        "[[${7*7}]]",
        "*{7*7}",
    ),
    *(
        "{{ request.user.password }}",
        "{{#with}}{{lookup}}{{/with}}",
        "%(name)s",
        "{0.__class__}",
        "%n%s",
    ),
)
_PLAIN = (
    *("\u202egnp.elif\u202c", "\u2066<b>\u2069", "\u200b\u200d\ufeff", "a\u0300\u0301\u0302" * 8),
    *(
        "\u2028window.__inert=0\u2029",
        "\x07\x08\x1b[31mred",
        "\U000e0041\U000e0042",
        "\ufffe\ufdd0",
    ),
    *(
        "&lt;img src=x onerror=window.__inert=0&gt;",
        "&#60;script&#62;",
        "\\u003cscript\\u003e",
        "%3Cscript%3E",
    ),
    *(
        "\uff1cscript\uff1e",
        "+ADw-script+AD4-",
        "=cmd|' /C calc'!A0",
        "' OR 1=1 --",
        "../../etc/passwd",
    ),
    *("__proto__", "constructor", "toString", "null", "undefined", "NaN", "-0", "W" * 300),
)


def texts(count: int) -> tuple[str, ...]:
    """So many of them, no two alike, each kind among the first.

    Raises:
        ValueError: the grammar has not so many.
    """
    kinds: list[Iterator[str]] = [
        (f"{end}{tag.format(call)}" for end, call, tag in product(_ENDS, _CALLS, _HANDLERS)),
        (f"{end}{tag.format(call)}" for call, end, tag in product(_CALLS, _ENDS, _SCRIPTS)),
        (
            link.format(address.format(call))
            for link, call, address in product(_LINKS, _CALLS, _ADDRESSES)
        ),
        (f"{end}{tag}" for end, tag in product(_ENDS, _MARKUP)),
        iter(_TEMPLATES),
        iter(_PLAIN),
    ]
    found: dict[str, None] = {}
    for text in _in_turn(kinds):
        found[text] = None
        if len(found) == count:
            return tuple(found)
    raise ValueError(f"there are {len(found)} such texts")


def _in_turn(kinds: list[Iterator[str]]) -> Iterator[str]:
    """The first of each, the second of each … to the end of the longest."""
    left = list(kinds)
    while left:
        for kind in list(left):
            text = next(kind, None)
            if text is None:
                left.remove(kind)
            else:
                yield text
