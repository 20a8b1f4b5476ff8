"""The folder of what was computed before: bounded, shared, damaged, full."""

import errno
import os
import time
from pathlib import Path

import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.cache import IDLE, Cache, default_folder, open_cache


def test_what_is_stored_comes_back_in_another_process_too(tmp_path):
    cache = Cache(tmp_path, 10**6)
    assert cache.get("g", "a") is None
    cache.put("g", "a", b"content")
    cache.put("g", "empty", b"")
    assert Cache(tmp_path, 10**6).get("g", "a") == b"content" and cache.get("g", "empty") == b""
    assert not list(tmp_path.rglob("*partial*"))


@pytest.mark.parametrize("damage", [lambda c: c[:-2], lambda c: b"", lambda c: b"x" + c[1:]])
def test_damaged_entries_are_made_again(tmp_path, damage):
    cache = Cache(tmp_path, 10**6)
    cache.put("g", "a", b"content")
    file = tmp_path / "g" / "a"
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get("g", "a") is None
    cache.put("g", "a", b"content")
    assert cache.get("g", "a") == b"content"


def test_limit_holds_and_what_is_there_stays(tmp_path):
    cache = Cache(tmp_path, 10_000)
    for number in range(30):
        cache.put("g", str(number), bytes(1000))
    assert "full (1e-05 GB)" in cache.refused and "--cache-size" in cache.refused
    assert sum(f.stat().st_size for f in (tmp_path / "g").iterdir()) <= 10_000
    assert cache.get("g", "0") == bytes(1000) and cache.get("g", "29") is None


def test_groups_that_nobody_uses_make_room_and_those_in_use_do_not(tmp_path):
    for group, age in (("old", 3 * IDLE), ("older", 4 * IDLE), ("in use", 0.0)):
        Cache(tmp_path, 10**6).put(group, "a", bytes(3000))
        os.utime(tmp_path / group / "used", (time.time() - age,) * 2)
    cache = Cache(tmp_path, 10_000)
    cache.put("new", "a", bytes(3000))
    assert not cache.refused and sorted(p.name for p in tmp_path.iterdir()) == ["in use", "new", "old"]
    cache.put("new", "b", bytes(3000))
    cache.put("new", "c", bytes(3000))
    assert cache.refused and cache.get("in use", "a") and cache.get("new", "b")


def test_remains_of_killed_processes_are_swept(tmp_path):
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / ".a.999999999.partial").write_bytes(bytes(9000))
    cache = Cache(tmp_path, 10_000)
    cache.put("g", "a", bytes(5000))
    assert not cache.refused and not list(tmp_path.rglob("*partial*"))


def test_full_disk_is_told_in_one_line_and_costs_nothing_else(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = Cache(tmp_path, 10**6)
    cache.put("g", "a", b"content")
    monkeypatch.setattr(Path, "write_bytes", full)
    cache.put("g", "b", b"more")
    assert cache.refused.count("\n") == 0 and "No space left on device" in cache.refused
    assert cache.get("g", "a") == b"content" and cache.get("g", "b") is None


def test_folder_is_chosen_by_option_variable_or_platform(tmp_path, monkeypatch):
    monkeypatch.setenv("CFVGG_CACHE", str(tmp_path / "variable"))
    assert default_folder() == tmp_path / "variable"
    assert open_cache(tmp_path / "option", 2.0).limit == 2 * 10**9 and (tmp_path / "option").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot make this folder"):
        open_cache(tmp_path / "file" / "cache", 1.0)
