"""The HTTP server: bounds on connections, heads, bodies and times; refusals before the application; the end in steps."""
