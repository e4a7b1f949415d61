"""Fetch the interpreter's own documentation over HTTP into a WARC file, and its standard library into JSON Lines.

In: nothing but Python. `python -m pydoc` serves its pages on 127.0.0.1; this follows their links, breadth first and in
the order in which they stand, and writes one response record a page (`pages.warc.gz`). The sources of the same modules
become `code.jsonl`. About 30 ms a page, most of it pydoc's.

usage: fetch.py OUT MAX_PAGES
"""

from __future__ import annotations

import ast
import http.client
import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

START = ("topics.html", "keywords.html", "index.html")
# these open a browser, print a poem, are tests, or come and go with the installation
SKIPPED = {"antigravity", "this", "test", "idlelib", "turtledemo", "lib2to3", "tkinter", "turtle", "ensurepip"}
LINK = re.compile(rb'href="([^"]+)"')
LARGEST_SOURCE = 100_000  # bytes; larger files are tables or worlds of their own


@contextmanager
def served() -> Iterator[str]:
    """The address of a pydoc server that lives as long as the block."""
    # -I: neither the current folder nor PYTHON* variables decide what is documented
    command = [sys.executable, "-I", "-u", "-W", "ignore", "-m", "pydoc", "-n", "127.0.0.1", "-p", "0"]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    try:
        line = next((line for line in server.stdout if "http://" in line), "")
        if not line:
            sys.exit("fetch.py: pydoc did not start its server; does `python -m pydoc -p 0` work?")
        yield line[line.index("http://") :].split()[0]
    finally:
        server.kill()
        server.wait()


def wanted(url: str, start: str) -> bool:
    """Is this a page of the server about the language or a module of the standard library?"""
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}/" != start or not parts.path.endswith(".html"):
        return parts.path == "/topic" and f"{parts.scheme}://{parts.netloc}/" == start
    name = parts.path[1:].removesuffix(".html")
    if f"{name}.html" in START:
        return True
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names and top not in SKIPPED and not top.startswith("_") and ".tests" not in name


def crawl(start: str, most: int) -> Iterator[tuple[str, http.client.HTTPResponse, bytes]]:
    """Pages reachable from the start pages, breadth first, each once."""
    queue = [start + page for page in START]
    seen = set(queue)
    position = 0
    while position < len(queue) and position < most:
        url = queue[position]
        position += 1
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        try:
            connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:  # a module whose import breaks: the next page may do
            print(f"fetch.py: {url}: {error}", file=sys.stderr)
            continue
        finally:
            connection.close()
        yield url, response, body
        for link in LINK.findall(body):
            found = urldefrag(urljoin(url, link.decode("utf-8", "replace")))[0]
            if found not in seen and wanted(found, start):
                seen.add(found)
                queue.append(found)


def write_warc(path: Path, most: int) -> int:
    """The pages as response records; returns how many."""
    count = 0
    with served() as start, path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "llmctl examples/demo/fetch.py"}))
        for url, response, body in crawl(start, most):
            status = StatusAndHeaders(
                f"{response.status} {response.reason}", response.getheaders(), protocol="HTTP/1.0"
            )
            writer.write_record(writer.create_warc_record(url, "response", payload=BytesIO(body), http_headers=status))
            count += 1
    return count


def sources(library: Path) -> Iterator[Path]:
    """Source files of the standard library's modules (packages aside), in name order."""
    for path in sorted(library.glob("*.py")):
        if path.stem in sys.stdlib_module_names - SKIPPED and path.stat().st_size <= LARGEST_SOURCE:
            yield path


def write_code(path: Path) -> int:
    """The sources as rows with text, source and metadata; returns how many."""
    library = Path(sysconfig.get_path("stdlib"))
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        for file in sources(library):
            try:
                text = file.read_text(encoding="utf-8")
                ast.parse(text)
            except (UnicodeDecodeError, SyntaxError, ValueError):
                continue  # not Python of this version
            name = file.relative_to(library).as_posix()
            metadata = {"language": "Python", "path": name}
            row = {"id": f"stdlib/{name}", "text": text, "source": "code", "license": "PSF-2.0", "metadata": metadata}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def main() -> None:
    out, most = Path(sys.argv[1]), int(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    pages = write_warc(out / "pages.warc.gz", most)
    files = write_code(out / "code.jsonl")
    print(f"fetched {pages} pages into {out}/pages.warc.gz and {files} source files into {out}/code.jsonl")


if __name__ == "__main__":
    main()
