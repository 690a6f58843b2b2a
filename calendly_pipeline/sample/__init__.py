"""A small invented advisory firm: its files, and the ground truth about them, from one seed.

The world comes first (who booked, moved, cancelled, stayed away, and when); files and truth are both told from it, so
the truth never depends on reading the files back. What this model takes for granted stands in this folder's README.
"""

from calendly_pipeline.sample.build import build_firm
from calendly_pipeline.sample.bulk import write_bulk_home
from calendly_pipeline.sample.days import AS_OF
from calendly_pipeline.sample.findings import AttendeeTruth, Key, MeetingTruth, Place, Truth
from calendly_pipeline.sample.home import write_home
from calendly_pipeline.sample.truth import truth
from calendly_pipeline.sample.world import Firm

__all__ = [
    "AS_OF",
    "AttendeeTruth",
    "Firm",
    "Key",
    "MeetingTruth",
    "Place",
    "Truth",
    "build_firm",
    "truth",
    "write_bulk_home",
    "write_home",
]
