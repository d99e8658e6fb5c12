"""Drives users' Discord clients: the only way in which tests and the page act on the local Discord."""

from sandbox.client_driver.driver import ClientDriver
from sandbox.client_driver.drivers import ClientDrivers
from sandbox.client_driver.face import Button, Medium, Select
from sandbox.client_driver.form import Field, Form
from sandbox.client_driver.place import Channels, Place
from sandbox.client_driver.refusals import ClientRefused, CommandNotFound, InteractionFailed, NotThere
from sandbox.client_driver.reply import DID_NOT_RESPOND, Card, Choice, PrivateReply, Reply
from sandbox.client_driver.shown_message import ShownRevision

__all__ = [
    "DID_NOT_RESPOND",
    "Button",
    "Card",
    "Channels",
    "Choice",
    "ClientDriver",
    "ClientDrivers",
    "ClientRefused",
    "CommandNotFound",
    "Field",
    "Form",
    "InteractionFailed",
    "Medium",
    "NotThere",
    "Place",
    "PrivateReply",
    "Reply",
    "Select",
    "ShownRevision",
]
