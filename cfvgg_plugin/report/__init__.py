"""Results as one HTML page that needs nothing else: tables, plots, and a player for every sequence.

Importing this package without jinja2 or matplotlib raises InputError that names the extra `report`.
"""

from cfvgg_plugin.system.extras import import_extra

for module in ("jinja2", "matplotlib"):
    import_extra(module, "report", "reports need")
