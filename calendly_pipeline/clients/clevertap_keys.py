"""Keys of a CleverTap profile that say which messages somebody agreed to. They are never written.

`MSG-email`, `MSG-sms` and the like are switches on the profile (docs.clevertap.com, platform considerations); the two
category keys subscribe and unsubscribe (rudder-transformer).
"""

CONSENT_PREFIX = "msg-"
CONSENT_KEYS = frozenset(
    (
        "msg-email",
        "msg-sms",
        "msg-push",
        "msg-whatsapp",
        "msg-dndphone",
        "msg-dndemail",
        "category-unsubscribe",
        "category-resubscribe",
    )
)
"""In lower case. Any other key that begins with `MSG-` counts too."""


def is_consent(key: str) -> bool:
    """Whether a key of a profile says which messages somebody agreed to."""
    plain = key.strip().casefold()
    return plain.startswith(CONSENT_PREFIX) or plain in CONSENT_KEYS
