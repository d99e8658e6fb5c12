"""The process: settings, wiring, the connection to Discord, and the command line."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """Return the installed package's version, or "0" in a checkout that was never installed."""
    try:
        return version("comfycord")
    except PackageNotFoundError:
        return "0"
