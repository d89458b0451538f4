import os
from types import SimpleNamespace

import pytest

from explainer import ExplainerError
from explainer.classifiers.published import imagenet
from explainer.folders.photos import find_photos, kinds_in_words, true_classes, without_class
from explainer.folders.results import ResultsFolder, subfolders
from explainer.folders.task import PhotoTask, not_explained

IMAGENET = SimpleNamespace(class_names=imagenet.class_names(), wnids=imagenet.wnids())


def own(*names):
    return SimpleNamespace(name="own", fingerprint="", class_names=names, wnids=("",) * len(names))


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


class TestFindPhotos:
    def test_every_format_in_any_case_in_natural_order(self, tmp_path):
        make(
            tmp_path, "b/cat 10.jpg", "b/cat 2.JPG", "a.HeIc", "b/c/d/e.tiff", "notes.txt", "jpg", "x.jpg.txt"
        )
        found = find_photos(tmp_path)
        assert found.photos == ("a.HeIc", "b/c/d/e.tiff", "b/cat 2.JPG", "b/cat 10.jpg")
        assert found.unreadable == ()
        assert found.left_out == {".txt": 2, "without an ending": 1}
        assert kinds_in_words(found.left_out) == "2 .txt, 1 without an ending"

    def test_what_begins_like_a_photo_needs_no_ending(self, tmp_path):
        make(tmp_path, "notes", "a.jfif", "b.JPE", "c.hif", "d.mpo")
        for number, start in enumerate(
            [b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"RIFF\1\2\3\4WEBPVP8 ", b"\0\0\0\x18ftypheic"]
        ):
            (tmp_path / f"{number}").write_bytes(start)
        (tmp_path / "film").write_bytes(b"\0\0\0\x18ftypmp42")
        if hasattr(os, "mkfifo"):
            os.mkfifo(tmp_path / "pipe")
        found = find_photos(tmp_path)
        assert found.photos == ("0", "1", "2", "3", "a.jfif", "b.JPE", "c.hif", "d.mpo")
        assert found.left_out == {"without an ending": 3 if hasattr(os, "mkfifo") else 2}

    def test_what_is_hidden_is_left_out(self, tmp_path):
        make(tmp_path, ".a.jpg", "._b.jpg", ".trash/c.jpg", "d.jpg")
        assert find_photos(tmp_path).photos == ("d.jpg",)

    def test_the_results_are_left_out(self, tmp_path):
        make(tmp_path, "a.jpg", "out/photos/a.jpg/thumbnail.jpg", "outside/b.jpg")
        assert find_photos(tmp_path, leave_out=tmp_path / "out").photos == ("a.jpg", "outside/b.jpg")

    def test_the_results_of_other_runs_are_left_out(self, tmp_path):
        result = not_explained(PhotoTask("a.jpg", "photos/a.jpg", "key"), own("cat"), "damaged")
        ResultsFolder(tmp_path / "whole").write(result)
        make(tmp_path, "whole/photos/a.jpg/focus.png", "begun/photos/b.jpg/segments.png", "mine/x.jpg")
        (tmp_path / "begun/photos/b.jpg/explanation.json").write_text('{"fingerprint": "", "recipe": {}}')
        for name in ("record.json", "explanation.json"):  # somebody's own
            (tmp_path / "mine" / name).write_text('["cat", {"labels": 1}]')
        found = find_photos(tmp_path)
        assert found.photos == ("mine/x.jpg",)
        assert found.left_out == {".json": 2}

    def test_links_that_lead_in_circles(self, tmp_path):
        make(tmp_path / "photos", "a/b/one.jpg")
        make(tmp_path / "elsewhere", "two.jpg")
        (tmp_path / "photos" / "a" / "b" / "up").symlink_to(tmp_path / "photos")
        (tmp_path / "photos" / "linked").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "photos" / "linked again").symlink_to(tmp_path / "elsewhere")
        assert find_photos(tmp_path / "photos").photos == ("a/b/one.jpg", "linked/two.jpg")

    def test_a_broken_link_is_a_photo_that_will_be_reported(self, tmp_path):
        (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
        assert find_photos(tmp_path).photos == ("gone.jpg",)

    def test_a_folder_that_can_not_be_looked_into_is_reported(self, tmp_path, monkeypatch):
        make(tmp_path, "open/a.jpg", "closed/b.jpg")
        scandir = os.scandir

        def guarded(path):  # whoever runs the tests as root may look into everything
            if os.path.basename(path) == "closed":
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", guarded)
        found = find_photos(tmp_path)
        assert found.photos == ("open/a.jpg",)
        (error,) = found.unreadable
        assert str(error) == f"The folder {tmp_path / 'closed'} can't be looked into: Permission denied."

    def test_no_folder(self, tmp_path, raises_sentence):
        with raises_sentence(ExplainerError, "There is no folder"):
            find_photos(tmp_path / "missing")


class TestTrueClasses:
    @pytest.mark.parametrize(
        "folder",
        [
            "Egyptian_cat",
            "egyptian cat",
            "Egyptian-Cat",
            "EGYPTIAN  CAT",
            "n02124075",
            "エジプシャン・マウ",
            "N02124075",
        ],
    )
    def test_ways_of_writing_a_class(self, folder):
        assert true_classes([f"{folder}/a.jpg"], IMAGENET) == {f"{folder}/a.jpg": (285,)}

    @pytest.mark.parametrize("photo", ["a.jpg", "285/a.jpg", "cats/a.jpg", "Egyptian_cat.jpg"])
    def test_no_class(self, photo):
        assert true_classes([photo], IMAGENET)[photo] == ()

    def test_a_name_that_two_classes_share(self):
        assert true_classes(["crane/a.jpg"], IMAGENET)["crane/a.jpg"] == (134, 517)

    def test_the_nearest_folder_of_a_class_name_counts(self):
        classifier = own("cat", "dog")
        found = true_classes(["dog/cat/a.jpg", "dog/2024/b.jpg", "cat/dog/x/c.jpg", "2024/d.jpg"], classifier)
        assert list(found.values()) == [(0,), (1,), (1,), ()]

    def test_names_that_are_told_apart_by_a_number_share_a_folder(self):
        classifier = own("crane (1)", "crane (2)", "Type (1)")
        photos = ["Crane/a.jpg", "crane (2)/a.jpg", "Type/a.jpg"]
        assert list(true_classes(photos, classifier).values()) == [(0, 1), (1,), ()]

    def test_folders_that_match_nothing_are_known(self):
        found = true_classes(
            [
                "a.jpg",
                "CAT/a.jpg",
                "misc/a.jpg",
                "misc/b.jpg",
                "か\u3099ん/x/c.jpg",
                "cat/2/d.jpg",
                "2024/5/e.jpg",
            ],
            own("cat", "がん"),
        )
        assert without_class(found) == ("misc", "2024/5")

    def test_the_exact_name_goes_first(self):
        classifier = own("Polish", "polish", "3", "ärger")
        photos = ["Polish/a.jpg", "polish/a.jpg", "POLISH/a.jpg", "3/a.jpg", "a\u0308rger/a.jpg"]
        assert list(true_classes(photos, classifier).values()) == [(0,), (1,), (0, 1), (2,), (3,)]


class TestSubfolders:
    def test_are_named_like_the_photos(self):
        assert subfolders(["cats/one.jpg", "cats/one.png", "ねこ/さくら 1.jpg"]) == {
            "cats/one.jpg": "photos/cats/one.jpg",
            "cats/one.png": "photos/cats/one.png",
            "ねこ/さくら 1.jpg": "photos/ねこ/さくら 1.jpg",
        }

    @pytest.mark.parametrize(
        "name",
        ["con.jpg", "NUL/a.jpg", "a:b.jpg", 'x"y.jpg', "dots./a.jpg", "space /a.jpg", "line\nbreak.jpg",
         "back\\slash.jpg", "..", "a/../../b.jpg", "half\udce4.jpg", 300 * "long" + ".jpg", "focus.png",
         90 * "ね" + ".jpg"],
    )  # fmt: skip
    def test_any_file_system_takes_them(self, name):
        (place,) = subfolders([name]).values()
        assert place.isprintable()
        for part in place.split("/"):
            assert len(part.encode()) <= 255
            assert not set('<>:"\\|?*') & set(part)
            assert part[-1] not in ". "
            assert part.partition(".")[0].lower() not in {"con", "nul"}
            assert part != "focus.png"
        assert subfolders([name, "other.jpg"])[name] == place

    def test_no_two_photos_share_one(self):
        photos = [
            "Cat.jpg",
            "cat.jpg",
            "a/Cat.jpg",
            "a:.jpg",
            "a?.jpg",
            "é.jpg",
            "e\u0301.jpg",
            99 * "x" + "1.jpg",
        ]
        photos.append(99 * "x" + "2.jpg")
        found = subfolders(photos)
        assert len({place.casefold() for place in found.values()}) == len(photos)
