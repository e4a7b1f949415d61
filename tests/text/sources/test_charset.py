"""Text comes out right from every charset, declared, undeclared or declared wrongly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.text.sources import charset

SENTENCES = {
    "ja": "この文書は、システムを初めて設定する人のための案内です。カタカナもひらがなも読めます。",
    "zh": "本手册介绍如何安装和配置操作系统，并说明常见问题的解决方法。请先备份您的数据。",
    "zh-hant": "本手冊介紹如何安裝與設定作業系統，並說明常見問題的解決方法。請先備份您的資料。",
    "ko": "이 문서는 시스템을 처음 설정하는 사람을 위한 안내서입니다. 먼저 자료를 백업하십시오.",
    "ru": "Это руководство объясняет, как установить и настроить систему. Сначала сделайте копию данных.",
    "fr": "Ce manuel explique où l'élève déjà prêt trouvera la clé; c'était évident à l'été, naïf garçon.",
    "fr-15": "Le cœur de l'œuvre coûte 15 €, c'est bien sûr une sœur qui l'a payée après déjeuner.",
    "el": "Το εγχειρίδιο εξηγεί πώς να εγκαταστήσετε και να ρυθμίσετε το σύστημα στον υπολογιστή σας.",
}
LEGACY = [
    ("ja", "euc-jp"), ("ja", "shift_jis"), ("ja", "iso-2022-jp"), ("zh", "gb2312"), ("zh", "gbk"), ("zh", "gb18030"),
    ("zh-hant", "big5"), ("ko", "euc-kr"), ("ru", "koi8-r"), ("ru", "windows-1251"), ("fr", "iso-8859-1"),
    ("fr-15", "iso-8859-15"), ("el", "iso-8859-7"),
]  # fmt: skip


def page(text: str, head: str = "") -> str:
    return f"<html><head>{head}<title>{text[:12]}</title></head><body><p>{text}</p><p>{text}</p></body></html>"


@pytest.mark.parametrize(("language", "name"), LEGACY)
@pytest.mark.parametrize("declared", ["header", "meta", "nowhere"])
def test_legacy_charset_gives_the_right_text(language: str, name: str, declared: str) -> None:
    text = page(
        SENTENCES[language],
        f'<meta http-equiv="Content-Type" content="text/html; charset={name}">' if declared == "meta" else "",
    )
    header = f'text/html; charset="{name.upper()}"' if declared == "header" else "text/html"
    assert charset.decode(text.encode(name), header)[0] == text


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("language", ["zh", "fr"])
def test_unicode_encodings_are_seen_by_mark_or_by_form(language: str, name: str) -> None:
    text = page(SENTENCES[language])
    assert charset.decode(text.encode(name), "text/html")[0] == text


@pytest.mark.parametrize(
    "header", ["text/html; charset=iso-8859-1", "text/html; charset=nonsense", "text/html; charset=gb2312"]
)
def test_utf8_that_validates_is_utf8_whatever_is_declared(header: str) -> None:
    text = page(SENTENCES["fr"])
    assert charset.decode(text.encode(), header) == (text, "utf-8")


@pytest.mark.parametrize("ending", [".\n", "\n", '"', "", "s", "!?)"])
def test_an_accent_near_the_end_of_latin1_is_no_utf8_that_was_cut_off(ending: str) -> None:
    assert charset.decode(f"Un caf\xe9{ending}".encode("latin-1"))[0] == f"Un caf\xe9{ending}"


@pytest.mark.parametrize(("language", "name", "cut"), [("fr", "utf-8", 1), ("zh", "utf-8", 2), ("zh", "gb18030", 1)])
def test_a_character_that_the_end_cuts_off_is_left_out(language: str, name: str, cut: int) -> None:
    text = page(SENTENCES[language]) + {"fr": "\xe9", "zh": "\u8bf7"}[language]
    assert charset.decode(text.encode(name)[:-cut], f"text/html; charset={name}")[0] == text[:-1]


def test_a_declaration_that_does_not_decode_gives_way_to_the_content() -> None:
    text = page(SENTENCES["ru"])
    assert charset.decode(text.encode("koi8-r"), "text/html; charset=utf-8")[0] == text
    assert charset.decode(text.encode("koi8-r"), "text/html; charset=euc-jp") == (text, "koi8-r")


def test_two_characters_of_declared_gb2312_that_look_like_utf8_stay_chinese() -> None:
    assert charset.decode("联通".encode("gb2312"), "text/html; charset=gb2312") == ("联通", "gbk")


@pytest.mark.parametrize(
    ("label", "name"),
    [("gb2312", "gbk"), ("ISO-8859-1", "windows-1252"), ("latin1", "windows-1252"), ("x-sjis", "shift_jis")],
)
def test_labels_mean_what_whatwg_says(label: str, name: str) -> None:
    sample = {
        "gbk": "镕基发表了讲话，内容丰富详实",
        "windows-1252": "“quoted” — naïve",
        "shift_jis": "①髙橋さんです。日本語です",
    }[name]
    codec = {"windows-1252": "cp1252", "shift_jis": "cp932"}.get(name, name)
    assert charset.decode(sample.encode(codec), f"text/html; charset={label}") == (sample, name)


def test_nec_characters_of_euc_jp_are_read() -> None:
    assert charset.decode("①番の㈱です".encode("euc_jis_2004"), "text/html; charset=euc-jp")[0] == "①番の㈱です"


def test_unassigned_bytes_of_windows_charsets_are_control_characters() -> None:
    assert charset.decode(b"caf\xe9 \x81 ol\xe9", "text/html; charset=windows-1252")[0] == "caf\xe9 \x81 ol\xe9"


def test_a_character_cut_off_at_the_end_costs_only_itself() -> None:
    assert charset.decode("数据备份说明文档".encode()[:-1], None)[0] == "数据备份说明文"


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/html", "text/html; charset=big5", "x; charset=iso-2022-jp", "charset=utf-16"]),
)
def test_any_bytes_become_text(data: bytes, header: str | None) -> None:
    text, name = charset.decode(data, header)
    assert isinstance(text, str)
    assert name


def test_a_korean_syllable_that_is_spelled_in_eight_bytes_is_one_character() -> None:
    page = "\ud50c\ub77c\uc2a4\ud169 \ud55c\uad6d\uc5b4".encode("euc_kr")
    assert b"\xa4\xd4" in page  # the filler that begins a spelled syllable (KS X 1001, annex 3)
    assert charset.decode(page, "text/html; charset=euc-kr") == (
        "\ud50c\ub77c\uc2a4\ud169 \ud55c\uad6d\uc5b4",
        "euc-kr",
    )
