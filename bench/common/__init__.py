"""What the measuring scripts share: how a figure is told, and what is started to be measured.

The scripts stand beside the app and its tests, both of which they use: importing this finds them.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]
