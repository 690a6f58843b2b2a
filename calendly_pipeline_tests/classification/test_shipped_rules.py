"""The shipped rules know what an advisory firm calls its meetings."""

import pytest

from calendly_pipeline.settings import Settings
from calendly_pipeline_tests.classification.given import FIRM, classified
from calendly_pipeline_tests.conftest import Tables

NAMES = {
    "portfolio_review": [
        "Quarterly Portfolio Review",
        "Annual review",
        "Review of your portfolio",
        "Portfolio Review - Quarterly",
        "Semi-Annual Review",
        "Year-end review",
        "Q3 Review",
        "Annual Client Review",
        "Client review meeting",
        "Wealth Review",
        "Private client portfolio review",
        "Portfolio update",
        "Investment review",
        "Portfolio Review & Tax Planning",
        "PORTFOLIO REVIEW (60 MIN)",
    ],
    "discovery": [
        "Discovery Call",
        "Intro call (15 min)",
        "Introductory meeting",
        "Free consultation",
        "Initial consultation",
        "Get to know us",
        "Complimentary portfolio review",
        "Portfolio review for prospects",
        "New client consultation",
        "Is it a good fit?",
    ],
    "onboarding": [
        "Client Onboarding",
        "Kick-off with Dana",
        "Onboarding Meeting",
        "Welcome call",
        "New client meeting",
    ],
    "planning": [
        "Financial Planning Session",
        "Tax planning",
        "Annual tax review",
        "Retirement income and tax strategy",
        "Retirement planning",
        "Retirement review",
        "Estate planning",
        "Estate plan review",
        "Personal financial plan review",
        "Financial planning for doctors",
        "Social Security",
        "Plan review",
        "Insurance review",
    ],
    "check_in": [
        "Check-in Call",
        "Check in",
        "Catch-up",
        "Quick question",
        "Touch base",
        "Follow-up on your portfolio review",
        "Post-review call",
        "Portfolio review prep",
    ],
    "service": [
        "Service Request",
        "Paperwork",
        "Account opening",
        "401(k) rollover",
        "Beneficiary update",
        "Document signing",
    ],
    "internal": [
        "Investment Committee",
        "Team meeting",
        "Internal review",
        "Interview: paraplanner",
        "Compliance training",
    ],
    "personal": ["Dentist", "Personal appointment", "Doctor's appointment", "personal", "Lunch break", "Family errand"],
    "other": [
        "Retirement Roundtable",
        "One-off meeting",
        "Preview of our new site",
        "30 Minute Meeting",
        "Client appreciation dinner",
        "Family meeting",
        "Lunch and learn",
        "",
    ],
}


@pytest.mark.parametrize(("meeting_type", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_usual_event_types(tables: Tables, meeting_type: str, name: str) -> None:
    """A firm's usual event types land where they belong, and only portfolio reviews are portfolio reviews."""
    row = classified(tables, Settings.model_validate({"firm": FIRM}), event_type_name=name)
    assert (row["meeting_type"], row["is_portfolio_review"]) == (meeting_type, meeting_type == "portfolio_review")
    assert name in row["reason"]
