"""Rigid motions, cameras, lenses, framings, boxes. numpy float64; knows neither ROS nor torch."""
