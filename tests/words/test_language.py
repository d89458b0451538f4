"""Japanese and English: every word is there in both, and numbers, class names and errors are written so."""

import ast
import pickle
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from explainer import load_classifier, load_photo
from explainer.arguments import check_positive, check_share, check_whole_number
from explainer.classifiers.published import imagenet
from explainer.errors import (
    ArgumentError,
    ClassifierError,
    ClassifierFailedError,
    ClassifierNote,
    ExplainerError,
    PhotoError,
    PhotoNote,
    ServerError,
    WeightsError,
)
from explainer.words.language import CATALOGUES, LANGUAGES, Language, negotiate_language
from tests.messages import called, calls, extract, literal

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = CATALOGUES / "ja" / "LC_MESSAGES" / "limelight.po"
ERRORS = [
    error.__name__
    for error in (
        ExplainerError,
        ArgumentError,
        ClassifierError,
        ClassifierFailedError,
        ClassifierNote,
        PhotoError,
        PhotoNote,
        ServerError,
        WeightsError,
    )
]
TRANSLATING = ["_", "gettext", "ngettext"]
MODULES = sorted([ROOT / "dashboard.py", *(ROOT / "explainer").rglob("*.py")])
PAGE = [module for module in MODULES if module.name == "dashboard.py" or module.parent.name == "page"]
ENGLISH, JAPANESE = Language("en"), Language("ja")

# What reads the same in both languages.
COMMON_WORDS = {
    "Limelight",
    "Language · 言語",
    "WordNet",
    "document.documentElement.lang = '",
}  # the last is a script
COMMON_MESSAGES = {
    "WordNet",
    "Ribeiro, Singh and Guestrin: “Why Should I Trust You?”, 2016, arXiv:1602.04938",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The messages in the code, as `make messages` finds them."""
    template = tmp_path_factory.mktemp("messages") / "limelight.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract"]
    command += ["--mapping-file", "pyproject.toml", "--keyword", " ".join(ERRORS), "--output", str(template)]
    subprocess.run([*command, "explainer", "dashboard.py"], cwd=ROOT, check=True)
    with template.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def japanese() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def sources(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def translations(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text: str) -> set[str]:
    return {
        f"{name}!{conversion}:{form}"
        for _, name, form, conversion in string.Formatter().parse(text)
        if name is not None
    }


def name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


class TestCatalogue:
    def test_holds_every_message_of_the_code_and_no_other(self, found: Catalog, japanese: Catalog):
        in_code = {message.id for message in messages(found)}
        translated = {message.id for message in messages(japanese)}
        assert len(in_code) > 200
        assert in_code - translated == set(), "run `make messages`, and translate what came in"
        assert translated - in_code == set(), "run `make messages`"
        assert not japanese.obsolete

    def test_every_message_is_translated(self, japanese: Catalog):
        assert [m.id for m in messages(japanese) if not all(translations(m))] == []
        assert [m.id for m in messages(japanese) if m.fuzzy] == []
        assert not japanese.fuzzy

    def test_translations_are_japanese(self, japanese: Catalog):
        in_japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
        not_japanese = {
            m.id
            for m in messages(japanese)
            if [*words_outside_of_tags(sources(m)[-1])] and not all(map(in_japanese.search, translations(m)))
        }
        assert not_japanese - COMMON_MESSAGES == set()

    def test_placeholders_are_kept(self, japanese: Catalog):
        for message in messages(japanese):
            for translation in translations(message):
                assert placeholders(translation) == placeholders(sources(message)[-1]), message.id

    def test_markdown_is_kept(self, japanese: Catalog):
        for message in messages(japanese):
            for translation in translations(message):
                for mark in ("**", "`", "\n"):
                    assert translation.count(mark) == sources(message)[-1].count(mark), message.id

    def test_is_written_as_japanese_is(self, japanese: Catalog):
        for message in messages(japanese):
            if message.id in COMMON_MESSAGES:
                continue
            for translation in translations(message):
                assert not re.search(r"[“”]", translation), message.id
                assert not re.search(r"\d\s+%|\}\s+%", translation), message.id
                assert translation == translation.strip(), message.id
                if sources(message)[-1].endswith("."):
                    assert translation.endswith(("。", "）")), message.id

    def test_plurals_and_formats_are_sound(self, japanese: Catalog):
        assert japanese.num_plurals == 1
        assert [error for message in messages(japanese) for error in message.check(japanese)] == []
        for message in messages(japanese):
            assert len(translations(message)) == 1

    def test_nothing_made_by_a_machine_is_kept_beside_it(self):
        assert [path for path in CATALOGUES.rglob("*") if path.is_file()] == [CATALOGUE]
        assert {path.name for path in CATALOGUES.iterdir()} == {*LANGUAGES} - {"en"}

    def test_make_messages_looks_for_all_errors(self):
        recipe = (ROOT / "Makefile").read_text("utf-8")
        keywords = re.search(r'--keyword "([^"]+)"', recipe)
        assert keywords is not None
        assert sorted(keywords[1].split()) == sorted(ERRORS) == sorted({*_error_names(ExplainerError)})


def _error_names(error: type[Exception]) -> Iterator[str]:
    yield error.__name__
    for narrower in error.__subclasses__():
        if narrower.__module__.startswith("explainer"):
            yield from _error_names(narrower)


class TestMessagesInCode:
    """What Babel can't find would be English on a Japanese page."""

    @pytest.mark.parametrize("module", MODULES, ids=name)
    def test_messages_are_written_out(self, module: Path):
        if module.name == "language.py":
            pytest.skip("passes messages on")
        for call in calls(ast.parse(module.read_text("utf-8")), [*TRANSLATING, *ERRORS]):
            wanted = 2 if called(call) == "ngettext" else 1
            texts = [literal(argument) for argument in call.args[:wanted]]
            written_out = len(texts) == wanted and all(texts)
            assert written_out, f"line {call.lineno}: {ast.unparse(call)}"

    @pytest.mark.parametrize("module", MODULES, ids=name)
    def test_errors_have_the_values_that_their_sentence_names(self, module: Path):
        for call in calls(ast.parse(module.read_text("utf-8")), ERRORS):
            given = {keyword.arg for keyword in call.keywords}
            if None not in given:  # **values
                named = {field.partition("!")[0] for field in placeholders(str(literal(call.args[0])))}
                assert named == given, f"line {call.lineno}: {ast.unparse(call)}"

    @pytest.mark.parametrize("module", PAGE, ids=name)
    def test_all_text_on_the_page_is_translated(self, module: Path):
        tree = ast.parse(module.read_text("utf-8"))
        assert {text for text in visible_texts(tree) if text not in COMMON_WORDS} == set()

    def test_all_text_in_the_report_is_translated(self):
        template = (ROOT / "explainer" / "takeaway" / "templates" / "report.html").read_text("utf-8")
        template = re.sub(r"(?s)\{\{.*?\}\}|\{%.*?%\}", "", template)
        assert set(words_outside_of_tags(template)) <= COMMON_WORDS

    def test_untranslated_text_would_be_noticed(self):
        code = (
            "st.button('Go on')\n"
            "st.markdown(f'#### {title} of yours')\n"
            "place.image(picture, caption='Yours' if mine else _('Mine'))\n"
            "st.html('<p class=\"x\">Hello</p>')\n"
            "row = f\"<td style='width:{w}%'>{a}</td><td>and</td>\"\n"
            "st.caption('{n} of them'.format(n=3))\n"
            "st.error(f':red[{icon}] ' + 'No!')\n"
            "st.markdown(f'#### {_(\"Fine\")} :material/home: &nbsp;')\n"
            "st.slider(_('Fine'), key='sample', help=_('Fine'))\n"
        )
        noticed = {*visible_texts(ast.parse(code))}
        assert noticed == {"Go on", "of yours", "Yours", "Hello", "and", "of them", "No"}


SHOWING = {
    "badge", "button", "camera_input", "caption", "checkbox", "choose_from_list", "choose_one",
    "divider", "error", "expander", "feedback", "file_uploader", "header", "html", "image", "info",
    "link_button", "markdown", "metric", "multiselect", "number_input", "offer_file", "page_link", "pills",
    "popover", "progress", "radio", "segmented_control", "select_slider", "selectbox",
    "slider", "spinner", "status", "subheader", "success", "tabs", "text", "text_area", "text_input",
    "title", "toast", "toggle", "warning", "write", "_button", "_slide",
}  # fmt: skip
SHOWN = {"alt", "body", "caption", "explanation", "help", "label", "placeholder", "text"}
KEYED = {"_button"}  # whose first argument is a name, and the second is shown


def visible_texts(tree: ast.AST) -> Iterator[str]:
    """Words that the code shows as they are written there: a guess, from where they are passed to."""
    for call in calls(tree, SHOWING):
        shown = call.args[1:2] if called(call) in KEYED else call.args[:1]
        shown += [keyword.value for keyword in call.keywords if keyword.arg in SHOWN]
        for argument in shown:
            yield from words_outside_of_tags("\0".join(_texts(argument)))
    for text in _strings(tree):
        if re.search(r"</\w", text):
            yield from words_outside_of_tags(text)


def _strings(node: ast.AST) -> Iterator[str]:
    """All strings, f-strings in one piece."""
    yield _text(node)
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
            yield from _strings(child)


def _texts(expression: ast.AST) -> Iterator[str]:
    """The strings that an expression is made of, without those that it passes to functions."""
    if isinstance(expression, (ast.Constant, ast.JoinedStr)):
        yield _text(expression)
    elif isinstance(expression, ast.Call):
        if called(expression) == "format":
            yield from _texts(expression.func.value)  # type: ignore[attr-defined]
    elif isinstance(expression, (ast.BoolOp, ast.IfExp, ast.List, ast.Tuple)) or (
        isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Add)
    ):
        for child in ast.iter_child_nodes(expression):
            yield from _texts(child)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "\0".join(_text(part) for part in node.values)
    return literal(node) or ""


def words_outside_of_tags(text: str) -> Iterator[str]:
    text = re.sub(r"(?s)<style>.*?</style>|<[^>]*>|\{[^}]*\}", "\0", text)
    text = re.sub(r":material/\w+:|:\w+\[|&\w+;", "", text)
    for piece in re.split(r"[\0\n]", text):
        if re.search(r"[^\W\d_]{2}", piece):
            yield piece.strip(" .,:;!?#*")


class TestFinder:
    def test_f_strings_are_looked_into_and_the_order_is_that_of_the_code(self, tmp_path: Path):
        code = (
            'title = f\'<b>{escape(_("One"))}</b> {language.gettext("Two")}\'\n'
            "counted = language.ngettext('{n} dog', '{n} dogs', n) + _('Three' ' and four').format(n=n)\n"
            "raise PhotoError('Not {name}.', name=_('five')) from error\n"
            "_(f'no {message}'), _(message), other('nor this')\n"
        )
        module = tmp_path / "module.py"
        module.write_text(code, "utf-8")
        with module.open("rb") as file:
            messages = [found[1:3] for found in extract(file, [*TRANSLATING, *ERRORS], [], {})]
        assert messages == [
            ("_", ("One",)),
            ("gettext", ("Two",)),
            ("ngettext", ("{n} dog", "{n} dogs", None)),
            ("_", ("Three and four",)),
            ("PhotoError", ("Not {name}.",)),
            ("_", ("five",)),
            ("_", (None,)),
            ("_", (None,)),
        ]


class TestLanguage:
    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            ("ja-JP", "ja"),
            ("ja", "ja"),
            ("ja_JP", "ja"),
            ("JA-jp", "ja"),
            ("en-GB", "en"),
            ("en", "en"),
            ("fr", "en"),
            ("fr-JA", "en"),
            ("jam", "en"),
            ("zh-Hant-TW", "en"),
            (None, "en"),
            ("", "en"),
            ("-", "en"),
            ("../ja", "en"),
            ("*", "en"),
            ("\0\ud800", "en"),
            ("日本語", "en"),
            ("x" * 10_000, "en"),
        ],
    )
    def test_browsers_language(self, wanted: str | None, code: str):
        assert negotiate_language(wanted) == code
        assert code in LANGUAGES

    def test_words(self):
        assert ENGLISH.gettext("Probability") == "Probability"
        assert JAPANESE.gettext("Probability") == "確率"

    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE])
    @pytest.mark.parametrize("message", ["", "Not in any catalogue.", "{", "確率"])
    def test_unknown_words_stay_as_they_are(self, language: Language, message: str):
        assert language.gettext(message) == message

    def test_plurals(self):
        def counted(language: Language, number: int) -> str:
            return language.ngettext("{number} region", "{number} regions", number)

        assert [counted(ENGLISH, n) for n in (0, 1, 2)] == [
            "{number} regions",
            "{number} region",
            "{number} regions",
        ]
        assert {counted(JAPANESE, n) for n in (0, 1, 2)} == {"{number}個の領域"}

    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE])
    @pytest.mark.parametrize(
        ("share", "written"),
        [
            (0, "0%"),
            (0.0004, "0.0%"),
            (0.0987, "9.9%"),
            (0.0994, "9.9%"),
            (0.0995, "10%"),
            (0.75, "75%"),
            (0.9949, "99%"),
            (1, "100%"),
            (-0.0321, "-3.2%"),
        ],
    )
    def test_percentages(self, language: Language, share: float, written: str):
        assert language.percent(share) == written

    @pytest.mark.parametrize("language", [ENGLISH, JAPANESE])
    def test_numbers(self, language: Language):
        assert language.number(0) == "0"
        assert language.number(1024) == "1,024"
        assert language.number(0.5, 2) == "0.50"
        assert language.number(1234567.891, 1) == "1,234,567.9"

    def test_class_names(self):
        assert ENGLISH.class_name("tiger_cat", "n02123159") == "tiger cat"
        assert JAPANESE.class_name("tiger_cat", "n02123159") == "トラネコ"

    @pytest.mark.parametrize("wnid", ["", "n00000000", "garbage"])
    def test_class_names_of_other_classifiers_are_shown_as_they_are(self, wnid: str):
        for language in (ENGLISH, JAPANESE):
            assert language.class_name("lucky_cat", wnid) == "lucky cat"

    def test_every_class_has_a_japanese_name_of_its_own(self):
        shown = {
            JAPANESE.class_name(name, wnid)
            for name, wnid in zip(imagenet.class_names(), imagenet.wnids(), strict=True)
        }
        assert len(shown) == imagenet.NUM_CLASSES
        assert all(re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", name) for name in shown)

    def test_a_missing_catalogue_leaves_english(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        from explainer.words import language

        language._catalogue.cache_clear()
        try:
            monkeypatch.setattr(language, "CATALOGUES", tmp_path)
            assert JAPANESE.gettext("Probability") == "Probability"
        finally:
            language._catalogue.cache_clear()


HOSTILE = [
    "{",
    "}",
    "{}",
    "{name}",
    "{0}",
    "{name.__class__}",
    "{value!r:>99}",
    "%s %(name)s",
    "<b>",
    "\\",
    "“",
]


class TestErrors:
    def test_are_translated_with_their_values(self):
        error = ArgumentError(
            "{name} must be a number above 0, and is {value}.", name="kernel_width", value="-1"
        )
        assert str(error) == ENGLISH.error(error) == "kernel_width must be a number above 0, and is -1."
        assert (
            JAPANESE.error(error) == "kernel_widthには0より大きい数を指定してください（指定された値：-1）。"
        )

    @pytest.mark.parametrize("value", HOSTILE)
    def test_values_are_only_shown(self, value: str):
        error = PhotoError("“{name}” is a folder; please choose a photo inside it.", name=value)
        assert (
            str(error) == ENGLISH.error(error) == f"“{value}” is a folder; please choose a photo inside it."
        )
        assert JAPANESE.error(error) == f"「{value}」はフォルダーです。中の写真を選んでください。"

    @pytest.mark.parametrize("sentence", HOSTILE)
    def test_sentences_without_values_are_taken_as_they_are(self, sentence: str):
        error = ExplainerError(sentence)
        assert str(error) == ENGLISH.error(error) == JAPANESE.error(error) == sentence

    def test_values_may_have_any_name_and_kind(self):
        error = ExplainerError(
            "{self} {template} {reason}", self=1, template=Path("a{b}"), reason=OSError("{c}")
        )
        assert str(error) == JAPANESE.error(error) == "1 a{b} {c}"

    @pytest.mark.parametrize("value", ["{name}", Path("cat.jpg")])
    def test_survive_pickling(self, value: object):
        error = PhotoError("“{name}” is a folder; please choose a photo inside it.", name=value)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is PhotoError
        assert str(again) == str(error)
        assert JAPANESE.error(again) == JAPANESE.error(error)

    @pytest.mark.parametrize(
        ("cause", "sentence"),
        [
            (lambda: load_photo(b""), "このファイルは空です。別のファイルを選んでください。"),
            (
                lambda: load_photo("/none/cat.jpg"),
                "「cat.jpg」というファイルはありません。場所を確認してください。",
            ),
            (
                lambda: load_classifier("{name}"),
                "'{name}'という分類モデルはありません。使えるのは"
                "inception-v3, efficientnet-lite2, efficientnet-lite0です。",
            ),
            (
                lambda: check_whole_number("num_samples", "all", or_auto=True),
                "num_samplesには1以上の整数か'auto'を指定してください（指定された値：'all'）。",
            ),
            (
                lambda: check_whole_number("num_features", -1, least=0),
                "num_featuresには0以上の整数を指定してください（指定された値：-1）。",
            ),
            (
                lambda: check_whole_number("seed", 10, least=0, most=9),
                "seedには0から9までの整数を指定してください（指定された値：10）。",
            ),
            (
                lambda: check_positive("kernel_width", float("nan")),
                "kernel_widthには0より大きい数を指定してください（指定された値：nan）。",
            ),
            (
                lambda: check_share("stability_threshold", "{"),
                "stability_thresholdには0から1までの数を指定してください（指定された値：'{'）。",
            ),
        ],
    )
    def test_what_is_raised_is_translated(self, cause, sentence: str):
        with pytest.raises(ExplainerError) as caught:
            cause()
        assert JAPANESE.error(caught.value) == sentence
        assert ENGLISH.error(caught.value) == str(caught.value) != sentence
