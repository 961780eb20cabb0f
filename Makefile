# Every target works on a bare clone with only make and npm: `make run`, `make test`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# npm installs the Node version that runs the service, if it has a build for this machine.
BIN := $(CURDIR)/node_modules/.bin
export PATH := $(BIN):$(PATH)

SOURCES := $(shell find src migrations -name '*.ts' -not -name metadata.ts 2>/dev/null)
CONSOLE := $(shell find console -type f 2>/dev/null)
INSTALLED := node_modules/.installed
BUILT := dist/.built
CLI := node dist/src/main.cli.js

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(BUILT) ## Start the api (with an embedded PostgreSQL, or with DATABASE_URL)
	@exec node --max-semi-space-size=16 --heap-growing-percent=30 --v8-pool-size=2 "$(CURDIR)/dist/src/main.js"

worker: $(BUILT) ## Start the Kafka worker (KAFKA_BROKERS, also from .env); the api runs separately
	@exec npm run --silent start:worker

bot: $(BUILT) ## Start the Telegram bot (TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID, also from .env)
	@exec npm run --silent start:bot

test: $(BUILT) ## Run the tests except `make e2e` and `make chaos` (JEST=test/behaviour runs some)
	@npm test --silent -- $(JEST)

e2e: $(BUILT) ## Run the end-to-end tests: built processes with real brokers, chats, proxies and a browser
	@npm test --silent -- --config jest.e2e.config.mjs $(JEST)

chaos: $(BUILT) ## Run the chaos tests: kill processes, stop dependencies and fill disks under load (FULL=1 runs longer)
	@npm test --silent -- --config jest.chaos.config.mjs $(JEST)

bench: $(BUILT) ## Measure the service against the no-database ceiling and the FastAPI reference (ROWS=10000000 sets the number of incidents)
	@exec node --disable-warning=ExperimentalWarning bench/main.ts

crash-test: $(BUILT) ## Kill api processes and PostgreSQL while clients report, and count lost reports (CREATES=10000 KILLS=20 RESTARTS=5)
	@exec node --disable-warning=ExperimentalWarning test/crash/main.ts

upgrade-test: $(BUILT) ## Upgrade api processes from the previous release and back while clients report, and count lost reports (PREVIOUS=v1.2.0)
	@exec node --disable-warning=ExperimentalWarning test/upgrade/main.ts

cluster-drill: $(BUILT) ## Fail over PostgreSQL under Patroni while clients report, and count lost reports (FAULTS=a,b SECONDS=10 SHORT=1)
	@exec node --disable-warning=ExperimentalWarning --experimental-transform-types --import ./test/replicated/resolve-sources.mjs test/replicated/main.ts

abuse: $(BUILT) ## Attack the api with one key, and measure a client with another key (SECONDS=30 ROWS=1000000 ATTACKS=…)
	@exec node --disable-warning=ExperimentalWarning test/abuse/main.ts

lint: $(BUILT) ## Check types, style, format and layers
	tsc --noEmit
	tsc --noEmit --project bench
	tsc --noEmit --project console
	tsc --noEmit --project test/console
	tsc --noEmit --project docs/generate
	tsc --noEmit --project test/crash
	tsc --noEmit --project test/upgrade
	tsc --noEmit --project test/abuse
	tsc --noEmit --project test/replicated
	oxlint --type-aware --deny-warnings
	prettier --check .
	depcruise src migrations console/src

format: $(INSTALLED) ## Format the sources
	prettier --write .

build: $(BUILT) ## Compile into dist/

migrate: $(BUILT) ## Update the database's schema
	@$(CLI) migrate

backup: $(BUILT) ## Write a backup to FILE= (by default incidents-<now>.dump), while the service runs
	@$(CLI) backup $(if $(FILE),"$(FILE)")

restore: $(BUILT) ## Restore FILE=, while no service runs (REPLACE=1 overwrites)
	@$(CLI) restore $(if $(REPLACE),--replace) $(if $(FILE),"$(FILE)")

demo: $(BUILT) ## Fill an empty register with a plausible week, while the service runs (SEED=2 makes another week)
	@$(CLI) demo $(if $(SEED),--seed "$(SEED)")

# Options of `make import`, by their variables. Shells have a COLUMNS too: the width of the terminal.
IMPORT_OPTIONS = $(if $(or $(findstring =,$(COLUMNS)),$(filter command,$(origin COLUMNS))),--columns "$(COLUMNS)") $(if $(SOURCE),--source "$(SOURCE)") $(if $(STATUS),--status "$(STATUS)") \
  $(if $(ACTOR),--actor "$(ACTOR)") $(if $(TIME_ZONE),--time-zone "$(TIME_ZONE)") $(if $(DRY_RUN),--dry-run)

import: $(BUILT) ## Import incidents from FILE= (FORMAT=csv|xlsx|ndjson|telegram), each row once (DRY_RUN=1 only shows how)
	@$(CLI) import $(if $(FORMAT),--format "$(FORMAT)") $(IMPORT_OPTIONS) $(if $(FILE),"$(FILE)")

openapi: $(BUILT) ## Generate docs/openapi.json and the client types from the controllers, and lint it
	$(CLI) openapi
	redocly lint docs/openapi.json
	openapi-typescript docs/openapi.json --output src/shared/api-schema.ts --enum-values --immutable --default-non-nullable=false

docs: $(BUILT) ## Generate the tables of errors, variables and metrics in docs/ and in the Helm chart from the code
	@node --disable-warning=ExperimentalWarning docs/generate/main.ts

screenshots: $(BUILT) ## Take the picture of the README from a service with demo data (Debian's chromium)
	@node --disable-warning=ExperimentalWarning docs/generate/screenshots.ts

clients: $(INSTALLED) ## Generate clients from docs/openapi.json and compile them (LANGUAGES="go java python typescript")
	@test/clients/compile.sh $(LANGUAGES)

charts: $(INSTALLED) ## Check the Helm chart: render, validate and compare with the service (JEST="-t drained")
	@test/charts/check.sh $(JEST)

up: ## Start the service and its database in containers
	docker compose up --build --detach --wait

pin: ## Write docker-compose.pinned.yml, which pins the images by digest
	docker compose --profile '*' config --no-interpolate --resolve-image-digests --output docker-compose.pinned.yml

down: ## Stop the containers; the data stays in its volume
	docker compose down

logs: ## Follow the containers' logs
	docker compose logs --follow

clean: ## Remove installed packages and compiled files; the data in .data stays
	rm -rf node_modules dist coverage .cache

# Only errors: npm warns about the Node that runs npm itself. The Node that runs the service comes with the packages, and
# its version is checked below.
$(INSTALLED): package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@node -e 'if (Number(process.versions.node.split(".")[0]) < 24) { console.error("Node " + process.versions.node + " is too old, and npm has no Node 24 for this machine: install Node 24 or later."); process.exit(1); }'
	@touch $@

$(BUILT): $(INSTALLED) $(SOURCES) $(CONSOLE) tsconfig.json tsconfig.build.json nest-cli.json .swcrc
	@npm run --silent build
	@touch $@

.PHONY: help run worker bot test e2e chaos bench crash-test upgrade-test cluster-drill abuse lint format build migrate backup restore demo import openapi docs screenshots clients charts up pin down logs clean
