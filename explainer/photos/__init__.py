"""Photos: whatever a person brings becomes an upright RGB picture, or a sentence that says why not."""
