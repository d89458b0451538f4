"""What the classifier says when it is asked again, and the sections of the page that ask it."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer import ArgumentError, Classifier, Explanation, Preprocessing, Reading, explain
from explainer.judging.evidence import MINOR, NOTICEABLE, Evidence, Finding, Question, ask, compare
from explainer.lime.designs import perturbed_pictures
from explainer.page.intake import Photo, Pixels
from explainer.page.result import Result
from explainer.page.try_it import Trial
from explainer.pictures.draw import DEFAULT_PALETTE, fit_frame, hide_regions
from explainer.words.language import Language
from explainer.words.sentences import against_evidence_sentence, focus_evidence_sentence
from tests.page.scripted import given
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
    """Cell 0 speaks against the label while much is hidden, and for it in the whole photo; cell 1 for it."""

    def __init__(self, turncoat: float, loyal: float) -> None:
        super().__init__("turncoat", GRID, 1)
        self.turncoat, self.loyal = turncoat, loyal

    def answer(self, visible: np.ndarray) -> np.ndarray:
        side = np.where(visible[:, 2:].mean(axis=1) > 0.95, 1, -1)
        return (0.5 + self.turncoat * side * visible[:, 0] + self.loyal * visible[:, 1])[:, np.newaxis]


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

    @pytest.mark.parametrize(("turncoat", "loyal"), [(0.2, 0.1), (0.05, 0.1), (0.03, 0.1)])
    def test_a_false_part_is_contradicted_and_says_so(self, turncoat: float, loyal: float):
        reading = a_reading(TurncoatClassifier(turncoat, loyal), 1, 2, samples=300)
        assert reading.label.weights[0] < 0
        evidence = reading.evidence
        assert evidence.focus_finding is Finding.CONFIRMED
        assert evidence.against_finding is Finding.CONTRADICTED
        assert not evidence.contradicted  # the focus is what the picture rests on
        before, after = ENGLISH.percent(0.5 + turncoat + loyal), ENGLISH.percent(0.5 + loyal)
        sentence = against_evidence_sentence(reading, ENGLISH)
        assert f"but hiding them lowers “thing 0” from {before} to {after}" in sentence
        assert "do not trust this part" in sentence

    @pytest.mark.parametrize(("turncoat", "loyal"), [(0.02, 0.1), (0.05, 0.3)])
    def test_a_part_that_hardly_counts_is_no_reason_for_distrust(self, turncoat: float, loyal: float):
        reading = a_reading(TurncoatClassifier(turncoat, loyal), 1, 2, samples=300)
        evidence = reading.evidence
        assert 0 < evidence.opposition < MINOR * loyal
        assert evidence.against_finding is Finding.SLIGHTLY_CONTRADICTED
        assert not evidence.contradicted
        sentence = against_evidence_sentence(reading, ENGLISH)
        assert sentence.startswith("Little speaks against “thing 0”, and hiding that lowers it slightly")
        assert "trust" not in sentence

    def test_what_is_said_to_count_is_not_minor_however_little_it_moved(self):
        answers = a_reading(TurncoatClassifier(0.02, 0.1), 1, 2, samples=300).evidence.answers
        assert Evidence(0, answers, opposition=0.02).against_finding is Finding.SLIGHTLY_CONTRADICTED
        assert Evidence(0, answers, opposition=0.03).against_finding is Finding.CONTRADICTED

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
        classifier = KnownClassifier({1: 0.3, 2: 0.1}, {2: 0.15, 5: 0.2})
        differences = explained(classifier, target="probability").contrast(0, 1, 3)
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


class TestHiding:
    @pytest.mark.parametrize("hide_color", ["grey", "mean", "black", "blur", (200.0, 0.0, 90.0)])
    @pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
    def test_what_is_hidden_looks_as_the_classifier_saw_it(self, hide_color: Any, resize: str):
        classifier = Classifier.from_function(
            lambda batch: np.full((len(batch), 1), 0.5),
            input_size=(24, 32),
            class_names=["thing"],
            preprocess=Preprocessing((24, 32), 127.5, 1.0, resize=resize),
        )
        photo = Image.radial_gradient("L").resize((90, 40)).convert("RGB")
        settings = {"segmentation": GRID, "hide_color": hide_color, "num_samples": 2}
        neighborhood = explain(photo, classifier, **settings).neighborhood
        mask = np.ones((1, GRID.cells), np.uint8)
        mask[0, [1, 6]] = 0
        seen = perturbed_pictures(neighborhood.image, neighborhood.hidden, neighborhood.segments, mask)[0]
        drawn = hide_regions(fit_frame(photo, classifier), neighborhood, [1, 6]).resize((32, 24))
        differences = np.abs(np.asarray(drawn) / 255 - classifier.to_display(seen))
        assert np.quantile(differences, 0.75) < 0.01  # all but the edges, which are smoothed
        assert differences.mean() < 0.03

    def test_the_photo_itself_stays(self):
        neighborhood = explained(KnownClassifier({1: 0.3}), 2).neighborhood
        photo = a_photo()
        before = photo.copy()
        hide_regions(photo, neighborhood, range(GRID.cells))
        assert photo == before
        assert hide_regions(photo, neighborhood, []) == before


def a_result(*weights: dict[int, float], label: int = 0) -> Result:
    reading = Reading.of(explained(KnownClassifier(*weights), num_features=2), label)
    photo = Photo("a.jpg", "a", lambda: Pixels(a_photo()))
    return Result(photo, reading, DEFAULT_PALETTE, ENGLISH)


def section(name: str, result: Result, **query: str) -> AppTest:
    """One section of the page by itself."""

    def script(name, result):
        import importlib
        from types import SimpleNamespace

        of_live = [SimpleNamespace(is_growing=False)] if name == "evidence" else []
        importlib.import_module(f"explainer.page.{name}").show(result, *of_live)

    page = AppTest.from_function(script, args=(name, result), default_timeout=60)
    page.query_params.update(query)
    page.run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


class TestSections:
    weights = ({1: 0.3, 2: 0.2, 5: -0.15, 8: 0.06}, {3: 0.1, 5: 0.2}, {7: 0.1})

    def test_the_evidence_has_four_pictures_with_their_figures(self):
        page = section("evidence", a_result(*self.weights))
        said = re.findall("<img src='data:image/jpeg;base64,[^']+' alt='([^']+)'>", html(page))
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
        page = section("try_it", a_result(*self.weights), hidden="2_of_12")

        def hidden() -> list[int]:
            return given(page, "try_it")["hidden"]

        assert hidden() == [1]
        assert "With 1 region hidden" in html(page)
        assert "71% → <b>41%</b>" in html(page)

        page.button(key="try-against").click().run()
        assert hidden() == [5]
        assert "71% → <b>86%</b>" in html(page)

        page.button(key="try-focus").click().run()
        assert hidden() == sorted({*range(GRID.cells)} - {1, 2})

        page.button(key="try-reset").click().run()
        assert hidden() == []
        assert "Nothing is hidden" in html(page)
        for number in (10, 1, 1, 0):
            assert not page.button(key="try-undo").disabled
            page.button(key="try-undo").click().run()
            assert len(hidden()) == number
        assert page.button(key="try-undo").disabled
        assert page.button(key="try-reset").disabled

    def test_a_click_hides_a_region_and_the_next_one_shows_it(self):
        trial = Trial("here", GRID.cells)
        trial.click([(1, 3)])
        trial.click([(1, 3), (2, 11), (3, 5)])  # those that are not known to be taken are sent again
        assert trial.hidden == {3, 5, 11}
        trial.click([(4, 3), (5, 99), (6, -1)])
        assert trial.hidden == {5, 11}
        for hidden in ({3, 5, 11}, {3, 11}, {3}, set(), set()):
            trial.undo()
            assert trial.hidden == hidden

    def test_the_photo_knows_its_regions(self):
        data = given(section("try_it", a_result(*self.weights)), "try_it")
        assert len(data["paths"]) == len(data["names"]) == GRID.cells
        assert re.fullmatch(r"Region 2 · top · speaks for · evidence \+\d\.\d\d", data["descriptions"][1])
        assert re.fullmatch(
            r"Region 6 · middle · speaks against · evidence −\d\.\d\d", data["descriptions"][5]
        )
        assert data["order"][0] == 1
        assert data["middles"][0] == pytest.approx((0.125, 0.167), abs=0.05)

    def test_what_keeps_a_button_from_being_pressed_is_said(self):
        reading = a_reading(KnownClassifier({1: 0.2, 2: 0.1}), 2, 2)
        page = section("try_it", replace(a_result({1: 0.3}), reading=reading))
        said = {name: page.button(key=f"try-{name}").help for name in ("against", "focus", "undo", "reset")}
        assert said == {
            "against": "Among the strongest regions, none speaks against “thing 0”.",
            "focus": "",
            "undo": "There is nothing to undo.",
            "reset": "Nothing is hidden.",
        }

    def test_a_link_holds_what_is_hidden(self):
        page = section("try_it", a_result(*self.weights), hidden="2-6_of_12")
        assert given(page, "try_it")["hidden"] == [1, 5]
        page.button(key="try-against").click().run()
        assert page.query_params["hidden"] == "6_of_12"
        page.button(key="try-reset").click().run()
        assert "hidden" not in page.query_params

    @pytest.mark.parametrize(
        "hidden", ["2", "2_of_13", "13_of_12", "0_of_12", "-2_of_12", "٢_of_12", "2-6_of_12-", "2" * 5000]
    )
    def test_a_link_to_what_is_not_there_hides_nothing(self, hidden: str):
        page = section("try_it", a_result(*self.weights), hidden=hidden)
        assert given(page, "try_it")["hidden"] == []

    def test_the_contrast_says_which_part_speaks_for_which(self):
        page = section("contrast", a_result(*self.weights))
        assert "speaks for “thing 0” rather than “thing 1”" in html(page)
        page.selectbox[0].select("2").run()
        assert not page.exception
        assert page.selectbox[1].options == ["thing 0", "thing 1"]
        assert "rather than “thing 0”" in html(page) or "“thing 2” rather" in html(page)

    @pytest.mark.parametrize(
        ("query", "labels"),
        [
            ({}, ["1", "0"]),  # the label that is explained, and the best other one
            ({"versus": "2"}, ["1", "2"]),
            ({"this": "2", "versus": "1"}, ["2", "1"]),
            ({"this": "77", "versus": "1"}, ["1", "0"]),
        ],
    )
    def test_the_contrast_starts_from_the_chosen_label_or_the_link(self, query: dict, labels: list[str]):
        page = section("contrast", a_result(*self.weights, label=1), **query)
        assert [box.value for box in page.selectbox] == labels

    def test_one_label_alone_has_no_contrast(self):
        page = section("contrast", a_result({1: 0.3}))
        assert not page.selectbox
