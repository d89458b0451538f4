"""LIME: superpixels, a neighborhood of perturbed samples, a surrogate, an explanation."""
