"""A mail server that takes everything and keeps nothing, for measurements: `python -m bench.smtp_sink PORT`."""

from __future__ import annotations

import socketserver
import sys


class Taker(socketserver.StreamRequestHandler):
    """One connection: SMTP (RFC 5321) as far as a client that behaves well needs it."""

    def handle(self) -> None:
        self._say(b'220 sink')
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b'QUIT':
                self._say(b'221 bye')
                return
            if verb == b'DATA':
                self._say(b'354 go on')
                while self.rfile.readline() not in (b'.\r\n', b''):
                    pass
            self._say(b'250 sink')

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b'\r\n')


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    with Sink(('127.0.0.1', int(sys.argv[1])), Taker) as server:
        server.serve_forever()


if __name__ == '__main__':
    main()
