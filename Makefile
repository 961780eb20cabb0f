# Everything from a bare clone, with make and npm alone: `make run`, `make test`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# npm brings the Node that the service runs on, where it has one for this machine.
BIN := $(CURDIR)/node_modules/.bin
export PATH := $(BIN):$(PATH)

SOURCES := $(shell find src migrations -name '*.ts' -not -name metadata.ts 2>/dev/null)
INSTALLED := node_modules/.installed
BUILT := dist/.built

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(BUILT) ## Start the service (with a PostgreSQL of its own, or that of DATABASE_URL)
	@exec node --enable-source-maps --max-semi-space-size=8 --heap-growing-percent=30 "$(CURDIR)/dist/src/main.js"

worker: $(BUILT) ## Start the worker on Kafka (KAFKA_BROKERS, in .env too), beside the service
	@exec npm run --silent start:worker

bot: $(BUILT) ## Start the Telegram bot (TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID, in .env too)
	@exec npm run --silent start:bot

test: $(BUILT) ## Run all tests (JEST=test/behaviour runs some)
	@npm test --silent -- $(JEST)

chaos: $(BUILT) ## Stop, kill, freeze and fill what the service, the worker and the bot work with (FULL=1: for longer)
	@npm test --silent -- --config jest.chaos.config.mjs $(JEST)

bench: $(BUILT) ## Measure the service against its floor and the usual (ROWS=10000000: at that many incidents)
	@exec node --disable-warning=ExperimentalWarning bench/main.ts

crash-test: $(BUILT) ## Kill the service and PostgreSQL while clients report, and look for losses (CREATES=10000 KILLS=20 RESTARTS=5)
	@exec node --disable-warning=ExperimentalWarning test/crash/main.ts

abuse: $(BUILT) ## Attack the service with one key while another client reports, and measure that client (SECONDS=30 ROWS=1000000 ATTACKS=…)
	@exec node --disable-warning=ExperimentalWarning test/abuse/main.ts

lint: $(BUILT) ## Check types, style, format and layers
	tsc --noEmit
	tsc --noEmit --project bench
	tsc --noEmit --project docs/generate
	tsc --noEmit --project test/crash
	tsc --noEmit --project test/abuse
	oxlint --type-aware --deny-warnings
	prettier --check .
	depcruise src migrations

format: $(INSTALLED) ## Format the sources
	prettier --write .

build: $(BUILT) ## Compile into dist/

migrate: $(BUILT) ## Bring the database's schema up to date, and do no more
	@node --enable-source-maps dist/src/cli/migrate.js

backup: $(BUILT) ## Write the register into FILE= (by default incidents-<now>.dump), while the service runs
	@node --enable-source-maps dist/src/cli/backup.js $(if $(FILE),"$(FILE)")

restore: $(BUILT) ## Bring the backup in FILE= back, while no service runs (REPLACE=1: in place of what there is)
	@node --enable-source-maps dist/src/cli/restore.js $(if $(REPLACE),--replace) $(if $(FILE),"$(FILE)")

openapi: $(BUILT) ## Write docs/openapi.json from the controllers, and lint it
	node --enable-source-maps dist/src/cli/openapi.js
	redocly lint docs/openapi.json

docs: $(BUILT) ## Write the tables of errors, variables and metrics into docs/, from the code
	@node --disable-warning=ExperimentalWarning docs/generate/main.ts

clients: $(INSTALLED) ## Generate clients from the contract and compile them (LANGUAGES="go java python typescript")
	@test/clients/compile.sh $(LANGUAGES)

up: ## Start the service and its database in containers
	docker compose up --build --detach --wait

pin: ## Write docker-compose.pinned.yml, which names the images by digest
	docker compose --profile '*' config --no-interpolate --resolve-image-digests --output docker-compose.pinned.yml

down: ## Stop the containers; the data stays in its volume
	docker compose down

logs: ## Follow the containers' logs
	docker compose logs --follow

clean: ## Remove what was installed and built; the data in .data stays
	rm -rf node_modules dist coverage .cache

# Errors alone: npm warns of the Node that it runs on itself, while the one that runs the service comes with the packages
# and is looked at below.
$(INSTALLED): package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@node -e 'if (Number(process.versions.node.split(".")[0]) < 24) { console.error("Node " + process.versions.node + " is too old, and npm has no Node 24 for this machine: install Node 24 or later."); process.exit(1); }'
	@touch $@

$(BUILT): $(INSTALLED) $(SOURCES) tsconfig.json tsconfig.build.json nest-cli.json .swcrc
	nest build
	@touch $@

.PHONY: help run worker bot test chaos bench crash-test abuse lint format build migrate backup restore openapi docs clients up pin down logs clean
