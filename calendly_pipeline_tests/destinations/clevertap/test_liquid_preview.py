"""A campaign's body is checked against what we send, and shown as one person would get it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendly_pipeline.destinations.clevertap.liquid_preview import Rendered, remarks, rendered
from calendly_pipeline.failures import InputError

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
FIELDS = {"Profile": ("Name", "Email"), "Event": ("title", "starts_at", "count", "meeting_url")}
UNDOCUMENTED = "warning: CleverTap's documentation does not name"
VALUES: dict[str, dict[str, Any]] = {
    "Profile": {"Name": "Ada Park", "Email": None},
    "Event": {"title": "Review", "starts_at": "2026-06-20T14:00:00Z", "count": 3, "meeting_url": None},
}
ZAPIER_BODY = """Hi {{ Profile.Name | default: "There!" }},
{% if Event.count > 2 %}your meeting no. {{ Event.count }}{% else %}your meeting{% endif %}
is at {{ Event["meeting_url"] | default: "N/A" }}."""


def said(source: str) -> list[str]:
    """The remarks as they are printed."""
    return [str(remark) for remark in remarks(source, FIELDS)]


def shown(source: str) -> Rendered:
    """What Ada would get."""
    return rendered(source, "mail.liquid", VALUES, NOW)


def test_a_sound_template() -> None:
    """Nothing is remarked on it, and a default stands in for what is missing."""
    assert said(ZAPIER_BODY) == []
    assert shown(ZAPIER_BODY).text == "Hi Ada Park,\nyour meeting no. 3\nis at N/A."
    assert shown(ZAPIER_BODY).blanks == []


@pytest.mark.parametrize(
    ("source", "remark"),
    [
        (
            'Hi\n {{ Profile.name | default: "x" }}',
            "2:5 warning: we do not send Profile.name; something else must fill it; the nearest is 'Name'",
        ),
        ("{{ Event['titel'] }}", "1:4 error: Event.titel is not sent; the nearest is 'title'"),
        ("{{ Event.zzzz }}", "1:4 error: Event.zzzz is not sent"),
        ("{{ PROFILE.Name }}", "1:4 error: there is no PROFILE.Name; the nearest is 'Profile'"),
        ("{{ name }}", "1:4 error: there is no name"),
        ("{{ Event }}", "1:4 error: Event names no field; write Event.<name>"),
        ("{{ Event.title.x }}", "1:4 error: Event.title.x: Event.title is one value, nothing lies below it"),
        ("{{ Event.title | shout }}", "1:18 error: there is no filter 'shout'; the nearest is 'sort'"),
        ("a {% elseif %}", "1:6 error: CleverTap has no tag 'elseif'; the nearest is 'elsif'"),
        ("{% include 'x' %}", "1:4 error: CleverTap has no tag 'include'; the nearest is 'continue'"),
        ("\n{% if Event.title %}", "2:4 error: 'if' has no end; write {% endif %}"),
        ("{% else %}", "1:4 error: 'else' is inside no tag"),
        ("{{ Event.title", "1:1 error: expected '}}', found end of file"),
        ("{% if Event.count > %}{% endif %}", "1:7 error: expected a primitive expression, found end of expression"),
        (
            "{{ Event[Profile.Name] }}",
            "1:4 warning: Event[Profile.Name] is known only when it is sent; it is not checked",
        ),
        ("{{ Event.title | upcase }}", f"1:18 {UNDOCUMENTED} the filter 'upcase'; send a test message"),
        ("{% capture x %}{% endcapture %}", f"1:4 {UNDOCUMENTED} the tag 'capture'; send a test message"),
        ("{% endif %}", "1:4 error: unexpected tag 'endif'"),
    ],
)
def test_what_is_remarked(source: str, remark: str) -> None:
    """Each mistake is told with line and column, and with the name that was probably meant."""
    assert said(source) == [remark]


def test_names_of_the_templates_own() -> None:
    """What a template assigns, or loops over, is no field; sizes and ends of a value are its own."""
    source = "{% assign x = Event.title %}{{ x }}{% for i in x %}{{ i }}{{ forloop.index }}{% endfor %}"
    assert (
        said(source + "{{ Event.title.size }}{% comment %}{{ nothing }}{% endcomment %}{% raw %}{{ y }}{% endraw %}")
        == []
    )


def test_every_mistake_at_once() -> None:
    """All mistakes come in one list, in the order of the text."""
    found = said("{{ Event.a1 }}\n{{ Event.a2 | shout }}\n{{ b }}")
    assert [remark.split(" ")[0] for remark in found] == ["1:4", "2:4", "2:15", "3:4"]


def test_holes_are_told() -> None:
    """A field without a value for this person prints nothing; it is told where, unless a default stands in."""
    result = shown(
        '[{{ Event.meeting_url }}]\n{{ Profile.Email | default: "-" }}{% if Event.meeting_url %}y{% endif %}'
    )
    assert result.text == "[]\n-"
    assert [str(hole) for hole in result.blanks] == [
        "1:5 warning: Event.meeting_url has no value here and no default: a hole"
    ]


def test_an_aborted_message() -> None:
    """CleverTap's own tag keeps the message from being sent, and nothing after it counts."""
    source = "{% if Event.count > 2 %}\n{% abort %}{% endif %}{{ Event.count | divided_by: 0 }}"
    result = shown(source)
    assert said(source.replace("| divided_by: 0", "")) == []
    assert (result.text, str(result.aborted)) == (
        "",
        "2:4 warning: abort: nobody of whom this holds gets the message",
    )
    assert shown("{% if Event.count > 5 %}{% abort %}{% endif %}sent").text == "sent"


def test_what_now_means() -> None:
    """`now` is the run's clock: by India's time as in CleverTap, or in the zone that `date_tz` names."""
    source = '{{ "now" | date: "%H:%M" }} {{ "now" | date_tz: "%H:%M", "America/New_York" }}'
    assert shown(source).text == "14:30 05:00"
    moved = '{{ Event.starts_at | date_tz: "%d %H:%M", "Asia/Tokyo" }} {{ Event.title | date_tz: "%H", "Asia/Tokyo" }}'
    assert shown(moved).text == "20 23:00 Review"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% for i in (1..100000) %}x{% endfor %}", "1:4: loop iteration limit reached"),
        ('{% for i in (1..9999) %}{{ "' + "a" * 40 + '" }}{% endfor %}', "1:4: output stream limit reached"),
        (
            '{% assign x = "aaaa" %}{% for i in (1..99) %}{% assign x = x | append: x %}{% endfor %}',
            "1:27: local namespace limit reached",
        ),
        ("\n{{ Event.count | divided_by: 0 }}", "2:18: divided_by: can't divide by 0"),
        ('{{ "now" | date_tz: "%H", "Mars/Base" }}', "1:12: 'Mars/Base' is no IANA time zone"),
        ("{% endif %}", "1:4: "),
    ],
)
def test_what_cannot_be_rendered(source: str, words: str) -> None:
    """A template that never ends, or cannot be computed, is an error naming file, line and column."""
    with pytest.raises(InputError, match="Correct the template") as raised:
        shown(source)
    assert f"mail.liquid {words}" in str(raised.value)


PIECES = ["{{", "}}", "{%", "%}", " if ", " endif ", "Event.title", "|", "abort", "for i in", '"', "\n", "x", "[", "."]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_read_without_a_stumble(source: str) -> None:
    """Whatever is typed, it is remarked upon or rendered; only InputError comes out."""
    found = remarks(source, FIELDS)
    lines = source.splitlines() or [""]
    assert all(1 <= remark.line <= len(lines) and remark.column >= 1 for remark in found)
    try:
        shown(source)
    except InputError:
        assert any(remark.level == "error" for remark in found)
