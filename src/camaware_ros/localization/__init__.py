"""From detections over time to a place to stand. numpy only; nothing here knows ROS."""
