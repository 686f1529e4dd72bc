"""From a vendor's document to a form: pure functions over JSON Schema, no I/O, no vendor."""
