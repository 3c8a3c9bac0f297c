"""Real processes over real DDS: a domain of its own per test, children that are always ended."""

from __future__ import annotations

import fcntl
import importlib.util
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the helper modules beside the tests

if importlib.util.find_spec("rclpy") is None:
    warnings.warn("rclpy is not installed: test/ros is left out", stacklevel=1)
    collect_ignore_glob = ["test_*.py"]

# Above are those that the package itself claims (``camaware_ros.ros.domain``).
HIGHEST_DOMAIN = 59


@pytest.fixture(scope="session", autouse=True)
def shared_env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What this process and all its children have in common, whatever their domain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_LOG_DIR", str(tmp_path_factory.mktemp("ros_log")))
        for name, value in _common_environment().items():
            patch.setenv(name, value)
        yield dict(os.environ)


def _common_environment() -> dict[str, str]:
    # Imported here, because this file is also read where the package's tests are only collected.
    import camaware_ros
    from camaware_ros.ros.environment import ros_environment

    # Children run the package that is tested: that of the checkout, or an installed one.
    tested = str(Path(camaware_ros.__file__).resolve().parents[1])
    old = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(part for part in (tested, old) if part)
    return ros_environment({**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"})


_claims = itertools.count()


@contextmanager
def claimed_domain() -> Iterator[int]:
    """A ROS domain that nothing else on this machine uses at the same time.

    Not the one of the test before: whatever an earlier test left behind shall not be heard.
    """
    folder, first = Path(tempfile.gettempdir()), next(_claims)
    for step in range(HIGHEST_DOMAIN):
        domain = (first + step) % HIGHEST_DOMAIN + 1
        with (folder / f"camaware_test_domain_{domain}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield domain
            return
    pytest.fail(f"all {HIGHEST_DOMAIN} test domains are in use")


@pytest.fixture
def domain_id() -> Iterator[int]:
    """A ROS domain of its own for one test."""
    with claimed_domain() as domain:
        yield domain


@pytest.fixture
def ros_env(
    shared_env: dict[str, str], domain_id: int, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Environment of the processes of one test, which this process shares."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id))
    return {**shared_env, "ROS_DOMAIN_ID": str(domain_id)}


class Child:
    """A process under test whose output can be read at any time."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command,
                env=env,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """Everything it has printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def end(self, number: signal.Signals = signal.SIGINT, timeout_s: float = 30.0) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def close(self) -> None:
        """Make sure that it and its children are gone, if possible with their shared memory."""
        if self.alive:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@contextmanager
def child_processes(env: dict[str, str], folder: Path) -> Iterator[Callable[..., Child]]:
    """Starts ``python ARGUMENTS...``; everything started is ended."""
    children: list[Child] = []

    def run(*arguments: str) -> Child:
        log = folder / f"process{len(children)}.log"
        children.append(Child([sys.executable, *arguments], env, log))
        return children[-1]

    try:
        yield run
    finally:
        for child in children:
            child.close()


@pytest.fixture
def start(ros_env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts ``python ARGUMENTS...`` in the test's domain."""
    with child_processes(ros_env, tmp_path) as run:
        yield run


class Rig:
    """A robot around the node under test: camera, TF, a person's commands, and what comes back."""

    def __init__(self, domain_id: int, image_type: type | None = None) -> None:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.executors import SingleThreadedExecutor
        from sensor_msgs.msg import CameraInfo, Image
        from std_msgs.msg import String
        from tf2_msgs.msg import TFMessage
        from vision_msgs.msg import Detection3DArray

        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain_id)
        self.node = rclpy.create_node("rig", context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        image_type = image_type or Image
        topic = "image" if image_type is Image else "image/compressed"
        best_effort, static = _best_effort(), _latched()
        self.images = self.node.create_publisher(image_type, topic, best_effort)
        self.infos = self.node.create_publisher(CameraInfo, "camera_info", best_effort)
        self.commands = self.node.create_publisher(String, "command", 10)
        self.tf = self.node.create_publisher(TFMessage, "/tf", 100)
        self.tf_static = self.node.create_publisher(TFMessage, "/tf_static", static)
        self.detections: list[Detection3DArray] = []
        self.answers: list[str] = []
        self._statuses: dict[str, object] = {}
        self.node.create_subscription(Detection3DArray, "detections_3d", self.detections.append, 10)
        self.node.create_subscription(String, "answer", self._on_answer, 10)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def _on_answer(self, message) -> None:
        self.answers.append(message.data)

    def _on_diagnostics(self, message) -> None:
        for status in message.status:
            self._statuses[status.name] = status

    def spin(self, seconds: float = 0.02) -> None:
        """Handle what has come."""
        self._executor.spin_once(timeout_sec=seconds)

    def wait(
        self,
        condition: Callable[[], object],
        what: str,
        each: Callable[[], object] | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        """Spin until the condition holds; ``each`` is called ten times per second meanwhile."""
        deadline = time.monotonic() + timeout_s
        next_s = 0.0
        while not condition():
            now_s = time.monotonic()
            assert now_s < deadline, f"waited in vain for {what}; health: {self.health()}"
            if each is not None and now_s >= next_s:
                each()
                next_s = now_s + 0.1
            self.spin()

    def wait_matched(self) -> None:
        """Until the node listens to everything this rig publishes and the other way round."""
        outputs = (self.images, self.infos, self.commands, self.tf, self.tf_static)
        self.wait(lambda: all(out.get_subscription_count() for out in outputs), "subscribers")
        for topic in ("detections_3d", "answer", "/diagnostics"):
            self.wait(lambda topic=topic: self.node.count_publishers(topic), topic)

    def health(self, name: str = "/grounding_node") -> str:
        """What the node says about itself."""
        status = self._statuses.get(name)
        return status.message if status else "(no diagnostics)"

    def health_values(self, name: str = "/grounding_node") -> dict[str, str]:
        """Key and value pairs of the diagnostics."""
        status = self._statuses.get(name)
        return {pair.key: pair.value for pair in status.values} if status else {}

    def command(self, text: str) -> None:
        """Tell the robot something."""
        from std_msgs.msg import String

        self.commands.publish(String(data=text))

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()


def _best_effort():
    from rclpy.qos import qos_profile_sensor_data

    return qos_profile_sensor_data


def _latched():
    from rclpy.qos import DurabilityPolicy, QoSProfile

    return QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@contextmanager
def rigs_in(domain: int) -> Iterator[Callable[..., Rig]]:
    """Makes rigs in a domain; all of them leave it in the end."""
    rigs: list[Rig] = []

    def make(image_type: type | None = None) -> Rig:
        rigs.append(Rig(domain, image_type))
        return rigs[-1]

    try:
        yield make
    finally:
        for rig in rigs:
            rig.close()


@pytest.fixture
def make_rig(ros_env: dict[str, str], domain_id: int) -> Iterator[Callable[..., Rig]]:
    """Makes rigs in the test's domain."""
    with rigs_in(domain_id) as make:
        yield make


@pytest.fixture(scope="module")
def module_env(shared_env: dict[str, str]) -> Iterator[dict[str, str]]:
    """Environment of the processes that the tests of one module share, with its own domain."""
    with claimed_domain() as domain:
        yield {**shared_env, "ROS_DOMAIN_ID": str(domain)}


@pytest.fixture
def running(make_rig: Callable[..., Rig], start: Callable[..., Child]) -> Callable[..., tuple]:
    """Starts a rig, a shot and grounding_node, matched; parameters as key:=value."""
    from shots import Shot, node_arguments

    def run(*parameters: str, image_type: type | None = None, **camera: object) -> tuple:
        rig = make_rig(image_type)
        node = start(*node_arguments(*parameters))
        rig.wait_matched()
        return rig, Shot(rig, **camera), node

    return run


@pytest.fixture(scope="module")
def module_graph(
    module_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Callable[..., Rig], Callable[..., Child]]]:
    """Rigs and processes that the tests of one module share."""
    folder = tmp_path_factory.mktemp("processes")
    domain = int(module_env["ROS_DOMAIN_ID"])
    with rigs_in(domain) as make, child_processes(module_env, folder) as run:
        yield make, run
