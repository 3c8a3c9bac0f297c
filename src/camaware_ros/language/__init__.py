"""Words in, structure out. Standard library only; nothing here knows an image, a tensor or ROS."""
