"""
A worker as its author would write it from docs/how-to/job-system.md, with the standard library alone.

It keeps each event before it answers it, works in steps, and reports until the bot has answered. `SIGKILL`
may come at any moment. Nothing of this project is imported: `python worker.py PORT FOLDER SECRET`.
"""

import base64
import hashlib
import hmac
import json
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, FOLDER, SECRET = int(sys.argv[1]), sys.argv[2], sys.argv[3]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, job INTEGER);
CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, url TEXT, token TEXT, step INTEGER DEFAULT 0);
"""


def connect():
    connection = sqlite3.connect(f"{FOLDER}/worker.sqlite3", timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_SCHEMA)
    return connection


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(expected, self.headers["webhook-signature"]):
            self.answer(401)
            return
        self.keep(json.loads(body))
        self.answer(204)

    def keep(self, event):
        connection, data = connect(), event["data"]
        connection.execute("BEGIN IMMEDIATE")
        new = connection.execute(
            "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (self.headers["webhook-id"], event["type"], data["jobId"]),
        ).rowcount
        if new and event["type"] == "job.created":
            report = data["report"]
            connection.execute(
                "INSERT INTO jobs (id, url, token) VALUES (?, ?, ?)",
                (data["jobId"], report["url"], report["token"]),
            )
        connection.execute("COMMIT")
        connection.close()

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


def report(url, token, what):
    """Report until the bot has answered: 202, or 409 for what it knows already."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{url}/{what}", data=b"", headers=headers)  # noqa: S310
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
            return
        except urllib.error.HTTPError as error:
            if error.code == 409:
                return
            assert error.code >= 429, error.read()
        except OSError:
            pass
        time.sleep(0.05)


STEPS = ("started", "progress?progress=0.5&message=half", "exit/0")


def work():
    connection = connect()
    while True:
        waiting = connection.execute(
            "SELECT id, url, token, step FROM jobs WHERE step < ? ORDER BY id LIMIT 1", (len(STEPS),)
        ).fetchone()
        if waiting is None:
            time.sleep(0.02)
            continue
        job, url, token, step = waiting
        report(url, token, STEPS[step])
        connection.execute("UPDATE jobs SET step = ? WHERE id = ?", (step + 1, job))


if __name__ == "__main__":
    threading.Thread(target=work, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Hook)
    print("ready", flush=True)
    server.serve_forever()
