"""Kerdock codes: sets of balanced masks that stay balanced as they grow.

A Kerdock code of length 2^m (m even) falls into 2^(m-1) blocks. Each block is a Hadamard matrix and its
complement: within it, the effect of one superpixel is confused neither with that of another nor with that
of any two together. Between blocks, words are as different as words can be (their inner products are
±2^(m/2)), and all blocks together form an orthogonal array of strength 5.

The construction is that of Hammons, Kumar, Calderbank, Sloane and Solé (1994, IEEE Transactions on
Information Theory 40, 301-319): a linear code over the integers modulo 4, made from traces in a Galois
ring, whose Gray image is the Kerdock code.
"""

import functools

import numpy as np

# Primitive polynomials over GF(2), bit i for x^i, by degree.
_PRIMITIVE_POLYNOMIALS = {3: 0b1011, 5: 0b100101, 7: 0b10000011}
# A block of the next longer code is 2048 samples: too many to wait for.
MAX_LENGTH = 1 << (max(_PRIMITIVE_POLYNOMIALS) + 1)


class KerdockCode:
    """The shortest Kerdock code with at least so many columns.

    Parameters
    ----------
    columns : int
        At most `MAX_LENGTH`.
    """

    def __init__(self, columns: int) -> None:
        degree = min(d for d in _PRIMITIVE_POLYNOMIALS if 1 << (d + 1) >= columns)
        self.length = 1 << (degree + 1)
        self.blocks = 1 << degree
        self._elements, self._traces = _galois_ring(degree)

    def half_block(self, block: int, columns: np.ndarray) -> np.ndarray:
        """One block without the complements of its words.

        Parameters
        ----------
        block : int
            0 to `blocks` - 1.
        columns : numpy.ndarray of int
            Which columns, 0 to `length` - 1.

        Returns
        -------
        numpy.ndarray of uint8, shape (length, len(columns))
            0 or 1.
        """
        positions, second = columns % self.blocks, columns // self.blocks
        # A word of the quaternary code is e + T((a + 2b) x) at position x; a block has one a, all b.
        fixed = self._traces[positions] @ self._elements[block]
        free = self._elements @ self._traces[positions].T
        quaternary = (fixed + 2 * free) % 4
        quaternary = np.concatenate([quaternary, (quaternary + 1) % 4])
        # Gray map: 0, 1, 2, 3 to 00, 01, 11, 10.
        high = quaternary >> 1
        return np.where(second, high ^ (quaternary & 1), high).astype(np.uint8)


@functools.cache
def _galois_ring(degree: int) -> tuple[np.ndarray, np.ndarray]:
    """The Teichmüller set of GR(4, degree), and how to take traces of products with it.

    Returns
    -------
    elements : numpy.ndarray of int, shape (2^degree, degree)
        0 and the powers of a root, as coefficients modulo 4.
    traces : numpy.ndarray of int, shape (2^degree, degree)
        ``traces[x] @ y`` modulo 4 is the trace of element x times the ring element y.
    """
    modulus = _lifted_polynomial(degree)
    elements = np.zeros((1 << degree, degree), np.int64)
    elements[1, 0] = 1
    for power in range(2, 1 << degree):
        elements[power] = _times_root(elements[power - 1], modulus)
    identity = np.eye(degree, dtype=np.int64)
    trace_of_power = np.array(
        [np.trace(_multiplication(identity[power], modulus)) for power in range(degree)]
    )
    traces = np.array([_multiplication(element, modulus) @ trace_of_power for element in elements])
    return elements, traces % 4


def _lifted_polynomial(degree: int) -> np.ndarray:
    """Graeffe's method: the primitive polynomial whose roots stay roots of unity modulo 4."""
    bits = _PRIMITIVE_POLYNOMIALS[degree]
    coefficients = np.array([(bits >> power) & 1 for power in range(degree + 1)])
    even, odd = coefficients.copy(), coefficients.copy()
    even[1::2] = 0
    odd[::2] = 0
    lifted = ((np.convolve(even, even) - np.convolve(odd, odd)) % 4)[::2]
    return lifted if lifted[degree] == 1 else -lifted % 4


def _times_root(element: np.ndarray, modulus: np.ndarray) -> np.ndarray:
    shifted = np.roll(element, 1)
    carry = shifted[0]
    shifted[0] = 0
    reduced: np.ndarray = (shifted - carry * modulus[:-1]) % 4
    return reduced


def _multiplication(element: np.ndarray, modulus: np.ndarray) -> np.ndarray:
    """Row i is the element times the root to the i."""
    rows = [element]
    while len(rows) < len(element):
        rows.append(_times_root(rows[-1], modulus))
    return np.array(rows)
