"""Where the objects in photos are, as many tools write that down, and how much of a focus lies on them."""
