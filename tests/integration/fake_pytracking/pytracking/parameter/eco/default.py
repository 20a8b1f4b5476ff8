def parameters():
    raise RuntimeError("a file of the host, which stays as it is")
