"""MP4 and MOV files read and written by their index, in plain Python; nothing here decodes."""
