"""The demonstration over HTTP through the gateway: a small made-up city, and the main job told once as a story."""
