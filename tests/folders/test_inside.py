"""How much of an explanation lies on the object, and the averages over many photos."""

import numpy as np
import pytest

from explainer.folders.gallery.arrangement import arrange, kind_names, kinds, order_names
from explainer.folders.gallery.document import gallery
from explainer.folders.objects.inside import inside_of, inside_sentence, inside_summary, looks_past_object
from explainer.folders.record import Inside, PhotoRecord
from explainer.folders.summary import summary
from explainer.words.language import Language
from tests.folders.test_summary import rows
from tests.made_up_results import a_record

ENGLISH = Language("en")
SEGMENTS = np.repeat([[0, 0, 1, 2], [0, 0, 1, 2]], 2, axis=0)  # four rows; 0 is twice as wide as 1 and 2
LEFT_COLUMN = np.arange(4) < np.ones((4, 1))
ALL_BUT_THE_RIGHT = np.arange(4) < 3 * np.ones((4, 1))


def marked(
    photo: str, focus: float | None, said: str = "cat", truth: str = "cat", area: float = 0.25
) -> PhotoRecord:
    inside = Inside(focus, focus, None if focus is None else focus > 0.5)
    record = a_record(photo, said, truth, inside=inside)
    return PhotoRecord(
        **vars(record) | {"object_area": area, "outline": "M0 0l500 0 0 500 -500 0z", "outline_aspect": 1.5}
    )


class TestInsideOf:
    def test_each_superpixel_counts_by_its_weight_and_by_the_share_of_it_that_is_covered(self):
        weights = np.array([0.3, 0.1, -0.5])
        found = inside_of(SEGMENTS, weights, [0], LEFT_COLUMN)
        assert (found.focus, found.positive) == (0.5, pytest.approx(0.3 * 0.5 / 0.4))
        found = inside_of(SEGMENTS, weights, [0, 1], ALL_BUT_THE_RIGHT)
        assert found == Inside(1.0, 1.0, True)

    def test_a_superpixel_that_is_half_covered_is_not_inside(self):
        assert inside_of(SEGMENTS, np.array([0.3, 0.1, 0]), [0], LEFT_COLUMN).strongest is False
        assert inside_of(SEGMENTS, np.array([0.1, 0.3, 0]), [1], ALL_BUT_THE_RIGHT).strongest is True

    def test_what_speaks_against_counts_nowhere(self):
        found = inside_of(SEGMENTS, np.array([-0.9, 0.1, 0.1]), [1, 2], ALL_BUT_THE_RIGHT)
        assert found == Inside(0.5, 0.5, True)

    def test_where_nothing_speaks_for_the_label_nothing_is_said(self):
        assert inside_of(SEGMENTS, np.array([-0.1, 0, -0.2]), [], LEFT_COLUMN) == Inside(None, None, None)

    def test_by_chance_it_is_the_area(self):
        random = np.random.RandomState(0)
        segments = np.arange(400).reshape(20, 20) // 2
        mask = random.rand(20, 20) < 0.3
        shares = [inside_of(segments, random.rand(200), range(200), mask).focus for _ in range(50)]
        assert np.mean(shares) == pytest.approx(mask.mean(), abs=0.01)


class TestManyPhotos:
    RECORDS = (
        marked("right 1.jpg", 0.9),
        marked("right 2.jpg", 0.2),
        marked("right 3.jpg", 0.7),
        marked("wrong.jpg", 0.1, "dog", "cat"),
        marked("dog.jpg", 1.0, "dog", "dog", area=0.5),
        marked("nothing speaks for it.jpg", None),
        a_record("no object.jpg", "cat", "cat"),
        a_record("failed.jpg", None, "cat"),
    )

    def test_all_that_have_an_object_and_a_focus_are_added_up(self):
        found = inside_summary(self.RECORDS)
        assert (found.photos, found.most, found.strongest) == (5, 3, 3)
        assert found.focus == pytest.approx(0.58)
        assert found.chance == pytest.approx(0.3)
        assert inside_summary([a_record()]) is None

    def test_one_sentence_says_it(self):
        assert inside_sentence(self.RECORDS, ENGLISH) == (
            "In 3 of 5 photos with a marked object, most of the focus lies on it "
            "(58% on average; by chance it would be 30%)."
        )
        assert inside_sentence([a_record()], ENGLISH) == ""

    def test_past_the_object_is_where_chance_would_put_no_less(self):
        assert looks_past_object(marked("a.jpg", 0.2, area=0.25))
        assert not looks_past_object(marked("a.jpg", 0.2, area=0.05))
        assert not looks_past_object(marked("a.jpg", 0.7, area=0.9))
        assert not looks_past_object(a_record())

    def test_right_for_the_wrong_reason_comes_first(self):
        assert order_names(self.RECORDS, ENGLISH)["inside"] == "Right for the wrong reason first"
        found = [record.photo for record in arrange(self.RECORDS, "inside")]
        assert found[:5] == ["right 2.jpg", "right 3.jpg", "right 1.jpg", "dog.jpg", "wrong.jpg"]
        assert found[-1] == "failed.jpg"

    def test_without_truth_and_without_objects_the_order_is_another(self):
        unknown = [marked("a.jpg", 0.2, truth="")]
        assert order_names(unknown, ENGLISH)["inside"] == "Least on the object first"
        assert "inside" not in order_names([a_record()], ENGLISH)

    def test_what_looks_past_object_can_be_shown_alone(self):
        assert kind_names(self.RECORDS, ENGLISH)["past_object"] == "Looks past the object"
        assert [record.photo for record in self.RECORDS if "past_object" in kinds(record)] == [
            "right 2.jpg",
            "wrong.jpg",
        ]

    def test_the_table_has_columns_for_it(self):
        first, *_others, unmarked, failed = rows(summary(self.RECORDS))
        assert (first["focus_inside"], first["positive_inside"], first["strongest_inside"]) == (
            "0.9",
            "0.9",
            "yes",
        )
        assert (first["object_area"], first["truth_focus_inside"]) == ("0.25", "")
        for row in (unmarked, failed):
            assert {row[name] for name in ("focus_inside", "strongest_inside", "object_area")} == {""}


class TestGallery:
    def test_the_outline_lies_over_every_picture_in_its_proportions(self):
        page = gallery([marked("a.jpg", 0.2)], ENGLISH, "Cats")
        assert page.count('<path d="M0 0l500 0 0 500 -500 0z" transform="scale(1.5 1)" />') == 2
        assert 'viewBox="0 0 1500 1000"' in page
        assert "20% (by chance 25%)" in page

    def test_the_overview_says_it(self):
        page = gallery(TestManyPhotos.RECORDS, ENGLISH, "Cats")
        assert "In 3 of 5 photos with a marked object" in page
        assert "1 of 4 right answers look past the object" in page

    def test_without_objects_nothing_is_said_of_them(self):
        page = gallery([a_record("a.jpg", "cat", "cat")], ENGLISH, "Cats")
        for words in (
            "marked object",
            "by chance",
            "Looks past the object",
            'class="object"',
            "Least on the object",
        ):
            assert words not in page

    def test_an_outline_from_a_record_stays_an_attribute(self):
        record = PhotoRecord(**vars(marked("a.jpg", 0.2)) | {"outline": '"/><script>alert(1)</script>'})
        assert "<script>alert" not in gallery([record], ENGLISH, "Cats")
