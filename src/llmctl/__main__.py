"""`python -m llmctl` (and `torchrun -m llmctl pretrain ...`) is the same program as `llmctl`."""

from llmctl.cli.main import main

if __name__ == "__main__":
    main()
