"""Running a finished model: what goes in, what comes out, and who computes it. No ROS, no torch."""
