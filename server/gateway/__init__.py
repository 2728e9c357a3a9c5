"""Who is connected, which bytes are legal, and how fast one client may talk."""
