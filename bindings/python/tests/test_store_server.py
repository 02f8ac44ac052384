"""The larger example: SIGTERM under load, and what was acknowledged is what was stored."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

SERVER = Path(__file__).parent.parent / "examples" / "store_server"
ENVIRONMENT = {**os.environ, "PTG_PYTHON": sys.executable}
CONNECTIONS = 8
BEFORE_SIGNAL = 50
PATIENCE = 30


class Client(threading.Thread):
    """Puts one key after the other until the server closes the connection."""

    def __init__(self, port, number, enough):
        super().__init__()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._number = number
        self._enough = enough
        self.sent, self.acknowledged = [], []

    def run(self):
        lines = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        try:
            while True:
                key = f"k{self._number}-{len(self.sent)}"
                lines.write(f"put {key} v\n")
                lines.flush()
                self.sent.append(key)
                if lines.readline() != f"stored {key}\n":
                    return
                self.acknowledged.append(key)
                if len(self.acknowledged) == BEFORE_SIGNAL:
                    self._enough.release()
        except OSError:
            pass
        finally:
            self._socket.close()


def start(store):
    process = subprocess.Popen(
        [SERVER, "--port", "0", "--store", store], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", process.stdout.readline()).group(1))
    return process, port


def ask(port, *lines):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        file = connection.makefile("rw", encoding="utf-8", newline="\n")
        answers = []
        for line in lines:
            file.write(line + "\n")
            file.flush()
            answers.append(file.readline())
        return answers


def test_sigterm_under_load_loses_no_acknowledged_put(tmp_path):
    store = tmp_path / "store"
    process, port = start(store)
    try:
        enough = threading.Semaphore(0)
        clients = [Client(port, number, enough) for number in range(CONNECTIONS)]
        for client in clients:
            client.start()
        for _ in clients:
            assert enough.acquire(timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE)
        for client in clients:
            client.join(PATIENCE)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()

    acknowledged = [key for client in clients for key in client.acknowledged]
    sent = {key for client in clients for key in client.sent}
    stored = [line.split()[0] for line in store.read_text().splitlines()]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored) <= sent
    assert process.returncode == 0
    paths = [line.split()[1] for line in output.splitlines()]
    assert paths == ["/accept", "/handlers", "/store", "/"]
    assert f"report /handlers drained={CONNECTIONS} cancelled=0 failed=0 refused=0 abandoned=0" in output


def test_lines_are_answered(tmp_path):
    process, port = start(tmp_path / "store")
    try:
        answers = ask(port, "put a 1", "put b 2", "count", "get a")
        assert answers[:3] == ["stored a\n", "stored b\n", "2\n"]
        assert answers[3].startswith("error: ")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0
    assert (tmp_path / "store").read_text() == "a 1\nb 2\n"
