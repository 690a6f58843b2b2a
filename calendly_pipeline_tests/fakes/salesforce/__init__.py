"""A stateful Salesforce: describe, SOQL, sObject Collections, logins, with the refusals of the vendor's guides."""

from calendly_pipeline_tests.fakes.salesforce.server import Called, SalesforceServer
from calendly_pipeline_tests.fakes.salesforce.world import World

__all__ = ["Called", "SalesforceServer", "World"]
