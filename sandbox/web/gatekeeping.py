"""Who may speak with the page's server: only the page itself, opened on this machine under the server's own address.

A foreign page could otherwise reach it in two ways: by a name of its own that resolves to 127.0.0.1 (DNS rebinding),
which the check of Host stops, or by opening the WebSocket or sending a form from its own origin (cross-site WebSocket
hijacking and request forgery), which the check of Origin stops.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_NAMES = ("127.0.0.1", "localhost")
_OTHER_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


class Gatekeeper:
    """Checks Host of every request and Origin of those that change anything; adds the headers that bind the page.

    `port` is the server's own, known once it listens; `media_origins` are where the page may show files from.
    """

    def __init__(self, *, media_origins: Sequence[str] = ()) -> None:
        self.port = 0
        self._media_origins = tuple(media_origins)

    def knows_host(self, request: web.Request) -> bool:
        """Say whether the request was made to this server by one of its own names."""
        return request.headers.getall("Host", []) in [[f"{name}:{self.port}"] for name in _NAMES]

    def knows_origin(self, request: web.Request) -> bool:
        """Say whether the request comes from the very page that this server gave out under the same name."""
        return request.headers.getall("Origin", []) == [f"http://{request.headers.get('Host', '')}"]

    def require_origin(self, request: web.Request) -> None:
        """Refuse what a foreign page sent.

        Raises: HTTPForbidden where the request does not come from our own page.
        """
        if not self.knows_origin(request):
            raise web.HTTPForbidden(text="this does not come from the sandbox's own page")

    @property
    def middleware(self) -> Middleware:
        """The aiohttp middleware that checks Host and adds the headers to every answer."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self.knows_host(request):
                return web.Response(status=403, text="the sandbox's page is at 127.0.0.1 alone", headers=_OTHER_HEADERS)
            headers = {**_OTHER_HEADERS, "Content-Security-Policy": self._policy(request)}
            try:
                response = await handler(request)
            except web.HTTPException as refusal:
                refusal.headers.update(headers)
                raise
            if not response.prepared:
                response.headers.update(headers)
            return response

        return guard

    def _policy(self, request: web.Request) -> str:
        """Nothing from elsewhere: files of the local Discord and Model API are shown, but neither run nor asked."""
        media = " ".join(["'self'", "data:", "blob:", *self._media_origins])
        rules = (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            f"connect-src 'self' ws://{request.headers['Host']}",
            f"img-src {media}",
            f"media-src {media}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
        return "; ".join(rules)
