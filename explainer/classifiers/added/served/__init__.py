"""Networks that run elsewhere, behind HTTP."""
