"""What a strict server would hold an order against, and the least that a person would send."""

from core.params import Media, Several
from core.schema.openapi import Document


def submitted(spec):
    values = {"prompt": "a fox"}
    for param in spec.params:
        if param.required and isinstance(param, Media):
            values[param.name] = "https://example.com/a"
        if param.required and isinstance(param, Several):
            values[param.name] = ["https://example.com/a"] * max(1, param.least)
    return {"model": spec.called or spec.id, **spec.on_wire(spec.clean(values))}


def inlined(node, root, depth=0):
    """Return the schema with its references followed, as a strict server would read it."""
    if isinstance(node, list):
        return [inlined(item, root, depth) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        target = Document(root=root).at(node["$ref"]) if depth < 4 else {}
        return inlined(target or {}, root, depth + 1)
    return {key: inlined(value, root, depth) for key, value in node.items()}


ODD = {"float": "number", "int": "integer", "bool": "boolean"}


def strict(node):  # noqa: C901 - one line an oddity
    """Return the schema with only those words mended that no validator knows."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: strict(value) for key, value in node.items()}
    if isinstance(found.get("type"), str):
        found["type"] = ODD.get(found["type"], found["type"])
    if found.get("type") == "colour":
        del found["type"]
    for key in ("minimum", "maximum"):
        if isinstance(found.get(key), str):
            found[key] = float(found[key])
    for key, edge in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(key) is True:
            found[key] = found.pop(edge)
    if isinstance(found.get("required"), bool):
        del found["required"]
    if found.get("type") == "string" and isinstance(found.get("enum"), list):
        found["enum"] = [str(value) for value in found["enum"]]
    if found.get("type") == "integer" and isinstance(found.get("enum"), list):
        found["enum"] = [int(value) for value in found["enum"]]
    return found
