"""What many photos say, in figures and as pages."""
