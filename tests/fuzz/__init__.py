"""Thousands of damaged and hostile files: ``make fuzz``."""
