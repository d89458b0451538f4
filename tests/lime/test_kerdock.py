from itertools import combinations

import numpy as np
import pytest

from explainer.lime.kerdock import KerdockCode

LENGTH_OF_COLUMNS = {1: 16, 4: 16, 16: 16, 17: 64, 64: 64, 65: 256, 256: 256}


def signs_of_block(code, block):
    """Half of a block, as 1 and -1."""
    return 1 - 2 * code.half_block(block, np.arange(code.length)).astype(float)


def whole_code(code):
    """All words and their complements, as 0 and 1."""
    halves = np.concatenate([code.half_block(block, np.arange(code.length)) for block in range(code.blocks)])
    return np.concatenate([halves, 1 - halves])


@pytest.mark.parametrize(("columns", "length"), LENGTH_OF_COLUMNS.items())
def test_shortest_code_with_enough_columns(columns, length):
    code = KerdockCode(columns)
    assert (code.length, code.blocks) == (length, length // 2)


@pytest.mark.parametrize("columns", [4, 16, 20, 64, 100, 200, 256])
def test_blocks_are_hadamard_matrices(columns):
    code = KerdockCode(columns)
    for block in (0, 1, code.blocks // 2, code.blocks - 1):
        signs = signs_of_block(code, block)
        np.testing.assert_array_equal(signs.T @ signs, code.length * np.eye(code.length))


@pytest.mark.parametrize(("columns", "product"), [(16, 4), (64, 8), (256, 16)])
def test_words_of_different_blocks_differ_as_much_as_words_can(columns, product):
    code = KerdockCode(columns)
    numbers = range(code.blocks) if code.blocks <= 32 else (0, 1, 2, 77, code.blocks - 1)
    blocks = {number: signs_of_block(code, number) for number in numbers}
    for one, other in combinations(numbers, 2):
        products = blocks[one] @ blocks[other].T
        assert set(np.unique(products)) == {-product, product}


@pytest.mark.parametrize("columns", [16, 64])
def test_no_word_comes_twice(columns):
    words = whole_code(KerdockCode(columns))
    assert len(words) == columns**2
    assert len(np.unique(words, axis=0)) == len(words)


def test_whole_code_of_16_has_strength_5():
    words = whole_code(KerdockCode(16))
    for columns in combinations(range(16), 5):
        patterns = words[:, columns] @ (1 << np.arange(5))
        np.testing.assert_array_equal(np.bincount(patterns, minlength=32), len(words) // 32)


def test_whole_code_of_64_has_strength_5():
    words = whole_code(KerdockCode(64))
    random = np.random.RandomState(0)
    for _ in range(2000):
        patterns = words[:, random.permutation(64)[:5]] @ (1 << np.arange(5))
        np.testing.assert_array_equal(np.bincount(patterns, minlength=32), len(words) // 32)


def test_whole_code_of_16_is_no_more_than_that():
    words = whole_code(KerdockCode(16))
    counts = [
        np.bincount(words[:, columns] @ (1 << np.arange(6)), minlength=64)
        for columns in combinations(range(16), 6)
    ]
    assert any(len(set(count)) > 1 for count in counts)


def test_columns_can_be_taken_in_any_order():
    code = KerdockCode(40)
    columns = np.random.RandomState(0).permutation(64)[:40]
    everything = code.half_block(5, np.arange(64))
    np.testing.assert_array_equal(code.half_block(5, columns), everything[:, columns])
