"""Networks that the person who runs this machine has added."""
