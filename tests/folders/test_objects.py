"""Where objects are: each format, good, odd and malformed; whose annotations they are; and runs with them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from explainer import (
    ArgumentError,
    Classifier,
    ExplainerError,
    Preprocessing,
    explain_folder,
    load_photo,
)
from explainer.__main__ import main
from explainer.folders.objects.annotations import MOST_TOLD
from explainer.folders.objects.marked import MarkedObjects
from explainer.folders.photos import find_photos
from explainer.folders.results import read_records
from tests.folders.conftest import SAMPLES
from tests.folders.painted import SIDE, a_disc, write_photos
from tests.synthetic import CountingClassifier, Grid, LinearClassifier, a_photo

WIDTH, HEIGHT = 48, 40


def write(path: Path, content: str | bytes | dict | Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Image.Image):
        content.save(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def look(folder: Path, *arguments, **files: str | bytes | dict | Image.Image) -> MarkedObjects:
    """What is found in a folder with the photo ``a.jpg`` and some files: ``a_xml`` is ``a.xml``."""
    photo = folder / "a.jpg"
    if not photo.exists():
        write(photo, a_photo(size=(WIDTH, HEIGHT)))
    for name, content in files.items():
        write(folder / name.replace("_", "."), content)
    return MarkedObjects(folder, find_photos(folder), *arguments)


def box(left: int, upper: int, right: int, lower: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    mask = np.zeros(size[::-1], bool)
    mask[upper:lower, left:right] = True
    return mask


def told(objects: MarkedObjects) -> list[str]:
    """What could not be used."""
    return [
        sentence
        for sentence in map(str, objects.remarks())
        if not sentence.startswith(("Photos ", "Pictures "))
    ]


def noted(objects: MarkedObjects) -> list[str]:
    """What was assumed."""
    return [sentence for sentence in map(str, objects.remarks()) if sentence.startswith("Photos ")]


def same(objects: MarkedObjects, mask: np.ndarray, photo: str = "a.jpg", is_true=None) -> bool:
    found = objects.mask(photo, is_true)
    return found is not None and found.shape == mask.shape and bool((found == mask).all())


def voc(*objects: str, size: tuple[int, int] | None = (WIDTH, HEIGHT), filename: str = "a.jpg") -> str:
    sides = f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>" if size else ""
    return f"<annotation><filename>{filename}</filename>{sides}{''.join(objects)}</annotation>"


def voc_object(
    left: object, upper: object, right: object, lower: object, name: str = "cat", more: str = ""
) -> str:
    sides = zip(("xmin", "ymin", "xmax", "ymax"), (left, upper, right, lower), strict=True)
    told = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
    return f"<object><name>{name}</name><difficult>1</difficult>{more}<bndbox>{told}</bndbox></object>"


def coco(
    *annotations: dict, size: tuple[int, int] | None = (WIDTH, HEIGHT), file_name: str = "a.jpg"
) -> dict:
    sides = {"width": size[0], "height": size[1]} if size else {}
    return {
        "images": [{"id": 7, "file_name": file_name, **sides}],
        "annotations": [
            {"id": i, "image_id": 7, "category_id": 3, **told} for i, told in enumerate(annotations)
        ],
        "categories": [{"id": 3, "name": "cat"}, {"id": 4, "name": "dog"}],
    }


def runs_of(mask: np.ndarray) -> list[int]:
    """COCO's: how many are off, on, off and so on, column by column."""
    flat = mask.T.ravel()
    ends = [0, *(np.flatnonzero(np.diff(flat)) + 1), flat.size]
    runs = np.diff(ends).tolist()
    return runs if not flat[0] else [0, *runs]


def compressed(runs: list[int]) -> str:
    """As COCO's own tools write runs as letters."""
    letters = []
    for i, run in enumerate(runs):
        number, more = run - (runs[i - 2] if i > 2 else 0), True
        while more:
            five, number = number & 31, number >> 5
            more = number != (-1 if five & 16 else 0)
            letters.append(chr(48 + five + 32 * more))
    return "".join(letters)


class TestPascalVoc:
    def test_the_first_pixel_is_number_one_and_the_last_is_inside(self, tmp_path):
        assert same(look(tmp_path, a_xml=voc(voc_object(1, 1, 10, 5))), box(0, 0, 10, 5))

    def test_several_objects_count_together_difficult_or_not(self, tmp_path):
        objects = look(tmp_path, a_xml=voc(voc_object(1, 1, 10, 5), voc_object(21, 11, 30, 20)))
        assert same(objects, box(0, 0, 10, 5) | box(20, 10, 30, 20))
        assert objects.left_out == ()

    def test_roboflows_polygon_is_preferred_to_its_box(self, tmp_path):
        corners = enumerate(((4, 2), (12, 2), (12, 8), (4, 8)), start=1)
        sides = "".join(f"<x{i}>{x}</x{i}><y{i}>{y}</y{i}>" for i, (x, y) in corners)
        polygon = f"<polygon>{sides}</polygon>"
        assert same(look(tmp_path, a_xml=voc(voc_object(1, 1, 40, 40, more=polygon))), box(4, 2, 12, 8))

    def test_fractions_and_no_size_are_understood(self, tmp_path):
        xml = voc(voc_object(" 1.0 ", "1.0", "10.2", "5.4"), size=None)
        assert same(look(tmp_path, a_xml=xml), box(0, 0, 10, 5))

    def test_what_reaches_beyond_the_photo_is_cut_off(self, tmp_path):
        assert same(look(tmp_path, a_xml=voc(voc_object(-5, 31, 10, 99))), box(0, 30, 10, 40))

    @pytest.mark.parametrize(
        ("bad", "sentence"),
        [
            (
                voc_object(1, 1, "x", 5),
                "Object 1 in a.xml has no box with numbers for xmin, ymin, xmax and ymax.",
            ),
            (voc_object(9, 1, 3, 5), "Object 1 in a.xml has a box that ends before it begins."),
            ("<object><name>cat</name></object>", "Object 1 in a.xml has no box with numbers"),
            (voc_object("nan", 1, 3, 5), "Object 1 in a.xml has no box with numbers"),
        ],
    )
    def test_a_bad_object_is_told_and_the_others_count(self, tmp_path, bad, sentence):
        objects = look(tmp_path, a_xml=voc(bad, voc_object(1, 1, 10, 5)))
        assert same(objects, box(0, 0, 10, 5))
        assert len(told(objects)) == 1
        assert told(objects)[0].startswith(sentence)

    @pytest.mark.parametrize(
        ("xml", "sentence"),
        [
            ("<annotation><object>", "a.xml is no readable XML file: no element found: line 1, column 20."),
            ("<annotation>\x01</annotation>", "a.xml is no readable XML file"),
            ("<?xml version='1.0' encoding='klingon'?><annotation/>", "a.xml is no readable XML file"),
            ("<other><annotation/></other>", "a.xml is no annotation as Pascal VOC has them."),
            (
                '<!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
                "<annotation><filename>&b;</filename></annotation>",
                "a.xml declares a document type, which is not read; please export it again without.",
            ),
        ],
    )
    def test_a_file_that_cannot_be_read_is_told(self, tmp_path, xml, sentence):
        objects = look(tmp_path, a_xml=xml)
        assert objects.photos == ("a.jpg",)
        assert len(told(objects)) == 1
        assert told(objects)[0].startswith(sentence)

    def test_a_document_type_in_another_encoding_is_refused_too(self, tmp_path):
        xml = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE annotation><annotation/>'.encode("utf-16")
        write(tmp_path / "Annotations" / "a.xml", xml)
        (sentence,) = told(look(tmp_path))
        assert "declares a document type" in sentence

    def test_other_xml_files_are_left_out_as_ever(self, tmp_path):
        objects = look(tmp_path, a_xml="<page/>", b_xml=voc())
        assert (told(objects), objects.left_out) == ([], ("a.xml", "b.xml"))

    def test_of_very_many_faults_some_are_told_and_the_rest_counted(self, tmp_path):
        objects = look(tmp_path, a_xml=voc(*[voc_object(9, 1, 3, 5)] * 500))
        assert len(told(objects)) == MOST_TOLD + 1
        assert told(objects)[-1] == "a.xml has 490 more faults like these."

    def test_of_two_photos_of_a_name_it_is_that_of_which_it_says_so(self, tmp_path):
        write(tmp_path / "a.png", a_photo(1, (WIDTH, HEIGHT)))
        objects = look(tmp_path, a_xml=voc(voc_object(1, 1, 10, 5)))
        assert objects.photos == ("a.jpg", "a.png")
        assert same(objects, box(0, 0, 10, 5))
        assert objects.mask("a.png") is None


class TestCoco:
    def test_a_box_begins_at_zero(self, tmp_path):
        objects = look(tmp_path, c_json=coco({"bbox": [2, 3, 10, 5], "segmentation": [], "iscrowd": 0}))
        assert same(objects, box(2, 3, 12, 8))
        assert objects.left_out == ()

    def test_polygons_are_filled_each_part(self, tmp_path):
        parts = [[2, 3, 12, 3, 12, 8, 2, 8], [20, 20, 30, 20, 30, 30, 20, 30]]
        objects = look(tmp_path, c_json=coco({"segmentation": parts, "bbox": [0, 0, 48, 40]}))
        assert same(objects, box(2, 3, 12, 8) | box(20, 20, 30, 30))

    @pytest.mark.parametrize("written", [runs_of, lambda mask: compressed(runs_of(mask))])
    def test_runs_compressed_or_not(self, tmp_path, written):
        mask = np.random.RandomState(0).rand(HEIGHT, WIDTH) < 0.4
        mask[:20, :20] = True  # long runs, and one at the very beginning
        crowd = {"segmentation": {"size": [HEIGHT, WIDTH], "counts": written(mask)}, "iscrowd": 1}
        assert same(look(tmp_path, c_json=coco(crowd)), mask)

    def test_the_letters_are_those_of_cocos_tools(self, tmp_path):
        """What pycocotools' ``encode`` gives for this mask."""
        mask = box(1, 1, 2, 3, (16, 20))
        assert compressed(runs_of(mask)) == "e02Y9"
        cross = box(4, 5, 20, 30) & ~box(6, 10, 30, 12) | box(0, 35, 3, 40)
        letters = "S15S1000:d0RO00\\OC" + 13 * "==CC" + "=XS1"
        assert compressed(runs_of(cross)) == letters
        write(tmp_path / "a.jpg", a_photo(size=(16, 20)))
        runs = {"segmentation": {"size": [20, 16], "counts": "e02Y9"}}
        assert same(look(tmp_path, c_json=coco(runs, size=(16, 20))), mask)

    def test_objects_of_the_photos_class_count_and_no_others(self, tmp_path):
        cat, dog = {"bbox": [0, 0, 10, 5]}, {"bbox": [20, 20, 10, 5], "category_id": 4}
        objects = look(tmp_path, c_json=coco(cat, dog))
        assert same(objects, box(20, 20, 30, 25), is_true=lambda name: name == "dog")
        assert noted(objects) == []
        assert same(objects, box(0, 0, 10, 5) | box(20, 20, 30, 25), is_true=lambda name: name == "cow")
        assert noted(objects) == [
            "Photos of which no marked object is named after their class: 1; all that is marked counts."
        ]

    def test_paths_as_label_studio_writes_them_on_windows_are_understood(self, tmp_path):
        file_name = "..\\..\\label-studio\\media\\upload\\4\\a.jpg"
        assert same(
            look(tmp_path, c_json=coco({"bbox": [2, 3, 10, 5]}, file_name=file_name)), box(2, 3, 12, 8)
        )

    def test_ids_may_be_words(self, tmp_path):
        told = coco({"bbox": [2, 3, 10, 5], "image_id": "7", "category_id": "3"})
        assert same(look(tmp_path, c_json=told), box(2, 3, 12, 8), is_true=lambda name: name == "cat")

    @pytest.mark.parametrize(
        ("bad", "sentence"),
        [
            ({"bbox": [1, 2, 3]}, "Annotation 0 in c.json has neither an outline nor a box of any size."),
            ({"bbox": [1, 2, 3, "wide"]}, "Annotation 0 in c.json has neither"),
            ({"bbox": [1, 2, 0, 5]}, "Annotation 0 in c.json has neither"),
            (
                {"bbox": None, "image_id": 99},
                "Annotation 0 in c.json belongs to no image that is listed there.",
            ),
            (
                {"segmentation": [[1, 2, 3]]},
                "Annotation 0 in c.json has an outline that can't be read, and no usable",
            ),
            (
                {"segmentation": {"size": [4, 4], "counts": [16]}},
                "Annotation 0 in c.json has an outline that",
            ),
            (
                {"segmentation": {"size": [40, 48], "counts": [1, 2]}},
                "Annotation 0 in c.json has an outline that",
            ),
            (
                {"segmentation": {"size": [40, 48], "counts": "oooooooooooooooo"}},
                "Annotation 0 in c.json has an",
            ),
            (
                {"segmentation": {"size": [40, 48], "counts": [10**30]}},
                "Annotation 0 in c.json has an outline",
            ),
            (
                {"segmentation": {"size": [40, 48], "counts": [-1, 1921]}},
                "Annotation 0 in c.json has an outline",
            ),
            (
                {"segmentation": [[1, 2, 3, 4]], "bbox": [2, 3, 10, 5]},
                "Annotation 0 in c.json has an outline that can't be read; its box is used.",
            ),
        ],
    )
    def test_a_bad_object_is_told_and_the_others_count(self, tmp_path, bad, sentence):
        objects = look(tmp_path, c_json=coco(bad, {"bbox": [2, 3, 10, 5]}))
        assert same(objects, box(2, 3, 12, 8))
        assert len(told(objects)) == 1
        assert told(objects)[0].startswith(sentence)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ('{"images": [], "annotations": [', "c.json is no readable JSON file: "),
            (
                '{"images": 3, "annotations": []}',
                "c.json has no lists of images and annotations, as COCO has them.",
            ),
            (
                '{"images": [{"id": 1}], "annotations": [{"bbox": []}]}',
                "Image 1 in c.json has no id or file_name.",
            ),
            ('{"images": [], "annotations": ' + "[" * 100_000, "c.json is no readable JSON file: "),
        ],
    )
    def test_a_file_that_cannot_be_read_is_told(self, tmp_path, content, sentence):
        assert told(look(tmp_path, c_json=content))[0].startswith(sentence)

    def test_captions_and_other_json_are_left_out_as_ever(self, tmp_path):
        captions = coco({"caption": "A cat on a mat."})
        objects = look(tmp_path, c_json=captions, d_json={"anything": 1}, e_json="{")
        assert (told(objects), objects.left_out) == ([], ("d.json", "e.json"))

    def test_nothing_is_told_of_photos_that_are_not_here(self, tmp_path):
        content = coco({"bbox": [6, 10, 12, 20]}, {"bbox": "none"}, file_name="b.jpg")
        assert told(look(tmp_path, a_coco_json=content)) == []
        assert len(told(look(tmp_path, a_coco_json=content | {"images": coco()["images"]}))) == 1

    def test_a_split_of_roboflows_tells_of_its_own_photos(self, tmp_path):
        for split, left in (("train", 0), ("valid", 10)):
            write(tmp_path / split / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
            write(tmp_path / split / "_annotations.coco.json", coco({"bbox": [left, 0, 5, 5]}))
        objects = MarkedObjects(tmp_path, find_photos(tmp_path))
        assert same(objects, box(0, 0, 5, 5), "train/a.jpg")
        assert same(objects, box(10, 0, 15, 5), "valid/a.jpg")


class TestYolo:
    def test_a_box_is_told_by_its_middle_in_shares(self, tmp_path):
        assert same(look(tmp_path, a_txt="0 0.25 0.5 0.25 0.5\n\n"), box(6, 10, 18, 30))

    def test_an_outline_has_more_numbers(self, tmp_path):
        assert same(look(tmp_path, a_txt="0 0.25 0.25 0.5 0.25 0.5 0.5 0.25 0.5"), box(12, 10, 24, 20))

    def test_a_sixth_number_is_how_sure_a_detector_was(self, tmp_path):
        assert same(look(tmp_path, a_txt="0 0.25 0.5 0.25 0.5 0.93"), box(6, 10, 18, 30))

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("classes.txt", "cat\ndog\n"),
            ("obj.names", "cat\ndog\n"),
            ("data.yaml", "train: ../train/images\nnc: 2\nnames: ['cat', \"dog\"]\n"),
            ("data.yaml", "names: [\n  cat,\n  dog ]\n"),
            ("coco8.yaml", "path: x # where\nnames:\n  0: cat # tame\n  1: dog\ndownload: |\n  x: y\n"),
            ("data.yaml", "names:\n- cat\n- dog\n"),
            ("data.yaml", "names: {0: cat, 1: 'dog'}\n"),
        ],
    )
    def test_names_come_from_whatever_lies_beside(self, tmp_path, name, content):
        write(tmp_path / name, content)
        objects = look(tmp_path, a_txt="0 0.25 0.5 0.25 0.5\n1 0.75 0.5 0.25 0.5")
        assert same(objects, box(30, 10, 42, 30), is_true=lambda called: called == "dog")
        assert objects.left_out == ()

    def test_keypoints_are_not_taken_for_an_outline(self, tmp_path):
        write(tmp_path / "data.yaml", "kpt_shape: [2, 3]\nnames:\n  0: cat\n")
        assert same(look(tmp_path, a_txt="0 0.25 0.5 0.25 0.5 0.1 0.1 2 0.9 0.9 2"), box(6, 10, 18, 30))

    def test_without_any_line_nothing_is_marked(self, tmp_path):
        write(tmp_path / "labels" / "a.txt", "")
        objects = look(tmp_path)
        assert objects.mask("a.jpg") is None
        assert (told(objects), objects.left_out) == ([], ())

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            (
                "0 0.5 0.5 0.5",
                "Line 1 of a.txt is neither a box (class, x, y, width and height) nor an outline",
            ),
            ("0 0.5 0.5 0.5 wide", "Line 1 of a.txt is neither"),
            ("0 0.5 0.5 0.5 nan", "Line 1 of a.txt is neither"),
            ("0 0.5 0.5 0.5 0.1 0.2 0.3 0.4", "Line 1 of a.txt is neither"),
            (
                "0 24 20 12 20",
                "Line 1 of a.txt is not in shares of the photo's width and height, from 0 to 1.",
            ),
            ("0 0.5 0.5 0 0.5", "Line 1 of a.txt is a box without any width or height."),
        ],
    )
    def test_a_bad_line_is_told_and_the_others_count(self, tmp_path, line, sentence):
        objects = look(tmp_path, a_txt=f"{line}\n0 0.25 0.5 0.25 0.5")
        assert same(objects, box(6, 10, 18, 30))
        assert len(told(objects)) == 1
        assert told(objects)[0].startswith(sentence)

    def test_a_caption_is_no_annotation(self, tmp_path):
        objects = look(tmp_path, a_txt="3 cats sit on the 2 mats")
        assert (told(objects), objects.left_out) == ([], ("a.txt",))

    def test_the_number_of_a_class_is_no_annotation(self, tmp_path):
        objects = look(tmp_path, a_txt="3\n")
        assert (told(objects), objects.left_out) == ([], ("a.txt",))

    def test_where_annotations_are_kept_even_a_caption_is_told(self, tmp_path):
        write(tmp_path / "labels" / "a.txt", "a cat")
        assert told(look(tmp_path))[0].startswith("Line 1 of labels/a.txt is neither")


class TestMasks:
    def mask(self, values: dict[tuple[int, int, int, int], int], mode: str = "L") -> Image.Image:
        pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
        for (left, upper, right, lower), value in values.items():
            pixels[upper:lower, left:right] = value
        picture = Image.fromarray(pixels)
        if mode == "P":
            picture = Image.frombytes("P", picture.size, picture.tobytes())
            picture.putpalette([value for i in range(256) for value in (i, 255 - i, i // 2)])
            return picture
        return picture.convert(mode)

    @pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P"])
    def test_a_picture_of_the_same_name_marks_what_is_not_zero(self, tmp_path, mode):
        objects = look(tmp_path, a_png=self.mask({(6, 10, 18, 30): 255}, mode))
        assert objects.photos == ("a.jpg",)
        assert same(objects, box(6, 10, 18, 30))
        assert told(objects) == []

    def test_the_values_that_count_can_be_chosen(self, tmp_path):
        picture = self.mask({(0, 0, 10, 10): 1, (10, 0, 20, 10): 2, (20, 0, 30, 10): 3}, "P")
        assert same(look(tmp_path, None, (1, 3), a_png=picture), box(0, 0, 10, 10) | box(20, 0, 30, 10))

    @pytest.mark.parametrize("mode", ["L", "P"])
    def test_the_border_that_voc_leaves_open_does_not_count(self, tmp_path, mode):
        picture = self.mask({(4, 4, 22, 22): 255, (6, 6, 20, 20): 15}, mode)
        assert same(look(tmp_path, a_png=picture), box(6, 6, 20, 20))

    def test_the_white_of_a_trimap_counts(self, tmp_path):
        picture = self.mask({(4, 4, 22, 22): 128, (6, 6, 20, 20): 255})
        assert same(look(tmp_path, a_png=picture), box(4, 4, 22, 22))

    def test_black_and_white_are_told_by_their_colours(self, tmp_path):
        picture = self.mask({(6, 10, 18, 30): 255}).point(lambda value: 255 - value)  # white has number 0
        picture = Image.frombytes("P", picture.size, picture.point(lambda value: value // 255).tobytes())
        picture.putpalette([255, 255, 255, 0, 0, 0])
        assert same(look(tmp_path, a_png=picture), box(6, 10, 18, 30))

    def test_soft_edges_count_from_the_middle_on(self, tmp_path):
        picture = self.mask({(6, 10, 18, 30): 255}).resize((480, 400), Image.Resampling.BICUBIC)
        picture = picture.filter(ImageFilter.GaussianBlur(6)).resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        write(tmp_path / "masks" / "a.png", picture)
        objects = look(tmp_path)
        assert objects.photos == ("a.jpg",)
        assert same(objects, box(6, 10, 18, 30))

    def test_a_grey_photo_of_the_same_name_stays_a_photo(self, tmp_path):
        objects = look(tmp_path, a_png=a_photo(3, (WIDTH, HEIGHT)).convert("L"))
        assert objects.photos == ("a.jpg", "a.png")

    def test_a_mask_of_another_size_beside_a_photo_stays_a_photo(self, tmp_path):
        objects = look(tmp_path, a_png=self.mask({(6, 10, 18, 30): 255}).resize((WIDTH * 2, HEIGHT * 2)))
        assert objects.photos == ("a.jpg", "a.png")

    def test_a_class_named_mask_keeps_its_photos(self, tmp_path):
        for folder in ("mask", "no_mask"):
            write(tmp_path / folder / "1.jpg", a_photo(4, (WIDTH, HEIGHT)))
        assert MarkedObjects(tmp_path, find_photos(tmp_path)).photos == ("mask/1.jpg", "no_mask/1.jpg")

    def test_a_mask_without_a_photo_stays_a_photo(self, tmp_path):
        write(tmp_path / "masks" / "b.png", self.mask({(6, 10, 18, 30): 255}))
        assert look(tmp_path).photos == ("a.jpg", "masks/b.png")

    @pytest.mark.parametrize("name", ["a.png", "a_mask.png", "a.jpg.png", "A.PNG"])
    def test_names_in_a_folder_of_masks(self, tmp_path, name):
        write(tmp_path / "masks" / name, self.mask({(6, 10, 18, 30): 1}))
        objects = look(tmp_path)
        assert (objects.photos, same(objects, box(6, 10, 18, 30))) == (("a.jpg",), True)

    def test_what_is_taken_for_a_mask_and_not_explained_is_said(self, tmp_path):
        objects = look(tmp_path, a_png=self.mask({(6, 10, 18, 30): 255}))
        assert [*map(str, objects.remarks())] == [
            "Pictures that are taken for the masks of photos, and not explained: 1; the first is a.png."
        ]

    def test_a_mask_that_marks_every_pixel_says_nothing_until_values_are_chosen(self, tmp_path):
        trimap = self.mask({(0, 0, WIDTH, HEIGHT): 2, (5, 9, 19, 31): 3, (6, 10, 18, 30): 1})
        objects = look(tmp_path, a_png=trimap)
        assert objects.mask("a.jpg") is None
        assert noted(objects) == [
            "Photos whose mask marks every pixel: 1; it is not used unless values are chosen that count."
        ]
        assert same(look(tmp_path, None, (1,)), box(6, 10, 18, 30))

    def test_many_greys_count_where_somebody_names_them(self, tmp_path):
        write(tmp_path / "images" / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        greys = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
        write(tmp_path / "masks" / "a.png", Image.fromarray(greys))
        found = find_photos(tmp_path / "images")
        assert MarkedObjects(tmp_path / "images", found).mask("a.jpg") is None
        named = MarkedObjects(tmp_path / "images", found, tmp_path / "masks")
        assert same(named, box(24, 0, WIDTH, HEIGHT))

    def test_colours_have_no_values(self, tmp_path):
        picture = self.mask({(6, 10, 18, 30): 255}, "RGB")
        picture.paste("red", (0, 0, 6, 6))
        objects = look(tmp_path, None, (1,), a_png=picture)
        assert objects.mask("a.jpg") is None
        assert told(objects) == ["a.png is a colour picture, in which mask values can't be chosen."]

    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_a_photo_among_the_masks_is_told(self, tmp_path, mode):
        write(tmp_path / "images" / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "masks" / "a.jpg", a_photo(5, (WIDTH, HEIGHT)).convert(mode))
        objects = MarkedObjects(tmp_path / "images", find_photos(tmp_path / "images"))
        assert objects.mask("a.jpg") is None
        assert told(objects) == ["masks/a.jpg has too many colours or greys to be a mask."]

    def test_a_damaged_mask_is_told_and_the_boxes_count(self, tmp_path):
        write(tmp_path / "images" / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "masks" / "a.png", b"\x89PNG\r\n\x1a\nno more")
        write(tmp_path / "labels" / "a.txt", "0 0.25 0.5 0.25 0.5")
        objects = MarkedObjects(tmp_path / "images", find_photos(tmp_path / "images"))
        assert same(objects, box(6, 10, 18, 30))
        (sentence,) = told(objects)
        assert sentence.startswith("masks/a.png can't be used as a mask: This picture file is damaged")

    def test_masks_are_preferred_to_boxes(self, tmp_path):
        objects = look(tmp_path, a_png=self.mask({(6, 10, 18, 30): 9}), a_xml=voc(voc_object(1, 1, 40, 40)))
        assert same(objects, box(6, 10, 18, 30))
        assert noted(objects) == ["Photos with masks or outlines besides boxes: 1; the boxes are not used."]

    def test_boxes_of_the_photos_class_say_which_part_of_a_mask_counts(self, tmp_path):
        picture = self.mask({(6, 10, 18, 30): 9, (30, 10, 40, 30): 8})
        xml = voc(voc_object(1, 1, 20, 40, "cat"), voc_object(25, 1, 48, 40, "dog"))
        objects = look(tmp_path, a_png=picture, a_xml=xml)
        assert same(objects, box(30, 10, 40, 30), is_true=lambda name: name == "dog")


class TestSizes:
    def test_what_was_marked_in_a_smaller_copy_is_scaled(self, tmp_path):
        objects = look(tmp_path, a_xml=voc(voc_object(1, 1, 12, 10), size=(24, 20)))
        assert same(objects, box(0, 0, 24, 20))
        assert noted(objects) == ["Photos that were marked in another size: 1; this is corrected."]

    def test_what_was_marked_in_another_picture_is_told(self, tmp_path):
        objects = look(tmp_path, a_xml=voc(voc_object(1, 1, 12, 10), size=(100, 20)))
        assert objects.mask("a.jpg") is None
        assert told(objects) == ["a.xml is for a picture of 100 × 20 pixels, and the photo has 48 × 40."]

    def test_what_lies_outside_is_told(self, tmp_path):
        objects = look(tmp_path, a_xml=voc(voc_object(101, 1, 120, 10)))
        assert objects.mask("a.jpg") is None
        assert told(objects) == ["What a.xml marks lies outside of the photo."]

    @pytest.mark.parametrize("orientation", [5, 6, 7, 8])
    def test_what_was_marked_before_the_photo_was_turned_upright_is_turned_along(self, tmp_path, orientation):
        pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
        pixels[0:8, 0:16] = 255
        photo = Image.fromarray(pixels)
        exif = photo.getexif()
        exif[0x0112] = orientation
        photo.save(tmp_path / "a.jpg", exif=exif, quality=100)
        objects = look(tmp_path, a_xml=voc(voc_object(1, 1, 16, 8)))
        upright = np.asarray(load_photo(tmp_path / "a.jpg"))[..., 0] > 127
        assert same(objects, upright)
        assert noted(objects) == [
            "Photos that were marked before they were turned upright: 1; this is corrected."
        ]

    def test_what_was_marked_upright_stays_so(self, tmp_path):
        photo = a_photo(size=(WIDTH, HEIGHT))
        exif = photo.getexif()
        exif[0x0112] = 6
        photo.save(tmp_path / "a.jpg", exif=exif)
        objects = look(tmp_path, a_xml=voc(voc_object(1, 1, 16, 8), size=(HEIGHT, WIDTH)))
        assert same(objects, box(0, 0, 16, 8, (HEIGHT, WIDTH)))
        assert noted(objects) == []


class TestLayouts:
    @pytest.mark.parametrize(
        ("photo", "annotation", "explained"),
        [
            ("a.jpg", "a.txt", "."),
            ("images/a.jpg", "labels/a.txt", "."),
            ("images/a.jpg", "labels/a.txt", "images"),
            ("images/train/a.jpg", "labels/train/a.txt", "images/train"),
            ("train/images/a.jpg", "train/labels/a.txt", "train/images"),
            ("train/images/a.jpg", "train/labels/a.txt", "."),
            ("cats/a.jpg", "labels/cats/a.txt", "."),
            ("cats/a.jpg", "labels/a.txt", "."),
            ("photos/cats/a.jpg", "labels/cats/a.txt", "photos"),
            ("mine/cats/a.jpg", "labels/cats/a.txt", "mine"),
            ("mine/cats/a.jpg", "labels/a.txt", "mine"),
        ],
    )
    def test_where_tools_keep_them(self, tmp_path, photo, annotation, explained):
        write(tmp_path / "set" / photo, a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "set" / annotation, "0 0.25 0.5 0.25 0.5")
        folder = tmp_path / "set" / explained
        objects = MarkedObjects(folder, find_photos(folder))
        (name,) = objects.photos
        assert same(objects, box(6, 10, 18, 30), name)
        assert told(objects) == []

    def test_voc_as_it_is_shipped(self, tmp_path):
        write(tmp_path / "VOC" / "JPEGImages" / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "VOC" / "Annotations" / "a.xml", voc(voc_object(1, 1, 20, 20)))
        write(tmp_path / "VOC" / "Annotations" / "b.xml", voc(voc_object(1, 1, 20, 20)))
        write(tmp_path / "VOC" / "SegmentationClass" / "a.png", TestMasks().mask({(2, 2, 9, 9): 8}, "P"))
        folder = tmp_path / "VOC" / "JPEGImages"
        objects = MarkedObjects(folder, find_photos(folder))
        assert same(objects, box(2, 2, 9, 9))

    @pytest.mark.parametrize("place", ["annotations/instances.json", "result.json"])
    def test_coco_beside_the_folder_of_photos(self, tmp_path, place):
        write(tmp_path / "set" / "images" / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "set" / place, coco({"bbox": [2, 3, 10, 5]}, file_name="images/a.jpg"))
        folder = tmp_path / "set" / "images"
        assert same(MarkedObjects(folder, find_photos(folder)), box(2, 3, 12, 8))

    def test_what_lies_beside_the_folder_is_said_to(self, tmp_path):
        write(tmp_path / "holiday" / "1.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "labels" / "1.txt", "0 0.25 0.5 0.25 0.5")
        found = find_photos(tmp_path / "holiday")
        assert noted(MarkedObjects(tmp_path / "holiday", found)) == [
            "Photos whose annotations lie beside the folder of photos: 1; the first is labels/1.txt."
        ]
        assert noted(MarkedObjects(tmp_path / "holiday", found, tmp_path / "labels")) == []

    def test_photos_of_the_same_name_have_their_own(self, tmp_path):
        for number, name in enumerate(("cats", "dogs")):
            write(tmp_path / name / "1.jpg", a_photo(size=(WIDTH, HEIGHT)))
            write(tmp_path / "labels" / name / "1.txt", f"0 {0.25 + number / 2} 0.5 0.25 0.5")
        objects = MarkedObjects(tmp_path, find_photos(tmp_path))
        assert same(objects, box(6, 10, 18, 30), "cats/1.jpg")
        assert same(objects, box(30, 10, 42, 30), "dogs/1.jpg")

    def test_what_may_belong_to_several_photos_is_told(self, tmp_path):
        for name in ("cats", "dogs"):
            write(tmp_path / name / "1.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "labels" / "1.txt", "0 0.25 0.5 0.25 0.5")
        objects = MarkedObjects(tmp_path, find_photos(tmp_path))
        assert told(objects) == ["labels/1.txt may belong to any of 2 photos, and is not used."]

    def test_a_photo_of_one_split_does_not_get_the_others_labels(self, tmp_path):
        write(tmp_path / "images" / "train" / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(tmp_path / "labels" / "val" / "a.txt", "0 0.25 0.5 0.25 0.5")
        folder = tmp_path / "images" / "train"
        objects = MarkedObjects(folder, find_photos(folder))
        assert objects.mask("a.jpg") is None

    @pytest.mark.parametrize("named", ["elsewhere", "elsewhere/a.txt"])
    def test_they_can_be_anywhere_else(self, tmp_path, named):
        write(tmp_path / "elsewhere" / "a.txt", "0 0.25 0.5 0.25 0.5")
        write(tmp_path / "photos" / "a.txt", "0 0.75 0.5 0.25 0.5")
        objects = look(tmp_path / "photos", tmp_path / named)
        assert same(objects, box(6, 10, 18, 30))
        assert objects.left_out == ("a.txt",)

    def test_the_folder_of_photos_itself_can_be_named(self, tmp_path):
        objects = look(tmp_path, tmp_path, a_txt="0 0.25 0.5 0.25 0.5")
        assert objects.photos == ("a.jpg",)
        assert same(objects, box(6, 10, 18, 30))

    def test_a_place_that_is_not_there_is_told(self, tmp_path, raises_sentence):
        with raises_sentence(ExplainerError, "There is no file or folder"):
            look(tmp_path, tmp_path / "nowhere")

    def test_a_hostile_name_stays_one_line(self, tmp_path):
        write(tmp_path / "labels" / "line\nbreak.txt", "0 7")
        write(tmp_path / "line\nbreak.jpg", a_photo(size=(WIDTH, HEIGHT)))
        (sentence,) = told(MarkedObjects(tmp_path, find_photos(tmp_path)))
        assert "labels/line�break.txt" in sentence


def write_discs(folder: Path, each: int = 4) -> None:
    """Photos of discs, white marks in the corner of the blue ones, and a YOLO text for each disc."""
    write_photos(folder, each)
    for i in range(each):
        a_disc("blue_disc", seed=200 + i, mark=True).save(folder / "blue_disc" / f"{i}.png")
    for number, name in enumerate(("red_disc", "green_disc", "blue_disc")):
        for i in range(each):
            down, across = a_place(100 * number + i)
            line = f"{number} {(across + 0.5) / SIDE} {(down + 0.5) / SIDE} {18 / SIDE} {18 / SIDE}"
            write(folder / "labels" / name / f"{i}.txt", line)
    write(folder / "labels" / "classes.txt", "red_disc\ngreen_disc\nblue_disc\n")


def a_place(seed: int) -> tuple[int, int]:
    """Where `a_disc` puts it."""
    random = np.random.RandomState(seed)
    random.randint(90, 160, (SIDE, SIDE, 1))
    down, across = random.randint(14, 28, 2)
    return int(down), int(across)


class TestRuns:
    def test_a_network_that_sees_discs_looks_inside_and_one_of_watermarks_outside(
        self, tmp_path, colours, watermark
    ):
        write_discs(tmp_path / "discs")
        seeing = explain_folder(tmp_path / "discs", tmp_path / "seeing", colours, num_samples=SAMPLES)
        assert (seeing.remarks, seeing.left_out) == ((), {})
        for record in seeing.records:
            assert record.object_area == pytest.approx(18 * 18 / SIDE**2, abs=0.02)
            assert record.predicted.inside.focus > 3 * record.object_area
        cheating = explain_folder(tmp_path / "discs", tmp_path / "cheating", watermark, num_samples=SAMPLES)
        right = [record for record in cheating.records if record.truth == "blue_disc"]
        assert [record.is_wrong for record in right] == [False] * 4
        for record in right:
            assert record.predicted.inside.focus < 0.05
            assert record.predicted.inside.strongest is False
        wrong = [record for record in cheating.records if record.is_wrong]
        assert all(record.true_label.inside is not None for record in wrong)

    def test_annotations_come_and_go_without_asking_the_classifier(self, tmp_path):
        folder, out = tmp_path / "photos", tmp_path / "out"
        write(folder / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        classifier = CountingClassifier(LinearClassifier(Grid(2, 2)))
        classifier.fingerprint = "counted"
        first = explain_folder(folder, out, classifier, num_samples=16).records[0]
        assert (first.object_area, first.outline, first.predicted.inside) == (None, "", None)
        asked = classifier.images
        write(folder / "a.txt", "0 0.25 0.5 0.5 1")
        result = explain_folder(folder, out, classifier, num_samples=16)
        assert (result.reused, classifier.images) == (1, asked)
        (found,) = read_records(out)
        assert found == result.records[0]
        assert found.object_area == 0.5
        assert found.outline_aspect == 1.2
        assert found.outline.startswith("M")
        assert found.predicted.inside.focus is not None
        assert explain_folder(folder, out, classifier, num_samples=16).records[0] == found
        (folder / "a.txt").unlink()
        assert explain_folder(folder, out, classifier, num_samples=16).records[0] == first
        assert classifier.images == asked
        assert read_records(out) == [first]

    def test_results_that_cannot_be_read_lose_nothing_else(self, tmp_path):
        folder, out = tmp_path / "photos", tmp_path / "out"
        for name in ("a", "b"):
            write(folder / f"{name}.jpg", a_photo(size=(WIDTH, HEIGHT)))
            write(folder / f"{name}.txt", "0 0.25 0.5 0.5 1")
        classifier = LinearClassifier(Grid(2, 2))
        classifier.fingerprint = "linear"
        explain_folder(folder, out, classifier, num_samples=16)
        (out / "photos" / "a.jpg" / "explanation.json").write_text('{"labels": []}', "utf-8")
        result = explain_folder(folder, out, classifier, num_samples=16)
        assert [record.object_area for record in result.records] == [None, 0.5]
        (remark,) = map(str, result.remarks)
        assert remark.startswith("The results of a.jpg are damaged")

    def test_a_photo_that_is_cropped_has_its_object_cropped_too(self, tmp_path, colours):
        write(tmp_path / "wide" / "a.jpg", a_photo(size=(128, 64)))
        write(tmp_path / "wide" / "a.txt", "0 0.5 0.5 0.25 1")
        write(tmp_path / "wide" / "b.jpg", a_photo(1, size=(128, 64)))
        write(tmp_path / "wide" / "b.txt", "0 0.05 0.5 0.1 1")

        def brightness(batch: np.ndarray) -> np.ndarray:
            bright = batch[:, :, :32].mean(axis=(1, 2, 3))
            return np.stack([1 - bright, bright], axis=1)

        classifier = Classifier.from_function(
            brightness,
            input_size=(64, 64),
            class_names=["dark", "bright"],
            preprocess=Preprocessing((64, 64), offset=0, scale=255, resize="crop"),
        )
        result = explain_folder(tmp_path / "wide", tmp_path / "out", classifier, num_samples=16)
        inside, outside = result.records
        assert inside.object_area == pytest.approx(0.5)
        assert inside.outline_aspect == 1
        assert (outside.object_area, outside.predicted.inside) == (None, None)
        assert [str(remark) for remark in result.remarks] == [
            "What b.txt marks in b.jpg lies outside of what the classifier sees of it."
        ]

    @pytest.mark.slow
    def test_workers_find_the_same(self, tmp_path, colours):
        write_discs(tmp_path / "discs", each=1)
        here = explain_folder(tmp_path / "discs", tmp_path / "here", colours, num_samples=SAMPLES)
        there = explain_folder(
            tmp_path / "discs", tmp_path / "there", colours, num_samples=SAMPLES, workers=1
        )
        assert there.records == here.records
        assert all(record.predicted.inside for record in there.records)

    def test_the_outline_of_a_mask_that_is_only_specks_stays_short(self, tmp_path):
        folder = tmp_path / "photos"
        write(folder / "a.jpg", a_photo(size=(400, 400)))
        specks = np.random.RandomState(0).rand(400, 400) < 0.3
        write(folder / "masks" / "a.png", Image.fromarray(specks))
        (record,) = explain_folder(
            folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), num_samples=16
        ).records
        assert 0 < len(record.outline) < 50_000

    def test_a_mask_is_not_explained_as_a_photo(self, tmp_path):
        folder = tmp_path / "photos"
        write(folder / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        write(folder / "a.png", TestMasks().mask({(0, 0, 24, 40): 2, (24, 0, 48, 40): 1}))
        result = explain_folder(
            folder, tmp_path / "out", LinearClassifier(Grid(2, 2)), num_samples=16, mask_values=[2]
        )
        assert [record.photo for record in result.records] == ["a.jpg"]
        assert result.records[0].object_area == 0.5

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [({"objects": 3}, "objects must be"), ({"mask_values": [-1]}, "mask_values must be")],
    )
    def test_what_is_no_argument_is_refused(self, tmp_path, raises_sentence, arguments, sentence):
        with raises_sentence(ArgumentError, sentence):
            explain_folder(tmp_path, tmp_path / "out", LinearClassifier(Grid(2, 2)), **arguments)


class TestCommand:
    def test_what_was_found_is_said_and_what_was_not(self, tmp_path, colours, capsys):
        write_discs(tmp_path / "discs", each=2)
        write(tmp_path / "discs" / "labels" / "red_disc" / "0.txt", "0 0.5\n0 0.3 0.3 0.3 0.3\n")
        out = ["--out", str(tmp_path / "out"), "--classifier", "colours", "--num-samples", str(SAMPLES)]
        assert main(["explain", str(tmp_path / "discs"), *out]) == 0
        said = capsys.readouterr()
        assert "explainer: Line 1 of labels/red_disc/0.txt is neither a box" in said.err
        assert "6 photos with a marked object, most of the focus lies on it (" in said.out
        assert "left out" not in said.out

    def test_photos_alone_have_no_objects(self, tmp_path, capsys):
        write(tmp_path / "a.jpg", a_photo(size=(WIDTH, HEIGHT)))
        arguments = [
            "explain",
            str(tmp_path / "a.jpg"),
            "--out",
            str(tmp_path / "out"),
            "--objects",
            str(tmp_path),
        ]
        assert main(arguments) == 2
        assert "--objects is for the photos of a folder" in capsys.readouterr().err
