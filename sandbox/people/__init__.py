"""People: the only way in which tests and pages act on the local Discord."""

from sandbox.people.face import Button, Medium, Select
from sandbox.people.form import Field, Form
from sandbox.people.member import Member
from sandbox.people.place import Channels, Place
from sandbox.people.population import People
from sandbox.people.refusals import ClientRefused, CommandNotFound, InteractionFailed, NotThere
from sandbox.people.reply import DID_NOT_RESPOND, Card, Choice, PrivateReply, Reply
from sandbox.people.shown_message import State

__all__ = [
    "DID_NOT_RESPOND",
    "Button",
    "Card",
    "Channels",
    "Choice",
    "ClientRefused",
    "CommandNotFound",
    "Field",
    "Form",
    "InteractionFailed",
    "Medium",
    "Member",
    "NotThere",
    "People",
    "Place",
    "PrivateReply",
    "Reply",
    "Select",
    "State",
]
