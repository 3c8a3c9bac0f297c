"""The only layer that knows rclpy and messages: conversions, TF, QoS, diagnostics and the nodes."""
