"""A TraX session with our server, as a program of its own: libtrax's client aborts a process that closes it badly.

Reads a list of steps from stdin as JSON, ["initialize", FRAME, REGION], ["frame", FRAME] or ["quit"]; prints the
server's answers, what the client raised, and how the server ended.
"""

import json
import os
import subprocess
import sys
from typing import Any

import trax
import trax.client


def take(client: Any, kind: str, path: str, region: list[float] | None = None) -> dict[str, Any]:
    images = {"color": trax.FileImage.create(path)}
    if kind == "frame":
        answers, _ = client.frame(images, {}, [])
    else:
        corners = list(zip(region[::2], region[1::2], strict=True))
        target = trax.Rectangle.create(*region) if len(region) == 4 else trax.Polygon.create(corners)
        answers, _ = client.initialize(images, [(target, {})], {})
    [(box, properties)] = answers
    return {"box": list(box.bounds()), "confidence": float(properties["confidence"])}


def main() -> None:
    command = [sys.executable, "-m", "cfvgg_plugin.integration.vot", *sys.argv[1:]]
    pipe = subprocess.PIPE
    server = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
    client = trax.client.Client(stream=(server.stdin.fileno(), server.stdout.fileno()), log=lambda _: None)
    said = {"name": client.tracker_name, "channels": client.channels, "answers": [], "error": ""}
    try:
        for step in json.load(sys.stdin):
            if step == ["quit"]:
                client.quit()
            else:
                said["answers"].append(take(client, *step))
    except trax.TraxException as error:
        said["error"] = str(error)
    server.stdin.close()
    said["status"], said["stderr"] = server.wait(20), server.stderr.read().decode()
    print(json.dumps(said), flush=True)  # noqa: T201
    os._exit(0)


if __name__ == "__main__":
    main()
