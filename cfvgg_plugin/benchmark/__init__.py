"""Speed of networks, features and trackers on this machine."""
