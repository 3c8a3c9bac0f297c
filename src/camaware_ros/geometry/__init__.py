"""Rigid motions, cameras, lenses, framings and boxes. numpy float64; knows neither ROS nor torch."""
