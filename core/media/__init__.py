"""All that is done to files of pictures and sound; the only part of Dailies that runs processes.

All of it is synchronous and takes explicit paths. Each raises only kinds of `StudioError`, and
leaves no temporary file, no process and no half-written target behind.
"""

from core.media.clip import Clip
from core.media.credentials import is_signed
from core.media.decode import Bounds
from core.media.fit.audio import Sound, check_sound, fit_sound
from core.media.fit.film_plan import Room
from core.media.fit.image import check_image, fit_image
from core.media.fit.video import Fitted, check_source, fit_source
from core.media.gif.make import Gif, make_gif
from core.media.metadata import embed, read_tags
from core.media.mp4.probe import probe, sniff
from core.media.obstacle import Obstacle
from core.media.playable import make_playable
from core.media.poster import make_poster
from core.media.preview import make_preview
from core.media.previews import Previews, make_previews
from core.media.sniff import is_text, read_head
from core.system.atomic_file import settle, write_text

__all__ = [
    "Bounds",
    "Clip",
    "Fitted",
    "Gif",
    "Obstacle",
    "Previews",
    "Room",
    "Sound",
    "check_image",
    "check_sound",
    "check_source",
    "embed",
    "fit_image",
    "fit_sound",
    "fit_source",
    "is_signed",
    "is_text",
    "make_gif",
    "make_playable",
    "make_poster",
    "make_preview",
    "make_previews",
    "probe",
    "read_head",
    "read_tags",
    "settle",
    "sniff",
    "write_text",
]
