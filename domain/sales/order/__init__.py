"""Sales orders: placed, processed and tracked on four axes."""
