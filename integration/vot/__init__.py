"""The VOT toolkit: a TraX server for our trackers, workspaces, their known traps, and the figures of an analysis.

The toolkit itself (`vot evaluate`, `vot analysis`, `vot report`) runs unmodified; nothing of it is copied here.
"""
