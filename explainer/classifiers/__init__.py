"""Classifiers: networks with all that is needed to ask them about a photo."""
