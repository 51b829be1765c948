"""The pictures of the README: ``python -m tests.console.browser.screenshots [FOLDER]``.

Reads the bundled corpus, lets four reviewers work on it for some days, seeded, and takes a picture
of each page into FOLDER, ``docs/console`` where none is given. What is shown is synthetic.
"""

from __future__ import annotations

import io
import random
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from classifiers.knowledge import load
from flows.alerting.reading import BUILT_IN as ALERTS
from flows.alerting.reading import read_alerts
from ops.console.accounts import Accounts
from ops.console.app import create_app
from ops.console.claims import Claims
from ops.console.console import Console
from ops.console.keeper import Keeper
from ops.console.policy import BUILT_IN, read_policy
from ops.console.security.access import Access
from ops.console.security.limits import Limits
from tests.console.browser.conftest import find_chromium
from tests.console.browser.real import (
    PASSWORD,
    ROOT,
    Served,
    Visitor,
    channelwatch,
    make,
    rows,
    visiting,
)
from tests.console.browsing import Browser, Clock
from warehouse.alerting.evaluating import evaluate
from warehouse.store import open_store

SEED, DAYS = 5, 9
#: Flags that each decides in a day, and how often they err.
REVIEWERS = {"ana": (16, 0.08), "bilal": (14, 0.2), "chaman": (9, 0.12), "lea": (6, 0.05)}
LARGEST = 120_000  # bytes of a picture
TALLEST = 1000  # pixels, unless told otherwise
#: Days of the corpus on which the rules of alerts find something, of several kinds.
LOOKED = (datetime(2024, 5, 15, tzinfo=UTC), datetime(2024, 7, 24, tzinfo=UTC))


def work(path: Path, policy: Path) -> None:
    """Let the reviewers decide, day after day, through the console's own pages."""
    rng = random.Random(SEED)
    rules = read_policy(policy)
    began = datetime.now(UTC) - timedelta(days=DAYS - 1, hours=2)
    clock = Clock(began)
    with open_store(path) as store, Accounts(Path(f"{path}.console"), now=clock) as accounts:
        keeper = Keeper(store, rules.rules, clock)
        while keeper.look():
            pass
        claims = Claims(accounts.path, rules.claim)
        console = Console(
            store, accounts, claims, rules, load(cues=False), now=clock, chance=rng.random
        )
        limits = Limits(clock=clock.seconds)
        app = create_app(console, access=Access(port=8765), limits=limits)
        for day in range(DAYS):
            clock.time = began + timedelta(days=day)
            for name, (most, errs) in REVIEWERS.items():
                browser = Browser(app)
                browser.sign_in(name, PASSWORD)
                browser.headers["HX-Request"] = "true"
                shown, items = browser.get("/review").text, []
                for _ in range(rng.randint(most // 2, most)):
                    clock.move(seconds=min(rng.lognormvariate(2.8, 0.6), 300))
                    form = judged(shown, name, errs, rng)
                    if not form:
                        break
                    items.append(form.pop("item"))
                    answer = browser.post(f"/item/{items[-1]}/decide", data=form)
                    assert answer.status_code == 200, answer.text
                    shown = answer.text
                for item in (
                    items[:2] if name == "lea" else ()
                ):  # what she decided is asked of others
                    browser.submit(f"/item/{item}/golden", golden="yes")
        claims.close()
        for moment in (*LOOKED, clock.time):
            evaluate(store, read_alerts(ALERTS).rules, moment)


def judged(shown: str, name: str, errs: float, rng: random.Random) -> dict[str, str]:
    """A form as a reviewer would send it; empty where nothing is left to decide."""
    found = re.search(r'action="/item/(\d+)/decide"', shown)
    if not found:
        return {}
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
    (flag,) = re.findall(r'name="flag" value="([^"]*)" checked', shown)
    truth = random.Random(f"{found[1]} {flag}").random() < 0.8
    said = truth != (rng.random() < errs)
    chance = rng.random()
    form = {name: unescape(fields[name]) for name in ("csrf", "act", "shown")}
    form |= {"item": found[1], "flag": unescape(flag), "back": ""}
    if chance < 0.03 and name != "lea":
        return form | {"judgement": "escalate", "reason": "Needs a native reader"}
    if chance < 0.07:
        return form | {"judgement": "unsure", "reason": "Too little context"}
    if chance < 0.09:
        return form | {"judgement": "skip"}
    if not said:
        reasons = ("News or report", "Quotation or attribution", "Wrong target", "Negation")
        return form | {"judgement": "reject", "reason": rng.choice(reasons)}
    return form | {"judgement": "confirm"}


def best(warehouse: Path, language: str) -> int:
    """An item that shows much: two flags, several kinds of marks, no severe words."""
    [row] = rows(
        warehouse,
        """SELECT item_no FROM (
                SELECT i.item_no, any_value(i.last_sent_at) AS sent,
                    count(DISTINCT f.label || coalesce(f.target, '')) AS flags,
                    len(list_distinct(flatten(list([e.shows FOR e IN f.evidence])))) AS kinds,
                    any_value(length(f.text)) AS length
                FROM items i JOIN flagged f USING (revision_no)
                WHERE i.state = 'waiting' AND i.severity < 3 AND i.language = ?
                    AND NOT regexp_matches(f.text, '[\\x{2600}-\\x{1FFFF}]')  -- fonts differ
                GROUP BY i.item_no)
            WHERE length BETWEEN 120 AND 600 AND kinds > 2 AND flags = 2
            ORDER BY sent DESC, item_no LIMIT 1""",
        language,
    )
    return int(row["item_no"])


class Camera:
    """Takes pictures into a folder, each as small as it may be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, page: Page, name: str, tallest: int = TALLEST) -> None:
        """Take the page as it stands, down to its end or ``tallest``."""
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        width = page.viewport_size["width"] if page.viewport_size else 0
        tall = int(page.evaluate("document.documentElement.scrollHeight"))
        clip: Any = {"x": 0, "y": 0, "width": width, "height": min(tall, tallest)}
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")
        path = self.folder / f"{name}.png"
        for colours in (256, 128, 64, 32):
            few = picture.quantize(colours, dither=Image.Dither.NONE)
            few.save(path, optimize=True)
            if path.stat().st_size <= LARGEST:
                break
        sys.stdout.write(f"{path} {path.stat().st_size // 1000} kB\n")


def take_of_reviewers(browser: Any, served: Served, camera: Camera, items: dict[str, int]) -> None:
    """What everybody has."""
    with visiting(browser, served) as somebody:
        somebody.go("/sign-in")
        camera.take(somebody.page, "sign-in")
    with visiting(browser, served) as ana:
        page = ana.sign_in("ana", f"/item/{items['marks']}")
        camera.take(page, "item")
        page.emulate_media(color_scheme="dark")
        camera.take(page, "item-dark")
        page.emulate_media(color_scheme="light")
        ana.go(f"/item/{items['details']}")
        ana.press("d")  # what counts is known by now
        for part in ("around", "revisions", "channel", "facts"):
            page.locator(f'[data-part="{part}"] > summary').click()
        page.evaluate("scrollTo(0, 0)")
        camera.take(page, "item-details", 1500)
        ana.go("/settings")
        camera.take(page, "settings")
    with visiting(browser, served, viewport={"width": 390, "height": 844}) as ana:
        page = ana.sign_in("ana", f"/item/{items['marks']}")
        camera.take(page, "item-phone", 844)
    with visiting(browser, served) as root:
        page = root.sign_in("root", "/users")
        camera.take(page, "users")


def take_of_lead(lea: Visitor, camera: Camera) -> None:
    """What leads have and moderators have not."""
    page = lea.sign_in("lea", "/queue")
    camera.take(page, "queue")
    lea.go("/queue?language=ps")
    page.get_by_role("button", name=re.compile("Decide all")).click()
    page.wait_for_url("**/bulk/preview")
    camera.take(page, "bulk")
    for name in ("history", "overview", "team", "agreement", "export"):
        lea.go(f"/{name}")
        camera.take(page, name)
    lea.go("/overview?days=all")
    page.locator("a[href^='/indicators']").first.click()
    page.wait_for_url("**/indicators?**")
    camera.take(page, "indicators")
    lea.go("/alerts?state=all")
    camera.take(page, "alerts")
    lea.go("/review")
    lea.press("?")
    camera.take(page, "keys", 800)


def prepare(folder: Path) -> Served:
    """A warehouse of the bundled corpus in ``folder`` that people have worked on."""
    path, policy = folder / "channelwatch.duckdb", folder / "policy.yaml"
    told = BUILT_IN.read_text("utf-8").replace("  share: 0.05 ", "  share: 0.3 ")
    policy.write_text(told.replace("golden_share: 0.03", "golden_share: 0.12"), "utf-8")
    make(path, sources=())
    adding = ("users", "add", "chaman", "--stdin", "-w", str(path))
    channelwatch(*adding, given=PASSWORD + "\n")
    work(path, policy)
    return Served(path, policy)


def take_all(served: Served, folder: Path) -> None:
    """Serve it and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    items = {"marks": best(served.warehouse, "ur"), "details": best(served.warehouse, "ps")}
    served.start()
    try:
        take_from(served, folder, items)
    finally:
        served.stop()


def take_from(served: Served, folder: Path, items: dict[str, int]) -> None:
    """Take every picture of a console that runs."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        take_of_reviewers(browser, served, Camera(folder), items)
        with visiting(browser, served) as lea:
            take_of_lead(lea, Camera(folder))
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="channelwatch-pictures-") as made:
        to = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "console"
        take_all(prepare(Path(made)), to)
