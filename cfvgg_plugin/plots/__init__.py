"""Pictures of results: curves, attributes, speed, frames with boxes. Every function returns a matplotlib Figure.

Importing this package without matplotlib raises InputError that names the extra `report`.
"""

from cfvgg_plugin.system.extras import import_extra

import_extra("matplotlib", "report", "plots need")
