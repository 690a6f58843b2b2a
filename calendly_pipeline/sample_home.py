"""The sample firm in a home of its own, so that nothing of it ever mixes with a firm's data."""

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from calendly_pipeline.home import REPOSITORY, SAMPLE_MARK, Home

SAMPLE = REPOSITORY / "data" / "sample"
SAMPLE_AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
"""The sample's files end here, so its clock stands here unless another is asked for."""

_DIGEST = ".sample-digest"


def prepare_sample(home: Home) -> Home:
    """Copy the sample into `data/sample_home` of a home, with the modification times of its files; safe to repeat."""
    sample = Home(home.data / "sample_home")
    digest = _digest(SAMPLE)
    mark = sample.root / _DIGEST
    if not mark.exists() or mark.read_text(encoding="utf-8") != digest:
        shutil.rmtree(sample.root, ignore_errors=True)
        shutil.copytree(SAMPLE, sample.root)
        for name, moment in json.loads((SAMPLE / SAMPLE_MARK).read_text(encoding="utf-8")).items():
            stamp = datetime.fromisoformat(moment).timestamp()
            os.utime(sample.root / name, (stamp, stamp))
        mark.write_text(digest, encoding="utf-8")
    return sample


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
