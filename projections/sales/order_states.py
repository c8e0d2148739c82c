"""How read models keep the books of orders between batches: see `order_book.Book.dump`."""

from __future__ import annotations

from projections.shared.packed import Packed

LIKE = (
    '{"placed":{"type":"crm.order.placed.v1","number":"SHOP-1001","channel":"web","currency":"USD","prices_include_tax":false,'
    '"total":"29.90","customer_id":"01a22aa6-63f5-7771-909e-aa6eadcc9fce","campaign_id":"","deal_id":"","lead_id":"","test":true},'
    '"terms":{"currency":"EUR","lines":[{"line_id":"1","name":"Tea","quantity":"2","unit_price":"12.50","total":"25.00",'
    '"sku":"","category":"","tax_rate":"0.19","tax":"","discounts":[{"amount":"5.00","code":""}]}],"discounts":[],"charges":['
    '{"kind":"shipping","amount":"4.90","tax":"0.78"}],"prices_include_tax":true},"total":"29.90",'
    '"customer_id":"01a22aa6-63f5-7771-909e-aa6eadcc9fce","tags":[""],"cancelled":{"1":"1"},"ended":"completed",'
    '"ended_at":"2026-03-04T15:41:56.667867Z","reopened_at":"","voided":[""],"shipments":{},"requests":[""],"returns":{},'
    '"shipping_refunds":{},"plain_attributes":{},"owner":"","team":"","authorisation":{},"chargeback":{},"refund":{},'
    '"confirmed_at":"2026-03-02T09:30:00Z","known":["crm.order.payment_captured.v1/1"],"capture":{"1":"29.90"}}'
)
STATE = Packed(LIKE)
