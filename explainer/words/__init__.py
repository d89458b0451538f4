"""Explanations in words, in English and Japanese."""
