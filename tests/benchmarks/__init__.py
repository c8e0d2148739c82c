"""The benchmarks of `make bench`, and the peers to compare with, each written as a good engineer would write it."""
