"""Names on social networks: `@name`, Mastodon's `@name@host`, Weibo's `@` and a Chinese name, profile URLs.

The sign has a dozen meanings in code (decorators, tags of documentation, at-rules, packages, variables, macros), so the
sign alone says nothing: a network or a way to address people stands before (`Twitter: @name`, `thanks to @name`), or
the line is prose and the name is none that code is known for. What is left out on purpose: `github.com/NAME`, for most
are projects; a bare name that begins with a capital, for so do annotations.
"""

from __future__ import annotations

import re

from llmctl.text.privacy.spans import Detector, Found, Options, is_ascii_alnum

HANDLE = r"@[A-Za-z0-9_][A-Za-z0-9_][A-Za-z0-9_.-]*"
WEIBO = "@[A-Za-z0-9_-]*[\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]*"
FEDIVERSE = r"@[A-Za-z0-9_.-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"
PROFILE = (
    r"(?:twitter\.com|[/.]x\.com|instagram\.com|linkedin\.com/in|tiktok\.com|threads\.net|medium\.com|youtube\.com|t\.me)"
    r"/@?[A-Za-z0-9_.%-]{2}[A-Za-z0-9_.%-]*"
)
MIN_NAME, MAX_NAME = 2, 39  # GitHub has the longest names; X 15, Instagram 30, Telegram 32
MAX_WEIBO = 30
# After these in a URL there is no profile, but a page of the network itself
PAGES = frozenset({
    "about", "accounts", "ads", "c", "channel", "compose", "download", "embed", "explore", "favicon.ico", "feed",
    "hashtag", "help",
    "home", "i", "intent", "jobs", "joinchat", "legal", "login", "logout", "messages", "notifications", "oauth", "p",
    "playlist", "privacy", "reel", "reels", "results", "s", "search", "settings", "share", "shorts", "signup",
    "status", "stories",
    "tag", "terms", "topic", "tos", "tv", "watch", "widgets", "widgets.js", "user", "username", "yourusername",
    "your_username",
})  # fmt: skip
NOBODY = frozenset({  # stands for any name, or is a place or a time
    "all", "channel", "everyone", "example", "foo", "bar", "handle", "here", "home", "host", "me", "mention", "name",
    "nickname",
    "school", "someone", "user", "user1", "user2", "username", "users", "work", "you", "your_handle", "your_name",
    "your_username",
    "yourhandle", "yourname", "yourusername", "twitter_handle", "some_user", "user_name", "username1", "somebody",
    "screen_name",
})  # fmt: skip
BEFORE_NAME = frozenset(" \t\xa0\n(,:;>*.!?-|~\u2013\u2014\u201c\u2018\uff1a\uff0c\u3001\u3002\uff08\u3000\uff01\u3010")
CODE_AFTER = frozenset("({[=\"'`<\\$#|/@%^+")
WEIBO_ENDS = " \t\xa0\n:\uff1a,\uff0c)\uff09\u3000/@\u3002\uff01!]\u3011"
WEIBO_NOBODY = (
    "\u6240\u6709\u4eba",
    "\u5168\u4f53",
    "\u6211",
    "\u4f60",
    "\u7528\u6237\u540d",
)  # everyone, all, me, you, user name
SUBDOMAINS = ("www.", "m.", "mobile.")
SIGNED_ONLY = ("medium.com", "youtube.com", "tiktok.com", "threads.net")
NETWORK = (
    r"(?:twitter|instagram|insta|ig|telegram|tiktok|snapchat|github|gitlab|mastodon|weibo|threads|bluesky|discord|wechat|"
    r"youtube|facebook|linkedin|reddit|twitch|keybase|patreon|venmo|cash ?app|fediverse|social media)"
)
_CUES = (
    rf"{NETWORK}(?: (?:handle|user ?name|user|account|name|id|profile|page|channel|feed))?(?: (?:is|at|as|to|via|by|user))?",
    r"follow(?:ing|ed)?(?: (?:me|us|him|her|them))?(?: on [A-Za-z]{1,12})?(?: (?:at|as))?",
    r"(?:tweets?|tweeted|retweet|retweeted|posts?|posted|photos?|story|video|artwork|reported|contributed|written|suggested)"
    r" (?:by|from|at|to)",
    r"(?:thanks|thank you|thx|kudos|props|congrats|congratulations|shout-?out|credits?|hat tip)(?: go| goes)?(?: to)?",
    r"(?:RT|MT|cc|h/t|dms?)",
    r"(?:message|ping|contact|find|reach|add|tag|tagged) (?:me|us)(?: at| on| as)?",
    r"agree(?:d|s|ing)? with",
    r"(?:answer|comment|question|reply|idea|suggestion)s? (?:by|from|of)",
    r"according to",
    r"my (?:handle|user ?name|insta|ig|tg)(?: is)?",
    r"handle(?: is|:)",
)
_SIGNS = (
    r"\[[0-9:]{4,8}\] ?<[^<> ]{1,24}>",  # a line of IRC
    r"#[0-9]{1,6}(?:\]\([^ )]{1,60}\))?\)?[,;:]?(?: by| thanks| thanks to| from)?",  # a change
    "(?:\u5fae\u535a|\u63a8\u7279|\u5173\u6ce8|\u8f6c\u53d1|\u8f6c\u81ea|\u6765\u81ea|\u611f\u8c22)"  # Weibo, follow, from, thanks
    "(?:\u4e86|\u8d26\u53f7|\u8d26\u6237|\u662f|\u4e00\u4e0b|\u5fae\u535a)?",
)
ADDRESSED = re.compile(  # what stands before a name on a network
    rf"(?:(?:{'|'.join(_CUES)})|{'|'.join(_SIGNS)})[\s:\uff1a(,\u2013\u2014-]{{0,3}}$", re.IGNORECASE
)
STARTS = re.compile(r"(?<![A-Za-z])[A-Za-z]|[#\[\u4e00-\u9fff]")  # where ADDRESSED may begin
LISTED = re.compile(r"(?:@[A-Za-z0-9_.-]{2,39}|<HANDLE>)(?:, (?:and )?| and | & |[, ])")  # `cc @ann, @bob and`
MAX_LISTED = 4  # names before this one
SPEAKS = re.compile(
    r"(?: has| have)?(?: [a-z]{2,9}ly)? (?:says?|said|wrote|writes|tweeted|tweets|posted|replied|asked|asks|commented|suggests?|"
    r"suggested|reported|mentions|mentioned|pointed out|points out|states|explained)\b"
    r"|['\u2019]s (?:answer|comment|post|tweet|suggestion|point|question|reply|solution|account|profile|video)\b"
)
CHANGED = re.compile(r" in (?:https?://|#[0-9])")  # GitHub's lists of changes
NOT_PEOPLE_BEFORE = re.compile(
    r"(?:\b(?:the|an?|use|uses|using|used|with|annotated?|annotations?|decorators?|tags?|add|adds|put|remove|via|like|"
    r"directives?|rules?|macros?|keyword|variables?|attributes?|symbol|type|scope|package|npm|alias)\s*[:(]?\s*)$",
    re.IGNORECASE,
)
NOT_PEOPLE_AFTER = re.compile(
    r"[ '\u2019]{0,2}s? ?(?:annotations?|decorators?|tags?|rules?|directives?|macros?|keywords?|attributes?|symbols?|"
    r"variables?|types?|scopes?|packages?|class(?:es)?|methods?|functions?|param(?:eter)?s?|syntax|sign|blocks?|alias|=|:=|->)",
    re.IGNORECASE,
)
PROSE = frozenset({  # the commonest words of English, and of German, Spanish and French where no language of code has them
    "i", "a", "an", "are", "be", "but", "great", "has", "have", "he", "her", "his", "how", "just", "love", "me",
    "my", "of",
    "our", "please", "she", "so", "thanks", "that", "the", "they", "this", "to", "us", "was", "we", "what", "when",
    "who",
    "you", "your", "de", "der", "die", "das", "el", "es", "et", "ich", "ist", "la", "le", "les", "los", "que", "un",
    "una",
    "und",
})  # fmt: skip
CODE = re.compile(r"[{}=;`\\$\[\]|]|\w\(|//|::|->|\*/|</|^\s*[*#%]", re.MULTILINE)
MIN_PROSE = 2  # of the commonest words, in the line
KNOWN = frozenset({  # tags, decorators, at-rules, macros and variables of the languages most written
    "abstractmethod", "addtogroup", "alias", "aliases", "anchor", "angular", "annually", "api", "app", "apply", "arg",
    "args", "argument", "array", "article", "assert", "async", "at-root", "attention", "attr", "attribute",
    "augments", "author", "authors", "autoclosure", "autoreleasepool", "available", "babel", "behavior", "behaviour",
    "benchmark", "binding", "book", "booklet", "borrows", "brief", "btime", "bug", "cache", "cached",
    "cached_property", "callback", "case", "catch", "cd", "change", "charset", "class", "classmethod", "cli", "click",
    "code", "comment", "component", "conference", "const", "constant", "constructor", "container", "content",
    "contextmanager", "copyright", "count", "cp", "csrf", "csrf_exempt", "daily", "dataclass", "date", "debug", "def",
    "default", "defgroup", "delegate", "delete", "deleter", "deprecated", "derive", "describe", "description",
    "details", "directive", "distributed", "doc", "document", "dynamic", "each", "echo", "elapsed", "else", "elseif",
    "encode", "end", "endfor", "endforeach", "endif", "enum", "error", "escaping", "eval", "event", "everywhere",
    "examples", "exception", "export", "exports", "extend", "extends", "external", "family", "fastmath", "field",
    "file", "final", "finally", "fires", "fixture", "fn", "font", "font-face", "for", "foreach", "format", "forward",
    "function", "functools", "generated", "generator", "get", "getter", "given", "global", "gmail", "hash", "hidden",
    "hotmail", "hourly", "id", "identity", "if", "ignore", "image", "impl", "implementation", "implements", "import",
    "inbook", "inbounds", "include", "incollection", "index", "ingroup", "inherit", "inheritdoc", "inject",
    "injectable", "inline", "inner", "inproceedings", "input", "instance", "interface", "internal", "invariant",
    "jit", "keyframes", "keyup", "keyword", "keywords", "kind", "latest", "layer", "layout", "lends", "li", "license",
    "link", "linkplain", "list", "listens", "literal", "localhost", "login_required", "lru_cache", "macro", "main",
    "mainpage", "manual", "mastersthesis", "media", "memberof", "method", "midnight", "misc", "mixes", "mixin",
    "mkdir", "mock", "model", "module", "moduledoc", "monthly", "namespace", "next", "njit", "noinline", "note",
    "objc", "online", "opaque", "optional", "order", "outlook", "output", "overload", "override", "package", "page",
    "par", "param", "params", "patch", "phdthesis", "php", "post", "pre", "preamble", "printf", "private",
    "proceedings", "property", "protected", "protocol", "public", "published", "put", "pytest", "query", "raise",
    "raises", "readonly", "reboot", "receiver", "ref", "register", "remark", "remarks", "require_http_methods",
    "required", "requires", "result", "return", "returns", "retval", "rm", "route", "rownum", "rows", "screen",
    "section", "see", "seealso", "select", "selector", "self", "serial", "set", "setter", "sha256", "shared_task",
    "short", "show", "simd", "since", "slot", "spec", "sprintf", "sql", "state", "static", "staticmethod", "string",
    "struct", "submit", "subpage", "subsection", "summary", "supports", "suppress", "switch", "sync", "synchronized",
    "synthesize", "table", "tailwind", "task", "techreport", "template", "test", "theme", "this", "threads", "throw",
    "throws", "time", "title", "todo", "tool", "tparam", "try", "tutorial", "type", "typedef", "typep", "types",
    "union", "unpublished", "usage", "use", "using", "value", "var", "variants", "vectorize", "version", "view",
    "viewport", "views", "vue", "warn", "warning", "weekly", "while", "wraps", "yahoo", "yearly", "yield", "yields",
})  # fmt: skip


def handles(text: str, start: int, end: int, options: Options) -> Found:
    """`@name` where a network or a way to address people stands before, or in prose."""
    while text[end - 1] in ".-":
        end -= 1
    name, after = text[start + 1 : end], text[end : end + 1]
    if (after and after in CODE_AFTER) or not MIN_NAME <= len(name) <= MAX_NAME or not _may_begin(text, start, end):
        return []
    lower = name.lower()
    if (
        lower in NOBODY
        or lower in KNOWN
        or name.isdecimal()
        or len(set(lower)) == 1
        or NOT_PEOPLE_AFTER.match(text, end)
    ):
        return []
    if text[start - 1 : start] == "[" or _is_addressed(text, start, end):
        return [(start, end)]
    if "." in name or "-" in name or name[0].isdigit() or (name[0].isupper() and name.isalpha()):
        return []
    return [(start, end)] if _is_in_prose(text, start, end) else []


def _may_begin(text: str, start: int, end: int) -> bool:
    """No letter, quote or bracket before; but `[@name](https://...)` of Markdown, and Chinese."""
    before = text[start - 1 : start]
    if before == "[":
        return text[end : end + 6] == "](http"
    return not before or before in BEFORE_NAME or "\u3040" <= before <= "\u9fff"


def _is_addressed(text: str, start: int, end: int) -> bool:
    """Whether a network, thanks, a change or a verb of speech stands beside the name or the list that it is in."""
    begin = _list_begins(text, start)
    before = text[max(0, begin - 60) : begin]
    if SPEAKS.match(text, end) or any(ADDRESSED.match(before, at.start()) for at in STARTS.finditer(before)):
        return True
    return before.endswith(("by ", "By ")) and CHANGED.match(text, end) is not None


def _list_begins(text: str, start: int) -> int:
    """Before the names that stand before this one."""
    for _ in range(MAX_LISTED):
        if text[start - 1 : start] not in (" ", ","):
            break
        sign = max(text.rfind("@", max(0, start - 46), start), text.rfind("<", max(0, start - 14), start))
        if sign < 0 or not LISTED.fullmatch(text, sign, start):
            break
        start = sign
    return start


def _is_in_prose(text: str, start: int, end: int) -> bool:
    """Whether the line is of people's words, and those beside the name do not speak of code."""
    if NOT_PEOPLE_BEFORE.search(text[max(0, start - 16) : start]):
        return False
    left, right = text[max(0, start - 160) : start], text[end : end + 160]
    left, right = left[left.rfind("\n") + 1 :], right.partition("\n")[0]
    if CODE.search(left) or CODE.search(right):
        return False
    return sum(word.strip(".,!?").lower() in PROSE for word in (left + right).split()) >= MIN_PROSE


def fediverse(text: str, start: int, end: int, options: Options) -> Found:
    """`@name@host` of ActivityPub, alone."""
    before = text[start - 1 : start]
    return [] if before and (is_ascii_alnum(before) or before in "@/.\\_-") else [(start, end)]


def weibo(text: str, start: int, end: int, options: Options) -> Found:
    """A Chinese name up to the space or the colon that ends it, or the end of the text."""
    after = text[end : end + 1]
    if is_ascii_alnum(text[start - 1 : start]) or end - start - 1 > MAX_WEIBO or end - start < 3:
        return []
    if (after and after not in WEIBO_ENDS) or text[start + 1 : end].startswith(WEIBO_NOBODY):
        return []
    return [(start, end)]


def profiles(text: str, start: int, end: int, options: Options) -> Found:
    """The name in the address of a profile; where a network puts its own pages beside, names carry the sign."""
    if is_ascii_alnum(text[start - 1 : start]) and text[start] not in "./":
        return []
    if text[end : end + 1] == "@" or (
        text[start - 1 : start] == "." and not text[max(0, start - 8) : start].endswith(SUBDOMAINS)
    ):
        return []
    host, _, name = text[start:end].rpartition("/")
    name = name.rstrip(".-")
    begin = start + len(host) + 1
    if not name.startswith("@") and host.startswith(SIGNED_ONLY):
        return []
    bare = name.lstrip("@").lower()
    if len(bare) < MIN_NAME or len(bare) > 64 or bare in PAGES or bare in NOBODY or "%" in bare[:1]:
        return []
    return [(begin, begin + len(name))]


ROWS = (
    Detector("handle", "handle-fediverse", fediverse, "ActivityPub, WebFinger (RFC 7033)", pattern=FEDIVERSE),
    Detector("handle", "handle-profile", profiles, "the networks' own addresses", pattern=PROFILE),
    Detector("handle", "handle-weibo", weibo, "Weibo's rules for names", pattern=WEIBO),
    Detector("handle", "handle", handles, "X, Instagram, GitHub, Telegram: rules for user names", pattern=HANDLE),
)
