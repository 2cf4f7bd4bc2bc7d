# SPDX-License-Identifier: Apache-2.0
"""A registry of schemas on loopback, as far as one is read from."""

import http.server
import json
import threading


class SchemaRegistry:
    """`schemas`: the text of each by its number, to be added to at any time.
    `kind`: what they are, if not Avro."""

    def __init__(self, kind=None):
        self.schemas = {}
        self._kind = {"schemaType": kind} if kind else {}
        self.asked = []
        self._server = None
        self._thread = None
        self._port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def start(self):
        """Again on the same port, once it was stopped."""
        registry = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                registry.asked.append(self.path)
                number = self.path.removeprefix("/schemas/ids/")
                text = registry.schemas.get(
                    int(number) if number.isdigit() else None)
                if text is None:
                    self.reply(404, {"error_code": 40403,
                                     "message": "Schema not found"})
                else:
                    self.reply(200, {"schema": text, **registry._kind})

            def reply(self, code, answer):
                body = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Type",
                                 "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", self._port), Answers)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def stop(self):
        if self._server is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None
