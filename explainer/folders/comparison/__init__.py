"""Two folders of results of the same photos, compared."""
