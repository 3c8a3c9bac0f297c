"""The transport profile, seen from two real processes that exchange 3 MB best-effort images."""

from __future__ import annotations

import pytest

from camaware_ros.ros.environment import ros_environment
from camaware_ros.ros.transport_check import images_sent_and_received


def without_profile(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if "PROFILES_FILE" not in name}


def test_large_best_effort_images_arrive_with_the_profile(ros_env: dict[str, str]) -> None:
    sent, received = images_sent_and_received(ros_environment(without_profile(ros_env)))
    # Best effort may drop a frame on a busy machine; without the profile most are lost.
    assert sent > 0
    assert received >= 0.9 * sent


def test_without_the_profile_they_are_lost(ros_env: dict[str, str]) -> None:
    """Negative control: shows that the test above fails when the profile does nothing."""
    sent, received = images_sent_and_received(without_profile(ros_env))
    assert sent > 0
    assert received < 0.5 * sent


def test_a_process_that_cannot_start_ros_is_reported(ros_env: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="transport check: a process returned"):
        images_sent_and_received({**ros_env, "RMW_IMPLEMENTATION": "rmw_that_does_not_exist"})
