"""What a visitor may try: names of files, links, and requests of their own making."""

import http.client
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from waiting import press, wait_until_explained, wait_until_still

from tests.conftest import TEST_CACHE
from tests.running_page import RunningPage, running_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GUARD = Path(__file__).parent / "guard"
SETTINGS = "classifier=efficientnet-lite0&auto=false&num_samples=100"
HOSTILE_NAMES = (
    "<img src=x onerror=alert(1)>.png",
    '"><script>alert(2)</script>.png',
    "two\nlines\r\nSet-Cookie: a=b.png",
    "cat\u202egnp.exe.png",
    "long" * 100 + ".png",
    "../../../../etc/passwd.png",
    "..\\..\\windows\\system.png",
    "![a](https://elsewhere.example/a.png) [b](javascript:alert(3)).png",
    r"$\frac{1}{2}$ :material/home: :red[c] :smile: `d` -> {{7*7}} {e} %s.png",
    "www.elsewhere.example d@elsewhere.example https://elsewhere.example.png",
    "bell\x07 escape\x1b[31m.png",
    "=1+cmd|' /C calc'!A0.png",
)
HOSTILE_LINKS = (
    "sample=../../../../etc/passwd&classifier=../../secret",
    "sample=%00&classifier=keras:../../x",
    "results=/etc&view=results",
    "view=%3Cscript%3Ealert(1)%3C/script%3E",
    "language=%3Cimg%20src=x%20onerror=alert(2)%3E&num_samples=999999999999999999999999&auto=maybe",
    "language=ja&language=en&language=../../x",
    "num_samples=-1&num_features=-5&seed=-1&kernel_width=inf&n_segments=100000000&compactness=-1",
    "num_samples=NaN&num_features=1e999&seed=0x10&kernel_size=0&max_dist=NaN&ratio=7&scale=-1",
    "num_features=1.5&positive_only=2&palette=url(//elsewhere.example)&about=true&details=yes&label=-1",
    "tuning=true&segmentation=__import__('os')&design=lime%00&precision=slow&hide_color=%23fff",
    "seed=" + "9" * 10_000 + "&label=" + quote("<b>" * 3000),
    "&".join(f"unknown{number}=1" for number in range(500)) + "&constructor=1&__proto__=2&__class__=3",
)
NAMED_AT_ONCE = 4
LETTERS = re.compile(r"[\w.\-]+")


class Elements(HTMLParser):
    """All elements of a page, and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.addresses |= {value or "" for name, value in attributes if name in ("src", "href", "action")}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty home, an empty temporary folder, and the record of what the page does."""
    folder = tmp_path_factory.mktemp("machine")
    for name in ("fonts", "home", "tmp"):
        (folder / name).mkdir()
    return folder


@pytest.fixture(scope="module")
def page_process(machine: Path) -> Iterator[RunningPage]:
    """The page on a machine without a network, whose every deed is recorded."""
    environment = {
        "EXPLAINER_CACHE_DIR": str(TEST_CACHE),
        "EXPLAINER_MODELS": str(machine / "home" / "models"),
        "HOME": str(machine / "home"),
        "KERAS_HOME": str(machine / "home" / ".keras"),
        "LIMELIGHT_RECORD": str(machine / "record"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(GUARD),
        "MPLCONFIGDIR": str(machine / "fonts"),
        "TMPDIR": str(machine / "tmp"),
    }
    with running_page(machine / "log", environment) as page:
        yield page
    page.check_no_traceback()


@pytest.fixture(scope="module")
def address(page_process: RunningPage) -> str:
    return page_process.address


def picture(photo: Image.Image, degrees: int) -> bytes:
    """A photo's file; turned a little, it is another photo."""
    stream = io.BytesIO()
    photo.rotate(degrees).resize((240, 180)).save(stream, "PNG")
    return stream.getvalue()


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    payloads = [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files]
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(payloads)


def assert_nothing_injected(page: Page) -> None:
    for selector in ("[onerror]", "[href*=elsewhere]", "[src*=elsewhere]", "[href^=javascript]", ".katex"):
        expect(page.locator(selector)).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def assert_harmless(text: str) -> None:
    """An HTML file to take away has only elements and addresses of its own."""
    found = Elements(text)
    assert not found.names & {"iframe", "object", "embed", "base"}
    assert not [name for name in found.attributes if name.startswith("on")]
    elsewhere = re.compile(r"(?i)\s*(javascript:|//|https?:.*elsewhere)")
    assert not [address for address in found.addresses if elsewhere.match(address)]
    assert "alert(2)</script>" not in text


def save(page: Page, button: str, folder: Path) -> Path:
    wait_until_still(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    assert LETTERS.fullmatch(download.value.suggested_filename), download.value.suggested_filename
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_names_of_files_are_only_text_wherever_they_go(visit, coffee, tmp_path):
    page = visit(SETTINGS)
    photos = [(name, picture(coffee, degrees)) for degrees, name in enumerate(HOSTILE_NAMES)]
    broken = [(name, b"no photo") for name in HOSTILE_NAMES]
    drop(page, *photos)
    expect(page.get_by_role("button", name=re.compile("^Explain all"))).to_be_visible()
    said = []
    for first in range(0, len(broken), NAMED_AT_ONCE):
        drop(page, *broken[first : first + NAMED_AT_ONCE])
        sentences = page.get_by_test_id("stAlertContentError").locator("p")
        expect(sentences).to_have_count(NAMED_AT_ONCE)
        assert_nothing_injected(page)
        said += [sentence.replace("\u2060", "") for sentence in sentences.all_inner_texts()]
        press(page.get_by_role("button", name="Close"))
        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
    for name in (HOSTILE_NAMES[0], *HOSTILE_NAMES[5:10]):
        assert name in "".join(said)
    assert "\u202e" not in "".join(said)
    assert "\x1b" not in "".join(said)

    for name in (HOSTILE_NAMES[0], HOSTILE_NAMES[5]):
        page.locator(".tile.own").get_by_role("button", name=name).first.click()
        wait_until_explained(page)
        assert_harmless(save(page, "Report", tmp_path).read_text("utf-8"))
        json.loads(save(page, "Numbers", tmp_path).read_text("utf-8"))
        json.loads(save(page, "Notebook", tmp_path).read_text("utf-8"))
        with zipfile.ZipFile(save(page, "Pictures", tmp_path)) as archive:
            assert all(LETTERS.fullmatch(name) for name in archive.namelist())

    page.get_by_role("button", name=re.compile("^Explain all")).click()
    expect(page.get_by_role("button", name="Take all away")).to_be_visible()
    expect(page.locator(".card")).to_have_count(len(HOSTILE_NAMES))
    assert_nothing_injected(page)
    expect(page.get_by_role("heading", name="<img src=x onerror=alert(1)>.png")).to_be_visible()
    with zipfile.ZipFile(save(page, "Take all away", tmp_path)) as archive:
        for name in archive.namelist():
            assert not {"..", "/"} & set(PurePosixPath(name).parts), name
            assert not re.search(r'[<>:"\\|?*\x00-\x1f\u202e]', name), name
        assert_harmless(archive.read("index.html").decode())
        table = archive.read("summary.csv").decode("utf-8-sig")
    assert not re.search(r'(?m)^"?[=+\-@]', table), table


def test_a_link_can_only_choose_what_can_be_chosen(visit, address):
    page = visit()
    for query in HOSTILE_LINKS:
        page.goto(f"{address}?{query}")
        expect(page.locator("#drop button"), query[:60]).to_be_visible()
        wait_until_still(page)
        assert_nothing_injected(page)
        expect(page.get_by_test_id("stAlertContentError"), query[:60]).to_have_count(0)


def test_requests_of_ones_own_making_are_refused(visit, coffee, address):
    page = visit(SETTINGS)
    with page.expect_request(re.compile("/_stcore/upload_file/")) as request:
        drop(page, ("photo.png", picture(coffee, 40)))
    sent = request.value
    token = sent.headers["x-xsrftoken"]

    def upload(size: int, **headers: str) -> int:
        file = {"name": "other.png", "mimeType": "image/png", "buffer": bytes(size)}
        return page.request.put(sent.url, multipart={"file": file}, headers=headers).status

    assert upload(1000) == 403
    assert upload(1000, **{"X-Xsrftoken": f"2|00000000|{'0' * 32}|1"}) == 403
    assert upload(51 << 20, **{"X-Xsrftoken": token}) == 413
    elsewhere = sent.url.replace(re.search(r"upload_file/([^/]+)/", sent.url)[1], "another-session")
    file = {"name": "other.png", "mimeType": "image/png", "buffer": b"1"}
    reply = page.request.put(elsewhere, multipart={"file": file}, headers={"X-Xsrftoken": token})
    assert reply.status == 400


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost", "http://localhost", 101),
        ("localhost", "https://elsewhere.example", 403),
        ("elsewhere.example", "http://elsewhere.example", 403),  # whose name leads here
    ],
)
def test_another_site_cannot_open_the_page_in_the_background(address, host, origin, status):
    port = urlsplit(address).port
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    connection.request(
        "GET",
        "/_stcore/stream",
        headers={
            "Host": f"{host}:{port}",
            "Origin": f"{origin}:{port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )
    assert connection.getresponse().status == status
    connection.close()


@pytest.mark.parametrize(
    "path",
    ["../README.md", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cx", "media/../../README.md", "app/static/x"],
)
def test_no_file_of_the_machine_is_served(address, path):
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    connection.request("GET", f"/{path}")
    reply = connection.getresponse()
    body = reply.read().decode("utf-8", "replace")
    assert reply.status >= 400 or "<title>Streamlit</title>" in body  # which is the page itself
    assert "Limelight" not in body
    assert "root:" not in body
    connection.close()


def test_the_page_neither_writes_files_nor_talks_to_anybody(page_process, machine):
    """Whatever the tests before this one did."""
    done = [line.split(" ", 1) for line in (machine / "record").read_text("utf-8").splitlines()]
    deeds: dict[str, set[str]] = {}
    for kind, what in done:
        deeds.setdefault(kind.strip("'"), set()).add(what.strip("'\""))
    assert deeds.get("network", set()) == set()
    assert deeds.get("program", set()) <= {"fc-list"}  # matplotlib's first start lists the fonts
    assert deeds.get("import", set()) == set()
    allowed = (str(TEST_CACHE), str(machine / "fonts"), str(machine / "tmp"), "/dev/null")
    assert [path for path in deeds.get("write", set()) if not path.startswith(allowed)] == []
    assert list((machine / "home").rglob("*")) == []
    assert list((machine / "tmp").rglob("*")) == []
    strangers = [
        connection.raddr
        for connection in page_process.process.net_connections("inet")
        if connection.raddr and connection.raddr.ip not in ("127.0.0.1", "::1")
    ]
    assert strangers == []
