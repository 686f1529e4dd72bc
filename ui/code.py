"""The Code panel: the present form as a program in three languages, the key as a placeholder.

`assets/code.js` fills it and `assets/panels.js` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import ModelSpec
from core.providers.code_samples import Language, snippet

LANGUAGES: Mapping[Language, str] = {
    "python": "Python",
    "javascript": "JavaScript",
    "curl": "curl",
}

MARKUP = """
<section id="code">
<h2>The same order as code</h2>
<div id="code-tabs" role="tablist" aria-label="Language"></div>
<pre id="code-text" class="mono" role="tabpanel" tabindex="0"></pre>
<p class="hint">Runs against the provider itself and costs money.
Put your own key in place of the placeholder.</p>
</section>
"""


def written(spec: ModelSpec, values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the order as a program in each language."""
    return [
        {"language": language, "label": label, "text": snippet(spec, values, language)}
        for language, label in LANGUAGES.items()
    ]
