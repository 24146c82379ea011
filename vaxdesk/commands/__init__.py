"""The station's commands: the same services as the window, without Qt."""
