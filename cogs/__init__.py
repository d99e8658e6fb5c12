"""What speaks Discord: commands, cards, buttons, announcements."""
