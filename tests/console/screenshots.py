"""Pictures of the console, light and dark, for the documentation: `make screenshots` writes docs/images (needs Chromium)."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.console import browsers
from tests.console.site import Site, started

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH, HEIGHT, QUALITY = 1360, 900, 60
SETTLED = 900  # Milliseconds for charts and for what glows.


def pages(site: Site) -> dict[str, str]:
    """The address of each page, by the name of its picture."""
    orders = site.api.get("/v1/orders", params={"limit": 500}).json()["items"]
    [(best, _)] = Counter(order["customer_id"] for order in orders).most_common(1)
    return {
        "overview": "/",
        "customers": "/customers",
        "customer": f"/customers/{best}?effective_at=1997-09-01T00:00:00Z",
        "orders": "/orders",
        "deals": "/deals",
        "leads": "/leads",
        "tickets": "/tickets",
        "ticket": f"/tickets/{site.business.tickets[3]}",
        "interactions": "/interactions",
        "feedback": "/feedback",
        "campaign": f"/campaigns/{site.business.campaign}",
        "report-waiting-times": "/reports/waiting-times?by=category",
        "report-cohorts": "/reports/cohorts",
        "report-segments": "/reports/segments",
        "report-two-periods": "/reports/sales?by=month&from=1997-01-01&to=1997-04-01&from2=1998-01-01&to2=1998-04-01",
        "event": "/events/100",
        "audit": "/audit?view=recount",
        "settings": "/settings/pipelines/sales",
        "operations": "/operations",
    }


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, started(Path(folder) / "home") as site, browsers.started() as browser:
        for theme in ("light", "dark"):
            page = _reader(browser, site, theme)
            for name, path in pages(site).items():
                page.goto(site.url + path)
                page.locator("main h1").wait_for()
                page.wait_for_timeout(SETTLED)
                picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
                picture.save(IMAGES / f"{name}-{theme}.webp", quality=QUALITY, method=6)
            page.context.close()


def _reader(browser: Browser, site: Site, theme: str) -> Page:
    context = browser.new_context(
        locale="en-GB",
        timezone_id="UTC",
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(site.url)
    page.get_by_label("API key").fill(site.key("admin"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    return page


if __name__ == "__main__":
    main()
