"""What `make bench` measures, and the peers it measures against: each written the way a good engineer would."""
