// Lets the server know this browser without a cookie: a secret of its own goes with every call.
// It stands in the document itself, before Gradio's scripts: their calls carry it too.
(() => {
  const HEADER = "X-Dailies-Visitor";
  const KEPT = "dailies:visitor";
  const SHAPE = /^[0-9a-f]{32}$/;
  const ROOT = new URL("./", document.baseURI).href;

  // A browser that refuses cookies refuses storage too, but lets a tab's entry outlive a reload.
  // Not `window.name`: whoever opens or frames this page could choose that.
  const entry = {
    getItem: (name) => history.state?.[name],
    setItem: (name, value) => history.replaceState({ ...history.state, [name]: value }, ""),
  };
  const places = [() => localStorage, () => sessionStorage, () => entry];

  function kept() {
    for (const place of places) {
      try {
        const found = place().getItem(KEPT);
        if (SHAPE.test(found)) return found;
      } catch {
        // Refused here: the next place.
      }
    }
    return null;
  }

  function keep(secret) {
    for (const place of places) {
      try {
        return place().setItem(KEPT, secret);
      } catch {
        // As above; without any place it holds as long as this page is open.
      }
    }
    return null;
  }

  function made() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const secret = kept() ?? made();
  keep(secret);
  // Gradio may have written another state over ours.
  addEventListener("pagehide", () => keep(secret));

  const { fetch } = window;
  window.fetch = (asked, options) => {
    const url = new URL(asked instanceof Request ? asked.url : asked, document.baseURI);
    if (!url.href.startsWith(ROOT)) return fetch(asked, options);
    const headers = new Headers(options?.headers ?? asked.headers);
    headers.set(HEADER, secret);
    return fetch(asked, { ...options, headers });
  };
})();
