import importlib


class EnvSettings: ...


def env_settings():
    return importlib.import_module("pytracking.evaluation.local").local_env_settings()
