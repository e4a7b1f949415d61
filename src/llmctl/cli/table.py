"""The commands of llmctl, one row each: what `--help`, the door, the next step and the documentation know of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command. `settings` and `run` are `module:name`, imported only when the command runs (settings: for its help)."""

    name: str
    summary: str
    sources: str  # what its arguments are called; "" for none
    run: str
    settings: str = ""
    shared: tuple[str, ...] = ()  # shared options (fields of settings.how.How) that apply
    out: str = ""  # metavar of -o; "" where nothing is written
    extra: tuple[str, ...] = ()  # options of the door alone
    examples: tuple[str, ...] = ()
    below: str = ""  # the function (option values -> settings) of what lies between presets and defaults
    next: str = ""  # the next step, `{out}` filled in
    group: str = "stages"


WORK = ("workers", "engine", "memory", "dry_run", "force")
MODELS = ("workers", "engine", "dry_run", "force", "seed", "limit")
ROWS = (*WORK, "seed", "limit", "preview", "max_unreadable", "max_removed", "removed")

COMMANDS = (
    Command(
        "crawl-ingest", "raw files of any kind, or a site -> documents", "SOURCE...",
        "llmctl.stages.crawl_ingest:run", "llmctl.settings.crawl_ingest:CrawlIngest", ROWS, "DOCS",
        examples=("llmctl crawl-ingest crawl/*.warc.gz -o raw",
                  "llmctl crawl-ingest repository.tar.gz gutenberg/ arXiv_src_2611_001.tar Posts.xml irc/ -o raw",
                  "llmctl crawl-ingest novels/*.epub -o chapters --unit chapter",
                  "llmctl crawl-ingest repository/ -o code --source code --licenses permissive",
                  "llmctl crawl-ingest https://docs.example.org/ --max-pages 500 -o site"),
        next="llmctl filter {out} -o clean --preset gopher",
    ),
    Command(
        "filter", "documents -> kept documents, each removal with every rule broken", "DOCS...",
        "llmctl.stages.filter:run", "llmctl.settings.filter:Filter", ROWS, "DOCS",
        examples=("llmctl filter raw -o clean --preset gopher --preset c4 --lang en,zh",
                  "llmctl filter raw --preset fineweb2 --preview 200",
                  "llmctl filter raw -o good --classifier-positives wiki/ --keep-fraction 0.3",
                  "llmctl filter scored -o strict --preset gopher --set rules.words.low=100 --dry-run",
                  "zcat docs.jsonl.gz | llmctl filter - -o - --preset gopher > clean.jsonl"),
        next="llmctl dedup {out} -o unique",
    ),
    Command(
        "dedup", "documents -> unique documents, each removal with its twin", "DOCS...",
        "llmctl.stages.dedup:run", "llmctl.settings.dedup:Dedup", ROWS, "DOCS",
        examples=("llmctl dedup clean -o unique", "llmctl dedup clean -o lean --level document,sentence,line",
                  "llmctl dedup clean -o unique --preset fineweb --within dump --keep newest",
                  "llmctl dedup clean -o train --hold-out valid=0.01 --against gsm8k.jsonl",
                  "llmctl dedup may -o new --index seen --max-source-loss 0.5", "llmctl dedup clean --calibrate"),
        next="llmctl scrub {out} -o safe",
    ),
    Command(
        "scrub", "documents -> documents without personal data", "[DOCS...]",
        "llmctl.stages.scrub:run", "llmctl.settings.scrub:Scrub", ROWS, "DOCS",
        examples=("llmctl scrub unique -o safe", "llmctl scrub unique -o safe --entities email,ip --set mode.email=drop",
                  "llmctl scrub unique -o safe --entities all --mode pseudonym --key-file scrub.key",
                  "llmctl scrub unique -o safe --max-spans-per-kb 20", "llmctl scrub --evaluate gold.jsonl"),
        next="llmctl tokenize {out} -o tokens --train bpe --vocab-size 8192",
    ),
    Command(
        "tokenize", "documents -> tokenizer + token shards", "DOCS...",
        "llmctl.stages.tokenize:run", "llmctl.settings.tokenize:Tokenize", ROWS, "TOKENS",
        examples=("llmctl tokenize safe -o tokens --train bpe --vocab-size 8192",
                  "llmctl tokenize safe -o tokens --train unigram --vocab-size 32000 --set languages.zh=1 --set languages.all=2",
                  "llmctl tokenize safe -o tokens --tokenizer gpt2.json --verify --export megatron"),
        next="llmctl pretrain {out} -o run --preset tiny --max-steps 500",
    ),
    Command(
        "pretrain", "token shards -> checkpoints (also under torchrun)", "TOKENS[=WEIGHT]...|MIXTURE.toml",
        "llmctl.stages.pretrain:run", "llmctl.settings.pretrain:Pretrain", ("dry_run", "force", "seed"), "RUN",
        below="llmctl.stages.pretrain:settings_of_parent",
        examples=("llmctl pretrain tokens -o run --preset tiny --max-steps 500",
                  "llmctl pretrain tokens/web=0.7 tokens/code=0.3 -o run --preset tiny --max-steps 500",
                  "llmctl pretrain mixture.toml -o run --set data.temperature=3.3 --dry-run",
                  "llmctl pretrain tokens -o more --from run --set model.architecture=prefix --set objective.name=prefix-lm",
                  "torchrun --standalone --nproc-per-node 2 -m llmctl pretrain tokens -o run --preset tiny"),
        next="llmctl eval-icl {out} --task task.toml -o results",
    ),
    Command(
        "eval-icl", "models + tasks -> one row per example", "MODEL...",
        "llmctl.stages.eval_icl:run", "llmctl.settings.eval_icl:EvalIcl", MODELS, "RESULTS",
        examples=("llmctl eval-icl run --task sst2.toml -o results --shots 0,4",
                  "llmctl eval-icl run smollm2.gguf --task sst2.toml -o results"),
        next="llmctl report {out} -o report.html",
    ),
    Command(
        "prompt render", "a prompt file and its inputs -> the messages", "FILE",
        "llmctl.stages.prompt:render", "llmctl.settings.prompt:Render",
        examples=("llmctl prompt render summary.prompt.md --input text=@doc.txt",),
    ),
    Command(
        "prompt run", "a prompt file, a model and inputs -> completions", "FILE",
        "llmctl.stages.prompt:run", "llmctl.settings.prompt:Prompt", MODELS, "ANSWERS",
        examples=("llmctl prompt run summary.prompt.md --model run/model --input text=@doc.txt",
                  "llmctl prompt run gsm8k.prompt.md --model run --inputs gsm8k.jsonl -o answers"),
    ),
    Command(
        "show", "any artifact: what it is, counts, settings, a sample", "PATH [SECTION]",
        "llmctl.cli.looking:show", shared=("seed",), group="views",
        extra=("sample", "tokenizer", "at", "document", "preset", "set"),
        examples=("llmctl show clean", "llmctl show clean removed", "llmctl show clean audit", "llmctl show safe spans",
                  "llmctl show unique funnel --json",
                  "llmctl show run mixture",
                  "llmctl show safe fertility --tokenizer gpt2.json --tokenizer tokens/_tokenizer.json",
                  "llmctl show tokens tokens --sample 5", "llmctl show tokens tokens --at 1000000",
                  "llmctl show tokens objective --set objective.name=ul2 --set data.sequence=512 --seed 1"),
    ),
    Command(
        "why", "the life of one document: every stage, rule, value, threshold, twin", "ID PATH...",
        "llmctl.cli.looking:why", group="views",
        examples=("llmctl why 3f2a9c81d7e04b5a:1024 raw clean unique",),
    ),
    Command(
        "trace", "the documents that trained one step", "RUN",
        "llmctl.cli.looking:trace", extra=("step",), group="views",
        examples=("llmctl trace run --step 100 --json",),
    ),
    Command(
        "report", "one self-contained page about artifacts and what they were made from", "PATH...",
        "llmctl.cli.looking:report", out="HTML", group="views",
        examples=("llmctl report results -o report.html",),
    ),
)  # fmt: skip

BY_NAME = {command.name: command for command in COMMANDS}


def find(words: list[str]) -> tuple[Command | None, list[str]]:
    """The command that a command line names, and the rest of it."""
    for length in (2, 1):
        command = BY_NAME.get(" ".join(words[:length]))
        if command and len(words) >= length:
            return command, words[length:]
    return None, words
