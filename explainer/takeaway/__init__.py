"""What can be taken away: a report, a notebook, whole files."""
