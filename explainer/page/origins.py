"""Which sites may talk to the page: its own address, and those that the settings name."""

from streamlit import net_util


def ask_nobody_for_our_address() -> None:
    """Keep Streamlit from asking a server elsewhere.

    When another site tries to connect, Streamlit finds out this machine's addresses, to let sites there in:
    it asks checkip.amazonaws.com. Nothing is to leave this machine, and no site is let in for that.
    """
    net_util.get_external_ip = net_util.get_internal_ip = _unknown


def _unknown() -> None:
    return None
