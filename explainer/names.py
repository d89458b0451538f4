"""Names of photos, as any computer may have given them: shown, and put in order."""

from natsort import natsort_keygen, ns

natural_order = natsort_keygen(alg=ns.COMPATIBILITYNORMALIZE | ns.IGNORECASE)
"""What to sort names by, so that ``cat 2`` comes before ``cat 10`` and capitals make no difference."""


def printable(name: str) -> str:
    """The name with � where a character can't be shown, such as a line break or half a character."""
    return "".join(character if character.isprintable() else "�" for character in name)
