"""What is sent to webhooks: the signed message, and the address and connection of a receiver."""
