"""Many photos: a folder of them explained one after the other, and what came of it as a gallery."""
