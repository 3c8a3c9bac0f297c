"""sim_node: the simulated room, robot and camera on ROS topics and services."""

from __future__ import annotations

import sys
from typing import Any

from geometry_msgs.msg import Twist as TwistMessage
from rcl_interfaces.msg import SetParametersResult
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from camaware_ros.camera_file import CameraFile, find_camera_files, load_camera_yaml
from camaware_ros.ros.parameters import declare, read
from camaware_ros.ros.sim_loop import SimLoop, SimulationEnded
from camaware_ros.ros.sim_navigation import NavigationServer
from camaware_ros.ros.sim_publishers import SimPublishers
from camaware_ros.ros.sim_settings import SimSettings, pose_from_text
from camaware_ros.ros.spin import run_node
from camaware_ros.simulation.render import Quality
from camaware_ros.simulation.robot import Twist
from camaware_ros.simulation.scenes import room_from_name
from camaware_ros.simulation.simulator import Simulator, check_start


class SimNode(Node):
    """Owns the simulator and its loop; serves parameters, driving by hand and reset."""

    def __init__(self) -> None:
        self._loop: SimLoop | None = None
        super().__init__("sim_node")
        declare(self, SimSettings)
        settings = read(self, SimSettings)
        self._cameras = find_camera_files(settings.camera_directory)
        room, camera = room_from_name(settings.room), self._load(settings.camera)
        quality = Quality(shadows=settings.shadows, samples=settings.samples)
        self._simulator = Simulator(room, camera, quality)
        map_from_odom = self._simulator.robot.map_from_base
        self._start = pose_from_text(settings.start_pose)
        self._simulator.reset(self._start)
        output = SimPublishers(self, map_from_odom)
        loop = SimLoop(self, self._simulator, output, settings.rate_hz, settings.real_time_factor)
        self._navigation = NavigationServer(self, self._simulator, loop, map_from_odom)
        self.create_subscription(TwistMessage, "cmd_vel", self._on_cmd_vel, 10)
        self.create_service(Trigger, "reset", self._on_reset)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._lock, self._loop = loop.lock, loop
        loop.start()
        self.get_logger().info(f"room {room.name}, camera {camera.name}")

    def destroy_node(self) -> None:
        """Join the simulation and take the node down."""
        loop, self._loop = self._loop, None  # rclpy also comes here when the constructor raised
        try:
            if loop is not None:
                loop.end()
        finally:
            super().destroy_node()

    def _on_cmd_vel(self, message: TwistMessage) -> None:
        try:
            twist = Twist(forward_mps=message.linear.x, turn_rps=message.angular.z)
        except ValueError as error:
            self.get_logger().warning(f"cmd_vel ignored: {error}", throttle_duration_sec=5.0)
            return
        with self._lock:
            self._simulator.command(twist)

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._lock:
            self._simulator.reset(self._start)
        response.success, response.message = True, "the robot is at its start"
        return response

    def _on_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        """Apply changes of one call together; refuse all with the reason if one cannot be."""
        wanted = {change.name: change.value for change in changes}
        try:
            self._apply(wanted)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply(self, wanted: dict[str, Any]) -> None:
        camera = self._load(wanted["camera"]) if "camera" in wanted else None
        room = room_from_name(wanted["room"]) if "room" in wanted else None
        start = pose_from_text(wanted.get("start_pose", ""))
        with self._lock:
            check_start(room or self._simulator.room, start)
            if room is not None:
                self._simulator.set_room(room)
                self._start = None
            if "start_pose" in wanted:
                self._start = start
                self._simulator.reset(start)
            self._simulator.camera = camera or self._simulator.camera
            if self._loop is not None and "real_time_factor" in wanted:
                self._loop.factor = wanted["real_time_factor"]

    def _load(self, name: str) -> CameraFile:
        if name not in self._cameras:
            raise ValueError(f"camera: expected one of {', '.join(self._cameras)}, got {name!r}")
        return load_camera_yaml(self._cameras[name])


def main() -> int:
    """Run until SIGINT or SIGTERM (exit code 0), or say in a line what is wrong (1)."""
    try:
        return run_node(SimNode, make_executor=lambda: MultiThreadedExecutor(num_threads=4))
    except (ValueError, SimulationEnded) as error:
        print(f"sim_node: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
