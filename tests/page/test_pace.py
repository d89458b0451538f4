"""How long all photos will still take, told while they are explained."""

import random

import pytest

from explainer.page.many import Pace

# Samples until settled of EfficientNet-Lite0's nine photos, and of seven of Lite2's.
LITE0 = [448, 320, 448, 1248, 320, 192, 384, 384, 512]
LITE2 = [576, 1952, 384, 576, 640, 512, 576]
WAKING = 6.0  # seconds that only the first photo takes


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def explain(pace: Pace, clock: Clock, samples: int, seconds: float) -> None:
    pace.begin_photo()
    for part in (0.25, 0.5, 1.0):
        clock.now += seconds * (0.5 if part == 1.0 else 0.25)
        pace.note(round(part * samples))
    pace.end_photo()


def seconds(samples: int) -> float:
    return 0.4 + 0.008 * samples


@pytest.mark.parametrize("needed", [LITE0, LITE2, [1000] * 8], ids=["lite0", "lite2", "fixed"])
def test_after_the_third_photo_it_is_right_within_a_third(needed: list[int]):
    clock = Clock()
    pace = Pace(len({*needed}) == 1, clock)
    assert pace.seconds_left(len(needed)) is None
    explain(pace, clock, needed[0], WAKING + seconds(needed[0]))
    for samples in needed[1:3]:
        explain(pace, clock, samples, seconds(samples))
    pace.begin_photo()
    true = sum(seconds(samples) for samples in needed[3:])
    assert pace.seconds_left(len(needed) - 3) == pytest.approx(true, rel=1 / 3)


def test_it_is_seldom_far_off_whatever_the_order():
    order = random.Random(0)
    off = []
    for _ in range(200):
        needed = order.sample(LITE0, len(LITE0))
        clock = Clock()
        pace = Pace(False, clock)
        for samples in needed[:3]:
            explain(pace, clock, samples, seconds(samples))
        pace.begin_photo()
        true = sum(seconds(samples) for samples in needed[3:])
        off.append(abs(pace.seconds_left(6) / true - 1))
    assert sorted(off)[150] < 1 / 3


def test_it_counts_down_while_a_photo_is_explained_and_never_below_nothing():
    clock = Clock()
    pace = Pace(True, clock)
    for _ in range(3):
        explain(pace, clock, 400, 4.0)
    pace.begin_photo()
    assert pace.seconds_left(2) == pytest.approx(8.0)
    clock.now += 3.0
    assert pace.seconds_left(2) == pytest.approx(5.0)
    clock.now += 30.0
    assert pace.seconds_left(2) == pytest.approx(4.0)
    assert pace.seconds_left(1) == 0


def test_a_photo_that_was_known_says_nothing_of_the_others():
    clock = Clock()
    pace = Pace(True, clock)
    for _ in range(2):
        explain(pace, clock, 400, 4.0)
    pace.begin_photo()
    clock.now += 0.1
    pace.end_photo()
    assert pace.seconds_left(1) == pytest.approx(4.0 - 0.1)
