"""``{% flow_fragment %}``: a part of a page that the server makes anew when a run inside it has changed.

The tag writes attributes for htmx and needs nothing else: the events of ``<flow-progress>`` bubble, and
the fragment is around it.
"""

from __future__ import annotations

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

EVENTS = ("flow-done", "flow-failed")
"""When it is made anew, if the template does not say."""
_KNOWN = frozenset({*EVENTS, "flow-progress", "flow-waiting"})


class Fragment(template.Node):
    """What stands between the tags, inside an element that fetches it again."""

    def __init__(
        self, inside: NodeList, url: FilterExpression, events: FilterExpression | None
    ) -> None:
        self.nodelist = inside
        self._url = url
        self._events = events

    def render(self, context: Context) -> SafeString:
        """The element.

        Raises:
            TemplateSyntaxError: one of the events is none of ``<flow-progress>``.
        """
        given = None if self._events is None else str(self._events.resolve(context))
        events = EVENTS if given is None else tuple(given.split())
        unknown = [each for each in events if each not in _KNOWN]
        if unknown:
            raise template.TemplateSyntaxError(
                f"flow_fragment knows no event {unknown[0]!r}; there are {', '.join(sorted(_KNOWN))}"
            )
        return format_html(
            '<div class="flow-fragment" hx-get="{}" hx-trigger="{}" hx-swap="innerHTML">{}</div>',
            self._url.resolve(context),
            ", ".join(events),
            mark_safe(self.nodelist.render(context)),  # noqa: S308 - the template's own output
        )


def fragment(parser: Parser, token: Token) -> Fragment:
    """``{% flow_fragment url on="flow-done flow-failed" %}…{% endflow_fragment %}``.

    *url* answers with what stands inside: the same template that made it first.
    """
    name, *words = token.split_contents()
    named = [word for word in words if word.startswith("on=")]
    places = [word for word in words if word not in named]
    if len(places) != 1 or len(named) > 1:
        raise template.TemplateSyntaxError(f'{{% {name} url on="flow-done" %}} takes one URL')
    inside = parser.parse((f"end{name}",))
    parser.delete_first_token()
    events = parser.compile_filter(named[0].removeprefix("on=")) if named else None
    return Fragment(inside, parser.compile_filter(places[0]), events)
