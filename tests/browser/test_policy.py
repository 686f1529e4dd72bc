"""The page works under its policy, and what somebody smuggles into it does not run."""

import re

WATCH = """
window.refusals = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.refusals.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


def test_the_page_works_with_no_script_but_those_that_it_knows(room):
    room.page.add_init_script(WATCH)
    room.reload()
    room.make("An eagle over peaks")
    room.page.click("#tab-settings")
    assert room.page.evaluate("window.refusals") == []
    policy = room.page.request.get(room.page.url).headers["content-security-policy"]
    for kind in ("script-src ", "style-src "):
        allowed = next(rule for rule in policy.split("; ") if rule.startswith(kind))
        assert "'unsafe-inline'" not in allowed
        assert re.search(r"'sha256-[A-Za-z0-9+/]{43}='", allowed)


def test_markup_that_is_smuggled_into_the_page_runs_nothing(visit):
    room = visit()
    room.page.evaluate(
        """() => {
          const at = document.body.appendChild(document.createElement("div"));
          at.innerHTML = '<img src="x:" onerror="window.smuggled = 1"><a href="javascript:0">a</a>';
          const script = document.createElement("script");
          script.textContent = "window.smuggled = 2";
          at.append(script);
          const button = document.createElement("button");
          button.setAttribute("onclick", "window.smuggled = 3");
          at.append(button);
          button.click();
        }"""
    )
    room.page.wait_for_timeout(200)
    assert room.page.evaluate("window.smuggled") is None


def test_only_the_page_itself_may_make_functions_of_texts(room):
    for path in ("dailies/feed", "config", "takes/x/y"):
        policy = room.page.request.get(f"{room.page.url}{path}").headers["content-security-policy"]
        assert "script-src 'self';" in policy
