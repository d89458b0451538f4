"""What the classifier says when it is asked again, and the sections of the page that ask it."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer import ArgumentError, Classifier, Explanation, Reading, explain
from explainer.judging.evidence import NOTICEABLE, Evidence, Finding, Question, ask, compare
from explainer.page.intake import Photo
from explainer.page.result import Result
from explainer.page.try_it import Trial
from explainer.pictures.draw import DEFAULT_PALETTE, HIDDEN_COLOUR, fit_photo, hide_regions, region_at
from explainer.words.language import Language
from explainer.words.sentences import against_evidence_sentence, focus_evidence_sentence
from tests.synthetic import CellClassifier, CountingClassifier, Grid, a_photo

GRID = Grid(3, 4)
ENGLISH = Language("en")


class KnownClassifier(CellClassifier):
    """Each visible cell adds its weight; `weights` has a row for each class."""

    def __init__(self, *weights: dict[int, float]) -> None:
        super().__init__("known", GRID, len(weights))
        self.title = "Known"
        self.weights = np.array([[row.get(cell, 0.0) for cell in range(GRID.cells)] for row in weights])

    def answer(self, visible: np.ndarray) -> np.ndarray:
        return 0.3 + visible @ self.weights.T


class TurncoatClassifier(CellClassifier):
    """Cell 0 speaks against the label while much is hidden, and for it in the whole photo."""

    def __init__(self) -> None:
        super().__init__("turncoat", GRID, 1)

    def answer(self, visible: np.ndarray) -> np.ndarray:
        side = np.where(visible[:, 2:].mean(axis=1) > 0.95, 1, -1)
        return (0.5 + 0.2 * side * visible[:, 0] + 0.1 * visible[:, 1])[:, np.newaxis]


def explained(classifier: object, samples: int = 150, **settings: Any) -> Explanation:
    return explain(a_photo(), classifier, num_samples=samples, segmentation=GRID, **settings)


def a_reading(
    classifier: object, num_features: int, pros_cons_features: int, label: int = 0, samples: int = 150
) -> Reading:
    sizes = {"num_features": num_features, "pros_cons_features": pros_cons_features}
    return Reading.of(explained(classifier, samples, **sizes), label)


def probability(evidence: Evidence, question: Question) -> float:
    answer = evidence.answer(question)
    assert answer is not None
    return answer.probability


class TestEvidence:
    weights = ({1: 0.2, 2: 0.1, 5: -0.15, 7: -0.05}, {3: 0.1, 5: 0.2})

    def test_the_answers_are_the_classifiers_own(self):
        evidence = a_reading(KnownClassifier(*self.weights), 2, 4).evidence
        assert probability(evidence, Question.WHOLE) == pytest.approx(0.4)
        assert probability(evidence, Question.FOCUS_ONLY) == pytest.approx(0.6)
        assert probability(evidence, Question.FOCUS_HIDDEN) == pytest.approx(0.1)
        assert probability(evidence, Question.AGAINST_HIDDEN) == pytest.approx(0.6)

    def test_what_is_hidden_is_what_the_pictures_show(self):
        evidence = a_reading(KnownClassifier(*self.weights), 2, 3).evidence
        hidden = {answer.question: answer.hidden for answer in evidence.answers}
        assert hidden[Question.WHOLE] == []
        assert hidden[Question.FOCUS_HIDDEN] == [1, 2]
        assert hidden[Question.FOCUS_ONLY] == [0, *range(3, GRID.cells)]
        assert hidden[Question.AGAINST_HIDDEN] == [5]  # among the three strongest

    def test_true_pictures_are_confirmed(self):
        evidence = a_reading(KnownClassifier(*self.weights), 2, 4).evidence
        assert evidence.focus_finding is Finding.CONFIRMED
        assert evidence.against_finding is Finding.CONFIRMED
        assert not evidence.contradicted
        changes = {answer.question: answer.change for answer in evidence.answers}
        assert changes[Question.WHOLE] == 0
        assert changes[Question.FOCUS_HIDDEN] == pytest.approx(-0.3)
        assert changes[Question.AGAINST_HIDDEN] == pytest.approx(0.2)

    def test_a_false_picture_is_contradicted_and_says_so(self):
        reading = a_reading(TurncoatClassifier(), 1, 2, samples=300)
        assert reading.label.weights[0] < 0
        evidence = reading.evidence
        assert evidence.focus_finding is Finding.CONFIRMED
        assert evidence.against_finding is Finding.CONTRADICTED
        assert evidence.contradicted
        sentence = against_evidence_sentence(reading, ENGLISH)
        assert "but hiding them lowers “thing 0” from 80% to 60%" in sentence
        assert "do not trust this part" in sentence

    def test_a_false_focus_is_contradicted_and_says_so(self):
        asked = explained(KnownClassifier({1: -0.2}))
        explanation = explained(KnownClassifier({1: 0.2}), num_features=1)
        reading = Reading.of(replace(explanation, neighborhood=asked.neighborhood))
        evidence = reading.evidence
        assert evidence.focus_finding is Finding.CONTRADICTED
        assert evidence.contradicted
        sentence = focus_evidence_sentence(reading, ENGLISH)
        assert "raises “thing 0” from 10% to 30%" in sentence
        assert "do not trust this part" in sentence

    def test_where_nothing_speaks_against_nothing_is_asked(self):
        evidence = a_reading(KnownClassifier({1: 0.2, 2: 0.1}), 2, 2).evidence
        assert [answer.question for answer in evidence.answers] == [
            Question.WHOLE,
            Question.FOCUS_ONLY,
            Question.FOCUS_HIDDEN,
        ]
        assert evidence.against_finding is Finding.NO_CLAIM
        assert not evidence.contradicted

    def test_where_nothing_speaks_for_there_is_no_focus_to_contradict(self):
        evidence = a_reading(KnownClassifier({1: -0.2, 2: -0.01}), 0, 2).evidence
        assert [answer.question for answer in evidence.answers] == [Question.WHOLE, Question.AGAINST_HIDDEN]
        assert evidence.focus_finding is Finding.NO_CLAIM
        assert not evidence.contradicted

    def test_a_small_change_is_none(self):
        small = 0.9 * NOTICEABLE
        evidence = a_reading(KnownClassifier({1: small, 2: -small}), 1, 2).evidence
        assert evidence.focus_finding is Finding.UNNOTICEABLE
        assert evidence.against_finding is Finding.UNNOTICEABLE
        assert not evidence.contradicted

    def test_questions_are_remembered(self):
        counting = CountingClassifier(KnownClassifier(*self.weights))
        explanation = explained(counting, num_features=2)
        sampled = counting.images
        first = Reading.of(explanation, 0).evidence
        assert counting.images == sampled + 3  # of the whole photo it has been asked already
        again = Reading.of(explanation, 0).evidence
        compare(explanation, [1, 2])
        assert counting.images == sampled + 3
        assert [answer.probability for answer in again.answers] == [
            answer.probability for answer in first.answers
        ]
        assert set(counting.precisions[-1:]) == {"exact"}

    def test_another_label_has_other_evidence(self):
        evidence = a_reading(KnownClassifier(*self.weights), 1, 2, label=1).evidence
        answer = evidence.answer(Question.FOCUS_HIDDEN)
        assert answer is not None
        assert answer.hidden == [5]
        assert answer.change == pytest.approx(-0.2)

    def test_an_unexplained_label_is_refused(self, raises_sentence):
        with raises_sentence(ArgumentError, "label_index"):
            Reading.of(explained(KnownClassifier(*self.weights)), 77)

    @pytest.mark.slow
    def test_the_astronauts_helmet_is_held_down(self, lite2: Classifier, astronaut: Image.Image):
        reading = Reading.of(explain(astronaut, lite2, num_samples=600))
        hidden = reading.evidence.answer(Question.AGAINST_HIDDEN)
        assert hidden is not None
        assert hidden.change > 0.1
        assert re.fullmatch(
            r"Hiding the regions that speak against it raises “football helmet” from 9\.9% to \d\d%: "
            r"they did hold it down\.",
            against_evidence_sentence(reading, ENGLISH),
        )
        assert reading.evidence.focus_finding is Finding.CONFIRMED


class TestCompare:
    weights = ({0: 0.3}, {0: 0.2}, {1: 0.1, 0: -0.2}, {2: -0.05}, {4: 0.005}, {3: 0.26, 0: -0.25})

    @pytest.fixture
    def explanation(self) -> Explanation:
        return explain(
            a_photo(), KnownClassifier(*self.weights), num_samples=60, top_labels=3, segmentation=GRID
        )

    def test_nothing_hidden_is_nothing_changed(self, explanation: Explanation):
        comparison = compare(explanation, [])
        assert [label.index for label in comparison.best] == [label.index for label in explanation.labels]
        assert [label.change for label in comparison.best] == pytest.approx([0, 0, 0])
        assert comparison.displaced == ()

    def test_the_best_now_beside_those_that_no_longer_are(self, explanation: Explanation):
        assert [label.index for label in explanation.labels] == [0, 1, 5]
        comparison = compare(explanation, [0])
        assert [label.index for label in comparison.best] == [5, 2, 4]
        assert [label.name for label in comparison.best] == ["thing_5", "thing_2", "thing_4"]
        assert [label.now for label in comparison.best] == pytest.approx([0.56, 0.4, 0.305])
        assert [label.probability for label in comparison.best] == pytest.approx([0.31, 0.2, 0.305])
        assert {label.index for label in comparison.displaced} == {0, 1}
        assert [label.change for label in comparison.displaced] == pytest.approx([-0.3, -0.2])

    def test_everything_may_be_hidden(self, explanation: Explanation):
        comparison = compare(explanation, range(GRID.cells))
        assert [label.now for label in comparison.best] == pytest.approx([0.3] * 3)

    def test_it_is_what_asking_says(self, explanation: Explanation):
        shown = np.ones(GRID.cells, bool)
        shown[[2, 3]] = False
        answers = ask(explanation.neighborhood, shown[np.newaxis])[0]
        for label in compare(explanation, [2, 3]).best:
            assert label.now == pytest.approx(answers[label.index])


class TestContrast:
    def test_by_how_much_more_a_region_raises_one_label_than_the_other(self):
        explanation = explained(KnownClassifier({1: 0.3, 2: 0.1}, {2: 0.15, 5: 0.2}))
        differences = explanation.contrast(0, 1, 3)
        assert list(differences) == [1, 5, 2]
        assert differences == pytest.approx({1: 0.3, 5: -0.2, 2: -0.05}, rel=0.3)
        assert differences[1] > 0 > differences[5]

    def test_the_other_way_round_the_signs_turn(self):
        explanation = explained(KnownClassifier({1: 0.3, 2: 0.1}, {2: 0.15, 5: 0.2}))
        there, back = explanation.contrast(0, 1, 4), explanation.contrast(1, 0, 4)
        assert there == {region: -difference for region, difference in back.items()}

    def test_a_label_and_itself_have_no_contrast(self):
        assert explained(KnownClassifier({1: 0.3}, {2: 0.1})).contrast(0, 0) == {}

    def test_it_asks_nothing(self):
        counting = CountingClassifier(KnownClassifier({1: 0.3}, {2: 0.1}))
        explanation = explained(counting)
        sampled = counting.images
        explanation.contrast(0, 1)
        assert counting.images == sampled

    @pytest.mark.parametrize(("labels", "number"), [((0, 9), 1), ((9, 0), 1), ((0, 1), -1)])
    def test_odd_arguments_are_refused(self, labels: tuple[int, int], number: int, raises_sentence):
        explanation = explained(KnownClassifier({1: 0.3}, {2: 0.1}))
        with raises_sentence(ArgumentError, "label_index|num_features"):
            explanation.contrast(*labels, number)


class TestPictures:
    segments = GRID(np.empty((30, 40, 3)))

    def test_hidden_regions_are_hidden_and_others_are_as_they_were(self):
        photo = fit_photo(a_photo())
        picture = hide_regions(photo, self.segments, [0])
        assert picture.size == photo.size
        assert picture.getpixel((5, 5)) == HIDDEN_COLOUR
        corner = (photo.width - 5, photo.height - 5)
        assert picture.getpixel(corner) == photo.getpixel(corner)

    def test_the_photo_itself_stays(self):
        photo = a_photo()
        before = photo.copy()
        hide_regions(photo, self.segments, range(12))
        assert photo == before
        assert hide_regions(photo, self.segments, []) == before

    @pytest.mark.parametrize(
        ("across", "down", "region"),
        [(0, 0, 0), (0.99, 0, 3), (0, 0.99, 8), (1, 1, 11), (1.2, -0.1, 3), (0.3, 0.5, 5)],
    )
    def test_the_region_at_a_point(self, across: float, down: float, region: int):
        assert region_at(self.segments, across, down) == region


def a_result(*weights: dict[int, float], label: int = 0) -> Result:
    reading = Reading.of(explained(KnownClassifier(*weights), num_features=2), label)
    photo = Photo("a.jpg", "a", a_photo(), fit_photo(a_photo()))
    return Result(photo, reading, DEFAULT_PALETTE, ENGLISH)


def section(name: str, result: Result) -> AppTest:
    """One section of the page by itself."""

    def script(name, result):
        import importlib

        importlib.import_module(f"explainer.page.{name}").show(result)

    page = AppTest.from_function(script, args=(name, result), default_timeout=60).run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


class TestSections:
    weights = ({1: 0.3, 2: 0.2, 5: -0.15, 8: 0.06}, {3: 0.1, 5: 0.2}, {7: 0.1})

    def test_the_evidence_has_four_pictures_with_their_figures(self):
        page = section("evidence", a_result(*self.weights))
        said = [picture.proto.imgs[0].alt for picture in page.get("image")]
        assert said[0] == "The whole photo: “thing 0” gets 71%."
        assert said[3] == "Opposing regions hidden: “thing 0” gets 86% (+15 points)."
        assert len(said) == 4
        text = html(page)
        for figure in ("71%", "80%", "21%", "86%", "−50 points", "+15 points"):
            assert figure in text
        assert "they did hold it down." in text
        assert text.count("▼") == 1
        assert text.count("▲") == 2

    def test_regions_are_hidden_and_shown_again(self):
        page = section("try_it", a_result(*self.weights))
        assert "Nothing is hidden" in html(page)
        assert page.button(key="try-undo").disabled
        assert page.button(key="try-reset").disabled

        regions = page.multiselect[0]
        regions.select(next(option for option in regions.options if option.startswith("Region 2 ")))
        page.run()
        assert "With 1 region hidden" in html(page)
        assert "71% → <b>41%</b>" in html(page)

        page.button(key="try-against").click().run()
        assert page.multiselect[0].value == [5]
        assert "71% → <b>86%</b>" in html(page)

        page.button(key="try-focus").click().run()
        assert sorted(page.multiselect[0].value) == sorted({*range(GRID.cells)} - {1, 2})

        page.button(key="try-reset").click().run()
        assert page.multiselect[0].value == []
        for hidden in (10, 1, 1, 0):
            assert not page.button(key="try-undo").disabled
            page.button(key="try-undo").click().run()
            assert len(page.multiselect[0].value) == hidden
        assert page.button(key="try-undo").disabled
        assert not page.exception

    def test_a_click_hides_a_region_and_the_next_one_shows_it(self):
        explanation = explained(KnownClassifier(*self.weights))
        trial = Trial()
        there = {"x": 399, "y": 10, "width": 400, "height": 300, "unix_time": 1}
        trial.click(there, explanation)
        assert trial.hidden == {3}
        trial.click(there, explanation)  # the same click, seen again in the next run
        assert trial.hidden == {3}
        trial.click({**there, "y": 299, "unix_time": 2}, explanation)
        assert trial.hidden == {3, 11}
        trial.click({**there, "unix_time": 3}, explanation)
        assert trial.hidden == {11}
        for hidden in ({3, 11}, {3}, set(), set()):
            trial.undo()
            assert trial.hidden == hidden

    @pytest.mark.parametrize("point", [None, {"x": 0, "y": 0, "width": 0, "height": 0, "unix_time": 1}])
    def test_no_click_hides_nothing(self, point: dict | None):
        trial = Trial()
        trial.click(point, explained(KnownClassifier(*self.weights)))
        assert trial.hidden == frozenset()

    def test_the_contrast_says_which_part_speaks_for_which(self):
        page = section("contrast", a_result(*self.weights))
        assert "speaks for “thing 0” rather than “thing 1”" in html(page)
        page.selectbox[0].select("thing 2").run()
        assert not page.exception
        assert page.selectbox[1].options == ["thing 0", "thing 1"]
        assert "rather than “thing 0”" in html(page) or "“thing 2” rather" in html(page)

    def test_one_label_alone_has_no_contrast(self):
        page = section("contrast", a_result({1: 0.3}))
        assert not page.selectbox
