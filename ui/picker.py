"""The panel of all models: its markup; `assets/picker.js` fills it and `panels.js` shows it."""

MARKUP = """
<section id="models">
<h2>Models</h2>
<div id="models-bar">
  <input id="models-search" type="search" autocomplete="off" spellcheck="false"
    placeholder="Search by name, maker or task" aria-label="Search models"
    aria-controls="models-list">
  <div id="models-filters" role="group" aria-label="Show only"></div>
</div>
<ul id="models-list" aria-label="Models" tabindex="-1"></ul>
<div id="models-foot">
  <p id="models-said" class="hint" role="status"></p>
  <a id="models-export" class="ghost" download
    title="The chosen model as a file of JSON Schema">Export</a>
  <button id="models-import" type="button" class="ghost">Import</button>
  <button id="models-refresh" type="button" class="ghost">Update from the vendors</button>
  <input id="models-file" type="file" accept="application/json,.json" multiple hidden>
</div>
</section>
"""
