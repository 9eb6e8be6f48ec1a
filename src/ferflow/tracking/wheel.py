"""The package's own code as a wheel, which a model in MLflow brings along.

To require ferflow by its name would install whatever an index has under that name. A wheel holds the very
code, with changes that are in no commit. It is a file to install, and shadows no installed package, as a
folder in MLflow's ``code_paths`` would.
"""

import base64
import hashlib
import importlib.metadata
import zipfile
from pathlib import Path

from ferflow import __version__

_LEFT_OUT = (".pyc", ".onnx", ".safetensors")  # the networks in the package are larger than all else
_PACKAGE = Path(__file__).parents[1]
_ABOUT = f"ferflow-{__version__}.dist-info"


def make_wheel(folder: Path) -> Path:
    """Write the wheel, the same bytes from the same code.

    Parameters
    ----------
    folder : Path
        To write into.

    Returns
    -------
    Path
    """
    wheel = folder / f"ferflow-{__version__}-py3-none-any.whl"
    files = {
        path.relative_to(_PACKAGE.parent).as_posix(): path.read_bytes()
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and path.suffix not in _LEFT_OUT
    }
    files[f"{_ABOUT}/METADATA"] = _metadata().encode()
    files[f"{_ABOUT}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: ferflow\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items()]
    files[f"{_ABOUT}/RECORD"] = "".join([*record, f"{_ABOUT}/RECORD,,\n"]).encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return wheel


def _metadata() -> str:
    """Name what the package needs, as it is installed here."""
    needs = [need for need in importlib.metadata.requires("ferflow") or [] if "extra ==" not in need]
    lines = ["Metadata-Version: 2.1", "Name: ferflow", f"Version: {__version__}"]
    return "\n".join([*lines, *(f"Requires-Dist: {need}" for need in needs)]) + "\n"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
