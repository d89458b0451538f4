"""Groups by a table's columns, and where they differ: values against scipy's and statsmodels' own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import fisher_exact, mannwhitneyu
from statsmodels.stats.multitest import multipletests

from explainer.folders.gallery.document import gallery
from explainer.folders.gallery.groups import differences, groupings, holm
from explainer.folders.gallery.parts import group_headings
from explainer.folders.record import Inside, PhotoRecord
from explainer.words.language import Language
from tests.made_up_results import HOSTILE_NAMES, a_record

ENGLISH = Language("en")


def photo(number: int, right: bool = True, inside: float | None = None, **cells: str) -> PhotoRecord:
    record = a_record(f"{number}.jpg", "cat", "cat" if right else "dog")
    if inside is not None:
        record = replace(record, predicted=replace(record.predicted, inside=Inside(inside, None, None)))
    return replace(record, metadata=cells)


def with_cells(*cells: str) -> list[PhotoRecord]:
    return [photo(number, column=cell) for number, cell in enumerate(cells)]


def groups(*cells: str) -> list[tuple[str, ...]]:
    return [grouping.groups for grouping in groupings(with_cells(*cells))]


def test_what_makes_groups_and_what_does_not():
    assert groups(*"ABAB") == [("A", "B")]
    assert groups("lot 10", "lot 9", "lot 10", "lot 9") == [("lot 9", "lot 10")]
    assert groups(*"AAAA") == []
    assert groups(*"ABCD") == []  # one a photo
    assert groups("", "", "A", "B") == []
    assert groups("", "", "A", "A", "B", "B") == [("A", "B")]
    assert groupings([photo(0)]) == ()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-05-02 10:11:12", "2024/5/1"], ("2024-05-01", "2024-05-02")),
        (["2024:05:02 10:11:12", "20240501"], ("2024-05-01", "2024-05-02")),
        (["2024年5月2日", "1.5.2024"], ("2024-05-01", "2024-05-02")),
        (["2024-05-02T10:11:12Z", "2024-05-01T00:00:00+09:00"], ("2024-05-01", "2024-05-02")),
        ([f"2024-{month:02}-{day:02}" for month in (2, 1) for day in range(1, 29)], ("2024-01", "2024-02")),
        ([f"{2000 + i % 9}-{1 + i % 12}-01" for i in range(72)], tuple(str(2000 + i) for i in range(9))),
        (["2024-05-02", "2024-13-01"], ("2024-05-02", "2024-13-01")),  # no date
        (["5/1/2024", "1/5/2024"], ("1/5/2024", "5/1/2024")),  # nobody knows which is the month
    ],
)
def test_dates_are_grouped_by_day_month_or_year(cells: list[str], expected: tuple[str, ...]):
    assert groups(*cells, *cells) == [expected]


def test_numbers_are_grouped_by_quarters():
    assert groups(*map(str, range(1, 13))) == [("1 … 3", "4 … 6", "7 … 9", "10 … 12")]
    assert groups("3", "2", "3", "2", "10", "10") == [("2", "3", "10")]  # few as they are
    assert groups(*map(str, range(1, 13)), "-") == []
    assert groups(*["0"] * 90, *(f"{i}.5" for i in range(10))) == [("0", "0.5 … 9.5")]
    assert groups(*(f"{i},5" for i in range(2, 14))) == [
        ("2,5 … 4,5", "5,5 … 7,5", "8,5 … 10,5", "11,5 … 13,5")
    ]
    assert groups(*(f"1{i},000" for i in range(6)), "998", "999", "2,000,000") == [
        ("998 … 10,000", "11,000 … 12,000", "13,000 … 14,000", "15,000 … 2,000,000")
    ]
    lots = [f"{day}_{lot}" for day in range(3) for lot in range(4)]
    assert groups(*lots, *lots) == [tuple(lots)]
    assert groups(*(["nan"] * 9), *map(str, range(9))) == []


def uneven() -> list[PhotoRecord]:
    """80 photos; with camera B it is right in 12 of 20, and looks elsewhere; lines differ by chance."""
    random = np.random.RandomState(0)
    return [
        photo(
            i,
            right=i not in (*range(8), 30, 50),
            inside=float(random.uniform(0, 0.6) if i < 20 else random.uniform(0.3, 1)),
            camera="B" if i < 20 else "AC"[i % 2],
            line="12"[i // 2 % 2],
            few="x" if i < 4 else "y",
        )
        for i in range(80)
    ]


def test_differences_are_those_of_scipy_and_statsmodels():
    records = uneven()
    found = differences(records)
    p = {}
    for column in ("camera", "line"):
        for group in ("A", "B", "C") if column == "camera" else ("1",):
            mine = [record for record in records if record.metadata[column] == group]
            others = [record for record in records if record.metadata[column] != group]
            table = [
                [sum(r.is_wrong == wrong for r in part) for wrong in (False, True)] for part in (mine, others)
            ]
            p[column, group, "accuracy"] = fisher_exact(table).pvalue
            inside = [[r.predicted.inside.focus for r in part] for part in (mine, others)]
            p[column, group, "attention"] = mannwhitneyu(*inside).pvalue
    adjusted = dict(zip(p, multipletests(list(p.values()), method="holm")[1], strict=True))
    expected = {key: value for key, value in adjusted.items() if value < 0.05}
    assert found.looks == len(p) == 8  # two groups of a column are one look, four photos are none
    assert {(d.column, d.group, d.figure): d.p for d in found.found} == pytest.approx(expected)
    assert [d.p for d in found.found] == sorted(expected.values())
    of_b = next(d for d in found.found if (d.group, d.figure) == ("B", "accuracy"))
    assert (of_b.value, of_b.photos, of_b.others_value, of_b.others) == (12 / 20, 20, 58 / 60, 60)


def test_holm_is_that_of_statsmodels():
    for seed in range(5):
        p = np.random.RandomState(seed).uniform(0, 0.2, 12).round(2)  # some are equal
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]) == []


def test_chance_alone_is_rarely_found():
    folders = 200
    times = 0
    for seed in range(folders):
        random = np.random.RandomState(seed)
        records = [
            photo(
                i, right=random.rand() < 0.8, camera="ABC"[random.randint(3)], line="123"[random.randint(3)]
            )
            for i in range(60)
        ]
        times += bool(differences(records).found)
    assert times <= 0.05 * folders + 3 * (0.05 * 0.95 * folders) ** 0.5


def test_the_overview_says_where_and_how_many_looks_were_taken():
    markup = gallery(uneven(), ENGLISH, "")
    assert "Where camera is B, it is right in 12 of 20 photos; elsewhere, in 58 of 60. " in markup
    assert "of the focus lies on the object on average (20 photos); elsewhere" in markup
    assert (
        "8 comparisons were made; by chance, any of these would be shown in fewer than 5 of 100 cases."
        in markup
    )
    assert 'href="#metadata_camera=B"' in markup
    even = [photo(i, right=i % 4 > 0, camera="AB"[i % 2 == i % 3]) for i in range(40)]
    assert "No group of the table differs from the rest beyond chance; 1 comparison was made." in gallery(
        even, ENGLISH, ""
    )
    assert "comparison was made" not in gallery([photo(i) for i in range(40)], ENGLISH, "")


def test_groups_have_headings_with_what_is_right():
    records = [photo(i, right=i != 1, camera="BA"[i % 2]) for i in range(6)] + [photo(9)]
    (grouping,) = groupings(records)
    shown = grouping.arranged(records)
    assert [record.photo[0] for record in shown] == list("1350249")
    assert group_headings(grouping, shown, shown[1:], ENGLISH) == {
        "3.jpg": "camera: A (3) · right in 2 of 3",
        "0.jpg": "camera: B (3) · right in 3 of 3",
        "9.jpg": "camera: – (1) · right in 1 of 1",
    }


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_table_s_cells_are_only_ever_shown(name: str):
    def tags(text: str) -> int:
        records = [replace(photo(i, i > 8), metadata={text: text if i < 10 else "x"}) for i in range(40)]
        return gallery(records, ENGLISH, "").count("<")

    assert tags(name) == tags("a")
