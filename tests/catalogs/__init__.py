"""Two vendors' whole catalogs, of our own making and as untidy as the real ones.

Everything is made by rule from the tables in this folder, so each run has the same documents.
"""

from catalogs.aimlapi import aimlapi_document, aimlapi_list, deprecations, video_ids
from catalogs.krea import krea_document, krea_ids

__all__ = [
    "aimlapi_document",
    "aimlapi_list",
    "deprecations",
    "krea_document",
    "krea_ids",
    "video_ids",
]
