"""The strip of takes: an empty frame that `assets/takes.js` fills from the feed."""

MARKUP = """
<section id="takes" class="card">
<div class="strip-head">
  <h2 id="takes-title">Takes</h2>
  <input id="takes-search" type="search" placeholder="Search all takes"
    title="Words of the prompt, the model's name, a seed or an id"
    aria-label="Search all takes" autocomplete="off">
  <span id="takes-count" class="hint"></span>
</div>
<ul id="takes-list" aria-labelledby="takes-title"></ul>
</section>
"""
