"""Conditions on named figures of many photos, and what is found of each."""

import math
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import from_regex, text
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from explainer import ArgumentError
from explainer.folders.comparison.pairs import Comparison, Pair, Side
from explainer.folders.gate import (
    COMPARISON,
    FOLDER,
    Gate,
    judge_comparison,
    judge_folder,
    read_gates,
    with_known_classes,
)
from explainer.folders.gate_report import (
    gate_table,
    github_annotations,
    github_summary,
    in_one_line,
    junit,
    where_to_look,
)
from explainer.folders.intervals import difference_interval, share_interval
from explainer.folders.record import Inside
from tests.made_up_results import HOSTILE_NAMES, a_record
from tests.synthetic import Grid, LinearClassifier


def marked(photo, focus, strongest=True, **figures):
    """A photo with a marked object, of which so much of the focus lies inside."""
    return a_record(photo, inside=Inside(focus, focus, strongest), **figures)


# Nine right ones, one of which is contradicted and two not settled; two wrong; one failed; one of no class.
RECORDS = [
    *(a_record(f"right {i}.jpg", "cat", "cat") for i in range(6)),
    a_record("contradicted.jpg", "dog", "dog", contradicted=True, focus_hidden=0.9),
    a_record("unsettled 1.jpg", "dog", "dog", stability=0.7),
    a_record("unsettled 2.jpg", "dog", "dog", stability=0.4),
    a_record("wrong.jpg", "cat", "dog", probability=0.6),
    a_record("surely wrong.jpg", "cat", "dog", probability=0.99),
    a_record("failed.jpg", None, "dog"),
    a_record("who knows.jpg", "cat"),
]
MARKED = [
    marked("a.jpg", 0.9),
    marked("b.jpg", 0.5, strongest=False),
    marked("c.jpg", 0.1, strongest=False),
    marked("nothing speaks for it.jpg", None, None),
    a_record("not marked.jpg"),
]


def verdict(condition, records=RECORDS, **more):
    (found,) = judge_folder(read_gates([condition], FOLDER), records, **more)
    return found


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "shown", "limit"),
        [
            ("accuracy < 0.95", "accuracy < 0.95", 0.95),
            ("accuracy<95%", "accuracy < 95%", 0.95),
            ("  Accuracy\t>=  1 ", "accuracy >= 1", 1.0),
            ("accuracy < 99.9 %", "accuracy < 99.9%", 0.999),
            ("inside [tiger cat] <= .6", "inside[tiger cat] <= 0.6", 0.6),
            ("contradicted[a<b]>10%", "contradicted[a<b] > 10%", 0.1),
            ("not-reached > 0", "not_reached > 0", 0),
            ("wrong > 12345", "wrong > 12345", 12345),
            ("accuracy < 0.99999", "accuracy < 0.99999", 0.99999),
            ("accuracy < 99.9999%", "accuracy < 99.9999%", 0.999999),
            ("unsettled > 0.00001", "unsettled > 1e-05", 0.00001),
            ("wrong > 1E2", "wrong > 100", 100),
        ],
    )
    def test_what_is_understood(self, text, shown, limit):
        gate = Gate.parse(text, FOLDER)
        assert (str(gate), gate.limit) == (shown, limit)
        assert Gate.parse(str(gate), FOLDER) == gate

    @pytest.mark.parametrize(
        "text",
        [
            "", "accuracy", "accuracy 0.95", "accuracy == 1", "accuracy < ", "< 0.95", "accuracy < x",
            "accuracy < nan", "accuracy < inf", "accuracy < 1e", "accuracy[] < 1", "accuracy[ ] < 1",
            "accuracy < 0.9 0.8", "accuracy < 0,95", "a b < 1", "0.95 > accuracy", "accuracy < 95%%",
            "accuracy < ٠",
        ],
    )  # fmt: skip
    def test_what_is_not(self, text, raises_sentence):
        with raises_sentence(ArgumentError, re.escape(f"The condition {text!r} is not understood")):
            Gate.parse(text, FOLDER)

    @pytest.mark.parametrize(
        ("text", "figures", "words"),
        [
            (
                "acuracy < 1",
                FOLDER,
                r"no figure named acuracy \(perhaps accuracy is meant\); there are accuracy, wrong,",
            ),
            ("brocken > 0", COMPARISON, r"\(perhaps broken is meant\); there are broken, fixed,"),
            ("zebra < 1", FOLDER, "There is no figure named zebra; there are accuracy, wrong, inside,"),
            (
                "accuracy < 95",
                FOLDER,
                "accuracy is a share, and can't be compared with 95: write 0.95 or 95%.",
            ),
            ("accuracy < 101%", FOLDER, "can't be compared with 101%"),
            ("inside < -0.1", FOLDER, "can't be compared with -0.1"),
            ("difference < -2", COMPARISON, "can't be compared with -2"),
            ("wrong > 5%", FOLDER, "wrong is a number of photos, and can't be compared with 5%"),
            ("broken > -1", COMPARISON, "broken is a number of photos, and can't be compared with -1"),
            (f"wrong > {400 * '9'}", FOLDER, "wrong is a number of photos, and can't be compared with 999"),
            ("not_reached[cat] > 0", FOLDER, "not_reached is known of all photos only"),
        ],
    )
    def test_what_makes_no_sense(self, text, figures, words, raises_sentence):
        with raises_sentence(ArgumentError, words):
            Gate.parse(text, figures)

    @given(text() | from_regex(r"(accuracy|wrong) ?(\[.+\])? ?[<>]=? ?-?[0-9.]+ ?%?", fullmatch=True))
    def test_any_text_is_a_condition_or_is_refused_in_one_line(self, condition):
        try:
            gate = Gate.parse(condition, FOLDER)
        except ArgumentError as error:
            told = str(error)
        else:
            assert gate.limit >= 0
            told = str(gate)
        assert told.isprintable()

    def test_a_change_may_be_negative(self):
        assert Gate.parse("difference < -1%", COMPARISON).limit == -0.01

    def test_each_condition_counts_once(self):
        gates = read_gates(["accuracy<0.9", "accuracy < 0.90", "accuracy < 90%"], FOLDER)
        assert [*map(str, gates)] == ["accuracy < 0.9", "accuracy < 90%"]

    def test_classes_go_by_the_classifier_s_names(self, raises_sentence):
        classifier = LinearClassifier(Grid(2, 2))
        gates = read_gates(["accuracy[Thing 1] < 1", "wrong > 0"], FOLDER)
        assert [gate.of for gate in with_known_classes(gates, classifier)] == ["thing_1", ""]
        with raises_sentence(
            ArgumentError, "The classifier knows no class 'thnig_1' \\(perhaps 'thing_1' is meant\\)."
        ):
            with_known_classes(read_gates(["accuracy[thnig_1] < 1"], FOLDER), classifier)
        with raises_sentence(ArgumentError, "The classifier knows no class 'zzz'."):
            with_known_classes(read_gates(["accuracy[zzz] < 1"], FOLDER), classifier)


class TestFigures:
    @pytest.mark.parametrize(
        ("name", "records", "value", "photos", "worst"),
        [
            ("accuracy", RECORDS, 9 / 11, 11, ("surely wrong.jpg", "wrong.jpg")),
            ("accuracy[dog]", RECORDS, 3 / 5, 5, ("surely wrong.jpg", "wrong.jpg")),
            ("accuracy[Cat]", RECORDS, 1, 6, ()),
            ("wrong", RECORDS, 2, 11, ("surely wrong.jpg", "wrong.jpg")),
            ("contradicted", RECORDS, 1 / 12, 12, ("contradicted.jpg",)),
            ("unsettled", RECORDS, 2 / 12, 12, ("unsettled 2.jpg", "unsettled 1.jpg")),
            ("unsettled[dog]", RECORDS, 2 / 5, 5, ("unsettled 2.jpg", "unsettled 1.jpg")),
            ("failed", RECORDS, 1 / 13, 13, ("failed.jpg",)),
            ("photos", RECORDS, 12, 12, ()),
            ("photos[dog]", RECORDS, 5, 5, ()),
            ("not_reached", RECORDS, 0, 13, ()),
            ("inside", MARKED, 0.5, 3, ("c.jpg", "b.jpg", "a.jpg")),
            ("pointing", MARKED, 1 / 3, 3, ("c.jpg", "b.jpg")),
        ],
    )
    def test_value_photos_and_where_to_look(self, name, records, value, photos, worst):
        found = verdict(f"{name} > 1", records).found
        assert found.value == pytest.approx(value)
        assert (found.photos, found.worst, found.why) == (photos, worst, "")

    def test_the_interval_of_a_mean_is_that_of_statsmodels(self):
        expected = DescrStatsW([0.9, 0.5, 0.1]).tconfint_mean(0.05)
        low, high = verdict("inside < 1", MARKED).found.interval
        assert (low, high) == pytest.approx((max(0, expected[0]), min(1, expected[1])))
        assert verdict("inside < 1", MARKED[:1]).found.interval is None

    def test_at_most_five_are_named(self):
        records = [a_record(f"{i}.jpg", "cat", "dog", probability=i / 100) for i in range(50)]
        assert verdict("wrong > 0", records).found.worst == tuple(f"{i}.jpg" for i in (49, 48, 47, 46, 45))

    def test_what_was_not_reached_counts_as_neither_explained_nor_failed(self):
        left = ("x.jpg", "y.jpg")
        found = verdict("not_reached > 1", not_reached=left)
        assert (found.found.value, found.found.worst, found.failed) == (2, left, True)
        assert verdict("photos > 1", not_reached=left).found.value == 12
        assert verdict("failed > 0", not_reached=left).found.photos == 13
        assert verdict("accuracy < 1", not_reached=left).found.photos == 11

    @pytest.mark.parametrize(
        ("condition", "records", "why"),
        [
            ("accuracy < 0", [a_record()], "of no photo the class is known"),
            ("wrong > 99", [a_record()], "of no photo the class is known"),
            ("accuracy[dog] < 0", [a_record(truth="cat")], "no photo is known to show dog"),
            ("inside < 0", RECORDS, "no photo has a marked object"),
            ("pointing < 0", RECORDS, "no photo has a marked object"),
            ("contradicted > 1", [a_record(said=None)], "no photo was explained"),
            ("unsettled > 1", [], "no photo was explained"),
            ("failed > 1", [], "no photo was reached"),
            ("photos < 0", [a_record(said=None)], "no photo was explained"),
            ("inside < 0", [marked("nan.jpg", math.nan), *MARKED], "some of the figures are no numbers"),
        ],
    )  # fmt: skip
    def test_what_can_not_be_known_fails(self, condition, records, why):
        found = verdict(condition, records)
        assert (found.failed, found.is_known, found.found.value, found.found.why) == (True, False, None, why)
        assert gate_table([found])[1][-1] == f"FAILED (not known: {why})"
        assert in_one_line(found) == f"not known: {why}"

    @pytest.mark.parametrize("number", [1, 2, 7, 40, 1000])
    def test_intervals_are_those_of_statsmodels(self, number):
        for hits in {0, 1, number // 2, number - 1, number}:
            records = [a_record(f"{i}.jpg", "cat", "cat" if i < hits else "dog") for i in range(number)]
            expected = proportion_confint(hits, number, 0.05, method="wilson")
            assert verdict("accuracy < 1", records).found.interval == pytest.approx(expected, abs=1e-12)


RIGHTS = {"broken": (1, 0), "fixed": (0, 1), "still_wrong": (0, 0), "same": (1, 1), "elsewhere": (1, 1)}


def a_pair(kind, number, truth, common=0.8, insides=(None, None)):
    """A photo of which that became in two folders of results."""
    name, other = f"{kind} {number}.jpg", "dog" if truth == "cat" else "cat"
    a, b = (
        a_record(
            name, truth or "cat" if right else other, truth, inside=inside and Inside(inside, inside, True)
        )
        for right, inside in zip(RIGHTS.get(kind, (1, 1)), insides, strict=True)
    )
    if kind == "failed":
        b = a_record(name, None, truth)
    return Pair(a, None if kind == "alone" else b, kind, common)


def compared(*pairs):
    return Comparison(Side("one"), Side("other"), pairs)


COMPARED = compared(
    *(a_pair("broken", number, truth) for number, truth in enumerate(["cat", "cat", "dog"])),
    a_pair("fixed", 0, "dog"),
    *(a_pair("same", number, "cat") for number in range(5)),
    a_pair("alone", 0, "cat", None),
    a_pair("failed", 0, "cat", None),
    a_pair("elsewhere", 0, "dog", 0.1),
)


class TestComparisons:
    @pytest.mark.parametrize(
        ("name", "value", "photos", "interval", "worst"),
        [
            ("broken", 3, 10, None, ("broken 0.jpg", "broken 1.jpg", "broken 2.jpg")),
            ("broken[dog]", 1, 3, None, ("broken 2.jpg",)),
            ("fixed", 1, 10, None, ("fixed 0.jpg",)),
            ("still_wrong", 0, 10, None, ()),
            ("elsewhere", 1, 10, None, ("elsewhere 0.jpg",)),
            ("photos", 10, 10, None, ()),
            ("accuracy_a", 0.9, 10, share_interval(9, 10), ("fixed 0.jpg",)),
            ("accuracy_b", 0.7, 10, share_interval(7, 10), ("broken 0.jpg", "broken 1.jpg", "broken 2.jpg")),
            ("accuracy_b[Cat]", 5 / 7, 7, share_interval(5, 7), ("broken 0.jpg", "broken 1.jpg")),
            (
                "difference",
                -0.2,
                10,
                difference_interval(6, 3, 1, 0),
                ("broken 0.jpg", "broken 1.jpg", "broken 2.jpg"),
            ),
            ("p_value", 0.625, 10, None, ()),
        ],
    )
    def test_figures(self, name, value, photos, interval, worst):
        (found,) = judge_comparison(read_gates([f"{name} > 1"], COMPARISON), COMPARED)
        assert found.found.value == pytest.approx(value)
        assert (found.found.photos, found.found.worst) == (photos, worst)
        assert found.found.interval == (interval and pytest.approx(interval))

    def test_inside(self):
        insides = [(0.2, 0.5), (0.4, 0.5), (0.6, 0.8)]
        known = compared(*(a_pair("same", i, "cat", insides=both) for i, both in enumerate(insides)))
        gates = read_gates(["inside_a < 0.5", "inside_b < 0.5", "inside_change < 0.1"], COMPARISON)
        a, b, change = judge_comparison(gates, known)
        assert (a.failed, b.failed, change.failed) == (True, False, False)
        assert [one.found.value for one in (a, b, change)] == pytest.approx([0.4, 0.6, 0.2])
        assert a.found.interval is None
        expected = DescrStatsW([0.3, 0.1, 0.2]).tconfint_mean(0.05)
        assert change.found.interval == pytest.approx(expected)
        assert change.found.photos == 3

    @pytest.mark.parametrize(
        ("name", "found", "why"),
        [
            ("broken", compared(), "there is no photo in both"),
            ("photos", compared(a_pair("alone", 0, "cat")), "there is no photo in both"),
            ("photos", compared(a_pair("failed", 0, "cat")), "no photo was explained in both"),
            ("broken[cow]", COMPARED, "there is no photo that is known to show cow in both"),
            ("broken", compared(a_pair("changed", 0, "")), "of no photo the class is known in both"),
            ("p_value", compared(a_pair("changed", 0, "")), "of no photo the class is known in both"),
            ("accuracy_b", compared(a_pair("changed", 0, "")), "of no photo the class is known in both"),
            ("elsewhere", compared(a_pair("same", 0, "cat", None)), "of no photo the share of the focus in"),
            ("inside_b", COMPARED, "no photo has a marked object in both"),
        ],
    )
    def test_what_can_not_be_known_fails(self, name, found, why):
        (verdict,) = judge_comparison(read_gates([f"{name} > 1"], COMPARISON), found)
        assert verdict.failed
        assert why in verdict.found.why


class TestVerdicts:
    @pytest.mark.parametrize(
        ("condition", "failed"),
        [
            ("accuracy < 0.95", False),  # of 20 photos one is wrong
            ("accuracy <= 0.95", True),
            ("accuracy < 95%", False),
            ("accuracy > 95%", False),
            ("accuracy >= 95%", True),
            ("accuracy < 95.1%", True),
            ("wrong > 0", True),
            ("wrong > 1", False),
            ("wrong >= 1", True),
        ],
    )
    def test_at_the_limit(self, condition, failed):
        records = [a_record(f"{i}.jpg", "cat", "cat" if i else "dog") for i in range(20)]
        assert verdict(condition, records).failed is failed

    def test_tenths_of_a_percent_are_no_little_more(self):
        records = [a_record(f"{i}.jpg", "cat", "cat" if i else "dog") for i in range(1000)]
        assert not verdict("accuracy < 99.9%", records).failed

    def test_a_table(self):
        gates = read_gates(["accuracy < 90%", "accuracy < 0.5", "wrong > 0", "inside < 0.6"], FOLDER)
        verdicts = judge_folder(gates, RECORDS)
        assert gate_table(verdicts) == [
            ("fails if", "found", "95 % interval", "photos", "verdict"),
            ("accuracy < 90%", "81.82%", "52.3% to 94.86%", "11", "FAILED"),
            ("accuracy < 0.5", "0.8182", "0.523 to 0.9486", "11", "passed"),
            ("wrong > 0", "2", "", "11", "FAILED"),
            ("inside < 0.6", "", "", "0", "FAILED (not known: no photo has a marked object)"),
        ]
        assert where_to_look(verdicts) == [
            "accuracy < 90%: look at surely wrong.jpg, wrong.jpg",
            "wrong > 0: look at surely wrong.jpg, wrong.jpg",
        ]

    def test_what_just_fails_is_not_shown_as_the_limit(self):
        records = [a_record(f"{i}.jpg", "cat", "cat" if i >= 5001 else "dog") for i in range(100_000)]
        assert in_one_line(verdict("accuracy < 0.95", records)).startswith("found 0.94999 in 100000 photos")


class TestReports:
    @pytest.fixture
    def verdicts(self):
        records = [*RECORDS, *(a_record(name, "cat", "dog", probability=1.0) for name in HOSTILE_NAMES)]
        conditions = ["accuracy < 90%", "accuracy[<&\"'] < 1", "photos < 3", "inside < 0.6"]
        return judge_folder(read_gates(conditions, FOLDER), records)

    def test_junit(self, verdicts):
        suites = ElementTree.fromstring(junit(verdicts, "limelight explain"))
        assert junit(verdicts, "x").startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
        (suite,) = suites
        assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
        for counted in (suites, suite):
            assert (counted.get("name"), counted.get("tests")) == ("limelight explain", "4")
            assert (counted.get("failures"), counted.get("errors")) == ("1", "2")
        assert [case.get("name") for case in suite] == [str(verdict.gate) for verdict in verdicts]
        assert {(case.tag, case.get("classname"), case.get("time")) for case in suite} == {
            ("testcase", "limelight explain", "0")
        }
        assert [case[0].tag for case in suite] == ["failure", "error", "system-out", "error"]
        failure, _, passed, _ = (case[0] for case in suite)
        assert failure.get("message") == failure.text == in_one_line(verdicts[0])
        assert "\u202e" not in failure.text
        assert "\n" not in failure.text
        assert passed.text == "found 18 in 18 photos"

    def test_annotations_hold_what_github_takes_apart(self, verdicts):
        lines = github_annotations(verdicts)
        assert len(lines) == 3
        title, _, message = lines[0].removeprefix("::error title=").partition("::")
        assert title == "accuracy < 90%25"
        assert "100%25" in message
        assert message.count("%") == message.count("%25")
        gate = replace(verdicts[0].gate, of="a,b:c")
        (line,) = github_annotations([replace(verdicts[0], gate=gate)])
        assert line.startswith("::error title=accuracy[a%2Cb%3Ac] < 90%25::found 52.94%25 in 17 photos")
        assert not any("\n" in line or "\r" in line for line in lines)

    def test_a_table_in_markdown(self, verdicts):
        text = github_summary(verdicts, "limelight explain")
        heading, _, *rows = text.splitlines()
        assert heading == "### limelight explain"
        table = [row for row in rows if row.startswith("| ")]
        assert len(table) == 2 + len(verdicts)
        assert r"| accuracy \< 90% |" in text
        assert r"\<script\>" in text
        assert "<script" not in text.replace(r"\<", "")
