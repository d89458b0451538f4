"""A folder of results as one ZIP file, made in memory."""

import io
import zipfile
from collections.abc import Sequence

from ..words.language import Language
from .gallery.document import INDEX, gallery
from .results import RECORD
from .summary import SUMMARY, summary
from .task import PhotoResult


def bundle(results: Sequence[PhotoResult], language: Language, title: str) -> bytes:
    """Put what a folder of results holds into a ZIP file: gallery, table, and each photo's files.

    Parameters
    ----------
    results : sequence of PhotoResult
        What came of each photo; their subfolders must differ.
    language : Language
        What the gallery is written in.
    title : str
        The gallery's heading.
    """
    records = [result.record for result in results]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(INDEX, gallery(records, language, title))
        archive.writestr(SUMMARY, summary(records))
        for result in results:
            archive.writestr(f"{result.subfolder}/{RECORD}", result.record.to_json())
            for name, contents in result.files.items():
                kind = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
                archive.writestr(f"{result.subfolder}/{name}", contents, kind)
    return stream.getvalue()
