"""Orders and deals in the console: each step of an order's life by a form, offered where the order allows it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.conftest import Reader
from tests.console.forms import chosen, done, lost, row, saved
from tests.console.site import Site


def test_an_order_is_placed_with_lines_and_a_refused_field_says_why(admin: Reader, site: Site) -> None:
    [customer] = site.api.get("/v1/customers", params={"q": "Customer 00636"}).json()["items"]
    admin.open("/orders")
    page = admin.page
    dialog = chosen(page, "Place an order")
    dialog.get_by_label("Customer").fill("customer 00636")
    expect(dialog.locator("datalist option")).to_have_attribute("value", customer["id"])
    dialog.get_by_label("Customer").fill(customer["id"])
    dialog.get_by_label("Currency").fill("eur")
    for place, (product, quantity, price) in enumerate((("Green tea", "2", "12.50"), ("Cup", "6", "4.00"), ("", "1", "")), 1):
        if place > 1:
            dialog.get_by_role("button", name="Add a line").click()
        dialog.get_by_label(f"Product {place}").fill(product)
        dialog.get_by_label(f"Quantity {place}").fill(quantity)
        dialog.get_by_label(f"Price {place}").fill(price)
    dialog.get_by_role("button", name="Remove line 3").click()
    dialog.get_by_label("Quantity 2").fill("1234567890123456")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Currency")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_role("row").filter(has=page.get_by_label("Quantity 2"))).to_contain_text("up to 15 digits")
    expect(dialog.get_by_label("Quantity 1")).not_to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Currency").fill("EUR")
    dialog.get_by_label("Quantity 2").fill("6")
    saved(page)
    expect(page.get_by_role("heading", name="Order ", level=1)).to_be_visible()
    order = site.api.get(page.url.removeprefix(site.url).replace("/orders", "/v1/orders")).json()
    assert (order["customer_id"], order["total"]) == (customer["id"], "49.00")
    assert [(line["name"], line["quantity"]) for line in order["lines"]] == [("Green tea", "2"), ("Cup", "6")]


def test_an_order_goes_through_its_life_by_forms(admin: Reader, site: Site) -> None:
    page, path = admin.page, _placed(site)
    admin.open(path.removeprefix("/v1"))
    status = page.locator(".heading")
    dialog = chosen(page, "Goods", "Change the lines")
    dialog.get_by_role("button", name="Remove line 1").click()
    dialog.get_by_label("Quantity 1").fill("7")
    dialog.get_by_role("button", name="Add a line").click()
    for label, value in (("Product", "Green tea"), ("Quantity", "2"), ("Price", "12.50")):
        dialog.get_by_label(f"{label} 2").fill(value)
    saved(page)
    expect(row(page, "Goods", "Cup")).to_contain_text("7")
    amended = site.api.get(path).json()
    assert [(line["line_id"], line["quantity"], line["total"]) for line in amended["lines"]] == [
        ("2", "7", "28.00"),
        ("3", "2", "25.00"),
    ]
    chosen(page, "Confirm")
    saved(page)
    expect(status).to_contain_text("confirmed")
    chosen(page, "Goods", "Cancel lines").get_by_label("Quantity: Cup").fill("1")
    saved(page)
    expect(row(page, "Goods", "Cup")).to_contain_text("−1 cancelled")

    chosen(page, "Money", "Record an authorisation")
    saved(page)
    done(page, row(page, "Payments", "authorised"), "Capture")
    expect(row(page, "Payments", "paid")).to_contain_text("€49.00")

    dialog = chosen(page, "Ship")
    expect(dialog.get_by_label("Quantity: Cup")).to_have_value("6")
    dialog.get_by_label("Quantity: Cup").fill("")
    saved(page)
    done(page, row(page, "Shipments", "2 × Green tea"), "Delivery failed", {"Reason": "nobody_home"})
    done(page, row(page, "Shipments", "delivery failed"), "Delivered")
    expect(status).to_contain_text("partially delivered")

    dialog = chosen(page, "Goods", "Request a return")
    dialog.get_by_label("Quantity: Green tea").fill("1")
    dialog.get_by_label("Condition: Green tea").select_option("opened")
    saved(page)
    done(
        page,
        row(page, "Returns", "requested"),
        "Record a return",
        {"Quantity: Green tea": "1", "Reason: Green tea": "too_bitter"},
    )
    returned = row(page, "Returns", "too_bitter")
    expect(returned).to_contain_text("1 × Green tea")

    dialog = chosen(page, "Refund")
    dialog.get_by_label("Amount (EUR)", exact=True).fill("12.50")
    dialog.get_by_label("Return").select_option(index=1)
    dialog.get_by_label("Quantity: Green tea").fill("1")
    dialog.get_by_label("Amount (EUR): Green tea").fill("12.50")
    saved(page)
    expect(status).to_contain_text("partially refunded")
    done(page, row(page, "Payments", "refunded"), "Reverse")
    done(page, row(page, "Payments", "paid"), "Record a chargeback", {"Reason": "fraud"})
    expect(status).to_contain_text("charged back")

    chosen(page, "Order", "Assign").get_by_label("Owner").fill("mia")
    saved(page)
    chosen(page, "Order", "Add tags").get_by_label("Tags").fill("gift, fragile")
    saved(page)
    chosen(page, "Order", "Cancel the order").get_by_label("Reason").fill("fraud")
    saved(page)
    expect(status).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Record a payment")).to_have_count(0)
    order = site.api.get(path).json()
    assert (order["owner"], order["tags"], order["order_status"]) == ("mia", ["fragile", "gift"], "cancelled")
    assert (order["refunded"], order["charged_back"]) == ("0.00", "49.00")
    assert order["irregular"] == 2  # the chargeback, and the cancellation of what was shipped


def test_a_payment_whose_answer_was_lost_is_recorded_once(admin: Reader, site: Site) -> None:
    page, path = admin.page, _placed(site)
    admin.open(path.removeprefix("/v1"))
    page.route("**/payments", lost, times=1)
    dialog = chosen(page, "Record a payment")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The server did not answer.")
    saved(page)
    expect(row(page, "Payments", "paid")).to_have_count(1)
    assert site.api.get(path).json()["captured"] == "49.00"


def test_a_deal_is_opened_and_changed(admin: Reader, site: Site) -> None:
    page = admin.page
    admin.open("/deals")
    dialog = chosen(page, "Open a deal")
    dialog.get_by_label("Customer").fill(site.business.customers[20])
    dialog.get_by_label("Amount").fill("900.00")
    saved(page)
    expect(page.get_by_role("heading", name="Deal ", level=1)).to_be_visible()
    chosen(page, "Deal", "Move to another stage").get_by_label("Stage").select_option("Offer")
    saved(page)
    chosen(page, "Deal", "Change the expected close").get_by_label("Expected close").fill("2027-01-31")
    saved(page)
    chosen(page, "Deal", "Change the amount").get_by_label("Amount").fill("")
    saved(page)
    expect(page.locator(".pairs").first).to_contain_text("31 Jan 2027")
    chosen(page, "Lose").get_by_label("Reason").fill("too_expensive")
    saved(page)
    expect(page.locator(".heading")).to_contain_text("lost")
    deal = site.api.get(page.url.removeprefix(site.url).replace("/deals", "/v1/deals")).json()
    assert (deal["stage"], deal["amount"], deal["expected_close"], deal["lost_reason"]) == (
        "offer",
        None,
        "2027-01-31",
        "too_expensive",
    )


def _placed(site: Site) -> str:
    """The path of an order of two lines."""
    lines = [
        {"line_id": "1", "name": "Green tea", "quantity": "2", "unit_price": "12.50"},
        {"line_id": "2", "name": "Cup", "quantity": "6", "unit_price": "4.00"},
    ]
    order = {"customer_id": site.business.customers[0], "channel": "web", "currency": "EUR", "lines": lines}
    return f"/v1/orders/{site.api.post('/v1/orders', json=order).json()['id']}"
