"""MediaPipe as the peer to measure against, in a virtual environment and a process of its own."""
