"""What the machine underneath needs of us: whole files, threads, memory, clocks, clean logs."""
