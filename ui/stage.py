"""The stage: an empty frame that `assets/stage.js` fills from the feed."""

MARKUP = """
<section id="stage" class="card">
<div id="screen" role="tabpanel" aria-label="Screen" data-state="empty"></div>
<div class="bar">
  <ol id="steps" aria-label="Progress"></ol>
  <p id="clock" class="mono"></p>
  <div id="tabs" role="tablist" aria-label="View"></div>
</div>
<div id="under"></div>
<p id="announcer" class="unseen" role="status" aria-live="polite"></p>
</section>
"""
