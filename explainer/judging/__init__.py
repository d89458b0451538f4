"""Whether an explanation is right: the classifier is asked again."""
