"""Files are replaced whole or not at all, by one run at a time, and what was replaced can come back."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from tierbook.errors import DataError, HostError
from workbooks import files, locks
from workbooks.files import elsewhere, replace_file, undo, undo_folder
from workbooks.locks import locked

ROOT = Path(__file__).parents[2]


def writes(content: bytes):
    return lambda path: path.write_bytes(content)


def left(folder: Path) -> list[str]:
    """Files of ours in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".tierbook-"))


def test_a_new_file_appears_whole_with_usual_permissions(tmp_path):
    written = replace_file(tmp_path / "a.csv", writes(b"new"))
    assert written == tmp_path / "a.csv"
    assert written.read_bytes() == b"new"
    (tmp_path / "usual").touch()
    assert written.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert left(tmp_path) == []


def test_permissions_of_a_replaced_file_stay(tmp_path):
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    target.chmod(0o640)
    replace_file(target, writes(b"new"))
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_link_keeps_pointing_to_the_replaced_file(tmp_path):
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert replace_file(tmp_path / "link.csv", writes(b"new")) == tmp_path / "real.csv"
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


@pytest.mark.parametrize("error", [DataError("no"), ValueError("no"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_target_and_no_temporary_file(tmp_path, error):
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")

    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    with pytest.raises(type(error)):
        replace_file(target, write, keep_undo=True)
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


def test_a_written_workbook_that_does_not_open_is_never_put_in_place(tmp_path):
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"old")
    with pytest.raises(HostError, match="could not be read back"):
        replace_file(target, writes(b"not a zip"))

    def verify(path: Path) -> None:
        raise DataError("wrong total")

    with pytest.raises(DataError, match="wrong total"):
        replace_file(target, writes(b"new"), verify=verify)
    assert target.read_bytes() == b"old"
    assert left(tmp_path) == []


def test_a_target_changed_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")

    def write(path: Path) -> None:
        path.write_bytes(b"new")
        target.write_bytes(b"theirs, longer")

    with pytest.raises(HostError, match="changed by another program"):
        replace_file(target, write)
    assert target.read_bytes() == b"theirs, longer"


@pytest.mark.parametrize("lock", ["~$a.xlsx", ".~lock.a.xlsx#"])
def test_an_open_workbook_gives_a_numbered_sibling_and_says_so(tmp_path, lock):
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"old")
    (tmp_path / "a (2).xlsx").write_bytes(b"earlier")
    (tmp_path / lock).touch()
    written = replace_file(target, writes(b"new"), verify=lambda path: None, keep_undo=True)
    assert written == tmp_path / "a (3).xlsx"
    assert written.read_bytes() == b"new"
    assert (target.read_bytes(), (tmp_path / "a (2).xlsx").read_bytes()) == (b"old", b"earlier")
    note = elsewhere(target, written)
    assert note is not None
    assert "a.xlsx is open in another program, so the result is in a (3).xlsx" in note.text()
    assert note.text("zh") != note.text()
    assert elsewhere(target, target) is None
    assert undo(target) == (written, "removed")
    assert not written.exists()


def test_leftovers_of_killed_runs_are_cleaned_for_this_target_only(tmp_path):
    target, other = tmp_path / "a.csv", tmp_path / "b.csv"
    ours, theirs = files._temporary(target), files._temporary(other)
    (tmp_path / ".tierbook-notes").touch()
    replace_file(target, writes(b"new"))
    assert not ours.exists()
    assert theirs.exists()
    assert (tmp_path / ".tierbook-notes").exists()


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path):
    target = tmp_path / ("客" * 83 + ".csv")
    assert replace_file(target, writes(b"new"), keep_undo=True).read_bytes() == b"new"
    assert undo(target) == (target, "removed")


def test_undo_brings_back_every_kept_version_byte_for_byte(tmp_path):
    target = tmp_path / "a.bin"
    versions = [os.urandom(1000) for _ in range(4)]
    for version in versions:
        replace_file(target, writes(version), keep_undo=True)
    for version in versions[-2::-1]:
        assert undo(target) == (target, "restored")
        assert target.read_bytes() == version
    assert undo(target) == (target, "removed")
    assert not target.exists()
    with pytest.raises(HostError, match="nothing to undo"):
        undo(target)
    assert not undo_folder(target).parent.exists(), "an empty undo folder is litter"


def test_only_the_last_writes_are_kept(tmp_path):
    target = tmp_path / "a.bin"
    for number in range(files.KEPT + 3):
        replace_file(target, writes(bytes([number])), keep_undo=True)
    assert len(list(undo_folder(target).glob("*.kept"))) == files.KEPT


def test_undo_never_loses_a_change_made_since(tmp_path):
    target = tmp_path / "a.bin"
    replace_file(target, writes(b"one"))
    replace_file(target, writes(b"two"), keep_undo=True)
    target.write_bytes(b"edited")
    with pytest.raises(HostError, match="changed after Tierbook wrote it"):
        undo(target)
    assert target.read_bytes() == b"edited"


def test_a_write_that_was_killed_before_its_last_step_is_no_step_to_undo(tmp_path, monkeypatch):
    target = tmp_path / "a.bin"
    replace_file(target, writes(b"one"))
    replace_file(target, writes(b"two"), keep_undo=True)
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", killed_at(".tierbook-", os.replace))
        with pytest.raises(KeyboardInterrupt):
            replace_file(target, writes(b"three"), keep_undo=True)
    assert target.read_bytes() == b"two"
    assert undo(target) == (target, "restored")
    assert target.read_bytes() == b"one"


def killed_at(prefix, replace):
    def stop(source, target):
        if Path(source).name.startswith(prefix):
            raise KeyboardInterrupt
        replace(source, target)

    return stop


def test_runs_on_the_same_file_queue(tmp_path):
    target = tmp_path / "a.csv"
    inside, most = [], []

    def write(path: Path) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.03)
        path.write_bytes(b"x" * len(most))
        inside.pop()

    threads = [threading.Thread(target=replace_file, args=(target, write)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
    assert target.read_bytes() == b"x" * 8
    assert left(tmp_path) == []


def test_waiting_for_another_run_ends_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "LOCK_WAIT", 0.1)
    with locked(tmp_path / "a.csv"), pytest.raises(HostError, match="Another Tierbook run"):
        replace_file(tmp_path / "a.csv", writes(b"new"))


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EFBIG, "larger than this system lets a file be"),
        (errno.EACCES, "may not be written to"),
        (errno.EROFS, "may not be written to"),
        (errno.EIO, "was not written: "),
    ],
)
def test_what_the_system_refuses_is_said_in_words(tmp_path, number, words):
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")

    class Wrapped(Exception):
        """As XlsxWriter wraps the system's errors."""

    for error in (OSError(number, os.strerror(number)), Wrapped(OSError(number, os.strerror(number)))):

        def write(path: Path, error: Exception = error) -> None:
            raise error

        with pytest.raises(HostError, match=words) as refusal:
            replace_file(target, write)
        assert refusal.value.text("zh") != refusal.value.text()
    assert target.read_bytes() == b"old"
    assert left(tmp_path) == []


def test_missing_folders_folders_and_read_only_files_are_refused_in_words(tmp_path):
    with pytest.raises(HostError, match="There is no folder"):
        replace_file(tmp_path / "none" / "a.csv", writes(b"new"))
    with pytest.raises(HostError, match="is a folder"):
        replace_file(tmp_path, writes(b"new"))
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    target.chmod(0o444)
    with pytest.raises(HostError, match="read-only"):
        replace_file(target, writes(b"new"))
    assert target.read_bytes() == b"old"


def test_a_file_size_limit_leaves_everything_as_it_was(tmp_path):
    resource = pytest.importorskip("resource", reason="limits of this kind are a POSIX matter")
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, old[1]))
    try:
        with pytest.raises(HostError, match="larger than this system lets"):
            replace_file(target, writes(b"x" * 20_000), keep_undo=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("a disk of its own can only be mounted by the superuser")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk")
def test_a_full_disk_leaves_everything_as_it_was(small_disk):
    target = small_disk / "a.csv"
    target.write_bytes(b"old" * 30_000)
    for content, keep_undo in ((b"x" * 300_000, False), (b"x" * 70_000, True)):
        with pytest.raises(HostError, match="disk is full"):
            replace_file(target, writes(content), keep_undo=keep_undo)
        assert target.read_bytes() == b"old" * 30_000
        assert not left(small_disk)
        assert not list(small_disk.glob("**/*.kept"))
    replace_file(target, writes(b"x" * 70_000))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to act as another user")
def test_a_folder_of_somebody_else_is_refused_and_unchanged(tmp_path):
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from workbooks.files import replace_file
from tierbook.errors import HostError
os.setuid(65534)
try:
    replace_file({str(target)!r}, lambda path: path.write_bytes(b"new"), keep_undo=True)
except HostError as error:
    print(error.message)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("The folder {folder} may not be written to")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


KILLED = """
import sys, zipfile
sys.path.insert(0, sys.argv[2])
from workbooks.files import replace_file
number = 0
def write(path):
    with zipfile.ZipFile(path, "w") as archive:
        for part in range(20):
            archive.writestr(f"{part}.txt", str(number) * 20_000)
print("ready", flush=True)
while True:
    number += 1
    replace_file(sys.argv[1], write, keep_undo=True)
"""


@pytest.mark.parametrize("seed", range(6))
def test_a_run_killed_at_any_moment_tears_nothing(tmp_path, seed):
    target = tmp_path / "a.xlsx"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("0.txt", "old")
    run = subprocess.Popen([sys.executable, "-c", KILLED, str(target), str(ROOT)], stdout=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 0.2))
    run.kill()
    run.wait()
    run.stdout.close()
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert len({archive.read(name)[:1] for name in archive.namelist()}) == 1
    replace_file(target, lambda path: zipfile.ZipFile(path, "w").close())
    assert left(tmp_path) == []
