"""Results come from allowed hosts only."""

from __future__ import annotations

import pytest
from yarl import URL

from services.errors import SettingsError
from services.runcomfy.hosts import DEFAULT_RESULT_HOSTS, ResultHosts

DEFAULT = ResultHosts(DEFAULT_RESULT_HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "https://playgrounds-storage-public.runcomfy.net/a.png",
        "https://files.runcomfy.net:443/x/%3D/y.mp4?sig=1",
        "https://a.b.runcomfy.com/x",
        "HTTPS://FILES.RUNCOMFY.NET/x",
    ],
)
def test_runcomfys_own_hosts_are_allowed(url: str) -> None:
    """Every host below RunComfy's two domains, over HTTPS."""
    assert DEFAULT.allows(URL(url, encoded=True))


@pytest.mark.parametrize(
    "url",
    [
        "http://files.runcomfy.net/x",
        "ftp://files.runcomfy.net/x",
        "https://files.runcomfy.net:8443/x",
        "https://runcomfy.net.example.com/x",
        "https://evilruncomfy.net/x",
        "https://files.runcomfy.net./x",
        "https://ada@files.runcomfy.net/x",
        "https://ada:secret@files.runcomfy.net/x",
        "https://files.runcomfy.net@example.com/x",
        "https://example.com#.runcomfy.net",
        "https://example.com/.runcomfy.net",
        "https://example.com%2f.runcomfy.net/",
        "https://127.0.0.1/x",
        "http://localhost/x",
        "https://[::1]/x",
        "https://files.runcomfy.net:99999/x",
        "https://files.runcomfy.net:-1/x",
        "https://files.runcomfy.net:x/x",
        "https://files.runcomfy.net:443:443/x",
        "https://\u0660\u0661.runcomfy.net/x",
        "https://half\ud800.runcomfy.net/x",
        "/x",
        "files.runcomfy.net/x",
        "",
    ],
)
def test_nothing_else_is(url: str) -> None:
    """Other schemes, ports, look-alikes, credentials, this machine and what is no host at all are refused."""
    assert not DEFAULT.allows(URL(url, encoded=True))


def test_a_loopback_host_may_speak_plain_http_where_it_is_named() -> None:
    """Named with its port, that port; named without, any; never what was not named."""
    hosts = ResultHosts(["127.0.0.1:8080", "localhost", "[::1]:9"])
    for url in ("http://127.0.0.1:8080/x", "https://127.0.0.1:8080/x", "http://localhost:5/x", "http://[::1]:9/x"):
        assert hosts.allows(URL(url))
    for url in ("http://127.0.0.1:8081/x", "http://127.0.0.2:8080/x", "http://[::1]:10/x", "ftp://localhost/x"):
        assert not hosts.allows(URL(url))


def test_an_exact_name_is_no_suffix() -> None:
    """A host that the operator names allows that host."""
    hosts = ResultHosts(["files.example.com"])
    assert hosts.allows(URL("https://files.example.com/x"))
    assert not hosts.allows(URL("https://a.files.example.com/x"))
    assert not hosts.allows(URL("http://files.example.com/x"))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "*.com",
        "*.*.com",
        "a.*.com",
        "https://a.com",
        "a.com/x",
        "a b",
        "files.example.com:8443",
        "*.a.com:443",
        "127.0.0.1:x",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "[",
        "[::2]",
        "a..b",
    ],
)
def test_a_pattern_that_is_too_wide_or_broken_is_refused(pattern: str) -> None:
    """The operator reads at the start what is wrong with it."""
    with pytest.raises(SettingsError, match="result_hosts"):
        ResultHosts([pattern])
