"""pytracking: our trackers as its trackers, and CF-VGG as a feature of its own ECO.

`install` writes thin files into a checkout; what they import from here needs pytracking, which runs them.
pytracking is GPL-3.0: it is called, nothing of it is copied.
"""
