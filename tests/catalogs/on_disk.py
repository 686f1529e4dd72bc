"""The whole catalogs as files: as a vendor's recording, and as entries to bring in."""

import json

from catalogs import aimlapi_document, aimlapi_list, deprecations, krea_document, video_ids
from core.catalog.export import as_schema
from core.providers.aimlapi import catalog as aimlapi
from core.providers.krea import catalog as krea
from core.schema.openapi import read_document


def record(folder):
    """Write both vendors' catalogs as the sandbox's `--catalog` takes them; return the folder."""
    _write(folder / "aimlapi" / "models.json", aimlapi_list(""))
    _write(folder / "aimlapi" / "deprecations.json", deprecations())
    for place, model in enumerate(video_ids()):
        _write(folder / "aimlapi" / "documents" / f"{place}.json", aimlapi_document(model))
    _write(folder / "krea" / "openapi.json", krea_document())
    return folder


def specs():
    """Return every model of both catalogs, as read."""
    listings = aimlapi.listed(json.dumps(aimlapi_list("")).encode())
    found = []
    for one in listings:
        document = read_document(json.dumps(aimlapi_document(one.id)).encode())
        found += aimlapi.specs(document, [one])
    return found + krea.specs(read_document(json.dumps(krea_document()).encode()))


def entries(folder, chosen):
    """Write each of these models as a file that can be brought in; return the files."""
    files = []
    for place, spec in enumerate(chosen):
        files.append(folder / f"{place}.json")
        _write(files[-1], as_schema(spec))
    return files


def _write(path, said):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said))
