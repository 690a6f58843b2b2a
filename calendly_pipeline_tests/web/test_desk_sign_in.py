"""Who gets in, what every answer carries, and what is refused."""

import logging
from datetime import timedelta

import httpx
import pytest

from calendly_pipeline.contacts.decisions import all_decisions
from calendly_pipeline.failures import SettingsError
from calendly_pipeline.web.desk_sign_in import Access, hash_password, is_password
from calendly_pipeline_tests.contacts.desk_firm import DeskFirm
from calendly_pipeline_tests.web.desk_served import HASH, PASSWORD, Browser, desk_browser

PAGES = ("", "case/x", "decisions", "rules", "rules/email_exact", "explain", "explain/contact/1")
HALE = "robert.hale@gmial.com"


def test_a_password_is_kept_as_a_salted_hash() -> None:
    """Two hashes of one password differ, both fit it, and nothing else does."""
    first, second = hash_password("a"), hash_password("a")
    assert first != second
    assert is_password("a", first)
    assert is_password("a", second)
    assert not is_password("b", first)


def test_nothing_is_shown_before_sign_in(browser: Browser) -> None:
    """Every page leads to the sign-in."""
    for path in PAGES:
        assert browser.get(path).url.path == "/desk/sign-in"
        assert "alders" not in browser.page.text


def test_nothing_is_kept_before_sign_in(browser: Browser, desk_firm: DeskFirm) -> None:
    """A form without a session is refused."""
    for path in (f"case/{desk_firm.case(HALE).identity_id}", "undo", "search", "explain", "rules/email_exact"):
        assert browser.post(path, token="x", answer="link:3").status_code == 401  # noqa: S106 - no secret
    assert all_decisions(desk_firm.state) == []


def test_the_cookie_is_out_of_reach(browser: Browser) -> None:
    """The session's cookie is HttpOnly and SameSite=Strict, and Secure unless the host is this machine."""
    browser.get("sign-in")
    form = {"token": browser.token, "name": "dana", "password": PASSWORD}
    for host, is_secure in (("localhost", False), ("desk.firm.example", True)):
        answer = httpx.post(f"{browser.url}/desk/sign-in", data=form, headers={"host": host})
        said = answer.headers["set-cookie"].lower()
        assert answer.status_code == 303
        assert {"httponly", "samesite=strict", "path=/desk"} <= {part.strip() for part in said.split(";")}
        assert ("secure" in said) is is_secure


def test_a_made_up_a_changed_and_an_old_session_are_refused(desk_firm: DeskFirm, dana: Browser) -> None:
    """A session ends after twelve hours and with signing out, and no letter of it can be changed."""
    cookie = dana.client.cookies["desk_session"]
    dana.client.cookies.clear()
    for made_up in ("", "x", "x.y", cookie[:-2] + "xx", "A" + cookie[1:], cookie.partition(".")[0] + "."):
        dana.client.cookies.set("desk_session", made_up, path="/desk")
        assert dana.get("").url.path == "/desk/sign-in"
        dana.client.cookies.clear()
    dana.client.cookies.set("desk_session", cookie, path="/desk")
    assert dana.get("").url.path == "/desk/"
    desk_firm.now += timedelta(hours=12)
    assert dana.get("").url.path == "/desk/sign-in"
    dana.client.cookies.clear()
    dana.sign_in()
    copied = dana.client.cookies["desk_session"]
    dana.post("sign-out")
    dana.client.cookies.clear()
    dana.client.cookies.set("desk_session", copied, path="/desk")
    assert dana.get("").url.path == "/desk/sign-in"


def test_wrong_passwords_are_limited(browser: Browser, desk_firm: DeskFirm) -> None:
    """Five wrong passwords in a quarter of an hour; then even the right one waits."""
    assert [browser.sign_in(password=f"wrong {n}").status_code for n in range(6)] == [401] * 5 + [429]
    assert browser.sign_in().status_code == 429
    desk_firm.now += timedelta(minutes=16)
    assert browser.sign_in().status_code == 200


def test_who_signs_in_says_who_they_are(browser: Browser) -> None:
    """Without a name nobody gets in: it stands with each decision."""
    assert browser.sign_in(name=" ").status_code == 400


def test_a_forged_form_is_refused(dana: Browser, desk_firm: DeskFirm) -> None:
    """A form that another site made a signed-in browser send changes nothing."""
    path = dana.case(desk_firm, HALE)
    for token in ("", "x", "é"):
        assert dana.post(path, token=token, answer="link:3").status_code == 403
    assert all_decisions(desk_firm.state) == []


def test_a_form_from_another_site_is_refused(dana: Browser, desk_firm: DeskFirm) -> None:
    """Also with the right token, when the browser says that another site sent it."""
    path = dana.case(desk_firm, HALE)
    form = {"token": dana.token, "answer": "link:3"}
    answer = dana.client.post(f"{dana.url}/desk/{path}", data=form, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, all_decisions(desk_firm.state)) == (403, [])


def test_the_token_of_one_session_is_no_good_in_another(dana: Browser, desk_firm: DeskFirm) -> None:
    """Tokens belong to their session."""
    path = dana.case(desk_firm, HALE)
    former = dana.token
    dana.sign_in("lee")
    assert dana.post(path, token=former, answer="link:3").status_code == 403


def test_what_is_no_small_form_is_refused(dana: Browser) -> None:
    """Other content types, empty bodies, large ones and ones of thousands of fields are refused."""
    form = "application/x-www-form-urlencoded"
    sent = [(b"{}", "application/json"), (b"", form), (b"a=" + b"x" * 300_000, form), (b"&a=1" * 3000, form)]
    found = [
        dana.client.post(f"{dana.url}/desk/undo", content=body, headers={"content-type": kind}).status_code
        for body, kind in sent
    ]
    assert found == [415, 400, 413, 400]


def test_every_answer_carries_the_headers(dana: Browser) -> None:
    """Nothing may be framed, sniffed, stored or loaded from elsewhere, errors included."""
    for path in (*PAGES, "sign-in", "nowhere", "static/desk.css", "static/secret"):
        headers = dana.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; frame-ancestors 'none'")
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_pages_ask_nobody_else(dana: Browser, desk_firm: DeskFirm) -> None:
    """No page names another host, and none holds a script or a style of its own."""
    for path in ("", f"case/{desk_firm.case(HALE).identity_id}", "rules", "decisions", "explain"):
        text = dana.get(path).text
        assert "http://" not in text
        assert "https://" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert text.count("<script") == text.count('<script src="/desk/static/desk.js" defer>') == 1


def test_a_trusted_proxy_names_the_user(desk_firm: DeskFirm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header of a trusted proxy signs in, stands with the decision, and its forms need their token all the same."""
    monkeypatch.setenv("DESK_TRUSTED_USER_HEADER", "X-Remote-User")
    monkeypatch.setenv("DESK_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
    with desk_browser(desk_firm) as browser:
        assert browser.get("").url.path == "/desk/sign-in"
        browser.client.headers["x-remote-user"] = "lee@firm.example"
        path = browser.case(desk_firm, HALE)
        assert browser.post(path, token="x", answer="link:3").status_code == 403  # noqa: S106 - no secret
        browser.get(path)
        browser.post(path, answer="link:3")
        doubled = httpx.Headers([("x-remote-user", "a"), ("x-remote-user", "b")])
        assert httpx.get(f"{browser.url}/desk/", headers=doubled).status_code == 303
    assert [one.decided_by for one in all_decisions(desk_firm.state)] == ["lee@firm.example"]


def test_a_header_from_anybody_else_is_nothing(desk_firm: DeskFirm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not the proxy cannot be anybody, whatever headers say about where it comes from."""
    monkeypatch.setenv("DESK_TRUSTED_USER_HEADER", "X-Remote-User")
    monkeypatch.setenv("DESK_TRUSTED_PROXIES", "10.1.2.3")
    with desk_browser(desk_firm) as browser:
        for name in ("x-forwarded-for", "x-real-ip", "forwarded", "client-ip", "x-client-ip"):
            value = "for=10.1.2.3" if name == "forwarded" else "10.1.2.3"
            browser.client.headers.update({"x-remote-user": "dana", name: value})
        assert browser.get("").url.path == "/desk/sign-in"
        assert browser.post("undo", token="x").status_code == 401  # noqa: S106 - no secret


def test_the_header_needs_a_proxy_to_trust(monkeypatch: pytest.MonkeyPatch, desk_firm: DeskFirm) -> None:
    """A header that anybody could send is refused at the start, and so is a hash that is none."""
    monkeypatch.setenv("DESK_TRUSTED_USER_HEADER", "X-Remote-User")
    with pytest.raises(SettingsError, match="DESK_TRUSTED_PROXIES"):
        Access.from_environment(lambda: desk_firm.now)
    monkeypatch.setenv("DESK_TRUSTED_PROXIES", "everybody")
    with pytest.raises(SettingsError, match="addresses or networks"):
        Access.from_environment(lambda: desk_firm.now)
    monkeypatch.setenv("DESK_TRUSTED_PROXIES", "127.0.0.1")
    monkeypatch.setenv("DESK_PASSWORD_HASH", "my password")
    with pytest.raises(SettingsError, match="is no hash"):
        Access.from_environment(lambda: desk_firm.now)


def test_without_a_way_to_sign_in_nothing_is_shown(desk_firm: DeskFirm) -> None:
    """Who sits at the machine is told how to make a password; no page, no form, no data before that."""
    with desk_browser(desk_firm) as browser:
        for path in (*PAGES, "sign-in"):
            assert browser.get(path).status_code == 503
            assert "review password" in browser.text
            assert "alders" not in browser.page.text
        assert browser.post("undo", token="x").status_code == 503  # noqa: S106 - no secret


def test_logs_name_nobody(dana: Browser, desk_firm: DeskFirm, caplog: pytest.LogCaptureFixture) -> None:
    """Neither answers nor refusals nor errors put people or secrets into the logs."""
    with caplog.at_level(logging.DEBUG):
        dana.post(dana.case(desk_firm, HALE), answer="link:3", reason="canary")
        dana.get("explain")
        dana.post("explain", kind="address", key="canary@example.com")
        dana.get("explain/contact/canary")
        dana.sign_in(password="canary")  # noqa: S106 - wrong on purpose
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    text = "\n".join(logging.Formatter().format(record) for record in ours)
    assert "desk: wrong password" in text
    assert [word for word in ("canary", "hale", "@", PASSWORD, HASH, "dana") if word in text] == []
