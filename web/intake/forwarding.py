"""
Detect requests that a proxy or a tunnel forwarded.

Headers that each of them adds, even if it rewrites `Host` to localhost:

| proxy or tunnel | headers |
| --- | --- |
| Apache, Traefik, Caddy, Envoy, IIS, dev tunnels, ngrok | `X-Forwarded-For`, `-Host`, `-Proto`, `-Server` |
| those that follow RFC 7239 or RFC 9110: Caddy, Squid, CDNs | `Forwarded`, `Via` |
| dev tunnels, IIS, ingress-nginx | `X-Original-Host`, `X-Original-URL`, `X-Real-IP`, `X-Scheme` |
| Cloudflare and its tunnel | `CF-Connecting-IP`, `CF-Ray`, `CDN-Loop` |
| Azure's App Service and Front Door | `X-ARR-…`, `X-Azure-…`, `Disguised-Host`, `Client-IP` |
| load balancers of AWS, Envoy, Tailscale Funnel | `X-Amzn-…`, `X-Amz-Cf-…`, `X-Envoy-…`, `Tailscale-…` |
| clients that call through ngrok or dev tunnels | `ngrok-skip-browser-warning`, `X-Tunnel-…` |
| nginx up to 1.29.6, unless configured otherwise | none of these, but it uses HTTP/1.0 |

Not detected: nginx 1.29.7 and later without `proxy_set_header`, HAProxy without `option forwardfor`, and
forwarding of raw bytes (`ssh -R`, TCP tunnels).
"""

import re
from functools import lru_cache

from aiohttp import HttpVersion11, web

_NAME = re.compile(
    r"forwarded|via|cdn-loop|client-ip|true-client-ip|disguised-host|was-default-hostname|fastly-client-ip"
    r"|x-(real-ip|client-ip|cluster-client-ip|remote-ip|remote-addr|proxyuser-ip|host|scheme)"
    r"|(x-forwarded|x-original|x-envoy|x-azure|x-arr|x-amzn|x-amz-cf|x-tunnel|cf|ngrok|tailscale)-.*"
    r"|x-forwarded",
    re.IGNORECASE,
)


def was_forwarded(request: web.Request) -> bool:
    """Return whether *request* has a header that proxies or tunnels add, or uses HTTP/1.0."""
    return request.version < HttpVersion11 or _names_a_proxy(tuple(request.headers))


@lru_cache(maxsize=64)  # Each client sends the same names with every request.
def _names_a_proxy(names: tuple[str, ...]) -> bool:
    return any(map(_NAME.fullmatch, names))
