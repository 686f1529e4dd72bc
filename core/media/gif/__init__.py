"""GIFs of clips: decoded small, calmed, reduced to 255 colours, written frame over frame."""
