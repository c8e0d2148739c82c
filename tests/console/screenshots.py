"""Pictures of the console, light and dark, for the documentation: `make screenshots` writes docs/images (needs Chromium)."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page

from api.console import preloading
from tests.console import browsers
from tests.console.site import Site, started

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH, HEIGHT, QUALITY = 1360, 900, 52
SCALE = 0.75  # All pictures together stay below 1.5 MB.
SETTLED = 900  # Milliseconds for charts and for what glows.


def pages(site: Site) -> dict[str, str]:
    """The address of each page, by the name of its picture."""
    orders = site.api.get("/v1/orders", params={"limit": 500}).json()["items"]
    [(best, _)] = Counter(order["customer_id"] for order in orders).most_common(1)
    business = site.business
    erased = business.customers[-1]
    site.api.post(
        f"/v1/customers/{erased}/erasure", json={"reason": "requested", "requested_by": "customer"}
    ).raise_for_status()
    return {
        "overview": "/",
        "customers": "/customers",
        "customer": f"/customers/{best}?effective_at=1997-09-01T00:00:00Z",
        "orders": "/orders",
        "order": f"/orders/{orders[0]['id']}",
        "deals": "/deals",
        "deal": f"/deals/{business.deals[2]}",
        "leads": "/leads",
        "lead": f"/leads/{business.leads[1]}",
        "tickets": "/tickets",
        "ticket": f"/tickets/{business.tickets[3]}",
        "tasks": "/tasks",
        "interactions": "/interactions",
        "interaction": f"/interactions/{business.interactions[0]}",
        "feedback": "/feedback",
        "feedback-one": f"/feedback/{business.feedback[0]}",
        "campaigns": "/campaigns",
        "campaign": f"/campaigns/{business.campaign}",
        "reports": "/reports",
        "report-waiting-times": "/reports/waiting-times?by=category",
        "report-cohorts": "/reports/cohorts",
        "report-segments": "/reports/segments",
        "report-campaign-lift": f"/reports/campaign-lift?campaign_id={business.campaign}",
        "report-two-periods": "/reports/sales?by=month&from=1997-01-01&to=1997-04-01&from2=1998-01-01&to2=1998-04-01",
        "segment": "/segments/champions",
        "events": "/events",
        "event": "/events/100",
        "audit": "/audit?view=recount",
        "erasure": f"/audit/erasures/customer/{erased}",
        "settings": "/settings",
        "setting": "/settings/pipelines/sales",
        "operations": "/operations",
    }


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, started(Path(folder) / "home") as site, browsers.started() as browser:
        shown = pages(site)
        missing = preloading.pages().keys() - {preloading.page_of(urlsplit(path).path) for path in shown.values()}
        assert not missing, f"no picture shows {missing}"
        for theme in ("light", "dark"):
            page = _reader(browser, site, theme)
            for name, path in shown.items():
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
        device_scale_factor=SCALE,
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
