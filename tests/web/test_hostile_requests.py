"""200 requests that mean no good, to a real server on loopback."""

import json
import random
from collections import Counter
from pathlib import Path

from tests.web.conftest import sing
from tests.web.server import Server, serve


def attack(server: Server, session: str) -> dict[str, list[int]]:
    """Send all the requests, and return the statuses of each kind."""
    got: dict[str, list[int]] = {}
    one = f"/api/sessions/{session}"

    def send(kind: str, method: str, path: str, body: object = None, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        got.setdefault(kind, []).append(server.ask(method, path, body, named)[0])

    def send_raw(kind: str, data: str | bytes, is_cut: bool = False) -> None:
        data = data.encode("latin-1") if isinstance(data, str) else data
        got.setdefault(kind, []).append(server.send_raw(data, is_cut=is_cut))

    host = "Host: 127.0.0.1\r\n"
    for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "....//", "%252e%252e%252f", "/"):
        secret = f"{8 * up}etc/passwd"
        send_raw("paths upwards", f"GET /{secret} HTTP/1.1\r\n{host}\r\n")
        send_raw("paths upwards", f"GET /api/sessions/{secret} HTTP/1.1\r\n{host}\r\n")
        send_raw("paths upwards", f"GET {one}/results/{secret}/mix.wav HTTP/1.1\r\n{host}\r\n")
        send_raw("paths upwards", f"GET {one}/results/1/{secret} HTTP/1.1\r\n{host}\r\n")
        send_raw("paths upwards", f"DELETE /api/sessions/{up}{up}x HTTP/1.1\r\n{host}\r\n")
    for odd in ("%00", "a%00b", "%0a%0d", "%ff%fe", "%f0%9f%8e%a4", 5000 * "a", "%u0041", "con"):
        send("odd names in paths", "GET", f"/{odd}")
        send("odd names in paths", "GET", f"/api/sessions/{odd}")
        send("odd names in paths", "GET", f"{one}/results/1/{odd}")
        send("odd names in paths", "DELETE", f"{one}/results/{odd}")
        send("odd names in paths", "GET", f"/api/jobs/{odd}")
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND"):
        send("wrong methods", method, "/api/status")
        send("wrong methods", method, "/")
    send("wrong methods", "POST", one)
    send("wrong methods", "POST", f"{one}/vocal")

    wrong = ["[]", '"x"', "1", "null", "{", "", "\x00", "NaN", "\ufeff{}", 100_000 * "[", "{'a':1}"]
    wrong += [100_000 * '{"a":', '{"tempo": NaN}', '{"tempo": -Infinity}', f'{{"a": {9999 * "9"}}}']
    for text in wrong:
        send("bodies that are no JSON object", "PUT", f"{one}/given", text.encode())
        send("bodies that are no JSON object", "POST", f"{one}/generate", text.encode() or b"7")
    values: list[object] = [
        True,
        [],
        {},
        "x",
        -1,
        0,
        1e308,
        2**63,
        10**400,
        "💥",
        9999 * "9",
        1e-320,
    ]
    for name in ("tempo", "bar_1_at", "meter", "key", "style", "chords", "beats"):
        for value in values:
            body = json.dumps({name: value})
            send("given values of wrong types and sizes", "PUT", f"{one}/given", body)
    orders: list[dict[str, object]] = [
        {"results": value} for value in (0, -1, 10**9, "8", 1.5, True)
    ]
    orders += [{"seed": value} for value in (-1, 2**64, 10**400, "1", [], 0.5)]
    ranges: list[object] = [[1], [2, 1], "1-2", [0, 1e308], [-1, 1], {}, [0, "1"], [0, None]]
    orders += [{"range": value, "of": 1} for value in ranges]
    orders += [
        {"range": [0, 1]},
        {"of": 1},
        {"of": "../1"},
        {"sampler": "../paper"},
        {"sampler": []},
    ]
    orders += [{"__proto__": 1}, {"vocal": "/etc/passwd"}, {"checkpoint": "x"}, {"candidates": 65}]
    for order in orders:
        send("orders out of range", "POST", f"{one}/generate", json.dumps(order))

    noise = random.Random(0).randbytes(5000)
    uploads = [b"", b"\x00", noise, b"RIFF" + noise, b"fLaC" + noise, b"OggS" + noise]
    uploads += [b"\x1aE\xdf\xa3" + noise, b"#EXTM3U\n/etc/passwd\n", b"ID3" + noise, sing(0.2)]
    uploads += [b"ffconcat version 1.0\nfile /etc/passwd\n", sing(2)[:2000], b"<svg/>", b"MThd"]
    for content in uploads:
        send("uploads that are no recording", "POST", "/api/sessions?name=x.wav", content)
    names = ("../../x.wav", "..%2f..%2fx.wav", "%00.wav", "C:%5Cx.wav", "%e2%80%ae.wav", 3000 * "a")
    for name in names:
        send("uploads with odd names", "POST", f"/api/sessions?name={name}", sing(1.5))
    huge = 10**12
    start = "POST /api/sessions?name=a.wav HTTP/1.1\r\n" + host
    for length in (str(huge), "-1", "1e9", "0x10", "9" * 40, "5, 5", "", "5\r\nContent-Length: 6"):
        send_raw("wrong Content-Length", f"{start}Content-Length: {length}\r\n\r\nabc")
    for body in (b"zz\r\n", b"5\r\nabc", b"FFFFFFFFFFFFFFFFFF\r\n", b"-1\r\n", 70_000 * b"1"):
        send_raw("broken chunks", f"{start}Transfer-Encoding: chunked\r\n\r\n".encode() + body)
    for _ in range(6):
        head = f"{start}Content-Length: 100000\r\n\r\n".encode()
        send_raw("cancelled uploads", head + sing(2)[:3000], is_cut=True)
    big = f"{start}Transfer-Encoding: chunked\r\n\r\n".encode() + 4 * (
        b"100000\r\n" + 2**20 * b"\0" + b"\r\n"
    )
    send_raw("longer than the limit", big)
    send("longer than the limit", "POST", "/api/sessions", 3 * 2**20 * b"\0")
    send("longer than the limit", "PUT", f"{one}/given", json.dumps({"chords": 400_000 * "C"}))

    for name in ("evil.example", "127.0.0.1.evil.example", "localhost@evil", "", "[::1", "a:b:c"):
        send("wrong Host", "GET", "/api/sessions", None, Host=name)
    send_raw("wrong Host", "GET /api/sessions HTTP/1.1\r\n\r\n")
    send_raw("wrong Host", f"GET /api/sessions HTTP/1.1\r\n{host}Host: evil.example\r\n\r\n")
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "file://", "http://["):
        send("wrong Origin", "DELETE", one, None, Origin=origin)
        send("wrong Origin", "POST", f"{one}/generate", "{}", Origin=origin)
    for site in ("cross-site", "same-site", "nonsense"):
        send("wrong Origin", "POST", f"{one}/undo", None, Sec_Fetch_Site=site)
    for data in (b"\r\n\r\n", noise, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", 70_000 * b"A"):
        send_raw("no HTTP", data)
    for bounds in ("bytes=9-1", "bytes=-0", "bytes=a-b", "bytes=0-1" + 3000 * ",0-1", "x=1-2"):
        send("odd ranges", "GET", f"{one}/vocal", None, Range=bounds)
    return got


def test_200_hostile_requests_get_no_500_and_leave_nothing(folder: Path, checkpoint: Path) -> None:
    with serve(folder, checkpoint, "--megabytes", "2") as server:
        status, body = server.ask("POST", "/api/sessions?name=mine.wav", sing(3))
        assert status == 201, body
        session = json.loads(body)["id"]
        before = {path for path in folder.parent.rglob("*") if folder not in path.parents}
        got = attack(server, session)
        for kind, statuses in got.items():
            print(f"| {kind} | {len(statuses)} | {dict(sorted(Counter(statuses).items()))} |")
        for kind in ("paths upwards", "wrong methods", "wrong Host", "wrong Origin", "no HTTP"):
            assert not any(200 <= status < 300 for status in got[kind]), kind
        assert sum(map(len, got.values())) >= 200
        assert not {status for statuses in got.values() for status in statuses if status >= 500}
        log = server.log.read_text()
        assert "Traceback" not in log, log
        assert {p for p in folder.parent.rglob("*") if folder not in p.parents} == before
        assert not list((folder / ".temporary").iterdir())
        assert server.get(f"sessions/{session}")["name"] == "mine.wav"
        assert server.ask("GET", "/")[0] == 200
