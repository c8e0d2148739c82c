"""The interactive documentation, served from files of this package: it needs no other host."""
