"""A URL that a person types is public HTTPS, whatever notation it hides its host in."""

from __future__ import annotations

import pytest

from services.errors import InputProblem, InvalidInput
from services.models.hosts import is_public_host
from services.models.urls import URL_MAX_LENGTH, require_public_url, split_urls

PUBLIC = [
    "https://example.com/cat.png",
    "https://example.com",
    "https://pictures.example.co.uk:8443/a/b.webp?x=1&y=%2F",
    "https://cdn.example.com/x?X-Amz-Signature=ab%2Bcd%7E&hm=1+2",
    "https://my_bucket.example.com/a,b;c.png",
    "https://8.8.8.8/cat.png",
    "https://[2606:4700:4700::1111]/cat.png",
    "https://xn--bcher-kva.example.de/cat.png",
    "https://example.com./cat.png",
    "https://localhost.example.com/cat.png",
    "https://127.0.0.1.example.com/cat.png",
    "https://0x7f.example.com/cat.png",
    "https://example.com/@someone/cat.png",
]

NOT_PUBLIC_HOSTS = [
    # this machine by name, private and special-use names, names without a domain
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "nas.local", "metadata.google.internal", "x.localdomain"),
    *(
        "router.lan",
        "wiki.corp",
        "box.home",
        "box.home.arpa",
        "intranet",
        "com",
        "db",
        "a.test",
        "x.onion",
        "x.invalid",
    ),
    # IPv4: this network, private, CGNAT, loopback, link-local and metadata, documentation, multicast, reserved
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),  # noqa: S104 - refused, not bound
    *("169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1"),
    *("192.168.0.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "168.63.129.16", "127.0.0.1."),
    # other notations of IPv4: single number, octal, hexadecimal, short forms, too many parts; private or not
    *("2130706433", "017700000001", "0x7f000001", "0X7F000001", "0177.0.0.1", "0x7f.0.0.1", "127.1", "127.0.1", "0"),
    *("010.0.0.1", "10.1", "2852039166", "0xa9fea9fe", "0xa9.254.0251.0376", "1.2.3.4.5", "256.256.256.256", "8.8.8"),
    *("134744072", "0x08080808", "0x", "1.1.1.0x"),
    # IPv6: unspecified, loopback, link-local with and without zone, unique-local, site-local, multicast, documentation
    *("[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]"),
    *("[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]"),
    # IPv6 that wraps IPv4: mapped, compatible, 6to4, Teredo, NAT64 (also around public addresses)
    *(
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:8.8.8.8]",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2002:808:808::]",
    ),
    *("[2001:0:4136:e378::1]", "[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[v1.fe80]", "[::1"),
    # other scripts: full-width and circled digits, other dots, full-width letters
    *("１２７.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "ｌｏｃａｌｈｏｓｔ", "０ｘ７ｆ.1"),  # noqa: RUF001 - the very trick
    # what no host is
    *("a..b", ".com", "-a.com", "a-.com", "a%2ecom", "%31%32%37.0.0.1", "a" * 64 + ".com", "a,b.com", "*.com"),
]


def problem_of(text: str) -> InputProblem:
    """Return why a URL is refused."""
    with pytest.raises(InvalidInput) as caught:
        require_public_url(text, input_name="image_urls")
    assert caught.value.input_name == "image_urls"
    return caught.value.problem


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public_goes_out_as_it_was_typed(text: str) -> None:
    """A public HTTPS URL is taken without a change: a signature in it would not survive one."""
    assert require_public_url(text, input_name="image_urls") == text


@pytest.mark.parametrize("host", NOT_PUBLIC_HOSTS)
def test_a_host_that_is_not_public_is_refused(host: str) -> None:
    """No notation of an inner host passes, with or without a port, path or query."""
    for rest in ("", "/", ":8443/latest/meta-data", "?x=1", "#x"):
        assert problem_of(f"https://{host}{rest}") in {InputProblem.NOT_PUBLIC, InputProblem.NOT_A_URL}


@pytest.mark.parametrize(
    "text", ["http://example.com/a.png", "ftp://example.com/a", "file:///etc/passwd", "gopher://x.com"]
)
def test_other_schemes_are_refused(text: str) -> None:
    """Only https is fetched."""
    assert problem_of(text) is InputProblem.NOT_HTTPS


@pytest.mark.parametrize("text", ["data:image/png;base64,AAAA", "javascript:alert(1)", "HTTP://example.com"])
def test_other_schemes_without_an_authority_are_refused(text: str) -> None:
    """A data URI is no hosted picture."""
    assert problem_of(text) is InputProblem.NOT_HTTPS


@pytest.mark.parametrize(
    "text",
    [
        "https://ada@example.com/",
        "https://ada:secret@example.com/",
        "https://@example.com/",
        "https://example.com@127.0.0.1/",
        "https://127.0.0.1%40@example.com/",
        "https://a:b@c:d@example.com/",
    ],
)
def test_credentials_are_refused_and_not_repeated(text: str) -> None:
    """A URL with a name or password in it is refused, and the refusal does not hold it."""
    with pytest.raises(InvalidInput) as caught:
        require_public_url(text, input_name="image_urls")
    assert caught.value.problem is InputProblem.HAS_CREDENTIALS
    assert "secret" not in caught.value.value
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "cat.png",
        "example.com/a.png",
        "//example.com/a.png",
        "https:",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https:///a.png",
        "https://:443/",
        "https://?x",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\ta",
        "https://example.com/\x00",
        "https://example.com\r\nHost: x",
        "https://example.com\\@127.0.0.1/",
        "https:\\\\a.com",
        "https://exa\u00admple.com/",
        "https://exam\u200bple.com/",
        "https://example.com/\u202egnp.exe",
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    """Broken, relative and disguised URLs are refused before any parser can be kind to them."""
    assert problem_of(text) is InputProblem.NOT_A_URL


def test_a_zone_makes_an_address_local() -> None:
    """An address with a zone id leads out of one interface of one machine, whatever else it says."""
    assert is_public_host("2606:4700:4700::1111")
    assert not is_public_host("2606:4700:4700::1111%eth0")


def test_other_scripts_go_out_encoded() -> None:
    """A host and a path in another script are sent in ASCII, as the check read them."""
    sent = require_public_url("https://bücher.example。com/bücher.png", input_name="image_urls")
    assert sent == "https://xn--bcher-kva.example.com/b%C3%BCcher.png"


def test_an_at_sign_in_the_query_cannot_pass_for_credentials() -> None:
    """A URL without a path gets one: else some programs take what stands before the @ for a password."""
    assert require_public_url("https://example.com?@127.0.0.1", input_name="x") == "https://example.com/?@127.0.0.1"


def test_a_fragment_is_not_sent() -> None:
    """What stands behind # never reaches a server, so it is left out."""
    assert require_public_url("https://example.com/a.png#@127.0.0.1", input_name="x") == "https://example.com/a.png"


def test_the_length_has_a_limit() -> None:
    """2,048 characters pass, one more does not, also when only the encoding makes it that long."""
    longest = "https://example.com/" + "a" * (URL_MAX_LENGTH - 20)
    assert require_public_url(longest, input_name="x") == longest
    assert problem_of(longest + "a") is InputProblem.URL_TOO_LONG
    assert problem_of("https://example.com/" + "ü" * 400) is InputProblem.URL_TOO_LONG


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("", []),
        (" \n ", []),
        ("https://a.com/1.png", ["https://a.com/1.png"]),
        ("https://a.com/1.png https://b.com/2.png", ["https://a.com/1.png", "https://b.com/2.png"]),
        ("https://a.com/1.png,https://b.com/2.png,", ["https://a.com/1.png", "https://b.com/2.png"]),
        ("https://a.com/1.png, \n<https://b.com/2.png>;", ["https://a.com/1.png", "https://b.com/2.png"]),
        ("https://a.com/w_1,h_2/x.png", ["https://a.com/w_1,h_2/x.png"]),
        ("cat.png,http://b.com", ["cat.png", "http://b.com"]),
    ],
)
def test_urls_are_parted_where_people_part_them(text: str, urls: list[str]) -> None:
    """Spaces, line breaks and commas part URLs; a comma inside one does not."""
    assert split_urls(text) == urls
