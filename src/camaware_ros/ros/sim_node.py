"""sim_node: the simulated room, robot and camera on ROS topics; steps and draws in a thread."""

from __future__ import annotations

import math
import sys
import threading
import time
from typing import Any

import rclpy
from geometry_msgs.msg import Twist as TwistMessage
from rcl_interfaces.msg import SetParametersResult
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from camaware_ros.camera_file import CameraFile, find_camera_files, load_camera_yaml
from camaware_ros.ros.parameters import declare, read
from camaware_ros.ros.sim_navigation import NavigationServer
from camaware_ros.ros.sim_publishers import SimPublishers
from camaware_ros.ros.sim_settings import LIVE, SimSettings, pose_from_text
from camaware_ros.ros.spin import run_node
from camaware_ros.simulation.render import Quality
from camaware_ros.simulation.robot import Twist
from camaware_ros.simulation.scenes import room_from_name
from camaware_ros.simulation.simulator import Simulator, Snapshot, check_start

_LONGEST_TICK_S = 0.02
_FORGIVEN_LAG_S = 0.25


class SimNode(Node):
    """Owns the simulator: parameters, driving by hand, reset, and the thread in which time goes."""

    def __init__(self) -> None:
        """Declare the parameters, furnish the room and start the clock."""
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        super().__init__("sim_node")
        declare(self, SimSettings)
        self._settings = read(self, SimSettings)
        self._cameras = find_camera_files(self._settings.camera_directory)
        self._factor = self._settings.real_time_factor
        self._lock = threading.RLock()
        quality = Quality(shadows=self._settings.shadows, samples=self._settings.samples)
        room, camera = room_from_name(self._settings.room), self._load(self._settings.camera)
        self._simulator = Simulator(room, camera, quality)
        self._map_from_odom = self._simulator.robot.map_from_base
        self._start = pose_from_text(self._settings.start_pose)
        self._simulator.reset(self._start)
        self._output = SimPublishers(self, self._map_from_odom)
        arguments = (self._simulator, self._lock, self._map_from_odom)
        self._navigation = NavigationServer(self, *arguments, self._ending)
        self.create_subscription(TwistMessage, "cmd_vel", self._on_cmd_vel, 10)
        self.create_service(Trigger, "reset", self._on_reset)
        self.add_on_set_parameters_callback(self._on_parameters)
        self._thread = threading.Thread(target=self._run, name="simulation")
        self._thread.start()
        self.get_logger().info(f"room {room.name}, camera {camera.name}")

    def destroy_node(self) -> None:
        """Join the simulation, then take the node down."""
        self._ending.set()
        if self._thread is not None:  # rclpy also comes here when the constructor raised
            self._thread.join()
        super().destroy_node()

    def _run(self) -> None:
        """Step, publish, wait; draw every image period."""
        ticks = math.ceil(1 / (self._settings.rate_hz * _LONGEST_TICK_S))
        tick_s, count, due = 1 / (self._settings.rate_hz * ticks), 0, time.monotonic()
        last: Snapshot | None = None
        try:
            while rclpy.ok() and not self._ending.is_set():
                with self._lock:
                    self._simulator.step(tick_s)
                    instant, factor = self._simulator.snapshot(), self._factor
                self._output.state(instant, last)
                if count % ticks == 0:
                    self._output.picture(instant, self._simulator.render(instant))
                last, count = instant, count + 1
                now = time.monotonic()
                due = max(due + (tick_s / factor if factor > 0 else 0.0), now - _FORGIVEN_LAG_S)
                self._ending.wait(max(due - now, 0.0))
        except Exception as error:
            if rclpy.ok():  # otherwise SIGINT took the context away in the middle of a publish
                self.get_logger().fatal(f"simulation ended: {type(error).__name__}: {error}")
                rclpy.shutdown()
        finally:
            self._simulator.close()

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
        fixed = sorted(set(wanted) & set(SimSettings.__dataclass_fields__) - set(LIVE))
        try:
            if fixed:
                raise ValueError(f"{', '.join(fixed)}: can only be set at start")
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
            self._factor = wanted.get("real_time_factor", self._factor)

    def _load(self, name: str) -> CameraFile:
        if name not in self._cameras:
            raise ValueError(f"camera: expected one of {', '.join(self._cameras)}, got {name!r}")
        return load_camera_yaml(self._cameras[name])


def main() -> int:
    """Run until SIGINT or SIGTERM (exit code 0), or say in a line what is wrong (1)."""
    try:
        return run_node(SimNode, make_executor=lambda: MultiThreadedExecutor(num_threads=4))
    except ValueError as error:
        print(f"sim_node: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
