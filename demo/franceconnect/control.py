"""The control port: faults, time, sessions, keys, journal. Loopback only, and only when asked for."""

from dataclasses import asdict
from typing import Any

from flask import Flask, jsonify, request

from demo.franceconnect.faults import NAMES, UnknownFault
from demo.franceconnect.listener import Listener
from demo.franceconnect.simulator import Simulator


def create_control(simulator: Simulator, listener: Listener) -> Flask:
    """JSON in, JSON out."""
    app = Flask("franceconnect-control", static_folder=None)
    _add_faults(app, simulator, listener)
    _add_state(app, simulator)
    return app


def _add_faults(app: Flask, simulator: Simulator, listener: Listener) -> None:
    @app.get("/faults")
    def known() -> Any:
        """Every fault with what it does, and those that are on."""
        return jsonify(known=NAMES, on=[asdict(fault) for fault in simulator.faults.all()])

    @app.put("/faults/<name>")
    def switch_on(name: str) -> Any:
        """Body: `{"value": "…", "times": N, "state": "…"}`, each optional."""
        body = request.get_json(silent=True) or {}
        times = body.get("times")
        if not isinstance(body, dict) or not isinstance(times, int | None):
            return jsonify(error="times is a number"), 400
        try:
            fault = simulator.faults.set(name, str(body.get("value", "")), times, str(body.get("state", "")))
        except UnknownFault:
            return jsonify(error="no such fault"), 404
        if name == "down":
            listener.close()
        return jsonify(asdict(fault))

    @app.delete("/faults")
    @app.delete("/faults/<name>")
    def switch_off(name: str = "") -> Any:
        simulator.faults.clear(name)
        if name in ("", "down"):
            listener.open()
        return "", 204


def _add_state(app: Flask, simulator: Simulator) -> None:
    memory = simulator.memory

    @app.put("/clock")
    def move_clock() -> Any:
        """Body: `{"offset": seconds}`."""
        offset = (request.get_json(silent=True) or {}).get("offset")
        if not isinstance(offset, int | float):
            return jsonify(error="offset is a number of seconds"), 400
        simulator.clock.offset = float(offset)
        return jsonify(offset=simulator.clock.offset)

    @app.get("/sessions")
    def sessions() -> Any:
        return jsonify([{"id": one.id, "login": one.identity.login} for one in memory.sessions.values()])

    @app.delete("/sessions")
    @app.delete("/sessions/<session_id>")
    def kill(session_id: str = "") -> Any:
        with memory.lock:
            for known in [session_id] if session_id else list(memory.sessions):
                memory.sessions.pop(known, None)
        return "", 204

    @app.get("/journal")
    def journal() -> Any:
        return jsonify([asdict(entry) for entry in memory.journal])

    @app.delete("/journal")
    def forget() -> Any:
        memory.journal.clear()
        return "", 204

    @app.post("/keys/rotate")
    def rotate() -> Any:
        """Body: `{"hard": true}` swaps at once."""
        simulator.keys.rotate(hard=bool((request.get_json(silent=True) or {}).get("hard")))
        return jsonify(simulator.keys.ring().jwks())

    @app.post("/keys/retire")
    def retire() -> Any:
        simulator.keys.retire()
        return jsonify(simulator.keys.ring().jwks())
