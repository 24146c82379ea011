"""The portal's pages for citizens: Vietnamese, for a phone first, plain HTML without scripts."""
