"""Starts a process as a fork of one that has loaded the bot's libraries: what a new interpreter needs a second for."""
