"""Files that come in packages of the package index, checked by their sums."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash


class Package(Settings):
    """A wheel on the package index."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """Name on the index."""
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+!-]*$")]
    """The version."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the wheel."""


def fetch(package: Package, folder: Path) -> Path:
    """Download the wheel of a package, without what it depends on; nothing of it is installed or run.

    Args:
        package: which wheel.
        folder: where the wheel goes.

    Returns:
        Path of the wheel.

    Raises:
        UserError: pip finds no such wheel, or its sum is another one.
    """
    requirement = f"{package.name}=={package.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    before = set(folder.glob("*.whl"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(set(folder.glob("*.whl")) - before)
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise UserError(f"pip cannot download the package {requirement}: {' '.join(lines[-2:]) or 'it gave no wheel'}")
    check_sum(wheels[0], package.sha256, f"the wheel of {requirement}")
    return wheels[0]


def check_sum(file: Path, expected: str, what: str) -> None:
    """Compare a file's SHA-256 with the expected one.

    Raises:
        UserError: they differ.
    """
    found = file_hash(file)
    if found != expected:
        raise UserError(
            f"{what} has the SHA-256 {found}, the configuration's key 'sha256' says {expected}: correct the key if you "
            "trust the file"
        )


def join(wheels: list[Path], members: list[str], target: Path) -> None:
    """Write files from inside wheels to one file, one after the other.

    Args:
        wheels: where each file is looked for.
        members: paths inside the wheels; each is in exactly one of them.
        target: is written.

    Raises:
        UserError: no wheel, or more than one, has a member.
    """
    with open(target, "wb") as output:
        for member in members:
            holders = [wheel for wheel in wheels if member in zipfile.ZipFile(wheel).namelist()]
            if len(holders) != 1:
                names = ", ".join(wheel.name for wheel in holders or wheels)
                found = "in more than one of" if holders else "in none of"
                raise UserError(f"the file {member!r} is {found} {names}: correct the configuration's key 'files'")
            with zipfile.ZipFile(holders[0]).open(member) as source:
                while block := source.read(1 << 20):
                    output.write(block)
