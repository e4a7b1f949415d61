"""Keys, tokens and passwords, and what only looks drawn at random. The values are of our own making."""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.secrets import assigned, encoded, issued
from llmctl.text.privacy.secrets.issued import BASE62
from llmctl.text.privacy.secrets.randomness import bits, is_random, is_stand_in
from llmctl.text.privacy.spans import Options

ROWS = (*encoded.ROWS, *issued.ROWS, *assigned.ROWS)

DRAW = random.Random(20)
HEX, LOWER, UPPER, BASE64 = (
    "0123456789abcdef",
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase + "234567",
    BASE62 + "+/",
)


def drawn(count: int, alphabet: str = BASE62) -> str:
    """Random characters, a digit, an upper and a lower case letter among them where the alphabet has them."""
    wanted = [kind for kind in (str.isdigit, str.isupper, str.islower) if any(map(kind, alphabet))]
    while True:
        value = "".join(DRAW.choices(alphabet, k=count))
        if all(any(map(kind, value)) for kind in wanted) and value[-1] not in "-_" and value[0] not in "-_+/":
            return value


def b64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_checksum(prefix: str) -> str:
    body, value, digits = drawn(30), 0, ""
    value = zlib.crc32(body.encode())
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return prefix + body + digits


def found(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in find_spans([text], ROWS, Options())[0]]


ISSUED = [
    ("aws", "AKIA" + drawn(16, UPPER)), ("aws", "ASIA" + drawn(16, UPPER)),
    ("github", with_checksum("ghp_")), ("github", "gho_" + drawn(36)), ("github", "ghs_" + drawn(36)),
    ("github", "github_pat_" + drawn(22) + "_" + drawn(59)), ("npm", with_checksum("npm_")),
    ("gitlab", "glpat-" + drawn(20)), ("slack", f"xoxb-{drawn(12, string.digits)}-{drawn(13, string.digits)}-{drawn(24)}"),
    ("slack", f"xoxp-{drawn(12, string.digits)}-{drawn(12, string.digits)}-{drawn(12, string.digits)}-{drawn(32, HEX)}"),
    ("webhook", f"https://hooks.slack.com/services/T{drawn(9, UPPER)}/B{drawn(9, UPPER)}/{drawn(24)}"),
    ("webhook", f"https://discord.com/api/webhooks/{drawn(18, string.digits)}/{drawn(68)}"),
    ("webhook", "https://open.feishu.cn/open-apis/bot/v2/hook/" + str(uuid.UUID(int=DRAW.getrandbits(128)))),
    ("stripe", "sk_live_" + drawn(24)), ("stripe", "rk_live_" + drawn(99)), ("google", "AIzaSy" + drawn(33)),
    ("google-oauth", "GOCSPX-" + drawn(28)), ("openai", f"sk-{drawn(20)}T3BlbkFJ{drawn(20)}"),
    ("openai", f"sk-proj-{drawn(74)}T3BlbkFJ{drawn(74)}"), ("openai", "sk-" + drawn(32, HEX)),
    ("anthropic", f"sk-ant-api03-{drawn(93)}AA"), ("hugging-face", "hf_" + drawn(34, string.ascii_letters)),
    ("pypi", "pypi-AgEIcHlwaS5vcmc" + drawn(150)), ("sendgrid", f"SG.{drawn(22)}.{drawn(43)}"),
    ("twilio", "SK" + drawn(32, HEX)), ("twilio", "AC" + drawn(32, HEX)),
    ("telegram", f"{drawn(10, string.digits)}:AA{drawn(33)}"), ("digitalocean", "dop_v1_" + drawn(64, HEX)),
    ("discord", f"{base64.b64encode(b'814372901265348091').decode()}.{drawn(6)}.{drawn(38)}"),
    ("alibaba", "LTAI5t" + drawn(18)), ("tencent", "AKID" + drawn(32)), ("shopify", "shpat_" + drawn(32, HEX)),
    ("databricks", "dapi" + drawn(32, HEX)), ("groq", "gsk_" + drawn(52)), ("docker", "dckr_pat_" + drawn(27)),
    ("vault", "hvs." + drawn(90)), ("postman", f"PMAK-{drawn(24, HEX)}-{drawn(34, HEX)}"), ("square", "sq0atp-" + drawn(22)),
    ("grafana", "glsa_" + drawn(32) + "_" + drawn(8, HEX)), ("age", "AGE-SECRET-KEY-1" + drawn(58, UPPER)),
    ("jwt", f"{b64url({'alg': 'HS256', 'typ': 'JWT'})}.{b64url({'sub': '7', 'iat': 1})}.{drawn(43)}"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "key"), ISSUED)
@pytest.mark.parametrize("around", ["{}", 'key: "{}",', "密钥是{}。", "the key ({}).", "X={}\n"])
def test_a_key_says_who_issued_it(rule: str, key: str, around: str) -> None:
    assert found(around.format(key)) == [(rule, key)]


@pytest.mark.parametrize(("rule", "key"), [row for row in ISSUED if row[0] not in ("webhook", "jwt", "telegram")])
def test_a_piece_of_something_longer_is_no_key(rule: str, key: str) -> None:
    assert found("q" + key) == []


PEM = "\n".join(drawn(64, BASE64) for _ in range(12)) + "\n" + drawn(30, BASE64) + "=="


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
)
@pytest.mark.parametrize("indent", ["", "    "])
def test_the_body_of_a_private_key_goes_and_its_frame_stays(kind: str, indent: str) -> None:
    body = PEM.replace("\n", "\n" + indent)
    text = f"{indent}-----BEGIN {kind}-----\n{indent}{body}\n{indent}-----END {kind}-----\nrest"
    assert found(text) == [("private-key", body)]


def test_private_keys_in_other_dress() -> None:
    escaped = PEM.replace("\n", "\\n")
    account = f'{{"private_key": "-----BEGIN PRIVATE KEY-----\\n{escaped}\\n-----END PRIVATE KEY-----\\n"}}'
    assert found(account) == [("private-key", escaped)]
    pgp = (
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{PEM}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----"
    )
    assert found(pgp) == [("private-key", PEM + "\n=aB3d")]
    assert found(f"Private-Lines: 13\n{PEM}\nPrivate-MAC: 0a1b".replace("\n", "\r\n")) == [
        ("putty", PEM.replace("\n", "\r\n"))
    ]
    assert found(f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}") == [("private-key", PEM)]
    assert found(f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n\nIt is a key of mine.") == [("private-key", PEM)]


AWS_SECRET = drawn(40, BASE64)
ASSIGNED = [
    ("key", 'api_key = "{}"', drawn(32)), ("key", "API_KEY={}", drawn(32, HEX)), ("key", '"apiKey": "{}",', drawn(20)),
    ("key", "client_secret: {}", drawn(32)), ("key", "aws_secret_access_key = {}", AWS_SECRET),
    ("key", "Secret Access Key: {}", AWS_SECRET), ("key", "https://x.org/?access_token={}&page=2", drawn(40)),
    ("key", "#define AUTH_TOKEN(\"{}\")", drawn(24)), ("key", "密钥：{}", drawn(32)), ("key", "令牌是{}", drawn(32)),
    ("key", "const token: string = '{}';", drawn(40)), ("key", "<apiKey>{}</apiKey>", drawn(32)),
    ("key", 'os.environ["API_KEY"] = "{}"', drawn(32)), ("key", 'os.environ["OPENAI_API_KEY"] = "{}"', drawn(32)),
    ("key", "SECRET_KEY = '{}'", drawn(50, LOWER)), ("key", "my api key is {}.", drawn(32)),
    ("password", 'password = "hunter2"', "hunter2"), ("password", "password: Tr0ub4dor&3", "Tr0ub4dor&3"),
    ("password", '"passwd": "s3cr3tW0rd!"', "s3cr3tW0rd!"), ("password", "密码：Wang@1987", "Wang@1987"),
    ("password", "口令是 Qx7!mmp2", "Qx7!mmp2"), ("password", "Password=Xy9$kLm2;Database=shop", "Xy9$kLm2"),
    ("password", "DB_PASSWORD=Gh7#kkPq2w", "Gh7#kkPq2w"), ("password", "Пароль: Zima-2024x", "Zima-2024x"),
    ("password", "my password is Blue42!sky.", "Blue42!sky"), ("password", "Passwort: Blau7!Berg", "Blau7!Berg"),
    ("password", "dbPass = 'kk27!Wq'", "kk27!Wq"), ("key", "run --api-key {}", drawn(40)),
    ("key", "Authorization: token {}", drawn(40, HEX)), ("password", 'with the password "blau77see"', "blau77see"),
    ("bearer", "Authorization: Bearer {}", drawn(40)),
    ("basic", "Authorization: Basic {}", base64.b64encode(b"ann:Vx8qqLm2w").decode()),
    ("netrc", "machine ftp.shop.org login ann password Vx8qqLm2w", "Vx8qqLm2w"),
    ("netrc", "machine ftp.shop.org\n  login ann\n  password Vx8qqLm2w\n", "Vx8qqLm2w"),
    ("pgpass", "localhost:5432:shop:ann:Vx8qqLm2w", "Vx8qqLm2w"),
    ("azure", "AccountName=shop;AccountKey={};EndpointSuffix=core", drawn(86, BASE64) + "=="),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "value"), ASSIGNED)
def test_a_value_goes_where_its_name_says_what_it_is(rule: str, text: str, value: str) -> None:
    assert found(text.replace("{}", value)) == [(rule, value)]


def test_the_secret_of_an_aws_key_stands_behind_it() -> None:
    key = "AKIA" + drawn(16, UPPER)
    assert found(f"{key},{AWS_SECRET}\n") == [("aws", key), ("aws", AWS_SECRET)]


@pytest.mark.parametrize(
    "text",
    [
        'api_key = "your-api-key"', "API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx", "password: changeme", "token = <token>",
        "TOKEN=${GITHUB_TOKEN}", 'api_key = os.environ["API_KEY_2"]', "token: process.env.TOKEN_2_FOR_CI",
        "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AKIAXXXXXXXXXXXXXXXX",
        "ASIANDEVELOPMENTBANK", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-learn and sk-1234567890abcdef1234567890abcdef", "sk-estimator-checks-for-all-the-models",
        "md5: d41d8cd98f00b204e9800998ecf8427e", "token_hash = '9e107d9d372bb6826bd81d3542a419d6'",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        '"integrity": "sha512-9uE5bCS0hmdYmXhqcDGqPNSyUgDmlXQWC7mzWZDfOyM6pl2bNFK0oE7lgz3XuK4mVfCQXQxqRVqkF9NQJTfnvA=="',
        "commit 8d40eb9d1f4c2e8b5a7f3c6d9e0b1a2c3d4e5f60", "secret_id: 550e8400-e29b-41d4-a716-446655440000",
        "public_key = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4f5wg2l2hKsTeNem'", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGp0 me",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCARwCCQC5n3Zq2l0XrDANBgkqhkiG9w0BAQUFADAeMQswCQYDVQQGEwJV\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4f5wg2l2hKsTeNem\n-----END PUBLIC KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----",
        "if the file starts with -----BEGIN RSA PRIVATE KEY----- then it is in the old format and ssh-keygen converts it",
        "password = request.form['password2']", "password: required, at least 8 characters", "password1 = password2",
        'input[type="password"], .wpcf7-form', "next_token = 'CAUQAA8Bq3x9ZkLm4Tq7Wv2'",
        "tokenizer = AutoTokenizer.from_pretrained",
        "The password is stored in utf8mb4.", "pass: true, fail: false", "secret = get_secret('projects/p1/secrets/s2')",
        "cls_token = tokenizer.token_to_id(str(cls_token))", "Pass: 12, Fail: 3", "密码：请输入6-16位字符", "密码错误，请重试",
        "Authorization: Bearer <token>", "Authorization: Bearer your_access_token_here1", "Basic knowledge of JavaScript101",
        "Authorization: Basic YWRtaW46cGFzc3dvcmQ=", "The ring bearer something1something2", "12:AAbbcc 10:AAPL",
        "main.c:5432:12:warning: unused", "eyJust.a.word", "eyJhIjoxfQ.eyJhIjoxfQ.abcdefg", "SG.1.2", "AC Milan, SK Brann",
        "npm_config_registry_for_everything_under_sun", "xoxo-love-and-kisses-from-all-of-us-1", "hf_hub_download",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "postgres://user:pass@localhost", "password: ********", "pwd: /home/ann/projects/llm2", "PWD=/home/ann/Projects/Llm2",
        "you may pass 'dtype=float32' or 'axis=1'", 'bypass = "Crc16Bypass"', "First pass: decided_mask==0",
        "root:*:20228:0:99999:7:::",
        "private_key: ed25519.Ed25519PrivateKey", 'token="eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."',
        "machine learning login page password reset", "credentials: https://console.cloud.google.com/apis/credentials2",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("alphabet", [BASE62, BASE64, HEX, LOWER])
def test_what_is_drawn_looks_drawn(alphabet: str) -> None:
    """At 32 characters at least 90 of 100; without capitals most of the others sound like words."""
    assert sum(is_random(drawn(32, alphabet)) for _ in range(300)) >= 270


@pytest.mark.parametrize(
    "value",
    ["getElementById2", "XXH3_SECRET_DEFAULT_SIZE", "application/x-www-form-urlencoded2", "user-profile-settings-v2",
     "2024-01-01T00:00:00Z", "aaaaaaaaaaaaaaaa1", "com.example.app2.MainActivity", "continuing_subword_prefix_1"],
)  # fmt: skip
def test_what_is_written_does_not(value: str) -> None:
    assert not is_random(value)


PIECES = st.sampled_from([
    *(key for _, key in ISSUED[::4]), "password: ", 'api_key = "', "Tr0ub4dor&3", '"', " ", "\n", ".", "-", "_", "=", ":", "中",
    "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----", PEM[:130], "<SECRET>", "token ", "Bearer ",
    "machine a login b password ",
    "q7Zk2mVx9Lp4Tr8W", "密码", "AKIA", "sk-", "eyJhbGciOiJIUzI1NiJ9.", "x",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=10).map("".join))
def test_masking_twice_masks_nothing_more(text: str) -> None:
    spans = find_spans([text], ROWS, Options())[0]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert found(mask_spans(text, spans)[0]) == []


def test_shannon() -> None:
    assert bits("aaaa") == 0 and bits("ab") == 1 and bits(HEX) == 4
    assert is_stand_in("1234567890abcdef") and not is_stand_in("q7Zk2mVx9Lp4")
