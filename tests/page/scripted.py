"""What the page's own scripts are given to draw, for tests without a browser."""

import json
from dataclasses import dataclass
from typing import Any

from streamlit.testing.v1 import AppTest


def given(page: AppTest, name: str) -> dict[str, Any]:
    """What a script was given in the last run."""
    (data,) = (
        json.loads(element.proto.json)
        for element in page.get("bidi_component")
        if element.proto.component_name == f"limelight_{name}"
    )
    assert isinstance(data, dict)
    return data


@dataclass(frozen=True)
class Labels:
    """The table of labels, whose rows choose the label to explain."""

    page: AppTest

    @property
    def options(self) -> list[str]:
        return [row["name"] for row in given(self.page, "labels")["rows"]]

    @property
    def value(self) -> str:
        data = given(self.page, "labels")
        (name,) = (row["name"] for row in data["rows"] if row["index"] == data["chosen"])
        return str(name)

    def set_value(self, name: str) -> "Labels":
        """Choose a row, by the link, which is where the choice is."""
        (index,) = (row["index"] for row in given(self.page, "labels")["rows"] if row["name"] == name)
        self.page.query_params["label"] = index
        return self

    def run(self) -> AppTest:
        return self.page.run()


def sentences(page: AppTest) -> dict[str, str]:
    """What is said of each picture."""
    return {figure["kind"]: figure["sentence"] for figure in given(page, "pictures")["figures"]}


def said_of_sampling(page: AppTest) -> str:
    """How settled it is, and with how many samples."""
    return str(given(page, "pictures")["reliability"]["help"])


def own_photos(page: AppTest) -> list[str]:
    """The names of the visitor's photos in the strip, the last one first."""
    return [tile["caption"] for tile in given(page, "strip")["tiles"] if tile["remove"]]


def taken_for(page: AppTest) -> dict[str, str]:
    """What is said of each picture in the strip, by its name."""
    return {tile["caption"]: tile["words"] for tile in given(page, "strip")["tiles"]}


def look_at(page: AppTest, name: str) -> AppTest:
    """Take a picture of the strip, by the link, which is where the choice is."""
    (tile,) = (tile for tile in given(page, "strip")["tiles"] if tile["caption"] == name)
    for key in ("sample", "photo"):
        if key in page.query_params:
            del page.query_params[key]
    kind = "photo" if tile["remove"] else "sample"
    page.query_params[kind] = tile["id"].removeprefix("example-")
    page.session_state["links"] = {}  # as after Back, or the address would follow what was chosen
    return page.run()
