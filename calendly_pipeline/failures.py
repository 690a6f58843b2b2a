"""The error tree. Every error says whether trying again can help.

PipelineError
├── InputError              what a person brought cannot be used as it is; exit code 2
│   ├── SettingsError       pipeline.toml or the environment
│   └── UnreadableFile      one dropped file
├── StoreError              one of our own stores
│   ├── WarehouseBusy       another process holds the warehouse; retry helps
│   ├── PullBusy            another pull of the account is running; retry helps
│   ├── SendBusy            another send to the destination is running; retry helps
│   ├── StateError          the state store cannot be read or written
│   ├── WarehouseDamaged    the warehouse file is no warehouse any more; it is built again from landing
│   ├── BackupDamaged       a backup is not what its manifest says; nothing was restored
│   ├── DiskFull            the disk is full; what was there before is as it was
│   └── DiskReadOnly        the disk or the folder cannot be written
├── GrainViolated           a model's rows repeat their key; the last good table stays
├── ApiError                a vendor's API; names vendor, request and the vendor's words
│   ├── Rejected            this request will never pass as it is (4xx)
│   │   ├── Unauthenticated     401: the token is wrong, expired or revoked
│   │   ├── PermissionDenied    403: the token's user may not see this
│   │   │   ├── ScopeMissing        the token lacks scopes, named
│   │   │   └── PlanTooLow          the vendor's plan does not include it
│   │   ├── NotFound            404
│   │   └── AlreadyExists       409
│   │       └── IdentifierTaken     another contact has the same address or phone
│   ├── Unavailable         another attempt can help: 5xx, 408, network, an answer that is no JSON
│   │   ├── RateLimited         429
│   │   │   └── DailyLimitReached   no request more today; a later run goes on
│   │   └── Unreachable         no connection came about, so nothing can have arrived
│   ├── PagingStuck         the vendor's pages do not advance
│   ├── ListingShrank       far fewer records than before; nothing is marked as gone
│   └── DeadlineReached     the run's time is over; the next run goes on where this one stopped
├── SendRefused             nothing was sent, for the reason given; exit code 3
│   ├── MappingError            a mapped field is missing at the destination, or of the wrong kind
│   └── ConsentRefused          a payload would have changed what somebody consented to
└── ChecksFailed            a blocking data check did not pass; exit code 1
"""


class PipelineError(Exception):
    """Base of every error this project raises on purpose."""

    retry_helps = False
    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class InputError(PipelineError):
    """Something a person brought cannot be used as it is."""

    exit_code = 2


class SettingsError(InputError):
    """A setting is missing, misspelt or of the wrong kind; the message names the key."""


class UnreadableFile(InputError):
    """A dropped file that cannot be read at all."""

    def __init__(self, path_name: str, reason: str, remedy: str) -> None:
        super().__init__(f"{path_name}: {reason}.", remedy)
        self.path_name = path_name
        self.reason = reason


class StoreError(PipelineError):
    """One of the project's own stores refused."""


class WarehouseBusy(StoreError):
    """Another process holds the warehouse file."""

    retry_helps = True


class PullBusy(StoreError):
    """Another pull of the same account is running."""

    retry_helps = True


class SendBusy(StoreError):
    """Another send to the same destination is running."""

    retry_helps = True


class StateError(StoreError):
    """The state store cannot be opened, or is of another version."""


class WarehouseDamaged(StoreError):
    """The warehouse file cannot be read, or is of another version; everything in it can be built again."""


class BackupDamaged(StoreError):
    """A content or a manifest of a backup is missing or altered."""


class DiskFull(StoreError):
    """No space, or no right to more of it, is left."""


class DiskReadOnly(StoreError):
    """The pipeline's user may not write where it must."""


class GrainViolated(PipelineError):
    """A model gave two rows of one key, or a row without one; nothing was replaced."""


class ChecksFailed(PipelineError):
    """A blocking data check did not pass, so what follows it was not rebuilt."""


class SendRefused(PipelineError):
    """A send did not begin, or stopped, because it might have done harm; nothing more was sent."""

    exit_code = 3


class MappingError(SendRefused):
    """What is mapped does not fit the destination's fields; every mistake is named with its remedy."""


class ConsentRefused(SendRefused):
    """A payload holds a key that says what somebody consented to; such keys are never written."""


class ApiError(PipelineError):
    """A vendor's API did not do what was asked. `request` never holds a secret."""

    def __init__(self, vendor: str, request: str, message: str, remedy: str = "", status: int | None = None) -> None:
        super().__init__(f"{vendor} {request}: {message.rstrip('.')}.", remedy)
        self.vendor = vendor
        self.request = request
        self.status = status


class Rejected(ApiError):
    """The vendor refused, and will refuse the same request again."""


class Unauthenticated(Rejected):
    """401: the token is wrong, expired or revoked."""


class PermissionDenied(Rejected):
    """403: the token's user may not do or see this."""


class ScopeMissing(PermissionDenied):
    """403: the token lacks the scopes in `scopes`."""

    def __init__(self, vendor: str, request: str, message: str, scopes: tuple[str, ...]) -> None:
        named = ", ".join(scopes) or "unnamed scopes"
        super().__init__(vendor, request, message, f"Make a new token with: {named}.", 403)
        self.scopes = scopes


class PlanTooLow(PermissionDenied):
    """403: the vendor's plan does not include it."""


class NotFound(Rejected):
    """404: it is not there, or not for this token."""


class AlreadyExists(Rejected):
    """409: it is there already."""


class IdentifierTaken(AlreadyExists):
    """Another record has one of the `identifiers` already, such as the phone; lower case."""

    def __init__(self, vendor: str, request: str, message: str, identifiers: frozenset[str], status: int) -> None:
        remedy = "Two records share it; merge them at the vendor, or leave the field out."
        super().__init__(vendor, request, message, remedy, status)
        self.identifiers = identifiers


class Unavailable(ApiError):
    """Nobody's fault here: the network, the vendor's servers, or an answer cut short."""

    retry_helps = True
    may_have_arrived = True
    """Whether the vendor may have done what was asked all the same."""


class Unreachable(Unavailable):
    """No connection came about: the request never left."""

    may_have_arrived = False


class RateLimited(Unavailable):
    """429: too many requests. `is_window_known`: the vendor said when its window ends, so the rate budget waits."""

    may_have_arrived = False

    def __init__(self, vendor: str, request: str, is_window_known: bool) -> None:
        super().__init__(vendor, request, "too many requests", "Try again in a minute.", 429)
        self.is_window_known = is_window_known


class DailyLimitReached(RateLimited):
    """The vendor's requests of a day are used up; another attempt helps hours later, not in this run."""

    def __init__(self, vendor: str, request: str, message: str, status: int | None = None) -> None:
        remedy = "Nothing more is asked in this run; a later one goes on."
        Unavailable.__init__(self, vendor, request, message, remedy, status)
        self.is_window_known = False


class PagingStuck(ApiError):
    """A page leads back to one that was already read."""


class ListingShrank(ApiError):
    """A listing lacks far more records than can have vanished."""


class DeadlineReached(ApiError):
    """The time given to a run is over; what was landed counts, and the next run goes on."""

    retry_helps = True
