"""Starts the studio: `python app.py`. What keeps it from starting is told in a sentence."""

import sys

from core import StudioError, open_studio, read_proxies, read_settings


def main() -> int:
    """Serve until it is stopped; return the exit code."""
    try:
        settings = read_settings()
        read_proxies()
        # Gradio makes HTTP clients as it is imported, which a proxy that cannot be used breaks.
        from ui import serve  # noqa: PLC0415

        with open_studio(settings) as studio:
            serve(studio)
    except StudioError as error:
        sys.stderr.write(f"Dailies cannot start. {error} {error.next_step}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
