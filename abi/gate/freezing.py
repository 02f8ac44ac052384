"""freezing.py - keeps the ABI of a release for ever."""

import shutil

from . import contract, header
from .contract import Contract

PRERELEASE = """\
This ABI is not out yet: abi/freeze may redo it. abi/freeze --release removes
this file, and from then on the folder stays as it is.
"""


class FreezeError(Exception):
    """It cannot be frozen as it is."""


def freeze(files: Contract, is_release: bool) -> str:
    """Freezes the ABI as it is; answers the folder's name."""
    interface = contract.read(files)
    text = header.text_of(interface)
    if not files.lock.exists() or files.lock.read_text() != text:
        raise FreezeError("lock.json is not what ptg.h says: first abi/lock")
    folder = files.folder / "frozen" / interface["abi"]
    marker = folder / "PRERELEASE"
    if folder.exists() and not marker.exists():
        raise FreezeError(f"{interface['abi']} is released and stays as it is")
    (folder / "ptg").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(files.header, folder / "ptg/ptg.h")
    (folder / "lock.json").write_text(text)
    if is_release:
        marker.unlink(missing_ok=True)
    else:
        marker.write_text(PRERELEASE)
    return folder.name
