"""Asks a server over HTTP: bounded in time, number and size, and with no key in anything that it says."""

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ....errors import ExplainerError, ServerError
from ...calls import NeverAnsweredError, WatchedCalls
from .address import Key, machine

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER = 32 << 20  # bytes: 1,000 classes of 16 pictures take one hundredth of it
_WAITS = (0.5, 1.0, 2.0)  # seconds before each further attempt
_LONGEST_WAIT = 30.0  # seconds that a server may ask for
_PASSES = (429, 502, 503, 504)
_NOTHING = (400, 404, 405, 501)
_REASONS = ("error", "message", "detail", "msg")
_CHUNK = 1 << 12
_wait = time.sleep


class _PassingError(Exception):
    """Something went wrong that another attempt may be spared, after so many seconds at the least."""

    def __init__(self, error: ServerError, seconds: float = 0.0) -> None:
        self.error = error
        self.seconds = seconds


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes
    kind: str
    location: str
    wait: str


class Connection:
    """Asks one server, one question at a time, and keeps count.

    urllib3's `Retry` neither knows of a budget nor repeats what broke off amid an answer, so attempts are
    repeated here.

    Parameters
    ----------
    key : Key, optional
        Sent with every question.
    timeout : float
        Seconds that an attempt may take, from its first byte to its last.
    max_calls : int
        How many pictures' questions may be asked in the life of this connection, repeated ones counted; any
        number where it is 0.
    """

    def __init__(self, key: Key | None = None, timeout: float = 30.0, max_calls: int = 0) -> None:
        self._key = key
        self._timeout = timeout
        self._max_calls = max_calls
        self._made = 0
        self._counting = threading.Lock()
        self._watched = WatchedCalls()
        self._session: requests.Session | None = None

    def __reduce__(self) -> tuple[type["Connection"], tuple[Key | None, float, int]]:
        return Connection, (self._key, self._timeout, self._max_calls)

    def check_key(self) -> None:
        """Check that the key is there.

        Raises
        ------
        ServerError
            It is not.
        """
        if self._key is not None:
            self._key.sent()

    def look_up(self, url: str, needed: bool = False) -> Any:
        """What a server tells of itself; None where it tells nothing there, unless that is needed.

        Raises
        ------
        ServerError
            It can't be reached, or refuses.
        """
        return self._ask("GET", url, needed=needed)

    def ask(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Any:
        """What a server answers, as JSON has it.

        Raises
        ------
        ServerError
            It does not, or answers with something else; or the budget is used up.
        """
        return self._ask("POST", url, body, headers)

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        needed: bool = True,
    ) -> Any:
        for wait in (*_WAITS, None):
            if method == "POST":
                self._count(url)
            try:
                reply = self._attempt(method, url, body, headers or {})
                return None if reply.status in _NOTHING and not needed else self._read(url, reply)
            except _PassingError as passing:
                error, seconds = passing.error, passing.seconds
            if wait is None or seconds > _LONGEST_WAIT:
                raise error  # out here, lest each holds the other and neither can be pickled
            _wait(max(wait, seconds))
        raise AssertionError

    def _count(self, url: str) -> None:
        with self._counting:
            if self._max_calls and self._made >= self._max_calls:
                raise ServerError(
                    "The budget of {number} calls to {machine} is used up: start this program again to spend "
                    "as many once more, or add the model again with another --max-calls.",
                    number=self._max_calls,
                    machine=machine(url),
                )
            self._made += 1

    def _attempt(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> _Reply:
        import requests
        from urllib3.exceptions import HTTPError

        request = requests.Request(method, url, dict(headers), data=body or None, auth=self._sign)
        try:
            return self._watched.ask(self._send, request, 1.5 * self._timeout)
        except ExplainerError:
            raise
        except (NeverAnsweredError, requests.RequestException, HTTPError) as error:
            failure = self._failure(error, machine(url))
        raise failure  # out here, lest it keeps what failed, which has the key and the whole address

    def _failure(self, error: Exception, where: str) -> Exception:
        """What went wrong on the way, as it is told."""
        import requests
        from urllib3.exceptions import NewConnectionError, ReadTimeoutError

        cause = next(iter(error.args), None)
        if isinstance(error, NeverAnsweredError):
            self._session = None  # the other thread has it still
        if isinstance(error, NeverAnsweredError | requests.Timeout) or isinstance(cause, ReadTimeoutError):
            return _PassingError(
                ServerError(
                    "{machine} did not answer within {seconds} seconds: --timeout, when the model is added, "
                    "gives it more.",
                    machine=where,
                    seconds=f"{self._timeout:g}",
                )
            )
        if isinstance(error, requests.exceptions.SSLError):
            return ServerError(
                "The certificate of {machine} can't be verified, so nothing was sent to it: "
                "REQUESTS_CA_BUNDLE names a file with the certificates of an authority of your own.",
                machine=where,
            )
        if isinstance(error, requests.exceptions.ProxyError):
            return _PassingError(
                ServerError("The proxy on the way to {machine} does not let it be reached.", machine=where)
            )
        if isinstance(getattr(cause, "reason", None), NewConnectionError):
            return _PassingError(
                ServerError(
                    "{machine} can't be reached: see whether its server runs and the address is right.",
                    machine=where,
                )
            )
        if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
            return _PassingError(
                ServerError("{machine} cut the connection off before its answer was complete.", machine=where)
            )
        return ServerError("{machine} can't be asked: {reason}.", machine=where, reason=type(error).__name__)

    def _send(self, request: "requests.Request") -> _Reply:
        import requests

        session = self._session = self._session or requests.Session()
        prepared = session.prepare_request(request)
        prepared.headers["Accept-Encoding"] = "identity"  # of a small answer none can be made that is huge
        settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
        late = time.monotonic() + self._timeout
        with session.send(prepared, timeout=self._timeout, allow_redirects=False, **settings) as reply:
            body = bytearray()
            for chunk in reply.iter_content(_CHUNK):
                body += chunk
                if time.monotonic() > late:  # nobody waits any more
                    raise requests.Timeout
                if len(body) > LARGEST_ANSWER:
                    raise ServerError(
                        "{machine} answers with more than {size} MB, which is no answer about pictures, and "
                        "was cut off.",
                        machine=machine(str(request.url)),
                        size=LARGEST_ANSWER >> 20,
                    )
            headers = reply.headers
            return _Reply(
                reply.status_code,
                bytes(body),
                headers.get("Content-Type", "").partition(";")[0].strip(),
                headers.get("Location", ""),
                headers.get("Retry-After", ""),
            )

    def _sign(self, request: Any) -> Any:
        """Put the key into a request; that there is an `auth` keeps requests from looking into ~/.netrc."""
        if self._key is not None:
            name, content = self._key.sent()
            request.headers[name] = content
        return request

    def _read(self, url: str, reply: _Reply) -> Any:
        where = {"machine": machine(url), "status": reply.status}
        reason = self._reason(reply.body)
        if reply.status in _PASSES:
            busy = ServerError(
                "{machine} is busy or not ready, and stays so ({status}{reason}): try again later.",
                **where,
                reason=reason,
            )
            raise _PassingError(busy, _seconds(reply.wait))
        if 300 <= reply.status < 400:
            raise ServerError(
                "{machine} sends us on to {other} ({status}), where nothing is sent: if that is right, add "
                "the model again with its address.",
                **where,
                other=urlsplit(urljoin(url, reply.location)).netloc or "?",
            )
        if reply.status in (401, 403, 407):
            raise ServerError(
                "{machine} refuses to answer ({status}{reason}): see whether the key is right that --key-env "
                "names, and whether --key-header sends it as the server wants it.",
                **where,
                reason=reason,
            )
        if reply.status in (404, 405):
            raise ServerError(
                "There is no such network at {machine} ({status}{reason}): see whether its name, its version "
                "and the address are right.",
                **where,
                reason=reason,
            )
        if reply.status == 413:
            raise ServerError(
                "That is more than {machine} takes at once ({status}): add the model again with a smaller "
                "--batch-size.",
                **where,
            )
        if 400 <= reply.status < 500:
            raise ServerError(
                "{machine} does not accept what it was sent ({status}{reason}).", **where, reason=reason
            )
        if not 200 <= reply.status < 300:
            raise ServerError("{machine} failed ({status}{reason}).", **where, reason=reason)
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError):
            raise ServerError(
                "{machine} does not answer in JSON, but with {kind}: the address may lead to a page or a "
                "login instead of the network.",
                **where,
                kind=_harmless(reply.kind) or "?",
            ) from None

    def _reason(self, body: bytes) -> str:
        """What a server says went wrong, to be put behind its status."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        for _ in range(3):
            if isinstance(told, list):
                told = next(iter(told), "")
            if isinstance(told, dict):
                told = next((told[name] for name in _REASONS if told.get(name)), "")
        text = told[:2000] if isinstance(told, str) else ""
        text = _harmless(self._key.hidden(text) if self._key else text)
        return f", {text[:200].rstrip(' .')}" if text else ""


def _harmless(text: str) -> str:
    """Somebody else's text in one line, without what makes more of text where it is shown."""
    return " ".join(re.sub(r"[^\w .,:;'%/=+-]", " ", text).split())


def _seconds(wait: str) -> float:
    """What a Retry-After says, which is a number of seconds or a date."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return float(Retry().parse_retry_after(wait)) if wait else 0.0
    except InvalidHeader:
        return 0.0
