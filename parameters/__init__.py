"""Settings, one folder a tracker, one file a setting; every file has `parameters()`, as pytracking looks it up."""
