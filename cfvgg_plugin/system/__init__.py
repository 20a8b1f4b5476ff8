"""What the machine, its files, threads and signals ask of every part."""
