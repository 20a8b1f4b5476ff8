"""Signals that come at bad moments; each in a process of its own."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
START = """
import os, signal
from cfvgg_plugin.system import interrupts
from cfvgg_plugin.cli import run_command
import click

def send():
    os.kill(os.getpid(), signal.SIGTERM)

class Finaliser:
    def __del__(self):
        send()
"""


def run(program: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", START + program], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_an_exception_that_python_loses_is_remembered():
    program = "interrupts.interruptible()\ninterrupts.check()\nFinaliser()\nprint('lost')\ninterrupts.check()"
    status, out = run(program)
    assert out == "lost\n" and status != 0


def test_what_a_library_makes_of_an_interruption_ends_with_130():
    program = """
@click.command()
def command():
    interrupts.interruptible()
    try:
        send()
    except KeyboardInterrupt:
        raise RuntimeError("no compiled object yet")
run_command(command, "x")
"""
    assert run(program) == (130, "")


def test_signals_are_held_until_a_step_is_done_and_the_second_is_not():
    program = """
with interrupts.held() as let_through:
    try:
        send()
        print("step")
        let_through()
    except KeyboardInterrupt:
        print("between")
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
try:
    with interrupts.held() as let_through:
        send()
        send()
        print("never")
except KeyboardInterrupt:
    print("at once")
"""
    assert run(program) == (0, "step\nbetween\nTrue\nat once\n")


def test_what_is_ignored_stays_ignored():
    program = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
interrupts.interruptible()
with interrupts.held():
    print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)
"""
    assert run(program) == (0, "True\n")


def test_sigterm_leaves_no_half_of_a_file_or_folder(tmp_path):
    program = f"""
from pathlib import Path
from cfvgg_plugin.system.files import replacing, replacing_folder
root = Path({str(tmp_path)!r})

@click.command()
def command():
    with replacing_folder(root / "ws") as folder, replacing(root / "report.html") as file:
        (folder / "x").write_text("1")
        file.write_text("1")
        send()
run_command(command, "x")
"""
    assert run(program) == (130, "")
    assert not list(tmp_path.iterdir())


def test_a_signal_while_modules_are_imported_ends_the_process_at_once():
    program = """
def find():
    try:
        send()
    except BaseException:
        print("an exception in the middle of C++ code", flush=True)
    return click.Command("x", callback=lambda: print("went on"))
run_command(find, "x")
"""
    assert run(program) == (130, "")
    program = """
with interrupts.importing():
    pass
try:
    interrupts.interruptible()
    send()
except KeyboardInterrupt:
    print("as before")
"""
    assert run(program)[1] == "as before\n"
