# Everything the commands need is made under .venv/ and .cache/; `make help` lists them, tools/dev.py explains.
PYTHON ?= python3

demo serve manage test bench lint format messages shots vendor lock doctor clean help:
	@$(PYTHON) -m tools.dev $@ $(ARGS)

# A variable given on make's own command line is meant for the tool as well: `make test SALEOR_PYTHON=...`.
export DATABASE_URL ESD_POSTGRES ESD_POSTGRES_FOLDER PYTHON38 SALEOR_PYTHON SALEOR_SRC ESD_UV PORT

.DEFAULT_GOAL := help
.PHONY: demo serve manage test bench lint format messages shots vendor lock doctor clean help
