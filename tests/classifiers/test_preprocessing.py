import numpy as np
import pytest
from PIL import Image

from explainer.classifiers.catalogue import load_classifier
from explainer.classifiers.classifier import Classifier
from explainer.classifiers.preprocessing import Preprocessing
from explainer.classifiers.published.keras_applications import WEIGHTS_VARIABLE
from explainer.errors import ClassifierError

CORNERS = {
    (0, 0): (255, 0, 0),
    (0, -1): (0, 255, 0),
    (-1, 0): (0, 0, 255),
    (-1, -1): (255, 255, 0),
}


@pytest.fixture
def inception(tmp_path, monkeypatch) -> Classifier:
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"never read, because nothing is predicted")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(weights))
    return load_classifier("inception-v3")


@pytest.fixture(params=["inception-v3", "efficientnet-lite0", "efficientnet-lite2"])
def classifier(request, inception) -> Classifier:
    return load_classifier(request.param)


@pytest.mark.slow
def test_inception_scales_as_keras_does(inception, chelsea):
    import keras

    resized = np.asarray(chelsea.resize((299, 299), Image.Resampling.BILINEAR), np.float32)
    expected = keras.applications.inception_v3.preprocess_input(resized.copy())
    np.testing.assert_allclose(inception.preprocess(chelsea), expected, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_inception_at_nearest_sees_what_load_img_gives(inception, chelsea, tmp_path):
    import keras

    chelsea.save(tmp_path / "photo.png")
    loaded = keras.utils.load_img(tmp_path / "photo.png", target_size=(299, 299))
    expected = keras.applications.inception_v3.preprocess_input(keras.utils.img_to_array(loaded))
    nearest = load_classifier("inception-v3@nearest")
    np.testing.assert_array_equal(nearest.preprocess(chelsea), expected)
    assert nearest is load_classifier("inception-v3@nearest")
    assert nearest is not inception
    assert nearest.fingerprint != inception.fingerprint
    assert (nearest.name, nearest.title) == ("inception-v3@nearest", "InceptionV3 (nearest)")
    assert load_classifier("inception-v3@bilinear") is inception, "which is its usual way"


def test_another_way_of_interpolating_is_refused(inception, raises_sentence):
    with raises_sentence(ClassifierError, "one of nearest, bilinear, bicubic, lanczos, and not 'box'"):
        load_classifier("inception-v3@box")


def test_inception_spans_minus_one_to_one(inception):
    black, white = (inception.preprocess(Image.new("RGB", (50, 40), colour)) for colour in ("black", "white"))
    np.testing.assert_array_equal(black, np.full((299, 299, 3), -1, np.float32))
    np.testing.assert_array_equal(white, np.full((299, 299, 3), 1, np.float32))


@pytest.mark.parametrize(("name", "size"), [("efficientnet-lite0", 224), ("efficientnet-lite2", 260)])
def test_lites_resize_bicubically_and_scale_around_127(name, size, coffee):
    resized = coffee.resize((size, size), Image.Resampling.BICUBIC)
    expected = (np.asarray(resized, np.float64) - 127) / 128
    preprocessed = load_classifier(name).preprocess(coffee)
    np.testing.assert_allclose(preprocessed, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "size"),
    [("inception-v3", 299), ("efficientnet-lite0", 224), ("efficientnet-lite2", 260)],
)
def test_shape_and_type(name, size, inception, astronaut):
    classifier = load_classifier(name)
    assert classifier.input_size == (size, size)
    for photo in (astronaut, astronaut.crop((0, 0, 17, 400)), astronaut.resize((size, size))):
        preprocessed = classifier.preprocess(photo)
        assert preprocessed.shape == (size, size, 3)
        assert preprocessed.dtype == np.float32


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_other_colour_modes_become_rgb(mode, lite0, chelsea):
    photo = chelsea.convert(mode)
    np.testing.assert_array_equal(lite0.preprocess(photo), lite0.preprocess(photo.convert("RGB")))


def test_photo_is_left_as_it_was(classifier, chelsea):
    before = chelsea.tobytes()
    classifier.preprocess(chelsea)
    assert chelsea.tobytes() == before


def test_display_undoes_the_scaling(classifier):
    height, width = classifier.input_size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    pixels[0, :2] = [[0, 0, 0], [255, 255, 255]]
    shown = classifier.to_display(classifier.preprocess(Image.fromarray(pixels)))
    assert shown.shape == pixels.shape
    assert shown.dtype == np.float64
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert np.abs(shown * 255 - pixels).max() < 0.5


def test_display_takes_any_leading_shape_and_clips(classifier):
    outside = np.array([[[-9.0, 0.0, 9.0]]], np.float32)
    shown = classifier.to_display(outside)
    assert shown.shape == (1, 1, 3)
    assert shown[0, 0, 0] == 0
    assert shown[0, 0, 1] == pytest.approx(0.5, abs=0.003)
    assert shown[0, 0, 2] == 1
    assert classifier.to_display(outside[0, 0]).shape == (3,)


@pytest.mark.parametrize("size", [(900, 300), (300, 900)], ids=["wide", "tall"])
def test_nothing_is_cropped(classifier, size):
    width, height = size
    pixels = np.full((height, width, 3), 128, np.uint8)
    for (row, column), colour in CORNERS.items():
        rows = slice(0, height // 10) if row == 0 else slice(-(height // 10), None)
        columns = slice(0, width // 10) if column == 0 else slice(-(width // 10), None)
        pixels[rows, columns] = colour
    shown = classifier.to_display(classifier.preprocess(Image.fromarray(pixels))) * 255
    for corner, colour in CORNERS.items():
        np.testing.assert_allclose(shown[corner], colour, atol=3)
    patch_height, patch_width = (side // 10 for side in classifier.input_size)
    np.testing.assert_allclose(shown[patch_height // 2, patch_width // 2], (255, 0, 0), atol=3)
    np.testing.assert_allclose(shown[patch_height + 3, patch_width + 3], (128,) * 3, atol=3)


class TestResize:
    """A photo of another aspect ratio than the input's: what is cut off, what is added."""

    @pytest.fixture
    def wide(self) -> Image.Image:
        """Red on the left, green in the middle, blue on the right; each a square."""
        photo = Image.new("RGB", (120, 40), "red")
        photo.paste("lime", (40, 0, 80, 40))
        photo.paste("blue", (80, 0, 120, 40))
        return photo

    @pytest.mark.parametrize("turned", [False, True])
    def test_crop_keeps_the_middle(self, wide, turned):
        photo = wide.transpose(Image.Transpose.ROTATE_90) if turned else wide
        cropping = Preprocessing((20, 20), 0.0, 1.0, resize="crop")
        assert cropping.frame(photo).size == (40, 40)
        assert cropping.frame(photo).getcolors() == [(1600, (0, 255, 0))]
        np.testing.assert_array_equal(cropping.preprocess(photo), np.full((20, 20, 3), (0, 255, 0)))

    @pytest.mark.parametrize("turned", [False, True])
    def test_pad_adds_black_on_both_sides(self, wide, turned):
        photo = wide.transpose(Image.Transpose.ROTATE_90) if turned else wide
        padding = Preprocessing((60, 60), 0.0, 1.0, resize="pad")
        image = padding.preprocess(photo)
        black = (image == 0).all(axis=2)
        rows = black.all(axis=0 if turned else 1)  # those where black and photo meet may be either
        assert rows[:19].all()
        assert not rows[20:40].any()
        assert rows[41:].all()
        assert padding.frame(photo).size == (120, 120)
        middle = padding.frame(photo).crop((40, 0, 80, 120) if turned else (0, 40, 120, 80))
        np.testing.assert_array_equal(np.asarray(middle), np.asarray(photo))

    @pytest.mark.parametrize("size", [(451, 300), (300, 451), (97, 640), (20, 21), (224, 224)])
    @pytest.mark.parametrize(("side", "share"), [(224, 0.875), (32, 0.9), (33, 1.0)])
    def test_shorter_side_does_as_torchvision_does(self, chelsea, size, side, share):
        photo = chelsea.resize(size)
        # Resize(int(side / share)), then CenterCrop(side), as its documentation has them.
        short, long = int(side / share), int(int(side / share) * max(size) / min(size))
        width, height = (short, long) if size[0] <= size[1] else (long, short)
        left, upper = round((width - side) / 2.0), round((height - side) / 2.0)
        resized = photo.resize((width, height), Image.Resampling.BICUBIC)
        expected = np.asarray(resized.crop((left, upper, left + side, upper + side)))
        preprocessing = Preprocessing(
            (side, side), 0.0, 1.0, Image.Resampling.BICUBIC, "shorter-side", crop_share=share
        )
        np.testing.assert_array_equal(preprocessing.preprocess(photo), expected)
        frame = preprocessing.frame(photo)
        assert abs(frame.width - frame.height) <= 3
        assert min(frame.size) == pytest.approx(min(size) * side / short, abs=1)
        seen = np.asarray(frame.resize((side, side), Image.Resampling.BICUBIC), float)
        assert np.abs(seen - expected).mean() < 6, "it is the same part of the photo"

    def test_shorter_side_of_an_endless_photo_is_the_same(self):
        photo = Image.new("RGB", (400_000, 1), "blue")
        photo.paste("red", (199_990, 0, 200_010, 1))
        preprocessing = Preprocessing((224, 224), 0.0, 1.0, resize="shorter-side")
        assert preprocessing.preprocess(photo).tolist() == [[[255, 0, 0]] * 224] * 224
        assert preprocessing.frame(photo).size == (1, 1)

    @pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
    @pytest.mark.parametrize("size", [(300, 451), (451, 300), (64, 48), (1, 1), (3, 900)])
    def test_the_frame_stretched_over_the_input_is_the_input(self, resize, size, chelsea):
        photo = chelsea.crop((0, 0, *size)) if max(size) < 500 else Image.new("RGB", size, "white")
        preprocessing = Preprocessing((48, 64), 127.5, 127.5, resize=resize)
        frame = preprocessing.frame(photo)
        stretched = np.asarray(frame.resize((64, 48), Image.Resampling.BILINEAR), np.float64) / 255
        difference = np.abs(preprocessing.to_display(preprocessing.preprocess(photo)) - stretched)
        assert difference.max() < 1e-6
        if resize == "stretch":
            assert frame is photo

    def test_a_padded_panorama_does_not_take_all_memory(self):
        frame = Preprocessing((48, 48), 0.0, 1.0, resize="pad").frame(Image.new("RGB", (20_000, 500)))
        assert frame.size == (2048, 2048)


def test_three_offsets_and_scales_are_undone(coffee):
    preprocessing = Preprocessing((40, 60), (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    resized = np.asarray(coffee.resize((60, 40), Image.Resampling.BILINEAR), np.float64)
    expected = (resized / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    image = preprocessing.preprocess(coffee)
    np.testing.assert_allclose(image, expected, atol=1e-5)
    np.testing.assert_allclose(preprocessing.to_display(image), resized / 255, atol=1e-6)


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad", "shorter-side"])
@pytest.mark.parametrize("size", [(120, 60), (60, 120), (90, 90)])
def test_the_box_is_where_the_frame_is(resize: str, size: tuple[int, int]):
    """A photo whose red tells how far across a pixel is, and whose green how far down."""
    width, height = size
    across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    photo = Image.fromarray((255 * np.dstack([across, down, np.ones_like(down)])).astype(np.uint8))
    preprocessing = Preprocessing((40, 50), offset=0.0, scale=255.0, resize=resize)
    left, upper, right, lower = preprocessing.box(photo)
    seen = np.asarray(preprocessing.frame(photo).resize((500, 400), Image.Resampling.NEAREST)) / 255
    of_photo = seen[..., 2] > 0.5  # and not what is padded
    expected_across = left + (right - left) * (np.arange(500) + 0.5) / 500
    expected_down = upper + (lower - upper) * (np.arange(400) + 0.5) / 400
    near = 1.6 / min(size)
    assert np.abs(seen[..., 0] - expected_across)[of_photo].max() < near
    assert np.abs(seen[..., 1] - expected_down[:, np.newaxis])[of_photo].max() < near
    inside = (
        (expected_across > near) & (expected_across < 1 - near)
        & (expected_down > near)[:, np.newaxis] & (expected_down < 1 - near)[:, np.newaxis]
    )  # fmt: skip
    assert of_photo[inside].all()
