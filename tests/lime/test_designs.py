import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lime.lime_image import LimeImageExplainer

from explainer import Classifier
from explainer.lime.designs import make_design, most_superpixels, perturbed_pictures
from explainer.lime.hiding import hidden_image
from explainer.lime.kerdock import KerdockCode
from explainer.lime.neighborhood import digest
from tests.synthetic import Grid

DESIGNS = ("balanced", "lime")
ROOT = Path(__file__).resolve().parents[2]

ANYONE = Classifier.from_function(len, input_size=(12, 12), class_names=["thing"])

sample_counts = st.integers(0, 700)
superpixel_counts = st.integers(1, 70)
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("name", DESIGNS)
@given(asked=st.lists(sample_counts, min_size=1, max_size=5), superpixels=superpixel_counts, seed=seeds)
@settings(max_examples=40, deadline=None)
def test_fewer_samples_are_the_first_of_more_in_any_order_of_asking(name, asked, superpixels, seed):
    everything = make_design(name, superpixels, seed).masks(0, max(asked))
    design = make_design(name, superpixels, seed)
    for number in asked:
        masks = design.masks(0, number)
        assert masks.shape == (number, superpixels)
        assert masks.dtype == np.uint8
        np.testing.assert_array_equal(masks, everything[:number])


@pytest.mark.parametrize("name", DESIGNS)
@given(start=sample_counts, length=sample_counts, superpixels=superpixel_counts, seed=seeds)
@settings(max_examples=40, deadline=None)
def test_a_slice_does_not_depend_on_what_was_asked_before(name, start, length, superpixels, seed):
    part = make_design(name, superpixels, seed).masks(start, start + length)
    np.testing.assert_array_equal(part, make_design(name, superpixels, seed).masks(0, start + length)[start:])


@pytest.mark.parametrize("name", DESIGNS)
@given(superpixels=st.integers(1, 256), seed=seeds)
@settings(max_examples=25, deadline=None)
def test_first_sample_is_the_whole_photo_and_all_are_zero_or_one(name, superpixels, seed):
    masks = make_design(name, superpixels, seed).masks(0, 20)
    assert (masks[0] == 1).all()
    assert (masks <= 1).all()


@pytest.mark.parametrize("name", DESIGNS)
def test_seeds_and_designs_differ(name):
    first, second = (make_design(name, 40, seed).masks(0, 100) for seed in (0, 1))
    assert 0.4 < (first[1:] != second[1:]).mean() < 0.6


def test_same_masks_in_every_process():
    code = (
        "from explainer.lime.neighborhood import digest; from explainer.lime.designs import make_design; "
        f"print(*(digest(make_design(name, 45, 7).masks(0, 1500)) for name in {DESIGNS!r}))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    here = [digest(make_design(name, 45, 7).masks(0, 1500)) for name in DESIGNS]
    assert there.stdout.split() == here


@pytest.mark.parametrize("seed", [0, 1, 12345])
@pytest.mark.parametrize("superpixels", [1, 6, 60])
def test_lime_design_draws_what_the_lime_package_draws(seed, superpixels):
    segments = (np.arange(120) % superpixels)[np.newaxis]
    image = np.random.RandomState(0).uniform(0.1, 1, (1, 120, 3))
    seen = []

    def classify(pictures):
        seen.extend(pictures)
        return np.zeros((len(pictures), 2))

    LimeImageExplainer(random_state=seed).explain_instance(
        image, classify, hide_color=0, num_samples=600, segmentation_fn=lambda _: segments
    )
    masks = make_design("lime", superpixels, seed).masks(0, 600)
    drawn = (np.array(seen)[:, 0, :superpixels] != 0).all(axis=-1)
    np.testing.assert_array_equal(masks, drawn)


@given(superpixels=superpixel_counts, seed=seeds)
@settings(max_examples=25, deadline=None)
def test_balanced_masks_come_in_pairs_of_opposites(superpixels, seed):
    masks = make_design("balanced", superpixels, seed).masks(1, 601)
    np.testing.assert_array_equal(masks[0::2] + masks[1::2], 1)


@pytest.mark.parametrize("superpixels", [1, 4, 16, 17, 50, 64, 200])
def test_balanced_columns_are_orthogonal_within_a_block(superpixels):
    design = make_design("balanced", superpixels, 3)
    length = 2 * KerdockCode(superpixels).length
    for block in range(3):
        signs = 2 * design.masks(1 + block * length, 1 + (block + 1) * length).astype(int) - 1
        np.testing.assert_array_equal(signs.T @ signs, length * np.eye(superpixels, dtype=int))


def test_balanced_design_does_not_draw_the_whole_photo_once_more_by_rule():
    superpixels = 16
    again = [
        (make_design("balanced", superpixels, seed).masks(1, 257).sum(axis=1) == superpixels).any()
        for seed in range(20)
    ]
    assert sum(again) <= 3


def test_balanced_design_goes_on_after_the_whole_code_with_columns_drawn_anew():
    superpixels = 10
    code = KerdockCode(superpixels)
    once = 2 * code.length * code.blocks
    masks = make_design("balanced", superpixels, 0).masks(1, 1 + 2 * once)
    assert (masks[:once] != masks[once:]).any()
    for half in (masks[:once], masks[once:]):
        np.testing.assert_array_equal(half.sum(axis=0), once // 2)


def test_groups_number_what_was_drawn_together():
    assert make_design("lime", 5, 0).groups(6).tolist() == [0, 1, 2, 3, 4, 5]
    assert make_design("balanced", 5, 0).groups(6).tolist() == [0, 1, 1, 2, 2, 3]
    design = make_design("balanced", 5, 0)
    masks, groups = design.masks(0, 41), design.groups(41)
    for number in range(1, 21):
        first, second = masks[groups == number]
        assert (first != second).all()


@pytest.mark.parametrize(("name", "most"), [("balanced", 256), ("lime", 1 << 16)])
def test_a_design_draws_as_many_superpixels_as_it_tells_apart(name, most):
    assert most_superpixels(name) == most
    assert make_design(name, most, 0).masks(0, 9).shape == (9, most)


def test_superpixels_show_what_their_mask_says_and_nothing_else():
    random = np.random.RandomState(0)
    image = random.normal(size=(13, 17, 3)).astype(np.float32)
    hidden = random.normal(size=(13, 17, 3)).astype(np.float32)
    segments = random.randint(0, 9, (13, 17))
    masks = random.randint(0, 2, (20, 9)).astype(np.uint8)
    pictures = perturbed_pictures(image, hidden, segments, masks)
    assert pictures.dtype == np.float32
    assert pictures.shape == (20, 13, 17, 3)
    for picture, mask in zip(pictures, masks, strict=True):
        for y in range(13):
            for x in range(17):
                source = image if mask[segments[y, x]] else hidden
                assert picture[y, x].tolist() == source[y, x].tolist()


def test_pictures_are_those_that_lime_shows_to_the_classifier():
    random = np.random.RandomState(1)
    image = random.uniform(0, 1, (12, 12, 3)).astype(np.float32)
    segments = Grid(3, 3)(image)
    seen = []

    def classify(pictures):
        seen.extend(pictures)
        return np.zeros((len(pictures), 2))

    LimeImageExplainer(random_state=5).explain_instance(
        image, classify, hide_color=None, num_samples=40, segmentation_fn=lambda _: segments
    )
    masks = make_design("lime", 9, 5).masks(0, 40)
    pictures = perturbed_pictures(image, hidden_image(image, segments, "mean", ANYONE), segments, masks)
    np.testing.assert_allclose(pictures, np.array(seen), atol=1e-6, rtol=0)
