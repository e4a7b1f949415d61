"""How well the language of texts, their script and their mixture are known: python benchmarks/mixed_languages.py [DATA]

Labels: 84 test texts (langid), the Universal Declaration of Human Rights in the languages that lid.176 has (UDHR), mixtures
of two of them made here paragraph by paragraph with a known share, and pages of a crawl whose language is known.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

from llmctl.text.language import identify
from llmctl.text.languages import describe
from llmctl.text.sources import charset
from llmctl.text.sources.pages import html
from llmctl.text.sources.web_archives import warc

# ids of the UDHR (ISO 639-3) that lid.176 knows under a label of two letters
TWO = (
    "afr:af als:sq amh:am arb:ar ast:ast azj_latn:az bel:be ben:bn bod:bo bos_latn:bs bre:br bul:bg cat:ca ces:cs "
    "ckb:ckb cmn_hans:zh cmn_hant:zh cos:co cym:cy dan:da deu_1901:de div:dv ell_monotonic:el eng:en epo:eo est:et "
    "eus:eu fin:fi fra:fr fur:fur gla:gd gle:ga glg:gl guj:gu heb:he hin:hi hrv:hr hsb:hsb hun:hu hye:hy ind:id isl:is "
    "ita:it jpn:ja kal:kl kan:kn kat:ka kaz:kk khm:km kin:rw kir:ky kor:ko lao:lo lat:la lav:lv lit:lt ltz:lb mal:ml "
    "mar:mr mkd:mk mlt:mt mya:my nds:nds nep:ne nld:nl nno:nn nob:no oss:os pan:pa pes_1:fa pol:pl por_BR:pt por_PT:pt "
    "roh:rm ron:ro rus:ru sah:sah san:sa sin:si slk:sk slv:sl som:so spa:es srp_cyrl:sr sun:su swe:sv swh:sw tam:ta tat:tt "
    "tel:te tgk:tg tgl:tl tha:th tuk_latn:tk tur:tr uig_arab:ug ukr:uk urd:ur uzn_latn:uz vec:vec vie:vi war:war wln:wa "
    "ydd:yi yor:yo"
)
LABELS = dict(pair.split(":") for pair in TWO.split())
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
PAIRS, PARAGRAPHS = 300, 20


def rows(path: Path) -> list[dict[str, str]]:
    with zstandard.open(path, "rb") as stream:
        return [json.loads(line) for line in io.BytesIO(stream.read())]


def accuracy(texts: list[str], truth: list[str]) -> float:
    langs, _ = identify(texts)
    return sum(a == b for a, b in zip(langs, truth, strict=True)) / max(len(texts), 1)


def by_length(data: Path) -> None:
    known = [(row["text"], LABELS[row["id"]]) for row in rows(data / "langid/udhr.jsonl.zst") if row["id"] in LABELS]
    print(f"UDHR, {len(known)} texts of {len({lang for _, lang in known})} labels of the model: accuracy by characters")
    for size in (20, 50, 100, 200, 1000, 5000):
        print(f"  {size:5d}  {accuracy([t[1000 : 1000 + size] for t, _ in known], [lang for _, lang in known]):.3f}")
    scripts = [described.get("script", "none") for described in describe([t for t, _ in known], [None] * len(known))]
    langs, _ = identify([text[1000:1200] for text, _ in known])
    right: defaultdict[str, list[bool]] = defaultdict(list)
    for script, lang, (_, truth) in zip(scripts, langs, known, strict=True):
        right[script].append(lang == truth)
    table = ", ".join(f"{s} {sum(v)}/{len(v)}" for s, v in sorted(right.items(), key=lambda kv: -len(kv[1])))
    print(f"  200 characters by script: {table}")
    print(
        "  wrong at 200:",
        " ".join(f"{truth}>{lang}" for lang, (_, truth) in zip(langs, known, strict=True) if lang != truth),
    )
    tests = rows(data / "langid/langid_tests.jsonl.zst")
    print(f"langid, 84 texts: {accuracy([row['text'] for row in tests], [row['lang'] for row in tests]):.3f}")


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if len(line.strip()) >= 60]


def mixtures(data: Path) -> None:
    source = {
        LABELS[row["id"]]: paragraphs(row["text"])
        for row in rows(data / "langid/udhr.jsonl.zst")
        if row["id"] in LABELS
    }
    langs = sorted(lang for lang, lines in source.items() if len(lines) >= PARAGRAPHS // 2)
    generator = random.Random(0)
    print(f"mixtures of two of {len(langs)} languages, {PAIRS} a share: flagged, and both languages named")
    for share in (0.0, *SHARES):
        texts, firsts, seconds = [], [], []
        for _ in range(PAIRS):
            first, second = generator.sample(langs, 2)
            n = round(share * PARAGRAPHS)
            lines = generator.choices(source[first], k=PARAGRAPHS - n) + generator.choices(source[second], k=n)
            generator.shuffle(lines)
            texts.append("\n".join(lines))
            firsts.append(first)
            seconds.append(second)
        found = describe(texts, firsts)
        flagged = sum(one.get("mixed_language", False) for one in found)
        named = sum(
            {a, b} <= set(one.get("paragraph_languages", ())) for one, a, b in zip(found, firsts, seconds, strict=True)
        )
        print(f"  {share:.2f}  flagged {flagged / PAIRS:.3f}  named {named / PAIRS:.3f}")


def pages(data: Path, most: int = 1500) -> None:
    """Pages of the crawl: single where nearly all paragraphs have one language, mixed where English has 25 to 75 %."""
    truth = {
        (r["warc"], r["offset"]): r
        for r in pq.read_table(data / "web/crawl_truth.parquet").to_pylist()
        if r["kind"] == "content"
    }
    texts, kinds = [], []
    for file in sorted((data / "web/crawl").glob("*.warc.gz")):
        with file.open("rb") as stream:
            for record in warc.read(stream):
                row = truth.get((file.name, getattr(record, "offset", -1)))
                share = row and row["lang_share_en"]
                if row is None or share is None or row["text_chars"] < 1000:
                    continue
                own = row["lang_share_path"] or 0.0
                is_single = max(share, own) >= 0.97
                if not is_single and not (0.25 <= share <= 0.75 and own >= 0.2):
                    continue
                page = html.extract(charset.decode(record.payload, record.content_type)[0], "fast")
                texts.append(page.text)
                kinds.append(row["lang_path"] != "en" and not is_single)
                if len(texts) >= most:
                    break
        if len(texts) >= most:
            break
    langs, _ = identify(texts)
    start = time.perf_counter()
    found = describe(texts, langs)
    seconds = time.perf_counter() - start
    table = Counter((kind, one.get("mixed_language", False)) for kind, one in zip(kinds, found, strict=True))
    hit, miss, false = table[True, True], table[True, False], table[False, True]
    print(f"crawl, {len(texts)} pages ({hit + miss} mixed): precision {hit / max(hit + false, 1):.3f},"
          f" recall {hit / max(hit + miss, 1):.3f},"
          f" false flags {false} of {table[False, False] + false}, {1000 * seconds / len(texts):.2f} ms a page")  # fmt: skip


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data")
    by_length(place)
    mixtures(place)
    pages(place)
