"""Many people on the page at once: ``make soak``."""
