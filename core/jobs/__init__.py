"""Jobs from the press of the button to the files on disk; rows, carrying, polling, keeping."""
