"""Turns the bytes of an answer into text and JSON, however they were packed; pure, and bounded."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from email.message import Message
from typing import Any

import brotli

from core.client.packed import unpacked
from core.untrusted import cleaned, read_leniently

_OF_NO_MEANING = "\ufeff\0 \t\r\n"
_BEGINNINGS = (b"{", b"[", b'"', b"<")
_AROUND = _OF_NO_MEANING + ");"
_STREAMED = ("data:", "event:", "id:", "retry:")  # how a line of server-sent events begins


def plain(body: bytes, coding: str, most: int) -> bytes:
    """Return the body without its content codings; what is not packed at all stays as it is.

    `coding` is the header. Raises `ValueError` for more than `most` bytes.
    """
    for name in reversed([part.strip().lower() for part in coding.split(",")]):
        body = _unpacked(body, name, most)
    # Some servers pack and do not say so.
    return unpacked(body, most)


def text_of(body: bytes, content_type: str) -> str:
    """Return the body as text: in the UTF that its bytes show, else as declared, else Latin-1."""
    for encoding in (json.detect_encoding(body), _charset(content_type)):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("latin-1")


def json_in(text: str) -> Any:
    """Return the JSON that a text is, or that stands at its end; None where there is none.

    Of several objects in a row, as servers write that stream their news, the last state counts.
    What comes out is `cleaned`.
    """
    text = text.strip(_OF_NO_MEANING)
    try:
        value = read_leniently(text)
        # A body that was encoded twice is a text that holds the object.
        return read_leniently(value) if isinstance(value, str) else value
    except ValueError:
        pass
    objects = _objects(text)
    states = [found for found in objects if "status" in found or "state" in found]
    return next(iter(reversed(states or objects)), None)


def _objects(text: str) -> Sequence[dict[str, Any]]:
    """Return the objects in a row that begins or ends the text.

    Nothing inside an object or list that is cut off counts: half an answer is none.
    """
    start = place = text.find("{")
    if text.startswith(("[", '"')):
        return []
    found, end = list[dict[str, Any]](), 0
    while place >= 0:
        try:
            value, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(cleaned(value))
        place = text.find("{", end)
    begins = start == 0 or text.startswith(_STREAMED)
    return found if begins or not text[end:].strip(_AROUND) else []


_DECODER = json.JSONDecoder()


def _unpacked(body: bytes, coding: str, most: int) -> bytes:
    body = unpacked(body, most)
    try:
        if coding == "br":
            whole = _unbrotli(body, most)
        elif coding == "deflate" and body.lstrip()[:1] not in _BEGINNINGS:
            # Many servers leave the zlib header out.
            whole = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, most + 1)
        else:
            return body
    except (zlib.error, brotli.error):
        return body
    if len(whole) > most:
        raise ValueError("the answer is longer than any task's")
    return whole


def _unbrotli(body: bytes, most: int) -> bytes:
    """Return what was packed, or a little more than `most` bytes of it."""
    unpacker = brotli.Decompressor()
    whole = piece = unpacker.process(body, output_buffer_limit=most)
    while piece and len(whole) <= most and not unpacker.is_finished():
        piece = unpacker.process(b"", output_buffer_limit=most)
        whole += piece
    if not unpacker.is_finished() and len(whole) <= most:
        raise brotli.error("it breaks off")
    return bytes(whole)


def _charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    return header.get_content_charset("utf-8")
