"""Everything an explanation depends on besides photo and classifier, as one value.

Page, command line, folders, links, notebooks and ``explanation.json`` hold the same `Recipe`, and each can be
made from any other. Superpixels are cut by scikit-image, which is imported where it is used, so that the
page's first frame need not wait for it.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from .arguments import check_not_negative, check_positive, check_share, check_whole_number
from .errors import ArgumentError

NumSamples = int | Literal["auto"]
Precision = Literal["exact", "fast"]
Design = Literal["balanced", "lime"]
Segmented = Literal["photo", "image"]
Target = Literal["probability", "log-odds"]
Segmentation = Callable[[NDArray[Any]], NDArray[Any]]
HideColor = str | float | tuple[float, float, float] | Callable[[NDArray[Any]], NDArray[Any]] | None

HIDE_COLORS = ("grey", "mean", "black", "blur")
LARGEST_SEED = 2**32 - 1


def _set(value: Any, **checked: Any) -> None:
    """Put checked settings into a frozen value."""
    for name, setting in checked.items():
        object.__setattr__(value, name, setting)


@dataclass(frozen=True)
class Quickshift:
    """Superpixels by quickshift; the defaults suit a photo with values from 0 to 1.

    The `lime` package has a `ratio` of 0.2, for what a network gets.

    Parameters
    ----------
    kernel_size : float
        Width of the kernel that smooths densities, in pixels, at least 1. Larger ones make fewer superpixels.
    max_dist : float
        How far apart, in space and colour, neighbours may be and still join; above 0.
    ratio : float
        How much colour counts against nearness, 0 to 1.

    References
    ----------
    Vedaldi and Soatto: Quick shift and kernel methods for mode seeking. ECCV 2008.
    """

    kernel_size: float = 4.0
    max_dist: float = 200.0
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if check_positive("kernel_size", self.kernel_size) < 1:
            raise ArgumentError(
                "kernel_size must be 1 or more, and is {value}.", value=repr(self.kernel_size)
            )
        _set(
            self,
            kernel_size=float(self.kernel_size),
            max_dist=check_positive("max_dist", self.max_dist),
            ratio=check_share("ratio", self.ratio),
        )

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        from skimage.segmentation import quickshift

        return cast(NDArray[Any], quickshift(image, **vars(self)))


@dataclass(frozen=True)
class Slic:
    """Superpixels by SLIC: about equal in size, compact.

    Parameters
    ----------
    n_segments : int
        About how many there are to be; there may be fewer.
    compactness : float
        How much nearness counts against colour, above 0, for colours from 0 to 1.
    sigma : float
        Standard deviation of the blur that comes first, in pixels, 0 or more.

    References
    ----------
    Achanta et al.: SLIC superpixels compared to state-of-the-art superpixel methods. TPAMI 34 (11), 2012.
    """

    n_segments: int = 50
    compactness: float = 10.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        _set(
            self,
            n_segments=check_whole_number("n_segments", self.n_segments),
            compactness=check_positive("compactness", self.compactness),
            sigma=check_not_negative("sigma", self.sigma),
        )

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        from skimage.segmentation import slic

        # SLIC's compactness is meant for values in [0, 1].
        low, high = float(image.min()), float(image.max())
        scaled = (image - low) / (high - low) if high > low else np.zeros_like(image)
        return cast(NDArray[Any], slic(scaled, start_label=0, **vars(self)))


@dataclass(frozen=True)
class Felzenszwalb:
    """Superpixels by a minimum spanning tree: they follow edges, and their sizes differ much.

    Parameters
    ----------
    scale : float
        Larger ones make fewer and larger superpixels; above 0.
    sigma : float
        Standard deviation of the blur that comes first, in pixels, 0 or more.
    min_size : int
        Smaller superpixels are merged, in pixels.

    References
    ----------
    Felzenszwalb and Huttenlocher: Efficient graph-based image segmentation. IJCV 59 (2), 2004.
    """

    scale: float = 100.0
    sigma: float = 0.8
    min_size: int = 200

    def __post_init__(self) -> None:
        _set(
            self,
            scale=check_positive("scale", self.scale),
            sigma=check_not_negative("sigma", self.sigma),
            min_size=check_whole_number("min_size", self.min_size, least=0),
        )

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        from skimage.segmentation import felzenszwalb

        return cast(NDArray[Any], felzenszwalb(image, **vars(self)))


SEGMENTATIONS: Mapping[str, type[Quickshift | Slic | Felzenszwalb]] = {
    "quickshift": Quickshift,
    "slic": Slic,
    "felzenszwalb": Felzenszwalb,
}
FURTHER_CUTS: tuple[Segmentation, ...] = (
    Quickshift(kernel_size=3.0, ratio=0.5),
    Slic(n_segments=80),
    Felzenszwalb(scale=300.0),
    Slic(n_segments=45),
)
"""What a photo is cut by after a recipe's own segmentation, in this order, where there are to be several
cuts."""
MOST_CUTS = len(FURTHER_CUTS)  # of which one may be the recipe's own


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything an explanation depends on besides photo and classifier.

    The same recipe, photo and classifier give the same explanation, bit by bit on processors of the same
    kind. Checked once, when it is made; frozen, and hashable if its functions are.

    Parameters
    ----------
    segmentation : callable
        From a picture, float32 (H, W, 3), to a map of whole numbers (H, W), one for each superpixel:
        `Quickshift`, `Slic`, `Felzenszwalb`, or a function of one's own. None is `Quickshift()`. Where
        there are more than can be told apart, 256 with balanced samples, the most alike neighbours are
        merged.
    segmented : {"photo", "image"}
        Which picture that is. ``"photo"`` is the photo as people see it, with values from 0 to 1, so that
        its superpixels do not depend on the network: `Quickshift` and its like get it in its own aspect
        ratio, with as many pixels as a square of 256 has. As it is by default, `Quickshift` makes 30 to 60
        superpixels of nearly every photo. A function of one's own gets it at the size of the network's
        input. ``"image"`` is what the network gets, in its own range of values, as the `lime` package has
        it.
    hide_color : str, float, 3 floats, callable or None
        What hidden superpixels show. ``"grey"`` is 0 in the network's own range, ``"mean"`` (or None) each
        superpixel's own mean, ``"black"`` what a black photo is preprocessed to, ``"blur"`` the photo
        blurred (a Gaussian of 8 % of the longer side). Numbers are in the network's own range, one or one a
        channel; a callable paints an image of the same shape.
    design : {"balanced", "lime"}
        How samples are drawn. ``"lime"`` draws those of the `lime` package.
    seed : int
        0 to 2**32 - 1.
    kernel_width : float
        Of lime's exponential kernel, in cosine distance, above 0.
    target : {"probability", "log-odds"}, optional
        What the weights add up to. ``"probability"`` is what the `lime` package explains. ``"log-odds"``,
        the logarithm of p / (1 - p), makes weights evidence that counts the same however sure the
        classifier is; it is the default, unless `design` is ``"lime"``.
    precision : {"exact", "fast"}
        ``"fast"`` lets perturbed samples be computed in bfloat16. The labels' probabilities are exact all
        the same.
    num_samples : int or "auto"
        Size of the neighborhood, the photo itself included. ``"auto"`` grows it until the focus of the best
        label is settled, or `max_samples` are reached; where that is does not depend on the machine's speed.
    max_samples : int
        The most that ``"auto"`` may take.
    stability_threshold : float
        From which stability, 0 to 1, a focus is called settled.
    tie_tolerance : float
        Regions count as the same where their weights differ by no more than this share, 0 to 1, of the
        strongest weight: which of them comes last in the focus is not worth more samples, nor a claim.
    num_features : int
        How many superpixels the focus has.
    pros_cons_features : int, optional
        How many pros and cons have; twice `num_features` by default.
    top_labels : int
        How many of the most probable labels are explained.
    cuts : int
        In how many ways the photo is cut, 1 to 4, for a heat map that depends less on any of them. The
        samples are shared out among them. Focus, and pros and cons, are of the first cut, which is
        `segmentation`'s.

    Raises
    ------
    ArgumentError
        A setting is outside of what is accepted; the message names it.

    Examples
    --------
    >>> recipe = Recipe(num_samples=300, segmentation=Slic(n_segments=40))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    >>> recipe.changes()
    {'segmentation': Slic(n_segments=40, compactness=10.0, sigma=1.0), 'num_samples': 300}
    """

    segmentation: Segmentation = field(default_factory=Quickshift)
    segmented: Segmented = "photo"
    hide_color: HideColor = "grey"
    design: Design = "balanced"
    seed: int = 0
    kernel_width: float = 0.25
    target: Target = cast(Target, None)  # noqa: RUF009, one of the two as soon as it is made
    precision: Precision = "exact"
    num_samples: NumSamples = "auto"
    max_samples: int = 2000
    stability_threshold: float = 0.9
    tie_tolerance: float = 0.1
    num_features: int = 5
    pros_cons_features: int = cast(int, None)  # a number as soon as it is made
    top_labels: int = 5
    cuts: int = 1

    def __post_init__(self) -> None:
        num_features = check_whole_number("num_features", self.num_features, least=0)
        pros_cons = 2 * num_features if self.pros_cons_features is None else self.pros_cons_features
        num_samples = self.num_samples
        design = _one_of("design", self.design, get_args(Design))
        target = usual_target(design) if self.target is None else self.target
        _set(
            self,
            segmentation=_checked_segmentation(self.segmentation),
            segmented=_one_of("segmented", self.segmented, get_args(Segmented)),
            hide_color=_checked_hide_color(self.hide_color),
            design=design,
            seed=check_whole_number("seed", self.seed, least=0, most=LARGEST_SEED),
            kernel_width=check_positive("kernel_width", self.kernel_width),
            target=_one_of("target", target, get_args(Target)),
            precision=_one_of("precision", self.precision, get_args(Precision)),
            num_samples=num_samples
            if num_samples == "auto"
            else check_whole_number("num_samples", num_samples, or_auto=True),
            max_samples=check_whole_number("max_samples", self.max_samples),
            stability_threshold=check_share("stability_threshold", self.stability_threshold),
            tie_tolerance=check_share("tie_tolerance", self.tie_tolerance),
            num_features=num_features,
            pros_cons_features=check_whole_number("pros_cons_features", pros_cons, least=0),
            top_labels=check_whole_number("top_labels", self.top_labels),
            cuts=check_whole_number("cuts", self.cuts, most=MOST_CUTS),
        )

    @classmethod
    def notebook(cls) -> "Recipe":
        """The recipe that this project began with, a notebook's: `lime` as it is, 1000 samples.

        Its weights are those of ``LimeImageExplainer(random_state=0).explain_instance(image, predict,
        top_labels=5, hide_color=0, num_samples=1000)``.
        """
        return cls(
            segmentation=Quickshift(kernel_size=4.0, max_dist=200.0, ratio=0.2),
            segmented="image",
            design="lime",
            target="probability",
            num_samples=1000,
        )

    @classmethod
    def of(cls, recipe: "Recipe | None" = None, **changes: Any) -> "Recipe":
        """A recipe with some settings changed; the usual one where none is given.

        Raises
        ------
        ArgumentError
            `recipe` is no recipe, there is no setting of a name, or a value is not accepted.
        """
        if recipe is not None and not isinstance(recipe, Recipe):
            raise ArgumentError("recipe must be a Recipe, and is {value}.", value=repr(recipe))
        unknown = changes.keys() - {setting.name for setting in fields(cls)}
        if unknown:
            raise ArgumentError(
                "{name} is no setting of a recipe; there are {names}.",
                name=sorted(unknown)[0],
                names=", ".join(setting.name for setting in fields(cls)),
            )
        if "num_features" in changes and "pros_cons_features" not in changes:
            changes["pros_cons_features"] = None
        recipe = recipe or cls()
        if "design" in changes and recipe.target == usual_target(recipe.design):
            changes.setdefault("target", None)
        return replace(recipe, **changes)

    @property
    def most_samples(self) -> int:
        """How many samples it may take."""
        return self.max_samples if self.num_samples == "auto" else self.num_samples

    @property
    def samples_a_cut(self) -> int:
        """How many of them each of its cuts may take."""
        return -(-self.most_samples // self.cuts)

    @property
    def further(self) -> tuple["Recipe", ...]:
        """For each cut but the first, the recipe of it alone."""
        others = (segmentation for segmentation in FURTHER_CUTS if segmentation != self.segmentation)
        return tuple(
            replace(self, segmentation=segmentation, segmented="photo", cuts=1)
            for segmentation in itertools.islice(others, self.cuts - 1)
        )

    @property
    def has_functions(self) -> bool:
        """Whether it has functions of one's own, which JSON can only name."""
        return callable(self.hide_color) or type(self.segmentation) not in SEGMENTATIONS.values()

    def changes(self) -> dict[str, Any]:
        """Those settings that are not as usual; what others decide is left out, if it is as they have it."""
        decided = Recipe(num_features=self.num_features, design=self.design)
        usual = replace(decided, num_features=Recipe.num_features, design=Recipe.design)
        return {
            setting.name: getattr(self, setting.name)
            for setting in fields(self)
            if getattr(self, setting.name) != getattr(usual, setting.name)
        }

    def to_dict(self) -> dict[str, Any]:
        """All settings as JSON has them.

        A segmentation is ``{"method": "slic", "n_segments": 50, ...}``; a function of one's own is
        ``{"function": NAME}``, which names it only.
        """
        told: dict[str, Any] = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        told["segmentation"] = _told(self.segmentation)
        if callable(self.hide_color):
            told["hide_color"] = _told(self.hide_color)
        return told

    def to_json(self) -> str:
        """All settings as JSON; `from_json` reads it."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes, **functions: Any) -> "Recipe":
        """Read a recipe.

        Parameters
        ----------
        text : str or bytes
            What `to_json` wrote, or a whole ``explanation.json``, which has its recipe inside.
        **functions
            `segmentation` and `hide_color` where the recipe has functions of one's own: JSON only names
            them.

        Raises
        ------
        ArgumentError
            It is no recipe, or one with a function that is not handed in.
        """
        try:
            found = json.loads(text)
            found = found.get("recipe", found)
            if not isinstance(found, dict) or not found:
                raise ValueError
        except (AttributeError, ValueError) as error:
            raise ArgumentError(
                "This is no recipe: it is not written as Recipe.to_json writes it."
            ) from error
        if "segmentation" in found:
            # As it was before there was a choice.
            found = {"segmented": "image", "target": "probability", "tie_tolerance": 0.0, **found}
        return cls.of(**{name: _read(name, value, functions) for name, value in found.items()})


def usual_target(design: Design) -> Target:
    """What is explained unless one says so; the `lime` package explains probabilities."""
    return "probability" if design == "lime" else "log-odds"


def _checked_segmentation(value: Any) -> Segmentation:
    if value is None:
        return Quickshift()
    if not callable(value):
        raise ArgumentError("segmentation must be a callable from an image to a segment map, or None.")
    return cast(Segmentation, value)


def _checked_hide_color(value: Any) -> HideColor:
    if value is None:
        return "mean"
    if callable(value):
        return cast(HideColor, value)
    if isinstance(value, str):
        return cast(str, _one_of("hide_color", value, HIDE_COLORS))
    try:
        colour = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        colour = np.empty(0)
    if colour.shape not in ((), (1,), (3,)):
        raise ArgumentError(
            "hide_color must be a number, three numbers, a callable that paints an image, or None."
        )
    if not np.isfinite(colour).all():
        raise ArgumentError("hide_color must be finite.")
    channels = tuple(colour.ravel().tolist())
    if not any(channels):
        return "grey"
    return channels[0] if len(set(channels)) == 1 else cast(tuple[float, float, float], channels)


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise ArgumentError(
            "{name} must be one of {choices}, and is {value}.",
            name=name,
            choices=", ".join(choices),
            value=repr(value),
        )
    return value


def _told(function: Any) -> dict[str, Any]:
    for method, kind in SEGMENTATIONS.items():
        if type(function) is kind:
            return {"method": method, **asdict(function)}
    return {"function": getattr(function, "__qualname__", type(function).__qualname__)}


def _read(name: str, value: Any, functions: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        return tuple(value) if isinstance(value, list) else value
    if "function" in value:
        if name not in functions:
            raise ArgumentError(
                "The recipe was made with a function of its own, {function}, as {name}: hand that in too.",
                function=value["function"],
                name=name,
            )
        return functions[name]
    parameters = dict(value)
    try:
        return SEGMENTATIONS[parameters.pop("method", "")](**parameters)
    except (KeyError, TypeError) as error:
        raise ArgumentError(
            "{name} must be one of {choices}, and is {value}.",
            name=name,
            choices=", ".join(SEGMENTATIONS),
            value=repr(value),
        ) from error
