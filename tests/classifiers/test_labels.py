import pytest

from explainer.classifiers.added.labels import read_labels
from explainer.errors import ClassifierError


@pytest.mark.parametrize(
    ("file", "content", "names"),
    [
        ("a.txt", "cat\ndog\n", ("cat", "dog")),
        ("a.txt", "\ufeffcat\r\n  big\tdog \r\n\r\n", ("cat", "big dog")),
        ("a.txt", "猫\n犬", ("猫", "犬")),
        ("a.csv", "0,cat\n1,dog\n", ("cat", "dog")),
        ("a.csv", 'index,name,more\n1,"dog, big",x\n\n0,cat,y\n', ("cat", "dog, big")),
    ],
)
def test_labels_are_read(tmp_path, file, content, names):
    (tmp_path / file).write_bytes(content.encode())
    assert read_labels(tmp_path / file) == names


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b"cat\n\ndog\n", "Line 2 of the labels file"),
        ("a.txt", b"\xff\xfe\x00", "is not UTF-8 text"),
        ("a.csv", b"index,name\n", "is empty"),
        ("a.csv", b"0,cat\n0,dog\n", "each index once, and has '0,dog'"),
        ("a.csv", b"0,cat\ndog\n", "and has 'dog'"),
        ("a.csv", b"1,cat\n2,dog\n", "from 0 to 1 without a gap"),
        ("missing.txt", None, "can't be read: No such file"),
    ],
)
def test_what_names_no_classes_is_refused(tmp_path, file, content, words, raises_sentence):
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with raises_sentence(ClassifierError, words):
        read_labels(tmp_path / file)
