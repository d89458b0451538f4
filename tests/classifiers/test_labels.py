import pytest

from explainer.classifiers.added.labels import kept_names, read_labels, write_labels
from explainer.errors import ClassifierError


@pytest.mark.parametrize(
    ("file", "content", "names"),
    [
        ("a.txt", "cat\ndog\n", ("cat", "dog")),
        ("a.txt", "\ufeffcat\r\n  big\tdog \r\n\r\n \n", ("cat", "big dog")),
        ("a.txt", "猫\n犬", ("猫", "犬")),
        ("a.txt", "か\u3099ん\nあひる", ("がん", "あひる")),  # as macOS writes it
        ("a.txt", "\"cat\",\n'dog'", ("cat", "dog")),
        ("a.txt", "['cat', 'dog']", ("cat", "dog")),
        ("a.txt", "{0: 'cat',\n 1: 'dog, big'}", ("cat", "dog, big")),
        ("a.csv", "0,cat\n1,dog\n", ("cat", "dog")),
        ("a.csv", 'index,name,more\n1,"dog, big",x\n\n0,cat,y\n', ("cat", "dog, big")),
        ("a.csv", "Name;Id\ndog;1\ncat, small;0\n;\n", ("cat, small", "dog")),
        ("a.tsv", "1\tbig dog\n0\tcat", ("cat", "big dog")),
        ("a.csv", "cat\ndog", ("cat", "dog")),
        ("a.json", '["cat", "dog"]', ("cat", "dog")),
        ("a.json", '{"dog": 1, "cat": 0}', ("cat", "dog")),  # class_indices.json
        ("a.json", '{"1": "dog", "0": "cat"}', ("cat", "dog")),
        ("a.json", '{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}', ("tench", "goldfish")),
        ("a.json", '{"model_type": "vit", "id2label": {"0": "cat", "1": "dog"}}', ("cat", "dog")),
        ("a.json", '{"classes": {"Label": ["cat", "dog"]}}', ("cat", "dog")),
    ],
)
def test_labels_are_read(tmp_path, file, content, names):
    (tmp_path / file).write_bytes(content.encode())
    assert read_labels(tmp_path / file).names == names


@pytest.mark.parametrize("line", ["{} {}", "{}: {}", "{},{}", "{}\t{}", "{1},{0}"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_an_index_is_no_part_of_the_name(tmp_path, line, order):
    names = ("101 dalmatians", "cat", "big dog")
    (tmp_path / "a.txt").write_text("".join(line.format(i, names[i]) + "\n" for i in order))
    assert read_labels(tmp_path / "a.txt").names == names


@pytest.mark.parametrize(
    "names",
    [
        ("101 dalmatians", "7 dwarfs"),
        ("0 dog", "cat"),
        ("1 euro", "2 euro"),
        ("0 stars", "1 stars"),
        ("0", "1"),
        ("0 dog", "2 cat"),
        ("dog 0", "cat 1"),
    ],
)
def test_a_number_that_is_no_index_is_kept(tmp_path, names):
    (tmp_path / "a.txt").write_text("\n".join(names))
    assert read_labels(tmp_path / "a.txt").names == names


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp932", "Shift_JIS")]
)
def test_other_encodings_are_read_and_noted(tmp_path, encoding, name):
    (tmp_path / "a.txt").write_bytes("0 cat\r\n1 猫\r\n2 カワウソ\r\n".encode(encoding))
    labels = read_labels(tmp_path / "a.txt")
    assert labels.names == ("cat", "猫", "カワウソ")
    assert [str(note) for note in labels.notes] == [f"a.txt is not UTF-8, and was read as {name}."]


def test_names_that_classes_share_are_told_apart(tmp_path):
    (tmp_path / "a.txt").write_text("crane\ncrane (1)\ncat\ncrane\n")
    labels = read_labels(tmp_path / "a.txt")
    assert labels.names == ("crane (2)", "crane (1)", "cat", "crane (3)")
    assert [str(note) for note in labels.notes] == [
        "Several classes have the same name, and are told apart by a number: crane."
    ]


def test_names_are_kept_as_they_are(tmp_path):
    names = ("1 dog", '"0 cat"', "[]")
    write_labels(names, tmp_path / "labels.txt")
    assert kept_names(tmp_path / "labels.txt") == names


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b"\xef\xbb\xbf \n", "is empty"),
        ("a.txt", b"cat\n\ndog\n", "Line 2 of the labels file"),
        ("a.txt", b"\xff\xfe\x00", "is no text in UTF-8, UTF-16 or Shift_JIS: save it as UTF-8"),
        ("a.txt", "Käse\nBrot\n".encode("latin-1"), "is no text in UTF-8, UTF-16 or Shift_JIS"),
        ("a.txt", b"PK\x03\x04\x14\0\0\0\x08\0", "is no text"),
        ("a.txt", b"\n<!DOCTYPE html>\n<html>", "is a web page"),
        ("a.txt", b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS' pointer"),
        ("a.csv", b"index,name\n", "is empty"),
        ("a.csv", b"0,cat\n0,dog\n", "each index once, and has '0,dog'"),
        ("a.csv", b"0,cat\ndog\n", "and has 'dog'"),
        ("a.csv", b"1,cat\n2,dog\n", "must go from 0 to 1 without a gap, and are 1, 2"),
        ("a.json", b'{"cat": 0, "dog": 2}', "must go from 0 to 1 without a gap, and are 0, 2"),
        ("a.json", b'{"cat": "a"}', 'names by index as in {"0": "cat"}, or indices by name'),
        ("a.json", b'["cat", ""]', "needs a list of names"),
        ("a.json", b'{"cat": 0', "is damaged: it is no JSON"),
        ("missing.txt", None, "can't be read: No such file"),
    ],
)
def test_what_names_no_classes_is_refused(tmp_path, file, content, words, raises_sentence):
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with raises_sentence(ClassifierError, words):
        read_labels(tmp_path / file)
