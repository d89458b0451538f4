"""Networks whose weights others published."""
