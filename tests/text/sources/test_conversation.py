"""Conversations of every format become documents, and every message is in one of them or counted."""

from __future__ import annotations

import pytest

from llmctl.text.sources.chat.irc import read_log
from llmctl.text.sources.conversation import documents, is_conversation
from llmctl.text.sources.record import Record, Refused

# two conversations, told apart by whom messages address; ann asks, bob answers, meanwhile cem asks and dora answers
LOG = """\
=== ann [~ann@example.net] has joined #garden
[18:01] <ann> hello, does anyone know how to prune an old apple tree?
[18:01] <cem> my compost smells of ammonia, what is wrong with it?
[18:02] <bob> ann: cut the dead branches first
[18:02] <dora> cem: too much nitrogen, put dry leaves in
=== eve is now known as eve_away
[18:03] <ann> bob: and the water shoots?
[18:03] <cem> dora: how many leaves?
[18:04] <bob> ann: those too, in winter
[18:04] <dora> cem: one part in three
[18:05]  * ann fetches the saw
[23:40] <fay> is this channel logged?
"""
GRAPH = "1 1 -\n2 2 -\n1 3 -\n2 4 -\n3 6 -\n4 7 -\n6 8 -\n7 9 -\n8 10 -\n11 11 -\n"


def plain(log: str, **settings: object) -> list:
    return documents(Record(path="garden.log", payload=log.encode()), **settings)


def annotated(log: str, graph: str, **settings: object) -> list:
    parts = {"logs/garden.annotation.txt": graph.encode()}
    return documents(Record(path="logs/garden.raw.txt", payload=log.encode(), parts=parts), **settings)


def lines_of(made: list) -> list[list[int]]:
    return [document.metadata["messages"] for document in made]


def test_a_reply_graph_divides_a_log_into_its_components() -> None:
    first, second = annotated(LOG, GRAPH)
    assert first.text == (
        "<ann> hello, does anyone know how to prune an old apple tree?\n"
        "<bob> ann: cut the dead branches first\n"
        "<ann> bob: and the water shoots?\n"
        "<bob> ann: those too, in winter\n"
        "<ann> /me fetches the saw"
    )
    assert first.metadata == {
        "messages": [1, 3, 6, 8, 10],
        "speakers": ["ann", "bob"],
        "divided_by": "annotation",
        "charset": "utf-8",
        "log": {"messages": 10, "system": 2, "dialogues": 3, "short": 1},
    }
    assert (first.part, second.part) == ("m1", "m2")
    assert second.metadata["messages"] == [2, 4, 7, 9]


def test_a_plain_log_is_disentangled_into_the_same_dialogues() -> None:
    assert lines_of(plain(LOG)) == lines_of(annotated(LOG, GRAPH))
    assert plain(LOG)[0].metadata["divided_by"] == "disentangling"


def test_a_line_that_nobody_answers_is_counted_and_with_min_messages_1_a_document() -> None:
    assert plain(LOG)[0].metadata["log"]["short"] == 1
    alone = plain(LOG, min_messages=1)[-1]
    assert alone.text == "<fay> is this channel logged?"
    assert alone.metadata["messages"] == [11]


def test_messages_outside_of_the_graph_are_counted() -> None:
    (document,) = annotated(LOG, "1 3 -\n")
    assert document.metadata["messages"] == [1, 3]
    assert document.metadata["log"]["outside"] == 8


def test_a_line_of_the_system_in_the_graph_connects_and_is_no_message() -> None:
    (document,) = annotated(LOG, "0 1 -\n0 3 -\n")
    assert document.metadata["messages"] == [1, 3]


def test_links_are_read_in_either_order_and_broken_ones_are_counted() -> None:
    (document,) = annotated(LOG, "3 1 -\nnonsense\n1 99999 -\n-5 2 -\n", policy="tree")
    assert document.metadata["messages"] == [1, 3]
    assert document.text.split("\n")[1] == "  <bob> ann: cut the dead branches first"
    assert document.metadata["log"]["broken"] == 2


def test_an_annotation_without_a_link_leaves_the_log_to_disentangling() -> None:
    assert annotated(LOG, "\n")[0].metadata["divided_by"] == "disentangling"


def test_the_log_of_two_people_is_one_dialogue() -> None:
    log = "[10:00] <mia> hi\n[10:01] <tom> hello\n[17:00] <mia> are you still there?\n[17:30] <tom> yes\n"
    (document,) = plain(log)
    assert document.metadata["messages"] == [0, 1, 2, 3]
    assert document.metadata["divided_by"] == "source"


# three friends: nobody is named
FRIENDS = (
    "[20:01] <mia> who comes to the lake tomorrow?\n[20:02] <tom> me\n[20:02] <lea> when do we start\n[20:04] <mia> at nine\n"
    "[20:05] <tom> too early for a sunday\n[20:05] <lea> ten then?\n[20:07] <mia> fine, ten\n[20:07] <tom> I bring bread\n"
    "[20:08] <lea> cheese\n[20:10] <mia> the boat is repaired by the way\n[20:10] <tom> great\n[20:11] <lea> see you\n"
)


def test_a_short_log_in_which_nobody_is_named_is_one_dialogue() -> None:
    (document,) = plain(FRIENDS)
    assert document.metadata["messages"] == [*range(12)]
    assert document.metadata["divided_by"] == "pauses"
    assert document.metadata["log"] == {"messages": 12, "dialogues": 1}


def test_a_silence_divides_a_short_log() -> None:
    later = FRIENDS.replace("[20:", "[22:")
    assert lines_of(plain("".join((FRIENDS + later).splitlines(True)[6:18]))) == [[*range(6)], [*range(6, 12)]]
    near = "[10:00] <mia> one\n[10:24] <tom> two\n[10:49] <lea> three\n[10:50] <mia> four\n"
    assert lines_of(plain(near)) == [[0, 1], [2, 3]]


def test_a_name_leaves_a_short_log_to_disentangling() -> None:
    assert plain(FRIENDS.replace("<tom> me", "<tom> mia: me"))[0].metadata["divided_by"] == "disentangling"


def test_in_a_long_log_in_which_nobody_is_named_no_message_stays_alone() -> None:
    words = ["saw", "rope", "bread", "lamp", "boat", "stone", "apple", "cup", "wheel", "tent"]
    log = "".join(
        f"[{9 + n // 6:02}:{n % 6 * 10:02}] <{['mia', 'tom', 'lea', 'kim'][n % 4]}> {words[n % 10]} {n}\n"
        for n in range(60)
    )
    made = plain(log)
    assert sorted(place for places in lines_of(made) for place in places) == [*range(60)]
    assert "short" not in made[0].metadata["log"]
    far = "[04:00] <mia> the last of all\n"
    assert plain(log + far)[0].metadata["log"]["short"] == 1


def test_where_people_are_named_a_message_that_nobody_answers_stays_alone() -> None:
    log = LOG.replace("[23:40]", "[18:06]")
    assert lines_of(plain(log)) == lines_of(annotated(log, GRAPH))


# 1 asks; 2 and 3 answer; 4 goes on from 2, 5 from 3 and 4, 6 from 3
BRANCHES = "".join(f"[09:0{i}] <{'abcabc'[i - 1]}> line {i}\n" for i in range(1, 7))
REPLIES = "0 1 -\n0 2 -\n1 3 -\n2 4 -\n3 4 -\n2 5 -\n"
LAYOUTS = {
    "component": [[0, 1, 2, 3, 4, 5]],
    "longest": [[0, 1, 3, 4]],
    "all-paths": [[0, 1, 3, 4], [2, 5]],
    "atomic": [[0], [1], [2], [3], [4], [5]],
    "tree": [[0, 1, 3, 4, 2, 5]],
}


@pytest.mark.parametrize("policy", LAYOUTS)
def test_a_policy_lays_out_branches(policy: str) -> None:
    assert lines_of(annotated(BRANCHES, REPLIES, policy=policy)) == LAYOUTS[policy]


def test_a_tree_is_indented_by_depth() -> None:
    (document,) = annotated(BRANCHES, REPLIES, policy="tree")
    assert document.text.split("\n") == [
        "<a> line 1", "  <b> line 2", "    <a> line 4", "      <b> line 5", "  <c> line 3", "    <c> line 6",
    ]  # fmt: skip


def test_pieces_of_a_dialogue_are_not_judged_by_min_messages() -> None:
    made = annotated(BRANCHES, "0 1 -\n0 2 -\n1 3 -\n", policy="all-paths")
    assert lines_of(made) == [[0, 1, 3], [2]]
    assert [document.part for document in made] == ["m0", "m2"]


def test_numbered_speakers_stand_in_texts_too() -> None:
    made = annotated(LOG, GRAPH, speakers="numbered")
    assert made[0].text.split("\n")[:3] == [
        "<Speaker 1> hello, does anyone know how to prune an old apple tree?",
        "<Speaker 2> Speaker 1: cut the dead branches first",
        "<Speaker 1> Speaker 2: and the water shoots?",
    ]
    assert made[1].metadata["speakers"] == ["Speaker 1", "Speaker 2"]


def test_a_name_that_is_also_a_word_is_replaced_only_as_it_is_spelt() -> None:
    log = "[10:00] <Help> I can help, [x] y too\n[10:01] <[x] y> help: thanks Help.\n[10:02] <eve> joan, help Help\n"
    (document,) = annotated(log, "0 1 -\n1 2 -\n", speakers="numbered")
    assert document.text == (
        "<Speaker 1> I can help, Speaker 2 too\n"
        "<Speaker 2> Speaker 1: thanks Speaker 1.\n"
        "<Speaker 3> joan, help Speaker 1"
    )


def test_a_nick_that_looks_like_a_word_is_replaced_only_where_it_is_addressed() -> None:
    log = (
        "[10:00] <the> is it in the repo?\n[10:01] <ann_> the: the main one, @the, thanks ann_\n"
        "[10:02] <the> The, I am. the end of the log\n"
    )
    (document,) = annotated(log, "0 1 -\n1 2 -\n", speakers="numbered")
    assert document.text == (
        "<Speaker 1> is it in the repo?\n"
        "<Speaker 2> Speaker 1: the main one, @Speaker 1, thanks Speaker 2\n"
        "<Speaker 1> Speaker 1, I am. the end of the log"
    )


SAID = {
    "ubuntu": "[12:34] <nick> text",
    "seconds": "[12:34:56] <nick> text",
    "irssi": "12:34 <@nick> text",
    "irssi without mode": "12:34 < nick> text",
    "iso": "2016-12-19T20:12:33 <nick> text",
    "iso with zone": "2016-12-19T20:12:33+0100 <nick> text",
    "iso with space": "[2016-12-19 20:12:33] <nick> text",
    "xchat": "Dec 19 20:12:33 <nick>\ttext",
    "weechat": "2016-12-19 20:12:33\t@nick\ttext",
    "afternoon": "[08:12 PM] <nick> text",
    "colours": "[12:34] <nick> \x02\x0304,12text\x0f",
    "no stamp": "<nick> text",
}
DONE = {
    "ubuntu": "[12:34]  * nick waves",
    "irssi": "12:34  * nick waves",
    "xchat": "Dec 19 20:12:33 * nick waves",
    "weechat": "2016-12-19 20:12:33\t *\tnick waves",
    "like a mode": "[12:34]  * nick gives bob a spoon",
    "like a part": "[12:34]  * nick has left the saw outside",
}
EVENTS = {
    "ubuntu": "=== nick [~nick@example.net] has joined #garden",
    "irssi": "12:34 -!- nick [~nick@example.net] has joined #garden",
    "irssi, day": "--- Day changed Mon Dec 19 2016",
    "xchat": "Dec 19 20:12:33 *\tnick (~nick@example.net) has joined #garden",
    "xchat, begin": "**** BEGIN LOGGING AT Mon Dec 19 20:12:33 2016",
    "weechat": "2016-12-19 20:12:33\t-->\tnick (~nick@example.net) has joined #garden",
    "znc": "[12:34:56] *** Joins: nick (~nick@example.net)",
    "xchat, left": "Dec 19 20:12:33 *\tnick has left #garden (bye)",
    "mirc, quit": "[12:34] * nick (~nick@example.net) Quit (Ping timeout)",
    "mirc": "[12:34] * nick sets mode: +o ann",
    "renamed": "[12:34] * nick is now known as nick_away",
}


@pytest.mark.parametrize("client", SAID)
def test_a_message_is_read(client: str) -> None:
    (message,) = read_log(SAID[client]).messages
    assert (message.speaker, message.text, message.action) == ("nick", "text", False)


@pytest.mark.parametrize("client", DONE)
def test_an_action_is_a_message(client: str) -> None:
    (message,) = read_log(DONE[client]).messages
    assert (message.speaker, message.action) == ("nick", True)
    assert message.text in ("waves", "gives bob a spoon", "has left the saw outside")


@pytest.mark.parametrize("client", EVENTS)
def test_an_event_of_the_channel_is_none(client: str) -> None:
    log = read_log(EVENTS[client])
    assert (log.messages, log.system) == ([], [0])


def test_a_wrapped_line_goes_on_the_message_before_and_others_are_counted() -> None:
    log = read_log("(garbled)\n[12:34] <nick> a long\n   line\n\n[12:35]\n=== x has joined #y\nmore\n")
    assert [message.text for message in log.messages] == ["a long line"]
    assert (log.unknown, log.joined, log.system) == ([0, 4, 6], 1, [5])


MINUTES = {
    "over midnight": (["[23:58]", "[00:01]"], 3),
    "over noon on a clock of twelve hours": (["[12:59]", "[01:00]"], 1),
    "set back": (["[12:05]", "[12:03]"], 0),
    "days later": (["2016-12-19 20:00", "2016-12-21 20:00"], 2880),
    "over midnight, with months": (["Dec 19 23:58:00", "Dec 20 00:01:00"], 3),
    "morning and afternoon": (["[11:59 AM]", "[12:01 PM]"], 2),
}


@pytest.mark.parametrize("case", MINUTES)
def test_minutes_go_on(case: str) -> None:
    stamps, minutes = MINUTES[case]
    log = read_log("".join(f"{stamp} <nick> text\n" for stamp in stamps))
    assert log.messages[1].minute == minutes


LANGUAGES = {
    "german": (
        "[10:00] <jan> guten Morgen, wer weiß, wie man Brot ohne Hefe backt?\n"
        "[10:00] <uwe> welche Kette passt auf ein altes Rennrad?\n"
        "[10:01] <pia> jan: mit Sauerteig, der braucht aber Tage\n"
        "[10:01] <rolf> uwe: zähl die Ritzel, bei acht passt eine schmale\n"
        "[10:02] <jan> pia: danke, dann setze ich heute Sauerteig an\n"
        "[10:02] <uwe> rolf: es sind sieben Ritzel\n"
    ),
    "italian": (
        "[10:00] <gino> ciao, come si fa il pane senza lievito?\n"
        "[10:00] <aldo> quale catena va bene per una vecchia bicicletta?\n"
        "[10:01] <rita> gino: con la pasta madre, ma servono giorni\n"
        "[10:01] <enzo> aldo: conta i pignoni, con otto serve una stretta\n"
        "[10:02] <gino> rita: grazie, oggi comincio la pasta madre\n"
        "[10:02] <aldo> enzo: i pignoni sono sette\n"
    ),
    "chinese": (
        "[10:00] <小明> 大家好，没有酵母怎么做面包？\n"
        "[10:00] <老王> 旧自行车用哪种链条？\n"
        "[10:01] <阿丽> 小明：用酸面团，不过要几天\n"
        "[10:01] <大强> 老王：数一下飞轮，八片用窄链条\n"
        "[10:02] <小明> 阿丽：谢谢，今天就做酸面团\n"
        "[10:02] <老王> 大强：飞轮是七片\n"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_logs_are_disentangled_in_any_language(language: str) -> None:
    assert lines_of(plain(LANGUAGES[language])) == [[0, 2, 4], [1, 3, 5]]


NO_CONVERSATIONS = {
    "prose": ("a.txt", "The garden lay quiet.\n\nAnn asked: is this the apple tree?\n" * 20),
    "a list of HTML": ("a.txt", "<ul>\n<li> one thing\n<li> another thing\n<li> a third thing\n<p> text\n" * 9),
    "XML": ("a.xml", '<?xml version="1.0"?>\n<messages>\n<user> ann\n<text> hello\n</messages>\n'),
    "C++": ("a.cc", "#include <vector>\n#include <map>\ntemplate <T> class A;\nvector<int> a;\n"),
    "a system log": ("syslog", "Dec 19 20:12:33 host sshd[812]: Accepted publickey for ann\n" * 9),
    "a web server's log": ("access.log", '10.0.0.1 - - [19/Dec/2016:20:12:33] "GET / HTTP/1.1" 200 12\n' * 9),
    "mail with quotes": ("a.eml", "From: ann <ann@example.net>\nTo: bob\n\n> how are you?\n> bye\nfine\n" * 3),
    "an annotation alone": ("a.annotation.txt", GRAPH),
    "YAML of another kind": ("a.yml", "categories:\n- a\nconversations: 12\nother:\n- - a\n  - b\n"),
    "subtitles": ("a.srt", "1\n00:00:01,000 --> 00:00:04,000\nHello, Ann.\n\n2\n00:00:05,000 --> 00:00:06,000\nHi.\n" * 5),
    "a list with stars": ("a.md", "* one thing\n* another thing\n* a third thing\n" * 9),
    "a list with stars of several words": (
        "a.md", "* Apples are red\n* Bananas are yellow\n* Cherries grow on trees\n* Dates come from palms\n"
    ),
    "a table of services": (
        "a.tsv", "".join(f"2024-01-01 12:00:0{n}\t{('nginx', 'cron', 'sshd')[n % 3]}\tstarted: worker {n}\n" for n in range(9)),
    ),
    "a log with levels": (
        "system.log", "2024-01-01 12:00:01 <Error> com.apple.xpc: exited\n2024-01-01 12:00:02 <Notice> com.apple.xpc: up\n" * 4,
    ),
    "a log with levels and a clock": ("a.log", "[12:00:01] <info> started\n[12:00:02] <WARN> slow\n[12:00:03] <debug> x\n" * 3),
    "parameters of types": ("a.txt", "<T> List<T> of(T one)\n<K> Set<K> keys()\n<T> T first(List<T> all)\n" * 3),
    "a list of items": ("a.txt", "".join(f"<item{n}> the text of {n}\n" for n in range(20))),
    "a list of arguments": ("a.txt", "<file> what is read\n<file> or a folder\n<out> what is written\n"),
    "prose about turns": ("a.txt", "The mark __eou__ ends an utterance.\nSo each line is a dialogue.\nNothing else is."),
    "one line about turns": ("a.txt", "The mark __eou__ ends an utterance.\n"),
    "times": ("a.txt", "10:00 breakfast\n12:30 lunch\n18:00 dinner\n" * 9),
    "nothing": ("a.txt", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_CONVERSATIONS)
def test_other_texts_are_no_conversations(case: str) -> None:
    path, text = NO_CONVERSATIONS[case]
    assert not is_conversation(Record(path=path, payload=text.encode()))


def test_lines_without_stamps_are_a_log_where_people_take_turns() -> None:
    log = "<mia> hi\n<tom> hello\n* mia waves\n<mia> bye\n"
    (document,) = plain(log)
    assert is_conversation(Record(path="a.txt", payload=log.encode()))
    assert document.text == "<mia> hi\n<tom> hello\n<mia> /me waves\n<mia> bye"


def test_a_person_with_the_name_of_a_level_may_be_in_a_log() -> None:
    log = "[12:00] <debug> who has the saw?\n[12:01] <ann> I have\n[12:02] <b> so have I\n[12:03] <cem> and I\n"
    assert is_conversation(Record(path="a.log", payload=log.encode()))


def test_columns_are_a_log_where_somebody_addresses_another() -> None:
    log = "2016-12-19 20:12:33\tann\twho has the saw?\n2016-12-19 20:12:34\tbob\tann: I have\n2016-12-19 20:12:35\tann\tah\n"
    assert is_conversation(Record(path="a", payload=log.encode()))
    assert not is_conversation(Record(path="a", payload=log.replace("ann: ", "").encode()))


@pytest.mark.parametrize("log", [LOG, LANGUAGES["chinese"], "\n".join([SAID["weechat"], DONE["weechat"]] * 4)])
def test_logs_are_conversations(log: str) -> None:
    assert is_conversation(Record(path="any", payload=log.encode()))


def test_a_log_that_a_server_calls_html_is_left_to_the_readers_of_pages() -> None:
    assert not is_conversation(Record(payload=LOG.encode(), content_type="text/html; charset=utf-8"))


@pytest.mark.parametrize("text", ["", "=== a has joined #b\n", "[12:00] <a> \n[12:00] <b> \n"])
def test_a_log_in_which_nobody_says_anything_is_empty(text: str) -> None:
    with pytest.raises(Refused, match="empty"):
        plain(text)


def test_a_log_without_a_dialogue_is_refused_with_its_longest() -> None:
    with pytest.raises(Refused, match="messages") as refused:
        plain("[12:00] <a> one\n[12:00] <b> two\n", min_messages=5)
    assert (refused.value.value, refused.value.low) == (2, 5)
