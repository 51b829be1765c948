"""Signing in and what guards the console: cookies, limits, hosts, sizes, headers, calm errors."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI, HTTPException
from hypothesis import given
from hypothesis import strategies as st

from ops.console.accounts import Accounts
from ops.console.app import create_app
from ops.console.security.access import Access
from ops.console.security.gate import LARGEST_BODY
from ops.console.security.headers import HEADERS
from ops.console.security.limits import MOST_KEYS, Buckets, Delays, Limits, TooMany
from ops.console.security.next import local_path
from ops.console.security.onetime import OneTimeKey
from ops.console.security.roles import allowed
from tests.console.browsing import PASSWORD, Browser, Clock

SESSION = "channelwatch_8765"


@pytest.fixture
def browser(guarded: FastAPI, users: dict[str, str]) -> Browser:
    return Browser(guarded)


# Signing in and out


def test_signing_in_and_out(browser: Browser) -> None:
    assert browser.get("/settings").headers["location"] == "/sign-in?next=%2Fsettings"
    assert browser.sign_in("lead", next="/settings").headers["location"] == "/settings"
    assert browser.get("/settings").status_code == 200
    assert browser.get("/sign-in").status_code == 303
    former = browser.cookies[SESSION]
    assert browser.submit("/sign-out").status_code == 303
    assert SESSION not in browser.cookies
    browser.cookies.set(SESSION, former, domain="localhost.local", path="/")
    assert browser.get("/settings").status_code == 303  # ended here, not only forgotten there


@pytest.mark.parametrize(("name", "password"), [("lead", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(
    browser: Browser, name: str, password: str
) -> None:
    answer = browser.sign_in(name, password)
    assert answer.status_code == 403
    assert "Name and password do not go together" in answer.text
    assert SESSION not in browser.cookies


def test_what_was_typed_as_a_name_comes_back_escaped(browser: Browser) -> None:
    answer = browser.sign_in('"><script>x</script>', "wrong", next='/"><script>')
    assert "<script>x" not in answer.text
    assert "&lt;script&gt;x" in answer.text


def test_a_session_that_somebody_planted_is_not_taken_over(
    guarded: FastAPI, browser: Browser, users: dict[str, str]
) -> None:
    planter = Browser(guarded)
    planter.sign_in("moderator")
    planted = planter.cookies[SESSION]
    browser.cookies.set(SESSION, planted, domain="localhost.local", path="/")
    browser.post("/sign-out", data={"csrf": browser.token("/settings")})
    browser.cookies.clear()
    for value in ("planted", planted):
        browser.cookies.set(SESSION, value, domain="localhost.local", path="/")
        browser.sign_in("lead")
        assert SESSION in browser.cookies
        tokens = {cookie.value for cookie in browser.cookies.jar if cookie.name == SESSION}
        assert value not in tokens
        browser.cookies.clear()
    assert planter.get("/settings").status_code == 303


def test_each_sign_in_has_a_token_of_its_own_and_another_csrf_token(
    guarded: FastAPI, users: dict[str, str]
) -> None:
    first, second = Browser(guarded), Browser(guarded)
    first.sign_in("lead")
    second.sign_in("lead")
    assert first.cookies[SESSION] != second.cookies[SESSION]
    assert first.token() != second.token()
    assert first.token() == first.token()
    assert first.cookies[SESSION] not in first.get("/settings").text


def test_the_sign_in_form_is_our_own(browser: Browser) -> None:
    form = {"name": "lead", "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 403  # no cookie of the form
    token = browser.token("/sign-in")
    assert browser.post("/sign-in", data=form).status_code == 403
    assert browser.post("/sign-in", data=form | {"csrf": "0" * 64}).status_code == 403
    other = {"Origin": "https://a.example"}
    assert browser.post("/sign-in", data=form | {"csrf": token}, headers=other).status_code == 403
    assert SESSION not in browser.cookies
    ours = {"Origin": "http://localhost:8765", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/sign-in", data=form | {"csrf": token}, headers=ours).status_code == 303


def test_a_page_that_hides_its_origin_is_ours_only_if_the_browser_says_so(browser: Browser) -> None:
    browser.sign_in("lead")
    token = browser.token()
    headers = {"Origin": "null", "X-CSRF-Token": token}
    assert browser.post("/settings", headers=headers).status_code == 403
    headers |= {"Sec-Fetch-Site": "same-origin"}
    assert browser.post("/settings", headers=headers).status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example",
        "//a.example",
        "/\\a.example",
        "\\\\a.example",
        "/a\\..\\b",
        "javascript:alert(1)",
        "/\t/a.example",
        "/ok\r\nSet-Cookie: a=b",
        " /x",
        "",
        "/" + "x" * 3000,
    ],
)
def test_signing_in_leads_to_no_other_site(browser: Browser, address: str) -> None:
    assert browser.sign_in("lead", next=address).headers["location"] == "/"
    assert browser.get("/sign-in", params={"next": address}).headers["location"] == "/"


@given(st.text())
def test_a_local_path_is_a_path_on_this_host(text: str) -> None:
    path = local_path(text)
    assert path in {"/", text}
    assert re.match(r"/([^/\\]|$)", path)
    assert path.isascii()
    assert path.isprintable()


def test_a_part_that_needs_a_sign_in_comes_back_to_its_page(browser: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost:8765/queue?label=x"}
    answer = browser.get("/settings", headers=headers)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fqueue%3Flabel%3Dx"
    headers["HX-Current-URL"] = "https://a.example//b.example/"
    assert browser.get("/settings", headers=headers).headers["HX-Redirect"] == "/sign-in?next=%2F"


# Cookies


def cookies_of(app: FastAPI, base_url: str) -> list[str]:
    answer = Browser(app, base_url).get("/sign-in")
    return answer.headers.get_list("set-cookie")


def test_cookies_are_for_us_alone(guarded: FastAPI, browser: Browser) -> None:
    set_ones = browser.sign_in("lead").headers.get_list("set-cookie")
    set_ones += cookies_of(guarded, "http://localhost:8765")
    assert len(set_ones) == 3
    for cookie in set_ones:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert "Secure" not in cookie  # http on this machine


def test_under_https_cookies_are_secure_and_bound_to_the_host(guarded: FastAPI) -> None:
    access = Access(names=frozenset({"review.example"}), secure=True)
    app = create_app(guarded.state.console, access=access)
    (cookie,) = cookies_of(app, "https://review.example")
    assert cookie.startswith("__Host-channelwatch")
    assert "; Secure" in cookie
    answer = Browser(app, "https://review.example").get("/health")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


# The one-time link


def test_the_link_signs_in_once(guarded: FastAPI, key: OneTimeKey, accounts: Accounts) -> None:
    browser = Browser(guarded)
    assert browser.get("/enter", params={"key": "x" + key.value[1:]}).status_code == 403
    assert browser.get("/enter", params={"key": ""}).status_code == 403
    assert browser.get("/enter", params={"key": key.value}).headers["location"] == "/"
    assert browser.get("/users").status_code == 200
    again = Browser(guarded).get("/enter", params={"key": key.value})
    assert again.status_code == 403
    assert "used already" in again.text


def test_the_link_ends_after_ten_minutes(guarded: FastAPI, key: OneTimeKey, clock: Clock) -> None:
    clock.move(minutes=10)
    assert Browser(guarded).get("/enter", params={"key": key.value}).status_code == 403


def test_without_a_link_no_key_opens(guarded: FastAPI) -> None:
    app = create_app(guarded.state.console, access=Access(port=8765))
    for key in ("", "None"):
        assert Browser(app).get("/enter", params={"key": key}).status_code == 403


# Limits


def test_wrong_passwords_of_one_name_make_it_wait_longer_each_time(
    guarded: FastAPI, browser: Browser, clock: Clock
) -> None:
    guarded.state.limits.addresses = Delays(1000, 1, clock.seconds)  # of the name alone
    waits = []
    for _ in range(14):
        answer = browser.sign_in("lead", "wrong password")
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
            assert browser.sign_in("lead").status_code == 429  # the right one waits as well
            assert browser.sign_in("LEAD").status_code == 429
            clock.move(seconds=waits[-1])
    assert waits[:5] == [1, 2, 4, 8, 16]
    clock.move(seconds=60)
    assert browser.sign_in("lead").status_code == 303


def test_the_right_password_clears_the_name(browser: Browser, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(4):
            assert browser.sign_in("lead", "wrong password").status_code == 403
        assert browser.sign_in("lead").status_code == 303
        browser.submit("/sign-out")


def test_one_address_cannot_go_through_many_names(browser: Browser) -> None:
    codes = [browser.sign_in(f"name{n}", "wrong password").status_code for n in range(21)]
    assert codes == [403] * 20 + [429]


def test_a_whole_office_signs_in_from_one_address(guarded: FastAPI, users: dict[str, str]) -> None:
    for _ in range(50):
        assert Browser(guarded).sign_in("lead").status_code == 303


def test_guessing_the_link_is_slow(guarded: FastAPI) -> None:
    browser = Browser(guarded)
    codes = [browser.get("/enter", params={"key": str(n)}).status_code for n in range(21)]
    assert codes[-1] == 429


def test_the_present_password_is_not_tried_quicker_inside(browser: Browser) -> None:
    browser.sign_in("lead")
    form = {"former": "wrong", "password": "another long one", "again": "another long one"}
    codes = [browser.submit("/settings/password", **form).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_a_session_has_so_many_requests_and_says_when_to_go_on(
    browser: Browser, clock: Clock
) -> None:
    browser.sign_in("lead")
    while (answer := browser.get("/settings/password")).status_code == 200:
        pass
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert "Too quick" in answer.text
    clock.move(seconds=1)
    assert browser.get("/settings/password").status_code == 200


def test_a_bucket_fills_again_and_each_key_has_its_own() -> None:
    clock = Clock()
    buckets = Buckets(rate=2, burst=3, clock=clock.seconds)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(TooMany):
        buckets.take("a")
    buckets.take("b")
    clock.move(seconds=0.5)
    buckets.take("a")
    with pytest.raises(TooMany):
        buckets.take("a")
    clock.move(hours=1)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(TooMany):
        buckets.take("a")


def test_limits_forget_rather_than_grow() -> None:
    clock = Clock()
    buckets, delays = Buckets(1, 1, clock.seconds), Delays(1, 60, clock.seconds)
    for number in range(MOST_KEYS + 500):
        buckets.take(str(number))
        delays.attempt(str(number))
    assert len(buckets) == len(delays) == MOST_KEYS
    with pytest.raises(TooMany):
        delays.attempt(str(MOST_KEYS + 499))


def test_delays_have_an_end() -> None:
    clock = Clock()
    delays = Delays(free=1, longest=60, clock=clock.seconds)
    for _ in range(40):
        delays.attempt("a")
        clock.move(seconds=60)
    delays.attempt("a")
    with pytest.raises(TooMany) as raised:
        delays.attempt("a")
    assert raised.value.headers == {"Retry-After": "60"}
    clock.move(seconds=121)
    delays.attempt("a")
    with pytest.raises(TooMany) as raised:
        delays.attempt("a")
    assert raised.value.headers == {"Retry-After": "1"}


# Hosts, sizes


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8765", 200),
        ("LOCALHOST:8765", 200),
        ("127.0.0.1:8765", 200),
        ("[::1]:8765", 200),
        ("localhost", 421),
        ("localhost:80", 421),
        ("127.0.0.1:8766", 421),
        ("a.example:8765", 421),
        ("localhost.a.example:8765", 421),
        ("127.0.0.1.nip.example:8765", 421),
        ("a.example", 421),
        ("", 421),
        ("localhost:8765@a.example", 421),
    ],
)
def test_only_our_own_names_are_answered(guarded: FastAPI, host: str, status: int) -> None:
    assert Browser(guarded).get("/health", headers={"Host": host}).status_code == status


def test_a_host_name_is_allowed_where_it_is_given(guarded: FastAPI) -> None:
    access = Access(names=frozenset({"review.example"}), port=443, secure=True)
    for host, named in (
        ("review.example", True),
        ("review.example:443", True),
        ("review.example:8443", False),
        ("localhost", False),
    ):
        assert access.names_us(host) is named, host


def test_a_body_that_is_too_large_is_not_read(browser: Browser) -> None:
    browser.sign_in("lead")
    form = {"csrf": browser.token(), "blur": "x" * LARGEST_BODY}
    answer = browser.post("/settings", data=form)
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(browser: Browser) -> None:
    sent = 0

    def endless() -> object:
        nonlocal sent
        while sent < 50 * LARGEST_BODY:
            sent += 100_000
            yield b"a" * 100_000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.post("/sign-in", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 413


def test_a_form_of_many_fields_is_refused(browser: Browser) -> None:
    browser.sign_in("lead")
    form = {"csrf": browser.token()} | {f"f{n}": "" for n in range(1_500)}
    answer = browser.post("/settings", data=form)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


# Headers, files, errors


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/nowhere", "/settings", "/static/x"])
def test_every_answer_has_the_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value, name
    assert headers["Cache-Control"] == "no-store"


def test_the_policy_lets_nothing_from_elsewhere_or_inline_run(browser: Browser) -> None:
    policy = browser.get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_our_pages_keep_to_the_policy(browser: Browser) -> None:
    browser.sign_in("admin")
    for path in ("/settings", "/settings/password", "/users", "/nowhere"):
        text = browser.get(path).text
        assert not re.search(r"<[^>]* (style|on\w+)=", text), path
        assert not re.search(r"<script(?![^>]* src=)", text), path
        assert "<style" not in text, path


def test_a_file_is_kept_for_as_long_as_its_content_is_that(guarded: FastAPI) -> None:
    static = guarded.state.templates.globals["static"]
    browser = Browser(guarded)
    with pytest.raises(LookupError, match=r"no\.css"):
        static("no.css")
    known = static.__self__._files
    if not known:
        pytest.skip("there are no files yet")
    for name in known:
        answer = browser.get(static(name))
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        plain = browser.get(f"/static/{name}?v=former")
        assert plain.headers["Cache-Control"] == "public, no-cache"
        tag = {"If-None-Match": plain.headers["ETag"]}
        assert browser.get(f"/static/{name}", headers=tag).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/",
        "/static/a%00",
    ],
)
def test_there_is_no_way_out_of_the_files(guarded: FastAPI, path: str) -> None:
    assert Browser(guarded).get(path).status_code == 404


@pytest.fixture
def breaking(guarded: FastAPI) -> FastAPI:
    def broken() -> None:
        raise RuntimeError("secret of the house")

    def said() -> None:
        raise HTTPException(409, "<b>Somebody</b> else has it.")

    guarded.add_api_route("/broken", broken)
    guarded.add_api_route("/said", said)
    return guarded


def test_a_defect_shows_a_calm_page_and_nothing_of_itself(breaking: FastAPI) -> None:
    answer = Browser(breaking).get("/broken")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    for name, value in HEADERS.items():
        assert answer.headers.get_list(name) == [value]


def test_an_error_in_a_part_is_a_line_and_escaped(breaking: FastAPI) -> None:
    answer = Browser(breaking).get("/said", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.text.startswith("<p>")
    assert "&lt;b&gt;Somebody&lt;/b&gt; else has it." in answer.text
    page = Browser(breaking).get("/said").text
    assert page.startswith("<!doctype html>")
    assert "&lt;b&gt;Somebody" in page


def test_a_missing_page_says_so(browser: Browser) -> None:
    assert "There is no such page" in browser.get("/nowhere").text


def test_a_form_that_is_not_right_names_the_field_and_not_what_was_sent(browser: Browser) -> None:
    browser.sign_in("lead")
    answer = browser.submit("/settings/sessions/evil<b>/end")
    assert answer.status_code == 404
    assert "evil" not in answer.text


# The pages


def test_an_admin_gives_a_password_that_is_shown_once(browser: Browser, guarded: FastAPI) -> None:
    browser.sign_in("admin")
    answer = browser.submit("/users", name=" asma ", role="lead")
    (password,) = re.findall(r"<code[^>]*>([a-z0-9-]{19})</code>", answer.text)
    assert password not in browser.get("/users").text
    new = Browser(guarded)
    assert new.sign_in("asma", password).status_code == 303
    assert new.get("/settings").headers["location"] == "/settings/password"
    answer = browser.submit("/users/asma/password")
    (second,) = re.findall(r"<code[^>]*>([a-z0-9-]{19})</code>", answer.text)
    assert second != password
    assert new.get("/settings").headers["location"].startswith("/sign-in")
    assert Browser(guarded).sign_in("asma", password).status_code == 403
    assert Browser(guarded).sign_in("asma", second).status_code == 303


def test_the_users_page_says_what_may_not_be(browser: Browser) -> None:
    browser.sign_in("admin")
    for path, form, says in (
        ("/users", {"name": "a b", "role": "lead"}, "no user&#39;s name"),
        ("/users", {"name": "lead", "role": "lead"}, "already"),
        ("/users", {"name": "x", "role": "king"}, "no role"),
        ("/users/admin/disable", {}, "last admin"),
        ("/users/admin/role", {"role": "lead"}, "last admin"),
        ("/users/admin/password", {}, "under Settings"),
        ("/users/nobody/enable", {}, "no user"),
    ):
        answer = browser.submit(path, **form)
        assert answer.status_code == 422, path
        assert says in answer.text, path


def test_what_an_admin_takes_away_is_gone_at_once(browser: Browser, guarded: FastAPI) -> None:
    browser.sign_in("admin")
    lead = Browser(guarded)
    lead.sign_in("lead")
    assert browser.submit("/users/lead/disable").status_code == 303
    assert lead.get("/settings").status_code == 303
    assert browser.submit("/users/lead/enable").status_code == 303
    lead.sign_in("lead")
    browser.submit("/users/lead/role", role="admin")
    assert lead.get("/users").status_code == 200
    browser.submit("/users/lead/role", role="moderator")
    assert lead.get("/users").status_code == 403


def test_settings_are_kept_and_can_be_given_up_again(browser: Browser, accounts: Accounts) -> None:
    browser.sign_in("moderator")
    browser.submit("/settings", blur="all", theme="dark", muted="no", severe_in_a_row="0")
    kept = accounts.preferences.of("moderator")
    assert (kept.blur, kept.theme, kept.muted, kept.severe_in_a_row) == ("all", "dark", False, 0)
    text = browser.get("/settings?saved=preferences").text
    assert '<option value="all" selected>' in text
    assert "Your settings are kept." in text
    assert browser.submit("/settings", severe_in_a_row="many").status_code == 422
    assert browser.submit("/settings", blur="<b>").status_code == 422
    assert accounts.preferences.of("moderator") == kept
    browser.submit("/settings")
    assert accounts.preferences.of("moderator").blur is None


def test_ones_own_password(browser: Browser, guarded: FastAPI) -> None:
    browser.sign_in("lead")
    elsewhere = Browser(guarded)
    elsewhere.sign_in("lead")
    new = "a quite different one"
    for form, says in (
        ({"former": "wrong", "password": new, "again": new}, "another one"),
        ({"former": PASSWORD, "password": new, "again": new + "x"}, "differ"),
        ({"former": PASSWORD, "password": "short", "again": "short"}, "12 characters"),
        ({"former": PASSWORD, "password": PASSWORD, "again": PASSWORD}, "the present one"),
    ):
        answer = browser.submit("/settings/password", **form)
        assert answer.status_code == 422
        assert says in answer.text
    form = {"former": PASSWORD, "password": new, "again": new}
    assert browser.submit("/settings/password", **form).status_code == 303
    assert browser.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 303
    assert Browser(guarded).sign_in("lead", new).status_code == 303


def test_ones_own_sessions(browser: Browser, guarded: FastAPI, accounts: Accounts) -> None:
    others = [Browser(guarded) for _ in range(3)]
    for each in (browser, *others):
        each.sign_in("lead")
    (numbers,) = [re.findall(r"/settings/sessions/(\d+)/end", browser.get("/settings").text)]
    assert len(numbers) == 3
    stranger = Browser(guarded)
    stranger.sign_in("moderator")
    stranger.submit(f"/settings/sessions/{numbers[0]}/end")
    assert len(accounts.sessions.of("lead")) == 4
    browser.submit(f"/settings/sessions/{numbers[0]}/end")
    assert len(accounts.sessions.of("lead")) == 3
    browser.submit("/settings/sessions/end")
    assert len(accounts.sessions.of("lead")) == 1
    assert browser.get("/settings").status_code == 200


def test_a_session_that_was_not_used_leads_to_the_sign_in_page(
    browser: Browser, clock: Clock
) -> None:
    browser.sign_in("lead")
    clock.time += timedelta(hours=12)
    assert browser.get("/settings").status_code == 303


def test_a_capability_that_there_is_not_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="no capability 'reed'"):
        allowed("reed")


def test_limits_of_the_console_are_its_own() -> None:
    assert Limits().requests is not Limits().requests
