"""What a text is written in is said once, by script and by paragraph, and only where it is worth saying."""

from __future__ import annotations

import io
import json
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text import languages
from llmctl.text.languages import describe

SENTENCES = {
    "en": "The keeper of the lighthouse writes down the weather every evening before he goes to bed. ",
    "de": "Der Leuchtturmwärter schreibt jeden Abend das Wetter auf, bevor er endlich schlafen geht. ",
    "fr": "Le gardien du phare note chaque soir le temps qu'il fait avant d'aller enfin se coucher. ",
    "ru": "Смотритель маяка каждый вечер записывает погоду, прежде чем наконец лечь спать. ",
    "el": "Ο φύλακας του φάρου γράφει κάθε βράδυ τον καιρό πριν πάει επιτέλους για ύπνο. ",
    "zh": "守灯塔的人每天晚上都把天气写下来，然后才去睡觉，这么多年来从没有间断过。",
    "zh-hant": "守燈塔的人每天晚上都把天氣寫下來，然後才去睡覺，這麼多年來從沒有間斷過。",
    "ja": "灯台守は毎晩、寝る前にその日の天気を書き留めている。何年も続けていることだ。",
    "ko": "등대지기는 매일 저녁 잠자리에 들기 전에 날씨를 적는다. 여러 해 동안 그랬다.",
    "ar": "يكتب حارس المنارة حالة الطقس كل مساء قبل أن يذهب إلى النوم أخيرا. ",
    "th": "ผู้ดูแลประภาคารจดบันทึกสภาพอากาศทุกเย็นก่อนเข้านอน ",
    "hi": "प्रकाशस्तंभ का रखवाला हर शाम सोने से पहले मौसम लिखता है। ",
    "he": "שומר המגדלור רושם את מזג האוויר בכל ערב לפני שהוא הולך לישון. ",
}
SCRIPTS = {
    "en": "Latn", "de": "Latn", "fr": "Latn", "ru": "Cyrl", "el": "Grek", "zh": "Hans", "zh-hant": "Hant", "ja": "Jpan",
    "ko": "Kore", "ar": "Arab", "th": "Thai", "hi": "Deva", "he": "Hebr",
}  # fmt: skip


def one(text: str, lang: str | None = None) -> dict:
    (described,) = describe([text], [lang])
    return described


def lines(lang: str, n: int) -> list[str]:
    return [SENTENCES[lang] * 2] * n


@pytest.mark.parametrize("lang", SENTENCES)
def test_a_text_of_one_language_has_a_script_and_nothing_more(lang: str) -> None:
    assert one("\n".join(lines(lang, 8)), lang[:2]) == {"script": SCRIPTS[lang]}


@pytest.mark.parametrize("text", ["", "  \n", "12345 + 67 = !", "\U0001f600" * 20, "\ud800"])
def test_a_text_without_letters_has_nothing(text: str) -> None:
    assert one(text) == {}


@pytest.mark.parametrize(("n", "share", "is_mixed"), [(1, 0.1, False), (3, 0.3, True), (5, 0.5, True)])
def test_paragraphs_of_two_languages_are_named_by_their_share(n: int, share: float, is_mixed: bool) -> None:
    described = one("\n".join([*lines("en", 10 - n), *lines("de", n)]), "en")
    assert list(described["paragraph_languages"]) in (["en", "de"], ["de", "en"])
    assert described["paragraph_languages"]["de"] == pytest.approx(share, abs=0.05)
    assert described.get("mixed_language", False) is is_mixed


def test_lines_of_two_scripts_that_take_turns_are_mixed() -> None:
    described = one("\n".join([SENTENCES["ru"], SENTENCES["en"]] * 8), "ru")
    assert described["mixed_language"] is True
    assert set(described["scripts"]) == {"Cyrl", "Latn"} and set(described["paragraph_languages"]) == {"ru", "en"}


def test_a_few_latin_words_in_chinese_are_no_second_language() -> None:
    text = "\n".join([SENTENCES["zh"] * 3 + "(lighthouse)"] * 10)
    assert "mixed_language" not in one(text, "zh") and one(text, "zh")["script"] == "Hans"


@pytest.mark.parametrize(
    ("text", "script"), [("守灯塔的人", "Hani"), ("山中有人，水上有月。" * 5, "Hani"), ("天地玄黄，宇宙洪荒", "Hani")]
)
def test_chinese_that_both_forms_write_alike_is_called_neither(text: str, script: str) -> None:
    assert one(text)["script"] == script


def test_close_languages_count_as_that_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        languages, "identify", lambda texts: (["hr", "sr"] * (len(texts) // 2), np.full(len(texts), 0.9))
    )
    text = "\n".join(["Svjetionicar svake veceri zapisuje vrijeme prije nego sto napokon podje na spavanje. " * 2] * 8)
    assert one(text, "hr") == {"script": "Latn"}


def test_a_paragraph_whose_language_is_not_sure_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def identify(texts: list[str]) -> tuple[list[str], np.ndarray]:
        return ["en", "qu"] * (len(texts) // 2), np.array([0.9, 0.3] * (len(texts) // 2))

    monkeypatch.setattr(languages, "identify", identify)
    assert one("\n".join(lines("en", 8)), "en") == {"script": "Latn"}


def test_a_batch_says_of_each_what_it_says_of_it_alone() -> None:
    texts = ["\n".join(lines(a, 5) + lines(b, 4)) for a in SENTENCES for b in ("en", "zh")]
    langs = [None] * len(texts)
    assert describe(texts, langs) == [one(text) for text in texts]
    assert describe([], []) == []


def test_a_long_text_is_sampled_evenly_and_costs_no_more() -> None:
    text = "\n".join([*lines("en", 20_000), *lines("fr", 20_000)])
    start = time.process_time()
    described = one(text, "en")
    assert time.process_time() - start < 1.0
    assert described["paragraph_languages"]["fr"] == pytest.approx(0.5, abs=0.05)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=60), st.sampled_from(sorted(SENTENCES.values()))), max_size=20),
    st.sampled_from([None, "en", "zh"]),
)
def test_any_text_is_described(parts: list[str], lang: str | None) -> None:
    described = one("\n".join(parts), lang)
    json.dumps(described)
    assert sum(described.get("scripts", {}).values()) <= 1.01
    assert sum(described.get("paragraph_languages", {}).values()) <= 1.01
    if not any(unicodedata.category(c)[0] == "L" for part in parts for c in part):
        assert "paragraph_languages" not in described


NAMES = {"Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Hebr": "HEBREW", "Deva": "DEVANAGARI", "Thai": "THAI",
         "Hira": "HIRAGANA", "Kana": "KATAKANA", "Geor": "GEORGIAN", "Armn": "ARMENIAN", "Ethi": "ETHIOPIC", "Taml": "TAMIL",
         "Beng": "BENGALI", "Khmr": "KHMER", "Mymr": "MYANMAR", "Sinh": "SINHALA", "Tibt": "TIBETAN", "Hang": "HANGUL"}  # fmt: skip


@pytest.mark.parametrize("script", NAMES)
def test_letters_whose_names_begin_with_a_script_are_of_it(script: str) -> None:
    letters = [c for c in map(chr, range(0x41, 0xFFFF)) if unicodedata.category(c) in ("Lu", "Ll", "Lo") and
               unicodedata.name(c, "").split(" ")[0] == NAMES[script]]  # fmt: skip
    assert letters
    found = languages._letters("".join(letters[:4000]))
    assert found[script] >= 0.99 * len(letters[:4000])


def rows(path: Path) -> list[dict[str, str]]:
    with zstandard.open(path, "rb") as stream:
        return [json.loads(line) for line in io.BytesIO(stream.read())]


def test_scripts_of_the_declaration_of_human_rights_are_those_of_its_languages(data: Path) -> None:
    gold = {
        "eng": "Latn", "rus": "Cyrl", "cmn_hans": "Hans", "cmn_hant": "Hant", "jpn": "Jpan", "kor": "Kore", "hin": "Deva",
        "arb": "Arab", "heb": "Hebr", "tha": "Thai", "amh": "Ethi", "kat": "Geor", "hye": "Armn", "ell_monotonic": "Grek",
        "tam": "Taml", "khm": "Khmr", "mya": "Mymr", "srp_cyrl": "Cyrl", "srp_latn": "Latn", "azj_cyrl": "Cyrl", "lao": "Laoo",
        "iii": "Yiii", "vai": "Vaii", "chr": "Cher", "ike": "Cans", "sin": "Sinh", "bod": "Tibt", "div": "Thaa", "kan": "Knda",
    }  # fmt: skip
    texts = {row["id"]: row["text"] for row in rows(data / "langid" / "udhr.jsonl.zst") if row["id"] in gold}
    found = describe(list(texts.values()), [None] * len(texts))
    assert {name: one["script"] for name, one in zip(texts, found, strict=True)} == {name: gold[name] for name in texts}


def test_a_mixture_is_flagged_and_a_single_language_is_not(data: Path) -> None:
    """Five languages far apart; benchmarks/mixed_languages.py measures over a hundred."""
    names = ("eng", "deu_1901", "fra", "fin", "tur")
    texts = {row["id"]: row["text"] for row in rows(data / "langid" / "udhr.jsonl.zst") if row["id"] in names}
    source = {name: [line for line in text.split("\n") if len(line.strip()) > 80] for name, text in texts.items()}
    single = describe(["\n".join(lines) for lines in source.values()], [None] * len(source))
    assert [one.get("mixed_language", False) for one in single] == [False] * len(source)
    pairs = [(a, b) for a in source for b in source if a < b]
    mixed = describe(["\n".join([*source[a][:12], *source[b][:12]]) for a, b in pairs], [None] * len(pairs))
    assert sum(one.get("mixed_language", False) for one in mixed) >= 0.9 * len(pairs)
