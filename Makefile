# The commands that people and scripts rely on; `make help` lists them.

SUITE   ?= long
BACKEND ?= auto
RESULTS ?= results
BUDGET  ?=
# Directories to look for data and weights in, the first is where downloads go.
DATA    ?= $(or $(ECALF_DATA),data$(if $(wildcard ../shared/data),:../shared/data))
WEIGHTS ?= $(or $(ECALF_WEIGHTS),weights$(if $(wildcard ../shared/weights),:../shared/weights))

ECALF  := bin/ecalf
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)$(shell git diff --quiet HEAD -- 2>/dev/null || echo -dirty)
NAME    = $(notdir $(basename $(SUITE)))

export ECALF_DATA := $(DATA)
export ECALF_WEIGHTS := $(WEIGHTS)

.PHONY: help build bench table report test check speed derived paper paper-inputs

help:
	@echo 'make bench [BUDGET=5m] [SUITE=long] [BACKEND=auto] [DATA=dir] [WEIGHTS=dir] [RESULTS=dir]'
	@echo '                                                                               run what is missing, print the table'
	@echo 'make table [SUITE=long] [RESULTS=dir]                                          print the table of what is there'
	@echo 'make report [RESULTS=dir]                                                      report.html: everything that is there on one page'
	@echo 'make test                                                                      every test, with and without cgo'
	@echo 'make check                                                                     rerun the pinned cells, compare with the golden metrics'
	@echo 'make speed                                                                     ten runs of the benchmarks in the README'
	@echo 'make derived                                                                   after new records: results/*.md, the tables in README and paper'
	@echo 'make paper [RESULTS=dir]                                                       the PDF of paper/, its numbers taken from the records'
	@echo 'make build                                                                     bin/ecalf'

build:
	@go build -ldflags '-X main.commit=$(COMMIT)' -o $(ECALF) ./bench

# A missing network or a missing set does not stop the bench: what is there runs, and the run names what is not.
bench: build
	@$(ECALF) data fetch --quiet --suite $(SUITE) || true
	@$(ECALF) run --suite $(SUITE) --backend $(BACKEND) --results $(RESULTS) $(if $(BUDGET),--budget $(BUDGET)); \
	 status=$$?; $(MAKE) --no-print-directory table; exit $$status

table: build
	@$(ECALF) table --suite $(SUITE) --results $(RESULTS) --format markdown --output $(RESULTS)/$(NAME).md
	@$(ECALF) table --suite $(SUITE) --results $(RESULTS)

report: build
	@$(ECALF) report --results $(RESULTS) --output report.html

test:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' ':!vendor')); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	CGO_ENABLED=1 go vet ./...
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 GOARCH=arm64 go vet ./...
	CGO_ENABLED=1 go test ./...
	CGO_ENABLED=0 go test ./...
	CGO_ENABLED=1 go test -race ./bench/... ./kernels

check: build
	@$(ECALF) check

# Ten runs of the benchmarks in the README's speed table. Nothing else should be running.
speed: build
	@{ echo "machine: $$($(ECALF) doctor --json | sed -n 's/^  "cpu": "\(.*\)",/\1/p'), $$(nproc) cores"; \
	   go test ./bench/data -run '^$$' -bench 'ReadCSV/Traffic' -count 10; \
	   go test ./bench/train -run '^$$' -bench . -count 10 -timeout 30m; } | tee $(RESULTS)/speed.txt

# All that is committed and made of the committed records, which the tests compare.
derived:
	@go test ./bench -run UpToDate -count 1 -update

# What the paper takes from the records: paper/numbers.tex and paper/tables/.
paper-inputs: build
	@$(ECALF) paper --results $(RESULTS) --output paper

paper: paper-inputs
	@command -v latexmk >/dev/null && command -v pdflatex >/dev/null || { \
	 echo 'make paper needs a TeX; on Debian: apt-get install latexmk texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended lmodern'; exit 1; }
	@cd paper && latexmk -pdf -interaction=nonstopmode -halt-on-error -silent -outdir=build main.tex
	@echo paper/build/main.pdf
