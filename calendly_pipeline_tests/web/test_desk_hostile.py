"""What strangers type into a booking form is shown, and does nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendly_pipeline.web.desk_text import differences, inline, shown
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.web.desk_served import Browser

SCRIPT = "<script>alert(1)</script>"
TURNED = "\N{RIGHT-TO-LEFT OVERRIDE}moc.live\N{POP DIRECTIONAL FORMATTING}"
NAMES = [
    pytest.param(SCRIPT, "&lt;script&gt;alert(1)&lt;/script&gt;", id="script"),
    pytest.param('" onmouseover="alert(1)', "&#34; onmouseover=&#34;alert(1)", id="attribute"),
    pytest.param(f"Eve {TURNED}", '<span class="sign" title="RIGHT-TO-LEFT OVERRIDE">U+202E</span>', id="turned"),
    pytest.param("Eve\N{ZERO WIDTH SPACE}Elm", 'title="ZERO WIDTH SPACE">U+200B</span>', id="zero-width"),
    pytest.param("Eve\x1b[31m", 'title="control mark">U+001B</span>', id="escape"),
    pytest.param("{{ 7 * 7 }}", "{{ 7 * 7 }}", id="template"),
    pytest.param("=cmd|' /C calc'!A0", "=cmd|&#39; /C calc&#39;!A0", id="formula"),
    pytest.param("x" * 10_000, "all 10,000 characters", id="long"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_a_hostile_name_is_shown_harmlessly(dana: Browser, desk_firm: DeskFirm, name: str, expected: str) -> None:
    """In the queue, on the case, in an answer, in the list of answers and in an explanation."""
    address = "shared@family.example"
    desk_firm.world.card("8", "Zoe Elm", address, company=name).card("9", "Max Elm", address, household=name)
    desk_firm.world.booked("z", address, name, answers={SCRIPT: name, "=1+1": "\x01"})
    desk_firm.refresh()
    pages = [dana.get("").text]
    path = dana.case(desk_firm, address)
    assert expected in dana.page.text
    pages += [dana.page.text, dana.post("search", case=path.removeprefix("case/"), q="family").text]
    dana.get(path)
    pages += [dana.post(path, answer="new_contact", reason=name[:900]).text, dana.get("decisions").text]
    dana.get("explain")
    pages += [dana.post("explain", kind="address", key=address).text, dana.get("explain/contact/9").text]
    for page in pages:
        assert dana.page.status_code == 200
        assert SCRIPT not in page
        assert ' onmouseover="' not in page
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
        assert "\N{ZERO WIDTH SPACE}" not in page


def test_a_hostile_search_is_shown_harmlessly(dana: Browser, desk_firm: DeskFirm) -> None:
    """What is searched for and what is asked about comes back escaped, and patterns mean nothing."""
    identity = desk_firm.case("alders@example.com").identity_id
    dana.get(f"case/{identity}")
    for text in (SCRIPT, '"><img src=x>', "%", "_", "' or 1=1 --", "x" * 5000, "\x00"):
        page = dana.post("search", case=identity, q=text)
        assert page.status_code == 200
        assert SCRIPT not in page.text
        assert "<img" not in page.text
        assert "found</p>" not in page.text
        assert SCRIPT not in dana.post("explain", kind="address", key=text).text
        dana.get(f"case/{identity}")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_no_text_escapes(left: str, right: str) -> None:
    """Whatever the text, the HTML holds no tag but ours and no mark that turns or hides other text."""
    for made in (shown(left, 20), inline(left), *differences(left, right)):
        for tag in ("bdi", "details", "summary", "mark", "span"):
            made = made.replace(f"</{tag}>", "").replace(f"<{tag}>", "")
        made = made.replace("@<wbr>", "@")
        rest = str(made).replace('<details class="more">', "").replace('<span class="sign" title="', "")
        assert "<" not in rest
        assert not any("\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069" for letter in rest)
