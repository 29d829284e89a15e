"""Get the bot's tokens from Microsoft Entra ID with MSAL. Blocking: call it in a thread."""

import functools
import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import msal
import requests
from msal.exceptions import MsalError

from channel.outbound_tokens import CredentialRefused, FetchedToken, TokenUnavailable

#: The settings to check for each error code of the directory; any other refusal concerns the secret.
#: Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_SETTINGS_BY_CODE = {
    "AADSTS700016": "MicrosoftAppId and MicrosoftAppTenantId",  # The application is not in the tenant.
    "AADSTS900023": "MicrosoftAppTenantId",  # Not the id of a tenant.
    "AADSTS90002": "MicrosoftAppTenantId",  # No such tenant.
    "AADSTS7000112": "MicrosoftAppId",  # The application is disabled.
    "AADSTS7000215": "MicrosoftAppPassword",  # Not the secret (perhaps the secret's id).
    "AADSTS7000222": "MicrosoftAppPassword",  # The secret has expired.
}

#: No usable response: none at all, 5xx, text instead of JSON, JSON that is not an object (which makes MSAL
#: raise AttributeError or TypeError), …
_OUTAGES = (OSError, RuntimeError, MsalError, AttributeError, TypeError)

_CODE = re.compile(r"AADSTS\d+")

#: OAuth errors that concern the client; the others (`temporarily_unavailable`, …) are temporary.
_REFUSALS = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "invalid_scope"})


class SecretSource:
    """
    Tokens for an application id and its secret.

    *authority* is the login URL with the tenant. Each fetch creates an MSAL application: a shared one would
    answer from its caches of tokens and failures, and `OutboundTokens` has its own.
    """

    def __init__(
        self,
        *,
        app_id: str,
        password: str,
        authority: str,
        scope: str,
        timeout: timedelta = timedelta(seconds=5),
    ) -> None:
        self._app_id = app_id
        self._password = password
        self._authority = authority
        self._scope = scope if scope.endswith("/.default") else f"{scope}/.default"
        self._timeout = timeout  # For each request on the way.

    def fetch(self) -> FetchedToken:
        with _session(self._timeout) as session:
            try:
                application = msal.ConfidentialClientApplication(
                    self._app_id,
                    client_credential=self._password,
                    authority=self._authority,
                    http_client=session,
                )
            except _OUTAGES as error:
                raise _outage(self._authority, error) from error
            except (ValueError, KeyError) as error:  # MSAL raises these for a tenant that does not exist.
                raise CredentialRefused("MicrosoftAppTenantId", "no such authority") from error
            try:
                answer = application.acquire_token_for_client([self._scope])
            except (*_OUTAGES, ValueError) as error:
                raise _outage(self._authority, error) from error
        return _token(answer)


class ManagedIdentitySource:
    """
    Tokens for a managed identity, from the endpoint of the Azure host that the bot runs on.

    App Service and Container Apps name it in `IDENTITY_ENDPOINT`, and what proves that a request is the
    host's own in `IDENTITY_HEADER`.

    Source: https://learn.microsoft.com/azure/container-apps/managed-identity
    """

    def __init__(self, *, app_id: str, scope: str, timeout: timedelta = timedelta(seconds=5)) -> None:
        self._app_id = app_id  # The identity's client id.
        self._scope = scope
        self._timeout = timeout

    def fetch(self) -> FetchedToken:
        with _session(self._timeout) as session:
            session.trust_env = False  # The endpoint is on the host: HTTP_PROXY must not get the header.
            session.hooks["response"].append(_raise_for_outage)
            client = msal.ManagedIdentityClient(
                msal.UserAssignedManagedIdentity(client_id=self._app_id), http_client=session
            )
            try:
                answer = client.acquire_token_for_client(resource=self._scope)
            except (*_OUTAGES, ValueError) as error:
                raise _outage("the managed identity's endpoint", error) from error
        if "access_token" not in answer:
            raise CredentialRefused(
                "MicrosoftAppId (the managed identity's client id)", str(answer.get("error"))
            )
        return _token(answer)


def _session(timeout: timedelta) -> requests.Session:
    """
    Return a session with a timeout and without redirects: `requests` would send the secret to the new
    location.

    `max_redirects` also holds for the requests that MSAL makes; an argument of each request would not.
    """
    session = requests.Session()
    session.max_redirects = 0
    session.request = functools.partial(session.request, timeout=timeout.total_seconds())  # type: ignore[method-assign]
    return session


def _raise_for_outage(response: requests.Response, **_options: object) -> None:
    """Raise `requests.HTTPError` for 429 and 5xx: MSAL reads the body alone, as a refusal of the identity."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.status_code >= 500:
        raise requests.HTTPError(response=response)


def _outage(asked: str, error: Exception) -> TokenUnavailable:
    """Return the error to raise when *asked* returned no token because of *error*."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return TokenUnavailable(f"{asked} answers {error.response.status_code}")
    if isinstance(error, requests.TooManyRedirects) and error.response is not None:
        status, where = error.response.status_code, _origin(error.response.headers.get("Location", ""))
        return TokenUnavailable(f"{asked} redirects ({status}) to {where}: the bot's credentials stay here")
    return TokenUnavailable(f"no answer from {asked}")


def _origin(location: str) -> str:
    """Return scheme and host of *location* for the log; the rest may contain secrets."""
    try:
        url = urlsplit(location)
        return f"{url.scheme}://{url.hostname}" if url.hostname else "another path"
    except ValueError:
        return "no address"


def _token(answer: Mapping[str, object]) -> FetchedToken:
    value, lifetime = answer.get("access_token"), str(answer.get("expires_in"))
    if isinstance(value, str) and lifetime.isdecimal():  # Some endpoints send the number as a string.
        return FetchedToken(value, timedelta(seconds=int(lifetime)))
    error, description = str(answer.get("error")), str(answer.get("error_description"))
    if error not in _REFUSALS:
        raise TokenUnavailable(f"the directory answered {error}")
    code = _CODE.search(description)
    setting = _SETTINGS_BY_CODE.get(code[0], "MicrosoftAppPassword") if code else "MicrosoftAppPassword"
    raise CredentialRefused(setting, code[0] if code else error)
