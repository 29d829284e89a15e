"""Microsoft's identity services on loopback: keys over HTTP, the bot's tokens over HTTPS, as MSAL insists."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.token_mint import public_jwk, rsa_key

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHANNEL_METADATA, CHANNEL_KEYS = "/channel/openid", "/channel/keys"
DIRECTORY_METADATA, DIRECTORY_KEYS = "/directory/openid", "/directory/keys"
LOGIN_METADATA, TOKEN = "/adfs/.well-known/openid-configuration", "/adfs/oauth2/token"
MANAGED_IDENTITY = "/msi/token"


class FakeIdentity:
    """
    Serves documents that a test may change, fail or hold back, and counts who asks.

    MSAL trusts the token endpoint if `REQUESTS_CA_BUNDLE` names *certificate*.
    The authority ends in `adfs`, so that MSAL does not ask another server whether it exists.
    """

    def __init__(self) -> None:
        self._directory = TemporaryDirectory()
        self.certificate = Path(self._directory.name) / "certificate.pem"
        self.asked: Counter[str] = Counter()
        self.arrived = asyncio.Event()  #: Set by each request.
        self.forms: list[dict[str, str]] = []  #: What was posted to the token endpoint.
        self.keys: dict[str, list[Any]] = {
            CHANNEL_KEYS: [public_jwk("channel", endorsements=["msteams", "webchat"])],
            DIRECTORY_KEYS: [
                public_jwk("directory", issuer="https://login.microsoftonline.com/{tenantid}/v2.0")
            ],
        }
        self.tokens: list[dict[str, Any]] = []  #: Answers of the token endpoint to come; then `token-1`, ….
        self._scripts: dict[str, Answer] = {}

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._serve_script])
        for path in (CHANNEL_METADATA, DIRECTORY_METADATA, LOGIN_METADATA):
            app.router.add_get(path, self._metadata)
        for path in (CHANNEL_KEYS, DIRECTORY_KEYS):
            app.router.add_get(path, self._keys)
        app.router.add_post(TOKEN, self._token)
        app.router.add_get(MANAGED_IDENTITY, self._token)
        self._plain = TestServer(app)
        await self._plain.start_server()
        self._secure = TestServer(app, scheme="https")
        await self._secure.start_server(ssl=_tls(self.certificate))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._plain.close()
        await self._secure.close()
        self._directory.cleanup()

    def url(self, path: str) -> str:
        return str(self._plain.make_url(path))

    @property
    def authority(self) -> str:
        return str(self._secure.make_url("/adfs"))

    def script(self, path: str, answer: Answer) -> None:
        """Answer requests to *path* in this way from now on."""
        self._scripts[path] = answer

    def unscript(self, path: str) -> None:
        del self._scripts[path]

    def fail(self, path: str, status: int = 500, **options: Any) -> None:
        async def failure(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, **options)

        self.script(path, failure)

    def serve(self, path: str, body: bytes) -> None:
        async def document(_: web.Request) -> web.StreamResponse:
            return web.Response(body=body, content_type="application/json")

        self.script(path, document)

    def hang(self, path: str) -> asyncio.Event:
        """Hold requests to *path* back until the event that is returned is set, then answer as usual."""
        released = asyncio.Event()

        async def held(request: web.Request) -> web.StreamResponse:
            await released.wait()
            return await self._usual(request)

        self.script(path, held)
        return released

    @web.middleware
    async def _serve_script(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.arrived.set()
        return await self._scripts.get(request.path, handler)(request)

    async def _usual(self, request: web.Request) -> web.StreamResponse:
        if request.path in self.keys:
            return await self._keys(request)
        if request.path in (TOKEN, MANAGED_IDENTITY):
            return await self._token(request)
        return await self._metadata(request)

    async def _metadata(self, request: web.Request) -> web.StreamResponse:
        origin, service = request.url.origin(), request.path.split("/")[1]
        return web.json_response(
            {
                "issuer": str(origin / service),
                "jwks_uri": str(origin / service / "keys"),
                "authorization_endpoint": str(origin / service / "oauth2/authorize"),
                "token_endpoint": str(origin / service / "oauth2/token"),
            }
        )

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"keys": self.keys[request.path]})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.forms.append({**request.query, **{k: str(v) for k, v in (await request.post()).items()}})
        usual = {"access_token": f"token-{len(self.forms)}", "token_type": "Bearer", "expires_in": 3600}
        usual["expires_on"] = str(int(time.time()) + 3600)  # What a managed identity's endpoint says instead.
        answer = self.tokens.pop(0) if self.tokens else usual
        return web.json_response(answer, status=400 if "error" in answer else 200)


def _tls(path: Path) -> ssl.SSLContext:
    """Write a certificate for 127.0.0.1 and its key to *path*; return a server's context with both."""
    key, name = rsa_key("tls"), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
