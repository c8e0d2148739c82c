"""How soon a page of the console can be used, in a real browser on the whole sample: `python -m tests.console.speed`.

Each visit is one of a new browser profile: it is signed in, and nothing is in its cache. Times are milliseconds from the start
of the navigation. A page is usable when it shows its heading and its first data, and a key press moves the focus to the search.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, StorageState

from tests.console import browsers
from tests.console.site import Site, started

VISITS = 5
# Runs before the page's own scripts: once the first data is in the document, it presses the key of the search in every frame.
WATCH = """
addEventListener('focusin', (event) => {
  if (event.target.type === 'search') window.usable ??= performance.now();
});
function press() {
  if (window.usable) return;
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }));
  requestAnimationFrame(press);
}
const watch = new MutationObserver(() => {
  if (!document.querySelector('main h1') || !document.querySelector(DATA)) return;
  watch.disconnect();
  press();
});
watch.observe(document, { childList: true, subtree: true });
"""


USABLE = """() => new Promise((done) => {
  const look = () => (window.usable ? done(window.usable) : requestAnimationFrame(look));
  look();
})"""
# What was received until then, compressed as it was sent.
LOADED = """() => {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return [all.length, all.reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000];
}"""


class Visit(NamedTuple):
    usable: float
    requests: int
    kilobytes: float


def main() -> None:
    with TemporaryDirectory() as folder, started(Path(folder) / "home") as site, browsers.started() as browser:
        signed_in = _signed_in(browser, site)
        for name, (path, data) in _pages(site).items():
            visits = [_visited(browser, signed_in, site.url + path, data) for _ in range(VISITS)]
            times = sorted(round(one.usable) for one in visits)
            last = visits[-1]
            print(f"{name:12} {median(times):6} ms of {times}, {last.requests} requests, {last.kilobytes:.0f} kB", flush=True)


def _pages(site: Site) -> dict[str, tuple[str, str]]:
    """The address of each page, and what stands for its first data, by its name."""
    orders = site.api.get("/v1/orders", params={"limit": 500}).json()["items"]
    [(best, _)] = Counter(order["customer_id"] for order in orders).most_common(1)
    return {
        "overview": ("/", ".facts li"),
        "customers": ("/customers", "tbody td"),
        "customer": (f"/customers/{best}", ".pairs dd"),
        "report": ("/reports/sales?by=month", "tbody td"),
    }


def _signed_in(browser: Browser, site: Site) -> StorageState:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url)
    page.get_by_label("API key").fill(site.key("admin"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    state = context.storage_state()
    context.close()
    return state


def _visited(browser: Browser, signed_in: StorageState, url: str, data: str) -> Visit:
    context = browser.new_context(storage_state=signed_in, locale="en-GB")
    context.add_init_script(WATCH.replace("DATA", repr(data)))
    page = context.new_page()
    page.goto(url)
    visit = Visit(page.evaluate(USABLE), *page.evaluate(LOADED))
    context.close()
    return visit


if __name__ == "__main__":
    main()
