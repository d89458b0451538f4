"""A served network: where it is, how it is asked, within which limits; and as what that is kept."""

import hashlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from ....errors import ClassifierError, ServerError
from ....recipe import Precision
from .address import Key, check_address, machine
from .connection import Connection
from .kserve import KServe
from .template import Template, template_of
from .tf_serving import TensorFlowServing

if TYPE_CHECKING:
    import keras

PROTOCOLS = ("tf-serving", "kserve", "json")
USUAL_BATCH = 16
"""How many pictures a question has, unless anything says otherwise."""
USUAL_TIMEOUT = 30.0
_LARGEST_QUESTION = 8 << 20  # bytes
_BYTES_A_NUMBER = {"numbers": 12, "bytes": 4, "files": 3}
_KNOWN_FOR = 60.0  # seconds, until the version is looked up again


class Asking(Protocol):
    """How one kind of server is asked."""

    @property
    def url(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def exactly(self) -> int: ...

    @property
    def sends(self) -> str: ...

    def settings(self) -> dict[str, Any]: ...

    def version(self, connection: Connection, needed: bool = False) -> str: ...

    def ask(self, pictures: NDArray[np.float32], connection: Connection) -> Any: ...


@dataclass(frozen=True)
class Service:
    """A served network, as the models folder keeps it; there is no key in it.

    Attributes
    ----------
    asking : Asking
        How it is asked, and where.
    version : str
        Which version was served when it was added; empty where nothing tells.
    is_version_told : bool
        Whether the server tells its version, so that it can be seen when another one is served.
    batch_size : int
        How many pictures a question has at the most.
    max_calls : int
        How many questions a process may ask; any number where it is 0.
    timeout : float
        Seconds that a question may take.
    key : Key, optional
        Where the key is.
    """

    asking: Asking
    version: str = ""
    is_version_told: bool = False
    batch_size: int = USUAL_BATCH
    max_calls: int = 0
    timeout: float = USUAL_TIMEOUT
    key: Key | None = None

    @property
    def machine(self) -> str:
        """Where pictures are sent, such as ``https://models.example.org``."""
        return machine(self.asking.url)

    @property
    def protocol(self) -> str:
        kinds = {TensorFlowServing: "tf-serving", KServe: "kserve", Template: "json"}
        return kinds[type(self.asking)]

    def connect(self) -> Connection:
        return Connection(self.key, self.timeout, self.max_calls)

    def settings(self) -> dict[str, Any]:
        """As a description file has them."""
        told: dict[str, Any] = {
            "url": self.asking.url,
            "protocol": self.protocol,
            "version": self.version,
            "version-told": self.is_version_told,
            "batch-size": self.batch_size,
            "max-calls": self.max_calls,
            "timeout": self.timeout,
        }
        if self.key is not None:
            told |= {"key-env": self.key.variable, "key-header": self.key.header}
        return told | {"asking": self.asking.settings()}

    @classmethod
    def from_settings(cls, told: Any, labels: Sequence[str], path: Path) -> "Service":
        """What a description file says, checked; `path` is the file, for messages.

        Raises
        ------
        ClassifierError
            It says something that can't be.
        """
        try:
            url, asking = check_address(told["url"]), dict(told["asking"])
            kept: Asking
            if told["protocol"] == "json":
                kept = template_of(asking, url, labels, path)
            else:
                kept = {"tf-serving": TensorFlowServing, "kserve": KServe}[told["protocol"]](url, **asking)
            key = Key(told["key-env"], told["key-header"]).check() if "key-env" in told else None
            return checked(
                cls(
                    kept,
                    str(told["version"]),
                    bool(told["version-told"]),
                    told["batch-size"],
                    told["max-calls"],
                    told["timeout"],
                    key,
                )
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ClassifierError(
                "{path} is damaged: what it says of the served network is not complete.", path=path
            ) from error


def checked(service: Service) -> Service:
    """The same.

    Raises
    ------
    ClassifierError
        A limit is none.
    """
    for name, least in (("batch_size", 1), ("max_calls", 0)):
        value = getattr(service, name)
        if type(value) is not int or value < least:
            raise ClassifierError(
                "{name} must be a whole number from {least}, and is {value}.",
                name=name.replace("_", "-"),
                least=least,
                value=repr(value),
            )
    if type(service.timeout) not in (int, float) or not 0 < service.timeout <= 3600:
        raise ClassifierError(
            "timeout must be a number of seconds, at most 3600, and is {value}.", value=repr(service.timeout)
        )
    return service


@dataclass(frozen=True)
class ServedNetwork:
    """Asks a served network; see `Predictor`.

    What it is known by is the same on every machine, and empty where nobody says which version is served:
    finished results could then not be told from those of another one.

    Parameters
    ----------
    service : Service
        Which one.
    classes : int
        How many there are.
    """

    service: Service
    classes: int
    connection: Connection = field(repr=False, compare=False)
    _seen: "_Seen" = field(default_factory=lambda: _Seen(), repr=False, compare=False)

    @classmethod
    def of(cls, service: Service, classes: int) -> "ServedNetwork":
        return cls(service, classes, service.connect())

    @property
    def weights_hash(self) -> str:
        """SHA-256 of all that is known of it, but the limits and where the key is."""
        service = self.service
        if not service.version:
            return ""
        known = [service.asking.url, service.protocol, service.asking.settings(), service.version]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

    def predict(self, batch: NDArray[np.float32], precision: Precision = "exact") -> NDArray[np.float32]:
        """Ask the server, which has one precision only.

        Raises
        ------
        ClassifierError
            It does not answer, or not with numbers for each class.
        """
        self.check()
        size = self._pictures_a_call(batch)
        return np.concatenate(
            [self._ask(batch[start : start + size]) for start in range(0, len(batch), size)]
        )

    def check(self) -> None:
        """Check that the key is there and that the version that was added is served still.

        Raises
        ------
        ClassifierError
            It is not.
        """
        self.connection.check_key()
        service, seen = self.service, self._seen
        if seen.is_fresh():
            return
        version = service.version
        if service.is_version_told:
            version = service.asking.version(self.connection, needed=True)
        if version != service.version:
            raise ServerError(
                "{machine} serves version {now} of the network now, and version {then} was added: add it "
                "again with --replace, so that results of the two are not taken for each other.",
                machine=service.machine,
                now=version or "?",
                then=service.version,
            )
        seen.now()

    def describe(self) -> str:
        """What runs it; at first, fails where it can't be asked at all, lest that be a photo's fault."""
        if not self._seen.ever:
            self.check()
        return f"served by {self.service.machine} ({self.service.asking.title})"

    def fallback(self) -> str:
        return ""

    def keras_network(self) -> "keras.Model":
        raise ClassifierError(
            "A network that is served elsewhere gives answers and no gradients, and these are needed: they "
            "can be had of a network in Keras' format."
        )

    def with_random_weights(self, seed: int) -> NoReturn:
        raise ClassifierError(
            "The weights of a network that is served elsewhere can't be reached, so they can't be made "
            "random."
        )

    def _pictures_a_call(self, batch: NDArray[np.float32]) -> int:
        """As many as a question may have, by number and by size."""
        asking = self.service.asking
        if asking.exactly:
            return asking.exactly
        largest = _LARGEST_QUESTION // (int(batch[0].size) * _BYTES_A_NUMBER[asking.sends])
        return max(1, min(self.service.batch_size, largest))

    def _ask(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = len(pictures)
        if missing := max(0, self.service.asking.exactly - wanted):
            pictures = np.concatenate([pictures, np.repeat(pictures[-1:], missing, axis=0)])
        answer = self.service.asking.ask(pictures, self.connection)
        where = {"machine": self.service.machine}
        try:
            with np.errstate(over="ignore"):
                rows = np.asarray(answer, np.float32)
        except (TypeError, ValueError, OverflowError):
            rows = np.empty(0, np.float32)
        if rows.ndim == 0 or rows.size == 0 or rows.size % len(pictures):
            raise ClassifierError(
                "{machine} does not answer with a list of numbers for each of {pictures} pictures.",
                **where,
                pictures=len(pictures),
            )
        if rows.ndim > 1 and len(rows) != len(pictures) and len(pictures) > 1:
            raise ClassifierError(
                "{machine} answers about {found} pictures, and was asked about {pictures}.",
                **where,
                found=len(rows),
                pictures=len(pictures),
            )
        rows = rows.reshape(len(pictures), -1)
        units = rows.shape[1]
        if units != self.classes and not (units == 1 and self.classes == 2):
            raise ClassifierError(
                "{machine} answers with {units} numbers for a picture, and there are {classes} classes: the "
                "labels, or --output, are those of another network.",
                **where,
                units=units,
                classes=self.classes,
            )
        if not np.isfinite(rows).all():
            raise ClassifierError("{machine} answers with NaN or infinity, which is no probability.", **where)
        return rows[:wanted]


class _Seen:
    """When the version was looked up."""

    def __init__(self) -> None:
        self._at = -math.inf

    def __reduce__(self) -> tuple[type["_Seen"], tuple[()]]:
        return _Seen, ()

    @property
    def ever(self) -> bool:
        return self._at > -math.inf

    def is_fresh(self) -> bool:
        return time.monotonic() - self._at < _KNOWN_FOR

    def now(self) -> None:
        self._at = time.monotonic()
