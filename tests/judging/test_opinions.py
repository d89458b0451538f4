"""Second opinions: that they grow, stop and go on, what they cost, and who is best."""

import numpy as np
import pytest

from explainer import ArgumentError, ClassifierError, explain, second_opinions
from explainer.judging.curves import curves_of
from explainer.judging.inquiry import finish
from explainer.judging.methods import METHODS
from explainer.judging.opinions import SecondOpinions
from tests.judging.truths import GRID, RuleClassifier, explained
from tests.synthetic import CountingClassifier, LinearClassifier, NonlinearClassifier, a_photo

NAMES = [name for name, method in METHODS.items() if not method.needs_gradients]


def opinions(classifier, methods=NAMES, samples: int = 128) -> SecondOpinions:
    explanation = explained(classifier, samples)
    return SecondOpinions(a_photo(), explanation, explanation.labels[0].index, methods)


def test_they_are_the_same_however_they_are_cut_into_steps():
    steps, at_once = (opinions(NonlinearClassifier(GRID, classes=2)) for _ in range(2))
    seen = []
    while not steps.advance(0):
        seen.append(len(steps.opinions))
    assert at_once.advance(float("inf"))
    assert {*seen} == {*range(len(NAMES))}
    assert [opinion.method.name for opinion in at_once.opinions] == NAMES
    for one, other in zip(steps.opinions, at_once.opinions, strict=True):
        assert np.array_equal(one.heat_map, other.heat_map)
        assert np.array_equal(one.curves.deletion, other.curves.deletion)
        assert one.passes == other.passes
    assert steps.passes == at_once.passes == at_once.total


def test_they_cost_what_they_say():
    counting = CountingClassifier(NonlinearClassifier(GRID, classes=2))
    found = opinions(counting)
    before = counting.images
    found.advance(float("inf"))
    # Of several cuts, the first one's samples were there; each other cut asks about the photo itself again.
    first_cut = -(-found.budget // 3)
    assert found.passes == counting.images - before + first_cut
    costs = {opinion.method.name: opinion.passes for opinion in found.opinions}
    assert costs == {"lime": 128, "lime-cuts": 129, "occlusion": 22, "rise": 128, "shapley": 128}


def test_the_best_is_the_one_that_passes_the_test_best():
    corners = RuleClassifier(lambda visible: np.minimum(visible[:, 0], visible[:, 9]))
    found = opinions(corners)
    found.advance(float("inf"))
    gains = {opinion.method.name: opinion.curves.gain for opinion in found.opinions}
    assert found.best is not None
    assert gains[found.best.method.name] == max(gains.values())
    for opinion in found.opinions:
        again = finish(curves_of(found.explanation, found.label_index, opinion.heat_map))
        assert opinion.curves.gain == pytest.approx(again.gain)
    assert gains["lime"] > 0.3 > found.centre.gain


def test_where_a_map_points_to():
    found = opinions(RuleClassifier(lambda visible: visible[:, 4]), ["lime"])
    found.advance(float("inf"))
    pointed = found.strongest(found.opinions[0])
    assert pointed.mean() == pytest.approx(0.1, abs=0.002)
    assert pointed[found.explanation.segments == 4].all()


def test_a_method_that_can_t_run_says_why_and_the_others_go_on():
    found = opinions(LinearClassifier(GRID), ["grad-cam", "occlusion"])
    assert found.advance(float("inf"))
    refused, other = found.opinions
    assert isinstance(refused.error, ClassifierError)
    assert (refused.heat_map, refused.curves, refused.passes) == (None, None, 0)
    assert found.best is other


class FailingClassifier(LinearClassifier):
    fails = False

    def predict(self, batch, precision="exact"):
        if self.fails:
            raise RuntimeError("out of order")
        return super().predict(batch, precision)


def test_what_is_finished_stays_when_the_classifier_fails():
    classifier = FailingClassifier(GRID)
    found = opinions(classifier)
    while not found.opinions:
        found.advance(0)
    found.advance(0)
    finished, chance = found.opinions, found.chance
    classifier.fails = True
    with pytest.raises(ClassifierError, match="out of order"):
        found.advance(0)
    classifier.fails = False
    assert found.advance(float("inf"))
    assert (found.opinions[0], found.chance) == (finished[0], chance)
    assert found.passes == found.total


def test_all_at_once_for_whoever_has_a_photo_and_a_classifier():
    counted: list[tuple[int, int]] = []
    classifier = LinearClassifier(GRID)
    found = second_opinions(
        a_photo(),
        classifier,
        num_samples=64,
        segmentation=GRID,
        methods=["lime", "occlusion"],
        on_progress=lambda done, total: counted.append((done, total)),
    )
    assert found.is_finished
    assert (
        found.label_index == explain(a_photo(), classifier, num_samples=64, segmentation=GRID).labels[0].index
    )
    assert counted == sorted(counted)
    assert counted[-1][0] <= counted[-1][1] == found.total
    assert found.opinion("occlusion") is found.opinions[1]
    assert found.opinion("rise") is None


def test_another_label_is_explained_if_it_was_not():
    found = second_opinions(
        a_photo(),
        LinearClassifier(GRID),
        label=2,
        top_labels=1,
        num_samples=32,
        segmentation=GRID,
        methods=["lime"],
    )
    assert found.label_index == 2
    assert found.opinions[0].heat_map == pytest.approx(found.explanation.heat_map(2))


def test_who_is_asked_has_to_be_known(raises_sentence):
    with raises_sentence(ArgumentError, "no method 'tarot'; there are lime, lime-cuts"):
        opinions(LinearClassifier(GRID), ["tarot"])
    with raises_sentence(ArgumentError, "label_index must be one of"):
        SecondOpinions(a_photo(), explained(LinearClassifier(GRID)), 99)
