"""Where a served network is, and the key to it, which stays in the environment."""

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from ....errors import ClassifierError

_SECRET = re.compile(
    r"(?i)(^code|key|token|secret|sig|signature|password|passwd|pwd|auth|authorization|credential|bearer)$"
)
_STANDARD = "Authorization: Bearer"


def check_address(url: str) -> str:
    """The address without what is no part of it.

    Raises
    ------
    ClassifierError
        It is none of ``http`` or ``https``, or there is a key or a password in it, which is not repeated.
    """
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or not url.strip().isprintable() or " " in url.strip():
        raise ClassifierError(
            "The address of a served network starts with https:// or http:// and the name of its machine."
        )
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if parts.username is not None or parts.password is not None or any(map(is_secret, names)):
        raise ClassifierError(
            "There is a key or a password in the address, where others could read it: leave it out, and have "
            "--key-env name an environment variable that holds it."
        )
    return urlunsplit(parts._replace(fragment=""))


def is_secret(name: str) -> bool:
    """Whether what goes by this name, of a query's parameter or a header, is likely to be kept secret."""
    return _SECRET.search(name.replace("_", "-")) is not None or name.lower() == "cookie"


def extended(url: str, more: str) -> str:
    """An address with more behind its path, before its query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + more))


def machine(url: str) -> str:
    """The machine that an address leads to, as people are told, such as ``https://models.example.org``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_exposed(url: str) -> bool:
    """Whether others on the way can read what is sent there: it is not encrypted, and leaves this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "http" and not loopback


@dataclass(frozen=True)
class Key:
    """A key that an environment variable holds; it is looked up whenever it is needed, and never kept.

    Attributes
    ----------
    variable : str
        The environment variable.
    header : str
        In which header it is sent, such as ``api-key``; behind a colon stands what goes before it.
    """

    variable: str
    header: str = _STANDARD

    def check(self) -> "Key":
        """The same.

        Raises
        ------
        ClassifierError
            There can be no such variable or header; neither is repeated, for they may be keys by mistake.
        """
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.variable):
            raise ClassifierError(
                "--key-env takes the name of an environment variable that holds the key, such as "
                "MODEL_KEY, and not the key itself."
            )
        if not re.fullmatch(r"[A-Za-z0-9-]+(:[ A-Za-z0-9-]*)?", self.header):
            raise ClassifierError(
                "--key-header takes a header's name, such as api-key, or one and what goes before the key, "
                "such as 'Authorization: Bearer'."
            )
        return self

    def sent(self) -> tuple[str, str]:
        """The header and what it is to hold.

        Raises
        ------
        ClassifierError
            The variable is not set, or holds what no header can.
        """
        key = os.environ.get(self.variable, "").strip()
        if not key:
            raise ClassifierError(
                "The environment variable that holds the served network's key is not set: {variable}.",
                variable=self.variable,
            )
        if not key.isascii() or not key.isprintable():
            raise ClassifierError(
                "The environment variable {variable} holds no key, for there are characters in it that no "
                "key has.",
                variable=self.variable,
            )
        name, _, before = self.header.partition(":")
        return name, f"{before.strip()} {key}".strip()

    def hidden(self, text: str) -> str:
        """A text without the key."""
        key = os.environ.get(self.variable, "").strip()
        return text.replace(key, "…") if key else text
