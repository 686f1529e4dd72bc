"""Names the decoders that a file may be handed to; no other is ever opened, whatever it asks for.

The same hold for what a provider made and for what a person brings.
"""

from __future__ import annotations

PICTURES = {
    **{name: name for name in ("h264", "hevc", "vp8", "vp9", "mpeg4", "h263", "prores", "mjpeg")},
    **{name: name for name in ("mpeg1video", "mpeg2video", "dnxhd", "dvvideo", "ffv1", "theora")},
    **{name: name for name in ("png", "qtrle", "rawvideo", "v210", "h263i", "msmpeg4v3")},
    "av1": "libdav1d",
}
"""Codec → decoder, by ffmpeg's names."""

SEE_THROUGH = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""The other decoders pass over the plane of transparency, and show what it hides."""

SOUND = (
    "aac,mp3,mp3float,mp2,mp2float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,dca,truehd,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,"
    "pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,pcm_mulaw,"
    "adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb"
)

ALL = ",".join((*sorted({*PICTURES.values(), *SEE_THROUGH.values()}), SOUND))
"""For ffmpeg's `-codec_whitelist`, before a film."""
