"""Pictures for people. cv2 for images; matplotlib, imported on use, for the map."""
