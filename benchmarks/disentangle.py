"""Claim: conversations of a plain log are found exactly a hundred times as often as by time or by the message before.

`python benchmarks/disentangle.py FOLDER` (the folder `data` of Kummerfeld et al., ACL 2019, with `train` and `dev`) prints, for
files never used in fitting, how many conversations are found exactly (as their `conversation-eval.py` counts: those of two
messages or more, lines from the first annotated one on), one-to-one overlap, scaled variation of information, links, and
messages a second: for us, for the message before as antecedent, and for gaps in time (the gap that is best on `train`).
`--fit TABLE` fits the weights on `train` alone and writes `replies.tsv`; `--hold-out 5` leaves out every fifth of its files
and judges by those, which is how evidence and units were chosen. Needs torch; one core, five minutes.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from llmctl.text.sources import charset
from llmctl.text.sources.chat.disentangle import Network, follow, network, nothing
from llmctl.text.sources.chat.evidence import ALONE, NAMES, WINDOW
from llmctl.text.sources.chat.irc import read_log
from llmctl.text.sources.chat.message import Log
from llmctl.text.sources.chat.traits import Traits, traits_of
from llmctl.text.sources.pages import html

Pairs = list[tuple[int, int]]
UNITS, EPOCHS, RATE, DECAY, DROP, CASES = 8, 12, 0.01, 1e-5, 0.1, 256
# measured on held-out files: 4 networks sharpened find 1.1 points more (F1, exact) than the mean of them alone
TWINS, SHARPER = 3, 1.5
GAPS = (0, 1, 2, 3, 5, 8, 15)  # minutes
CONTEXT = 1000  # lines before the first that is annotated, in every file
PUBLISHED = "Kummerfeld et al. on these dev files (DSTC 8, task 4): exact 40.5 / 41.3 / 40.9, scaled VI 92.2"


@dataclass
class Annotated:
    """A log with its links; `pairs` are (antecedent, line)."""

    name: str
    log: Log
    traits: Traits
    pairs: Pairs

    def gold(self) -> dict[int, list[int]]:
        """Message -> its antecedents, messages too; links to lines of the system lead nowhere."""
        at = {message.place: i for i, message in enumerate(self.log.messages)}
        links: dict[int, list[int]] = {}
        for before, line in self.pairs:
            if line in at:
                links.setdefault(at[line], []).extend([at[before]] if before in at else [])
        return links


def read(folder: Path) -> list[Annotated]:
    found = []
    for path in sorted(folder.glob("*.annotation.txt")):
        raw = path.with_name(path.name.replace("annotation", "raw")).read_bytes()
        log = read_log(html.clean(charset.decode(raw)[0]))
        links = [line.split() for line in path.read_text().split("\n") if line]
        pairs = [(min(int(a), int(b)), max(int(a), int(b))) for a, b, *_ in links]
        found.append(Annotated(path.name, log, traits_of(log), pairs))
    return found


def ours(net: Network) -> Callable[[Annotated], list[int]]:
    return lambda one: [int(j) for j in follow(one.traits, net, nothing(len(one.log.messages)))]


def before(one: Annotated) -> list[int]:
    return [max(i - 1, 0) for i in range(len(one.log.messages))]


def gap(minutes: float) -> Callable[[Annotated], list[int]]:
    def links(one: Annotated) -> list[int]:
        at = one.traits.minute
        return [i - 1 if i and at[i] - at[i - 1] <= minutes else i for i in range(len(at))]

    return links


def pairs_of(one: Annotated, links: list[int]) -> Pairs:
    """Links as the annotation writes them: by line, the lines of the system alone, context without links of its own."""
    places = [message.place for message in one.log.messages]
    said = [(places[j], places[i]) for i, j in enumerate(links)]
    return [(j, i) for j, i in said + [(line, line) for line in one.log.system + one.log.unknown] if i >= CONTEXT]


def components(pairs: Pairs) -> set[frozenset[int]]:
    parent: dict[int, int] = {}

    def root(line: int) -> int:
        while parent.setdefault(line, line) != line:
            line = parent[line]
        return line

    for a, b in pairs:
        parent[root(a)] = root(b)
    groups: dict[int, set[int]] = {}
    for line in parent:
        groups.setdefault(root(line), set()).add(line)
    kept = (frozenset(line for line in group if line >= CONTEXT) for group in groups.values())
    return {group for group in kept if group}


def rates(matched: int, found: int, true: int) -> tuple[float, float, float]:
    p, r = 100 * matched / max(found, 1), 100 * matched / max(true, 1)
    return p, r, 2 * p * r / max(p + r, 1e-9)


def judge(name: str, files: list[Annotated], method: Callable[[Annotated], list[int]]) -> float:
    """Print the figures of a method on files; the F1 of conversations found exactly."""
    exact, links, cells = np.zeros(3, int), np.zeros(3, int), []
    for one in files:
        pairs = pairs_of(one, method(one))
        found, true = components(pairs), components(one.pairs)
        long = [{group for group in groups if len(group) > 1} for groups in (found, true)]
        exact += [len(long[0] & long[1]), *map(len, long)]
        links += [len(set(pairs) & set(one.pairs)), len(set(pairs)), len(set(one.pairs))]
        cells.append(overlaps(found, true))
    total = sum(sum(table.values()) for table in cells)
    print(
        f"{name:34} exact P/R/F1 {' '.join(f'{x:5.1f}' for x in rates(*exact))}   "
        f"links {' '.join(f'{x:5.1f}' for x in rates(*links))}   "
        f"one-to-one {100 * sum(map(one_to_one, cells)) / total:5.1f}   1 - scaled VI {scaled_information(cells):5.1f}"
    )
    return rates(*exact)[2]


def overlaps(found: set[frozenset[int]], true: set[frozenset[int]]) -> Counter[tuple[int, int]]:
    of = {line: i for i, group in enumerate(sorted(true, key=min)) for line in group}
    return Counter((i, of[line]) for i, group in enumerate(sorted(found, key=min)) for line in group if line in of)


def one_to_one(cells: Counter[tuple[int, int]]) -> int:
    """Messages in common under the best pairing of conversations."""
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((1 + max(i for i, _ in cells), 1 + max(j for _, j in cells)), int)
    for (i, j), count in cells.items():
        table[i, j] = count
    return int(table[linear_sum_assignment(-table)].sum())


def scaled_information(tables: list[Counter[tuple[int, int]]]) -> float:
    """100 less the variation of information in per cent of its greatest value, over all files as one clustering."""
    cells = {(n, i, j): count for n, table in enumerate(tables) for (i, j), count in table.items()}
    total, rows, columns = sum(cells.values()), Counter(), Counter()
    for (n, i, j), count in cells.items():
        rows[n, i] += count
        columns[n, j] += count
    pieces = (count * math.log2(count * count / (rows[n, i] * columns[n, j])) for (n, i, j), count in cells.items())
    return 100 * (1 + sum(pieces) / total / math.log2(total))


def collect(
    files: list[Annotated], net: Network, *, gold_past: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Evidence of every annotated message, and which candidates are right (the last is the start of a conversation).

    The past is what the network itself decided, or what is annotated.
    """
    golds = [one.gold() for one in files]
    cases = sum(map(len, golds))
    reply = np.zeros((cases, WINDOW, len(NAMES)), np.float32)
    alone, right = np.zeros((cases, len(ALONE)), np.float32), np.zeros((cases, WINDOW + 1), bool)
    done = 0
    for one, gold in zip(files, golds, strict=True):
        record = nothing(len(one.log.messages))._replace(
            reply=reply, alone=alone, case=np.full(len(one.log.messages), -1)
        )
        for case, i in enumerate(sorted(gold), done):
            record.case[i] = case
            for j in gold[i]:
                if i - j <= WINDOW:
                    right[case, WINDOW if i == j else i - 1 - j] = True
        done += len(gold)
        forced = np.full(len(one.log.messages), -1, np.int64)
        if gold_past:
            for i, links in gold.items():
                forced[i] = max(links, default=i)
        follow(one.traits, net, record._replace(forced=forced))
    kept = right.any(axis=1)
    return torch.from_numpy(reply[kept]), torch.from_numpy(alone[kept]), torch.from_numpy(right[kept])


def fit(files: list[Annotated], report: Callable[[str, Network], object]) -> Network:
    """Weights by the likelihood of right antecedents: first with the annotated past, then with the network's own."""
    generator = np.random.default_rng(0)
    cases = collect(files, start(generator), gold_past=True)
    first = train(start(generator), cases)
    report("with the annotated past", first)
    cases = collect(files, first, gold_past=False)
    net = joined([train(start(generator), cases) for _ in range(TWINS)])
    report(f"{TWINS} networks, with their own past", net)
    return net


def joined(nets: list[Network]) -> Network:
    """Networks side by side as one, whose score is the mean of theirs, sharpened."""
    parts = [np.concatenate(part, axis=-1) for part in zip(*nets, strict=True)]
    return Network(*parts)._replace(vote=parts[-1] * SHARPER / len(nets))


def start(generator: np.random.Generator) -> Network:
    return Network(
        generator.normal(0, 0.1, (len(NAMES), UNITS)), generator.normal(0, 0.1, (len(ALONE), UNITS)),
        np.zeros(UNITS), generator.normal(0, 0.3, UNITS),
    )  # fmt: skip


def train(net: Network, cases: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> Network:
    torch.manual_seed(0)
    weights = [torch.tensor(part, dtype=torch.float32, requires_grad=True) for part in net]
    optimizer = torch.optim.Adam(weights, lr=RATE)
    steps = EPOCHS * math.ceil(len(cases[0]) / CASES)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(cases[0])).split(CASES):
            loss = -likelihood(weights, *(part[batch] for part in cases))
            optimizer.zero_grad()
            (loss + DECAY * sum((part**2).sum() for part in weights)).backward()
            optimizer.step()
            schedule.step()
    return Network(*(part.detach().double().numpy() for part in weights))


def likelihood(
    weights: list[torch.Tensor], reply: torch.Tensor, alone: torch.Tensor, right: torch.Tensor
) -> torch.Tensor:
    of_reply, of_alone, bias, vote = weights
    units = torch.cat([reply @ of_reply, (alone @ of_alone)[:, None]], 1) + bias
    scores = torch.nn.functional.dropout(torch.relu(units), DROP) @ vote
    absent = torch.cat(
        [reply[:, :, -1] == 0, torch.zeros(len(alone), 1, dtype=torch.bool)], 1
    )  # before the first message
    chances = torch.log_softmax(scores.masked_fill(absent, -1e9), 1)
    return torch.logsumexp(chances.masked_fill(~right, -1e9), 1).mean()


def table_of(net: Network) -> str:
    """Weights as `disentangle.parse` reads them, three decimals."""
    names = [*(f"reply {name}" for name in NAMES), *(f"alone {name}" for name in ALONE), "bias", "vote"]
    rows = np.concatenate([net.reply, net.alone, net.bias[None], net.vote[None]])
    lines = ["\t".join([name, *(f"{value:.3f}" for value in row)]) for name, row in zip(names, rows, strict=True)]
    return "\n".join(["# evidence, then its weight in each unit: benchmarks/disentangle.py --fit", *lines, ""])


def speed(files: list[Annotated]) -> None:
    seconds = time.process_time()
    for one in files:
        ours(network())(Annotated(one.name, one.log, traits_of(one.log), []))
    seconds = time.process_time() - seconds
    print(
        f"{sum(len(one.log.messages) for one in files) / seconds:,.0f} messages a second, one core, from messages to links"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--fit", type=Path, metavar="TABLE")
    arguments.add_argument("--hold-out", type=int, default=0, metavar="N")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    files = read(given.folder / "train")
    held = files[:: given.hold_out] if given.hold_out else []
    if given.fit or held:
        fitted = [one for one in files if one not in held]
        net = fit(fitted, lambda name, net: held and judge(name, held, ours(net)))
        if given.fit:
            given.fit.write_text(table_of(net))
        return
    best = max(GAPS, key=lambda minutes: judge(f"train: gap of {minutes} min", files, gap(minutes)))
    dev = read(given.folder / "dev")
    judge("dev: the message before", dev, before)
    judge(f"dev: gap of {best} min", dev, gap(best))
    judge("dev: ours", dev, ours(network()))
    print(PUBLISHED)
    speed(dev)


if __name__ == "__main__":
    main()
