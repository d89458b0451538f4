"""Tables beside the photos, as spreadsheets and scripts write them, good and malformed."""

import csv
import io
from pathlib import Path

import pytest

from explainer import explain_folder
from explainer.errors import ExplainerError
from explainer.folders.metadata import read_metadata
from explainer.folders.results import read_records
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo

PHOTOS = ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/ねこ.png")


def read(path: Path, content: str | bytes, photos: tuple[str, ...] = PHOTOS):
    path = path / "photos.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_metadata(path, photos)


def numbers(metadata) -> list[tuple[str, int]]:
    """The first words of each remark, and how many it is about."""
    return [(str(remark).partition(":")[0][:24], remark.values["number"]) for remark in metadata.remarks]


def test_each_row_lands_at_its_photo(tmp_path: Path):
    found = read(tmp_path, "photo,camera,line\na/1.jpg,A,1\na/2.jpg,B,\nb/1.jpg,A,2\nb/ねこ.png,B,2\n")
    assert found.columns == ("camera", "line")
    assert found.rows["a/1.jpg"] == {"camera": "A", "line": "1"}
    assert found.rows["a/2.jpg"] == {"camera": "B"}
    assert set(found.rows) == set(PHOTOS)
    assert found.remarks == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_encodings_and_separators(tmp_path: Path, encoding: str, separator: str):
    rows = [["写真", "カメラ", "備考"], ["b/ねこ.png", "B社", "明るい, 暗い; 良"], ["a/2.jpg", "A社", "－"]]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator).writerows(rows)
    found = read(tmp_path, stream.getvalue().encode(encoding))
    assert found.columns == ("カメラ", "備考")
    assert found.rows["b/ねこ.png"] == {"カメラ": "B社", "備考": "明るい, 暗い; 良"}
    assert found.rows["a/2.jpg"]["カメラ"] == "A社"


def test_a_european_spreadsheet(tmp_path: Path):
    found = read(tmp_path, "sep=;\r\nfichier;caméra;géré\r\na/2.jpg;Vidéo;à côté\r\n".encode("cp1252"))
    assert found.rows == {"a/2.jpg": {"caméra": "Vidéo", "géré": "à côté"}}


@pytest.mark.parametrize(
    ("name", "photo"),
    [
        ("a/2.jpg", "a/2.jpg"),
        ("a/2", "a/2.jpg"),
        ("2.jpg", "a/2.jpg"),
        ("2", "a/2.jpg"),
        ("A/2.JPG", "a/2.jpg"),
        ("./a/2.jpg", "a/2.jpg"),
        (r"C:\data\photos\a\2.jpg", "a/2.jpg"),
        ("/data/photos/b/1.jpg", "b/1.jpg"),
        ("ね" + "こ.png", "b/ねこ.png"),
        ("1.jpg", None),  # there are two
        ("3.jpg", None),
        ("", None),
    ],
)
def test_how_a_photo_may_be_named(tmp_path: Path, name: str, photo: str | None):
    found = read(tmp_path, f"file_name,camera\n{name},X\nb/ねこ.png,Y\n")
    named = [photo for photo, row in found.rows.items() if row["camera"] == "X"]
    assert named == ([photo] if photo and photo != "b/ねこ.png" else [photo] if photo else [])


def test_which_column_names_the_photos(tmp_path: Path):
    assert read(tmp_path, "lesion,image_id,dx\nL1,2,nv\n").columns == ("lesion", "dx")
    assert read(tmp_path, "copy_of,File Name\na/1.jpg,a/2.jpg\n").rows == {"a/2.jpg": {"copy_of": "a/1.jpg"}}
    # Neither what repeats nor a number of rows is taken for names.
    numbered = tuple(f"{i}.jpg" for i in range(4))
    assert read(tmp_path, "line,id\n1,0\n1,1\n1,2\n1,3\n", numbered).columns == ("line",)
    counted = read(tmp_path, ",name,camera\n0,3.jpg,A\n1,0.jpg,B\n2,9.jpg,C\n", numbered)
    assert {photo: row["camera"] for photo, row in counted.rows.items()} == {"3.jpg": "A", "0.jpg": "B"}
    # One that is called so but names no photo here is a column like the others.
    assert read(tmp_path, "path,id\n/x/9.jpg,2\n").rows == {"a/2.jpg": {"path": "/x/9.jpg"}}


def test_each_kind_of_fault_is_told_once_and_nothing_else_is_lost(tmp_path: Path):
    found = read(
        tmp_path,
        "file,camera,camera,,\n"
        "a/1.jpg,A,B,,\n"
        "\n"
        "a/1.jpg,C,C,,\n"
        "a/2.jpg,A\n"
        "1.jpg,A,B,,\n"
        "none.jpg,A,B,,\n"
        "gone.jpg,A,B,,\n"
        "b/1.jpg,A,B,,,too much\n"
        'b/1.jpg,"A,B,,\n'
        "b/ねこ.png,Z,Z,,\n",
    )
    assert found.columns == ("camera", "camera (2)")
    assert found.rows == {
        "a/1.jpg": {"camera": "A", "camera (2)": "B"},
        "a/2.jpg": {"camera": "A"},
        "b/ねこ.png": {"camera": "Z", "camera (2)": "Z"},
    }
    assert numbers(found) == [
        ("Rows of photos.csv left ", 2),
        ("Rows of photos.csv that ", 2),
        ("Rows of photos.csv whose", 1),
        ("Rows of photos.csv about", 1),
        ("Photos of which photos.c", 1),
    ]
    assert "the first is in line 9." in str(found.remarks[0])
    assert "“none.jpg”" in str(found.remarks[1])


def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path):
    found = read(tmp_path, 'photo,note\r\n"a/1.jpg","two\r\nlines, ""quoted"""\r\n')
    assert found.rows == {"a/1.jpg": {"note": 'two lines, "quoted"'}}


@pytest.mark.parametrize("content", ["", "\n\n", "photo,camera\n", "x,y\nz.jpg,1\n", b"\xff\xfe", b"\0" * 9])
def test_a_table_that_is_of_no_use(tmp_path: Path, content: str | bytes, raises_sentence):
    with raises_sentence(ExplainerError, "No column of the table photos.csv names photos"):
        read(tmp_path, content)


def test_a_table_without_headings_is_refused(tmp_path: Path, raises_sentence):
    with raises_sentence(ExplainerError, "has to hold the names of its columns, and names a photo"):
        read(tmp_path, "a/1.jpg,A\na/2.jpg,B\n")
    assert read(tmp_path, "photo,lot\nphoto.jpg,A\n", ("photo.jpg",)).columns == ("lot",)


def test_a_table_that_is_not_there(tmp_path: Path, raises_sentence):
    with raises_sentence(ExplainerError, "can't be read: No such file"):
        read_metadata(tmp_path / "none.csv", PHOTOS)


class TestFolder:
    @pytest.fixture
    def photos(self, tmp_path: Path) -> Path:
        for i in range(3):
            (tmp_path / "in").mkdir(exist_ok=True)
            a_photo(i).save(tmp_path / "in" / f"{i}.png")
        return tmp_path / "in"

    @pytest.fixture
    def classifier(self) -> CountingClassifier:
        classifier = CountingClassifier(LinearClassifier(Grid(2, 2)))
        classifier.fingerprint = "counting"
        return classifier

    def test_a_changed_table_needs_no_new_explanation(self, photos: Path, classifier, tmp_path: Path):
        def run(**options):
            return explain_folder(photos, tmp_path / "out", classifier, num_samples=4, **options)

        (photos / "photos.csv").write_text("photo,camera\n0.png,A\n1.png,-1\n")
        first = run()
        assert first.left_out == {}
        assert [record.metadata for record in first.records] == [{"camera": "A"}, {"camera": "-1"}, {}]
        assert [str(remark) for remark in first.remarks] == ["Photos of which photos.csv says nothing: 1."]
        with first.summary.open(encoding="utf-8-sig") as file:
            assert [row["metadata_camera"] for row in csv.DictReader(file)] == ["A", "-1.0", ""]
        asked = classifier.images
        (tmp_path / "other.tsv").write_text("image\tlot\n2\t7\n")
        other = run(metadata=tmp_path / "other.tsv")
        assert other.left_out == {".csv": 1}
        assert [record.metadata for record in other.records] == [{}, {}, {"lot": "7"}]
        assert [record.metadata for record in read_records(tmp_path / "out")] == [{}, {}, {"lot": "7"}]
        (photos / "photos.csv").unlink()
        assert [record.metadata for record in run().records] == [{}, {}, {}]
        assert (other.reused, classifier.images) == (3, asked)

    def test_a_column_may_name_the_class(self, photos: Path, classifier, tmp_path: Path):
        (photos / "thing_1").mkdir()
        (photos / "2.png").rename(photos / "thing_1" / "2.png")
        (photos / "photos.csv").write_text("photo,Label\n0.png,Thing 1\n1.png,nothing\n2.png,thing_0\n")
        result = explain_folder(photos, tmp_path / "out", classifier, num_samples=4)
        truths = {record.photo: record.truth.replace("_", " ") for record in result.records}
        assert truths == {"0.png": "thing 1", "1.png": "", "thing_1/2.png": "thing 1"}
        assert [str(remark) for remark in result.remarks] == [
            "Photos whose class is taken from the column “Label”: 1.",
            "Photos of which the column “Label” names no class of the classifier: 1; the first is “nothing”.",
        ]

    def test_of_columns_that_may_name_the_class_the_one_counts_that_does(
        self, photos: Path, classifier, tmp_path: Path
    ):
        (photos / "photos.csv").write_text(
            "photo,label,truth\n0.png,thing 1,thing 0\n1.png,L07,thing 1\n2.png,L08,\n"
        )
        result = explain_folder(photos, tmp_path / "out", classifier, num_samples=4)
        assert [record.truth.replace("_", " ") for record in result.records] == ["thing 0", "thing 1", ""]

    def test_a_faulty_table_that_nobody_named_stops_nothing(
        self, photos: Path, classifier, tmp_path: Path, raises_sentence
    ):
        (photos / "photos.csv").write_text("nothing,of,use\nx,y,z\n")
        result = explain_folder(photos, tmp_path / "out", classifier, num_samples=4)
        assert [record.error for record in result.records] == ["", "", ""]
        assert "names photos of this folder" in str(result.remarks[0])
        with raises_sentence(ExplainerError, "names photos of this folder"):
            explain_folder(photos, tmp_path / "new", classifier, metadata=photos / "photos.csv")
        assert not (tmp_path / "new").exists()
