// Makes the document's folder the place that every relative address starts from, though a proxy may
// show the page under whatever path, and without the slash at its end.
if (!location.pathname.endsWith("/")) document.querySelector("base").href = `${location.pathname}/`;
