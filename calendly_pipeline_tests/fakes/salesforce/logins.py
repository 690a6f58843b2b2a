"""The fake Salesforce's logins: OAuth tokens and the SOAP login."""

import json
import re
import secrets
from collections.abc import Mapping

from starlette.responses import Response

from calendly_pipeline_tests.fakes.salesforce.world import World

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SOAP_ANSWER = "<r><sessionId>{token}</sessionId><serverUrl>{base}/services/Soap/u/64.0/00D</serverUrl></r>"
SOAP_FAULT = "<r><sf:exceptionCode xmlns:sf='urn:fault'>INVALID_LOGIN</sf:exceptionCode></r>"


def token_login(world: World, form: Mapping[str, str], base: str) -> Response:
    """A token by client credentials, by user and password, or by a JWT, which is believed."""
    grant = form.get("grant_type")
    key, secret = form.get("client_id", ""), form.get("client_secret", "")
    if grant == "client_credentials" and key in world.passwords and world.passwords[key] == secret:
        return _token(world, base)
    if grant == JWT and form.get("assertion", "").count(".") == 2:
        return _token(world, base)
    said = {"error": "invalid_grant", "error_description": "authentication failure"}
    return Response(json.dumps(said).encode(), 400, media_type="application/json")


def soap_login(world: World, envelope: str, base: str) -> Response:
    """A session by user name and password with the token behind it."""
    said = [re.search(rf"<n1:{name}>(.*?)</n1:{name}>", envelope) for name in ("username", "password")]
    username, password = (found[1] if found else "" for found in said)
    if not password or world.passwords.get(username) != password:
        return Response(SOAP_FAULT, 500, media_type="text/xml")
    return Response(SOAP_ANSWER.format(token=new_session(world), base=base), 200, media_type="text/xml")


def new_session(world: World) -> str:
    """A token that is good from now on."""
    token = f"00D{secrets.token_hex(12)}"
    world.sessions.add(token)
    return token


def _token(world: World, base: str) -> Response:
    said = {"access_token": new_session(world), "instance_url": base, "token_type": "Bearer"}
    return Response(json.dumps(said).encode(), 200, media_type="application/json")
