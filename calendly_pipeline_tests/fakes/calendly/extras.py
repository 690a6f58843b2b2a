"""What an organization may have beside bookings: groups, routing forms, webhook subscriptions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from calendly_pipeline_tests.fakes.calendly import records
from calendly_pipeline_tests.fakes.calendly.catalogue import Catalogue
from calendly_pipeline_tests.fakes.calendly.records import Record, stamp, uri


class Extras(Catalogue):
    """The tables of groups, routing forms with their submissions, and webhook subscriptions; keys are URIs."""

    def __init__(self, seed: int = 1, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.groups: dict[str, Record] = {}
        self.members_of: dict[str, list[str]] = {}  # group -> users
        self.forms: dict[str, Record] = {}
        self.submissions: dict[str, Record] = {}
        self.webhooks: dict[str, Record] = {}
        self.signing_keys: dict[str, str] = {}  # webhook subscription -> key

    def add_group(self, name: str, users: Sequence[str], *, now: datetime | None = None) -> str:
        """A group of users (Teams plan)."""
        at = stamp(self.advance(now))
        group = uri("groups", self.new_id())
        organization = self.organization["uri"]
        self.groups[group] = {
            "uri": group, "name": name, "organization": organization, "created_at": at, "updated_at": at
        }  # fmt: skip
        self.members_of[group] = list(users)
        return group

    def add_form(self, name: str, questions: Sequence[str], *, now: datetime | None = None) -> str:
        """A published routing form (Teams plan)."""
        at = stamp(self.advance(now))
        form = uri("routing_forms", self.new_id())
        self.forms[form] = {
            "uri": form,
            "organization": self.organization["uri"],
            "name": name,
            "status": "published",
            "questions": [
                {"uuid": self.new_id(), "name": text, "type": "text", "required": False, "answer_choices": None}
                for text in questions
            ],
            "created_at": at,
            "updated_at": at,
        }
        return form

    def submit_form(
        self, form: str, answers: Sequence[str | None], *, result: Mapping[str, Any], now: datetime, submitter: str = ""
    ) -> str:
        """Somebody fills the form in; `result` is the vendor's {type, value}."""
        at = stamp(self.advance(now))
        submission = uri("routing_form_submissions", self.new_id())
        asked = self.forms[form]["questions"]
        self.submissions[submission] = {
            "uri": submission,
            "routing_form": form,
            "questions_and_answers": [
                {"question_uuid": q["uuid"], "question": q["name"], "answer": answer}
                for q, answer in zip(asked, answers, strict=True)
            ],
            "tracking": dict.fromkeys(records.TRACKING),
            "result": dict(result),
            "submitter": submitter or None,
            "submitter_type": "Invitee" if submitter else None,
            "created_at": at,
            "updated_at": at,
        }
        self.log("routing_form_submission.created", self.submissions[submission])
        return submission

    def add_webhook(
        self,
        url: str,
        events: Iterable[str],
        *,
        scope: str = "organization",
        user: str | None = None,
        group: str | None = None,
        creator: str | None = None,
        signing_key: str | None = None,
        now: datetime | None = None,
    ) -> str:
        """A subscription; `ValueError` when the URL is taken."""
        if any(hook["callback_url"] == url for hook in self.webhooks.values()):
            raise ValueError("Hook with this url already exists")
        at = stamp(self.advance(now))
        hook = uri("webhook_subscriptions", self.new_id())
        self.webhooks[hook] = {
            "uri": hook,
            "callback_url": url,
            "created_at": at,
            "updated_at": at,
            "retry_started_at": None,
            "state": "active",
            "events": list(events),
            "scope": scope,
            "organization": self.organization["uri"],
            "user": user,
            "group": group,
            "creator": creator or self.owner,
        }
        if signing_key is not None:
            self.signing_keys[hook] = signing_key
        return hook

    def set_webhook_state(self, webhook: str, state: str, *, now: datetime) -> None:
        """active or disabled, as after 24 hours without a success."""
        at = stamp(self.advance(now))
        retrying = at if state == "disabled" else None
        self.webhooks[webhook].update(state=state, updated_at=at, retry_started_at=retrying)
