"""What people see: layouts, buttons, and the text in them."""
