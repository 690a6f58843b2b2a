"""The invented firm itself: advisers, the assistant, and what can be booked."""

from calendly_pipeline.sample.world import EventType, Host

INTERNAL_DOMAIN = "juniperlane.example"
IMOGEN = Host("imogen", "Imogen Thistlewood", f"imogen@{INTERNAL_DOMAIN}", f"imogen@{INTERNAL_DOMAIN}", "imogen")
WALE = Host("wale", "Wale Ambercroft", f"wale@{INTERNAL_DOMAIN}", "w.ambercroft@juniper-lane.example", "wale-a")
TOMASZ = Host("tomasz", "Tomasz Fennimore", f"tomasz@{INTERNAL_DOMAIN}", f"tomasz@{INTERNAL_DOMAIN}", "tomasz")
HOSTS = (IMOGEN, WALE, TOMASZ)
ASSISTANT = ("Priya Larkmoor", f"priya@{INTERNAL_DOMAIN}")

_TOPIC = "What would you like to talk about?"
_SOURCE = "How did you hear about us?"
_CHANGES = "Has anything changed since we last met (work, family, health)?"
_PREPARE = "Please share anything that will help prepare for our meeting."

DISCOVERY = EventType(
    "discovery", "Discovery Call", "Discovery call (30 min)", 4101, 30, "discovery", (_TOPIC, _SOURCE)
)
ONBOARDING = EventType("onboarding", "Onboarding Meeting", "Client onboarding", 4102, 60, "onboarding", (_PREPARE,))
QUARTERLY = EventType(
    "quarterly", "Quarterly Portfolio Review", "Portfolio Review - Quarterly", 4103, 45, "portfolio_review", (_CHANGES,)
)
ANNUAL = EventType(
    "annual", "Annual Portfolio Review", "Portfolio Review - Annual", 4104, 60, "portfolio_review", (_CHANGES, _TOPIC)
)
PLANNING = EventType(
    "planning", "Financial Planning Session", "Financial planning session", 4105, 60, "planning", (_PREPARE,)
)
CHECK_IN = EventType("check_in", "Check-in Call", "Check in", 4106, 30, "check_in", (_TOPIC,))
SERVICE = EventType("service", "Service Request", "Service request", 4107, 30, "service", (_TOPIC,))
COMMITTEE = EventType("committee", "Investment Committee", "Investment committee", 4108, 60, "internal")
ONE_OFF = EventType("one_off", "One-off meeting", "One-off meeting", 4109, 30, "other")
ROUNDTABLE = EventType("roundtable", "Retirement Roundtable", "Retirement round table", 4110, 60, "other")

CLIENT_TYPES = (
    (QUARTERLY, 28.0), (CHECK_IN, 24.0), (PLANNING, 17.0), (SERVICE, 15.0), (ANNUAL, 12.0), (ONBOARDING, 4.0),
)  # fmt: skip
"""What clients book on their own, by weight."""
