"""The trackers, one folder each; every folder has `get_tracker_class()`, as pytracking looks it up."""
