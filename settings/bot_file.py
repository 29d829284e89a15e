"""
`.bot` files, in which older bots of the Bot Framework keep who they are, plain or encrypted.

The format is that of npm's ``botframework-config``: https://github.com/microsoft/botframework-sdk/tree/main/archive/bot-file
"""

import hashlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from settings.faults import ConfigError

#: Settings that name a file, its secret, and which of its endpoints to be.
PATH, SECRET, ENVIRONMENT = "botFilePath", "botFileSecret", "botFileEnvironment"

DEFAULT_ENVIRONMENT = "development"

#: Settings that an endpoint has, by its own names for them.
_SETTINGS = {
    "appId": "MicrosoftAppId",
    "appPassword": "MicrosoftAppPassword",
    "channelService": "ChannelService",
    "tenantId": "MicrosoftAppTenantId",
}

_LARGEST = 1 << 20  # Bytes. A file has some kilobytes.

_BLOCK = AES.block_size // 8


def _fault(said: str) -> ConfigError:
    return ConfigError([said])


def settings_in(path: Path, *, secret: str, environment: str) -> dict[str, str]:
    """
    Return the settings of the endpoint named *environment* in the file at *path*; those that it has.

    Raises `ConfigError`.
    """
    document = _document(path)
    endpoint = _endpoint(path, document, environment)
    # Files of before 2018 call it `secretKey`.
    padlock = document.get("padlock") or document.get("secretKey")
    if padlock:
        decrypt = _decryption(path, str(padlock), secret)
        if endpoint.get("appPassword"):
            endpoint = {**endpoint, "appPassword": decrypt(str(endpoint["appPassword"]))}
    return {setting: str(endpoint[name]).strip() for name, setting in _SETTINGS.items() if endpoint.get(name)}


def with_bot_file(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """
    Return the settings *given* by name, and those that they do not have from the file that they name.

    A path is relative to *folder*. Identities are not mixed: if another app id is given, nothing of the
    file's endpoint is used. Raises `ConfigError`.
    """
    path = given.get(PATH)
    if not path:
        return dict(given)
    secret = given.get(SECRET) or ""
    found = settings_in(
        folder / str(path),
        secret=secret if isinstance(secret, str) else secret.get_secret_value(),
        environment=str(given.get(ENVIRONMENT) or DEFAULT_ENVIRONMENT),
    )
    app_id = given.get("MicrosoftAppId")
    if app_id and app_id != found.get("MicrosoftAppId"):
        return dict(given)
    return {**found, **{name: value for name, value in given.items() if value not in ("", None)}}


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise _fault(f"{PATH}: {path} cannot be read: {error.strerror}") from None
    if len(text) > _LARGEST:
        raise _fault(f"{PATH}: {path} is larger than 1 MiB: it is no .bot file")
    try:
        document = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise _fault(f"{PATH}: {path} is not JSON: {error.msg}, line {error.lineno}") from None
    if not isinstance(document, dict) or not isinstance(document.get("services"), list):
        raise _fault(f'{PATH}: {path} is no .bot file: it has no list of "services"')
    return document


def _endpoint(path: Path, document: Mapping[str, Any], environment: str) -> dict[str, Any]:
    services = [each for each in document["services"] if isinstance(each, dict)]
    endpoints = [each for each in services if each.get("type") == "endpoint"]
    for each in endpoints:
        if each.get("name") == environment:
            return each
    if not endpoints:
        raise _fault(f"{PATH}: {path} has no endpoint: add one, or leave {PATH} empty")
    names = ", ".join(sorted(str(each.get("name")) for each in endpoints))
    raise _fault(
        f"{PATH}: {path} has no endpoint named {environment!r}, but {names}: set {ENVIRONMENT} to one of them"
    )


def _decryption(path: Path, padlock: str, secret: str) -> Any:
    """Return what decrypts the values of the file. The padlock is a value by which secrets are recognised."""
    if not secret:
        raise _fault(f"{SECRET}: {path} is encrypted: set the secret that it was encrypted with")
    for decrypt in (_decrypt, _decrypt_of_old):
        try:
            decrypt(padlock, secret)
        except ValueError:  # Also what is no Base64, no hexadecimal number, or no text.
            continue
        return lambda value: _whole(decrypt, value, secret, path)
    raise _fault(f"{SECRET} does not fit {path}: set the secret that it was encrypted with")


def _whole(decrypt: Any, value: str, secret: str, path: Path) -> str:
    try:
        return str(decrypt(value, secret))
    except ValueError:
        raise _fault(
            f"{PATH}: the appPassword in {path} was not encrypted with {SECRET}: encrypt the file again, or"
            " set MicrosoftAppPassword"
        ) from None


def _decrypt(value: str, secret: str) -> str:
    """Decrypt ``base64(iv)!base64(text)`` by AES-256-CBC; the secret is the key, in Base64."""
    iv, _, text = value.partition("!")
    try:
        key, vector, encrypted = (b64decode(each, validate=True) for each in (secret, iv, text))
    except Base64Error:
        raise ValueError("no Base64") from None
    if len(key) != 32 or len(vector) != _BLOCK:
        raise ValueError("no key of 256 bits, or no vector")
    return _aes(key, vector, encrypted)


def _decrypt_of_old(value: str, secret: str) -> str:
    """Decrypt a hexadecimal text by AES-192-CBC, with the key that OpenSSL derives from a password by MD5."""
    derived, last = b"", b""
    while len(derived) < 24 + _BLOCK:
        last = hashlib.md5(last + secret.encode(), usedforsecurity=False).digest()
        derived += last
    return _aes(derived[:24], derived[24 : 24 + _BLOCK], bytes.fromhex(value))


def _aes(key: bytes, vector: bytes, encrypted: bytes) -> str:
    cipher = Cipher(AES(key), CBC(vector)).decryptor()
    padding = PKCS7(AES.block_size).unpadder()
    padded = cipher.update(encrypted) + cipher.finalize()
    return (padding.update(padded) + padding.finalize()).decode()
