"""Sales orders, tracked on four axes: order, payment, fulfilment and return status."""
