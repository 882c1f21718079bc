# Gridstar: `make help` lists the targets. Needed: Go, a C and C++ compiler (DuckDB is linked in), make, Node and npm.

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED := 1

GO ?= go
# demo and run: the data directory. demo: SERVE=0 ends after the first numbers, SEED=N makes another district,
# UNTIL=DATE lets the data end the evening before that day. soak: time for each fuzz target, and the greatest
# effort to minimise one input: unbounded it eats the time (a compound file of any input is rebuilt at each step).
DIR      ?= gridstar-data
SERVE    ?= 1
SEED     ?=
UNTIL    ?=
FUZZTIME ?= 10m
FUZZMIN  ?= 20x

# What npm brings (reports/assets). licenses.txt is written last, .package-lock.json by npm ci.
ASSETS      := reports/assets/dist/licenses.txt
NPM_MODULES := reports/assets/node_modules/.package-lock.json

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: help assets build demo run test e2e pictures coverage bench check soak fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

assets: $(ASSETS) ## fetch scripts and fonts by npm, where they are not there yet

$(NPM_MODULES): reports/assets/package.json reports/assets/package-lock.json
	cd reports/assets && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

$(ASSETS): $(NPM_MODULES) reports/assets/build.mjs reports/assets/ol.mjs
	node reports/assets/build.mjs

build: assets ## build bin/gridstar
	$(GO) build -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/gridstar ./cmd/gridstar

demo: build ## make and load the synthetic district, print its first numbers, serve (SERVE=0: end; DIR= SEED= UNTIL=)
	bin/gridstar --dir '$(DIR)' demo $(if $(filter 0,$(SERVE)),--no-serve) $(if $(SEED),--seed '$(SEED)') $(if $(UNTIL),--until '$(UNTIL)')

run: build ## serve the data directory (DIR=)
	bin/gridstar --dir '$(DIR)' serve

test: assets ## run all tests
	$(GO) test -p 2 -timeout 20m ./...

e2e: assets ## run the browser tests (they need Chromium)
	$(GO) test -count=1 -timeout 20m -run '^TestBrowser' ./reports/web

pictures: assets ## make the pictures of README.md from the pages
	mkdir -p docs/pictures
	GRIDSTAR_PICTURES='$(CURDIR)/docs/pictures' $(GO) test -count=1 -run '^TestPictures$$' ./reports/web

coverage: ## write docs/coverage.md and the examples of the ledgers anew
	$(GO) generate ./ingest/ledgers

bench: assets ## print our figures beside the limits measured in the same run (several minutes; GRIDSTAR_BENCH_ROWS=)
	GRIDSTAR_BENCH=1 $(GO) test -p 1 -timeout 60m -run '^TestBench$$' -bench . -v ./... | grep -v 'no test files\|no tests to run'

check: assets ## formatting, vet, staticcheck, import arrows, punctuation of user text
	@files=$$($(GO) tool gofumpt -l .) || exit 1; [ -z "$$files" ] || { printf 'run make fmt: %s\n' $$files; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -count=1 -run 'Arrow|StrayFolder|Punctuation' ./cmd/gridstar

soak: assets ## the long enumerations of the tests, then each fuzz target for FUZZTIME (ten minutes each: a night)
	GRIDSTAR_SOAK=1 $(GO) test -p 1 -count=1 -timeout 120m ./...
	@grep -roE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' . | sort | while IFS=: read -r file func; do \
		$(GO) test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime $(FUZZMIN) -timeout 0 "$$(dirname "$$file")" || exit 1; \
	done

fmt: ## format the Go files
	$(GO) tool gofumpt -w .

clean: ## remove what build made; data directories stay
	rm -rf bin reports/assets/dist/* reports/assets/node_modules
