"""Templates render values, never run them, and always end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmctl.errors import BadSettings, UserError
from llmctl.infer.templates import compile_template


def rendered(source: str, **values: object) -> str:
    return compile_template(source, "t").render(values)


@given(st.text())
def test_an_input_is_a_value_whatever_it_holds(text: str) -> None:
    assert rendered("<{{ text }}>", text=text) == f"<{text}>"


def test_an_input_that_looks_like_a_template_stays_as_it_is() -> None:
    assert rendered("{{ text }}", text="{{ 7 * 7 }}{% for %}") == "{{ 7 * 7 }}{% for %}"


def test_markup_is_not_escaped() -> None:
    assert rendered("{{ a }}{{ b | tojson }}", a="<b>", b=["<", "中"]) == '<b>["<", "中"]'


def test_loops_conditions_filters_and_methods_of_text_work() -> None:
    source = (
        "{% for x in xs %}{% if x != 'b' %}{{ loop.index }}.{{ x.upper() }} {% endif %}{% endfor %}{{ xs | join(',') }}"
    )
    assert rendered(source, xs=["a", "b", "c"]) == "1.A 3.C a,b,c"


def test_numbers_are_calculated_with() -> None:
    assert rendered("{{ n * 2 + 1 }} {{ n % 2 }}", n=5) == "11 1"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ text.__init__.__globals__ }}",
        "{{ text | attr('__class__') }}",
        "{{ _step }}",
        "{{ text.format(1) }}",
        "{{ cycler }}{% set a = 1 %}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ range(10) }}",
        "{{ 10 ** 10 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
        "{% for x in xs recursive %}{{ loop(x) }}{% endfor %}",
        "{{ 'x' | center(1000000000) }}",
        "{{ text",
        "{{ " + "(" * 5000,
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_what_a_template_may_not_hold_is_refused_before_it_is_rendered(source: str) -> None:
    with pytest.raises(BadSettings, match=r"^t: "):
        compile_template(source, "t")


@pytest.mark.parametrize(
    "source",
    [
        "{{ text['__class__'] }}",
        "{{ text['__class__']['__mro__'] }}",
        "{{ text['mro'] }}",
        "{{ 'a' * 1000000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ xs }}",
        "{{ text.upper }}",
        "{{ missing }}",
        "{{ 1 / 0 }}",
        "{{ xs.name.other }}",
        "{{ text | join(text) | join(text) | join(text) | join(text) }}",
        "{% for a in text %}{% for b in text %}{% for c in text %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in text %}{% for b in text %}{{ text }}{{ text }}{{ text }}{% endfor %}{% endfor %}",
    ],
)
def test_what_would_escape_or_run_for_ever_ends_in_one_sentence(source: str) -> None:
    start = time.process_time()
    with pytest.raises(UserError, match=r"^t: "):
        rendered(source, text="hello" * 100, xs=["a"])
    assert time.process_time() - start < 5


def test_the_line_of_a_mistake_is_named() -> None:
    with pytest.raises(BadSettings, match="line 3"):
        compile_template("a\nb\n{% for %}", "t")


def test_the_names_a_template_reads_are_known() -> None:
    assert compile_template("{{ a }}{% for b in c %}{{ b }}{{ loop.index }}{% endfor %}", "t").names == {"a", "c"}
