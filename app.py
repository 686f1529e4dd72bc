"""Starts the studio: `python app.py`."""

from core import Settings, open_studio
from ui import serve

if __name__ == "__main__":
    with open_studio(Settings()) as studio:
        serve(studio)
