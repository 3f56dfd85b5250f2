"""The live socket, from the handshake to the last frame."""
