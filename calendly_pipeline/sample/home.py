"""Write the firm's files as a home: settings, drop folders, and when each file was last modified."""

import json
from pathlib import Path

from calendly_pipeline.sample.calcom_files import insights_text, list_text
from calendly_pipeline.sample.calendly_files import calendly_text
from calendly_pipeline.sample.contact_files import google_text, lacrm_text
from calendly_pipeline.sample.days import ZONE_NAME, iso
from calendly_pipeline.sample.files import GOOGLE_FILE, LACRM_FILE, modified_at
from calendly_pipeline.sample.staff import HOSTS, INTERNAL_DOMAIN
from calendly_pipeline.sample.text_files import write_bytes, write_text
from calendly_pipeline.sample.world import Export, Firm

_NOT_A_TABLE = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def write_home(firm: Firm, out_dir: Path | str) -> None:
    """Write every file of the firm below `out_dir`."""
    root = Path(out_dir)
    for export in firm.exports:
        write_text(root / export.path, _text(firm, export))
    for path in firm.unreadable:
        write_bytes(root / path, _NOT_A_TABLE)
    write_text(root / LACRM_FILE, lacrm_text(firm))
    write_text(root / GOOGLE_FILE, google_text(firm))
    write_text(root / "pipeline.toml", settings_text())
    times = {path: iso(at) for path, at in modified_at().items()}
    write_text(root / "files.json", json.dumps(times, indent=2) + "\n")


def settings_text() -> str:
    """The firm's pipeline.toml."""
    aliases = "\n".join(f'"{h.calcom_email}" = "{h.email}"' for h in HOSTS if h.calcom_email != h.email)
    return f"""# Settings of the sample: Juniper Lane Advisory, an invented firm.

[firm]
time_zone = "{ZONE_NAME}"
internal_domains = ["{INTERNAL_DOMAIN}"]

[[calendly.accounts]]
name = "default"
csv_time_zone = "{ZONE_NAME}"

[[calcom.accounts]]
name = "default"
csv_time_zone = "{ZONE_NAME}"

[hosts.aliases]
# In Cal.com, Wale signs in under another address.
{aliases}

[metrics]
# Exports carry no links between the two ends of a move, so every move here is an inferred one.
trust_inferred_moves = true
"""


def _text(firm: Firm, export: Export) -> str:
    if export.kind == "calendly":
        return calendly_text(firm, export)
    return insights_text(firm, export) if export.kind == "insights" else list_text(firm, export)
