"""The strip of takes: an empty frame that `assets/takes.js` fills from the feed."""

MARKUP = """
<section id="takes" class="card">
<div class="strip-head">
  <h2 id="takes-title">Takes</h2>
  <input id="takes-search" type="search" placeholder="Search prompts"
    aria-label="Search prompts" autocomplete="off">
  <span id="takes-count" class="hint"></span>
</div>
<ul id="takes-list" aria-labelledby="takes-title"></ul>
</section>
"""
