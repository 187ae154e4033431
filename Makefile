# The two commands that matter: `make run` judges the built-in receiver, and
# `make test` runs every check there is. The rest are parts of them.

GO           ?= go
LINT_VERSION := v2.15.0
LINT         := bin/golangci-lint-$(LINT_VERSION)
VERSION      := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD        := CGO_ENABLED=0 $(GO) build -pgo=.ci/build.pgo -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: chaos fuzz soak matrix run test lint vet unit bench bench-receiver bench-traffic profile crash model endpoints build image requirements deps defects receivers clean platforms release release-check

# ARGS are passed on: make run ARGS=--fast
run: build
	@bin/scrapehook conform $(ARGS)

# The order is from the cheapest to the dearest; the last line is go test's own.
test: deps vet lint unit

build:
	@$(BUILD) -o bin/scrapehook ./cmd/scrapehook

# The binary in an image of its own, by whichever builder is there. The roots are
# those of this machine. BUILDER and IMAGE can be set.
image: IMAGE ?= scrapehook
image: BUILDER ?= $(shell for b in buildah podman docker; do command -v $$b && break; done)
image:
	@test -n "$(BUILDER)" || { echo "make image: needs buildah, podman or docker" >&2; exit 1; }
	@rm -rf bin/image && mkdir -p bin/image/data
	@$(BUILD) -o bin/image/scrapehook ./cmd/scrapehook
	@cp /etc/ssl/certs/ca-certificates.crt bin/image/
	$(BUILDER) build --file Containerfile --tag $(IMAGE) bin/image

# bench is a module of its own, so that nobody who uses scrapehook gets its
# dependencies; it is checked like the rest.
vet:
	$(GO) vet ./...
	cd bench && $(GO) vet ./...

lint: $(LINT)
	$(LINT) run ./...
	cd bench && ../$(LINT) run --config ../.golangci.yml ./...

$(LINT):
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/golangci-lint $(LINT)

# What tests need beside Go is installed by deps. Where that can't be, deps has
# written which of it is left out, and only that may be skipped. The tests of the
# whole product mostly wait, so more of them overlap than there are processors;
# Ginkgo, among the others, objects to that flag.
unit: export TESTS_WITHOUT = $(shell cat bin/left-out 2>/dev/null)
unit:
	$(GO) test -race -shuffle=on -timeout 20m $$($(GO) list ./... | grep -v '/e2e$$')
	$(GO) test -race -shuffle=on -parallel 8 -timeout 35m ./e2e
	cd bench && $(GO) test -race -shuffle=on ./...

# The page of all requirements is made from the catalogue.
requirements:
	$(GO) test ./scenarios/report -run TestRequirementsPageIsCurrent -update

deps:
	@mkdir -p bin && .ci/deps > bin/left-out

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./webhook ./receiver ./simulator/... ./internal/...

# The receiver against a bare handler, on one core: ratios, not speeds. It takes
# about ten minutes, and wants the machine to itself. ARGS are passed on:
# ARGS="-rounds 1 -only SQLite" is short.
bench-receiver: build
	@cd bench && $(GO) build -o ../bin/receiverbench ./receiverbench
	@bin/receiverbench -scrapehook bin/scrapehook $(ARGS)

# The sender beside the load generators that people use: ratios, too, and what
# their target saw. Takes a quarter of an hour, and wants the machine to itself;
# ARGS="-rounds 1 -only closed" is short, and ARGS="-write docs/performance.md"
# puts the tables there. Of fortio it is the last version without a scripting
# language inside.
PEERS := github.com/codesenberg/bombardier@v1.2.6 github.com/rakyll/hey@v0.1.5 \
	github.com/tsenart/vegeta/v12@v12.13.0 fortio.org/fortio@v1.68.2 go.k6.io/k6@v1.8.1
bench-traffic: build
	@.ci/peers bin/peers $(PEERS)
	@cd bench && $(GO) build -o ../bin/trafficbench ./trafficbench
	@bin/trafficbench -scrapehook bin/scrapehook -peers bin/peers $(ARGS)

# The profile by which the binary is built: of what it does most when it matters,
# sending and acknowledging. To be taken anew when that has changed much.
profile:
	$(GO) test ./cmd/scrapehook -run '^$$' -bench ReceiveUnderLoad -benchtime 20s -cpuprofile build.pgo -outputdir .ci -o bin/profile.test

# Kills receivers, and the database under them, at random moments; a shorter form
# is among the tests. A run is repeated with CRASH_SEED, which is printed.
crash: CRASH_CYCLES ?= 100
crash:
	CRASH_CYCLES=$(CRASH_CYCLES) $(GO) test -count=1 -timeout 2h -v -run '^TestCrash' ./e2e

# One receiver with many defects, one at a time, and correct variants of it: what
# the suite says of each. It takes long; ARGS="-only key-job,no-retry" is short.
defects: build
	$(GO) run ./e2e/defects/run $(ARGS)

# Plays every mutant of the correct receiver, and holds all verdicts against the
# golden table; a shorter form is among the tests.
matrix:
	MATRIX=all $(GO) test -count=1 -timeout 1h -run '^TestMatrix$$' ./e2e

# Plays random verbs, kills and faults to a simulator, and holds it against a
# model of a few lines; a shorter form is among the tests. MODEL_SEED, which is
# printed, repeats a run.
model: MODEL_TIME ?= 1h
model:
	MODEL_TIME=$(MODEL_TIME) $(GO) test -count=1 -timeout 3h -v -run '^TestModel$$' ./simulator

# A cloud, two receivers, a database and the networks between them, killed, stopped,
# frozen and disturbed at random; a shorter form is among the tests. CHAOS_SEED,
# which is printed, repeats what is done.
chaos: CHAOS_TIME ?= 10m
chaos:
	CHAOS_TIME=$(CHAOS_TIME) $(GO) test -count=1 -timeout 3h -v -run '^TestChaos$$' ./e2e

# An hour of a cloud and a receiver at work, and what they use of memory,
# descriptors, threads and disk.
soak: SOAK_TIME ?= 1h
soak:
	SOAK_TIME=$(SOAK_TIME) $(GO) test -count=1 -timeout 4h -v -run '^TestSoak$$' ./e2e

# Searches each parser for what it can't take, one after the other. The tests try
# the seeds, and what was found before (testdata/fuzz).
fuzz: FUZZ_TIME ?= 30s
fuzz:
	@grep -roE '^func Fuzz[A-Za-z]+' --include='*_test.go' . | sort | while IFS=: read -r file name; do \
		echo "$$(dirname $$file) $${name#func }" && \
		$(GO) test -run '^$$' -fuzz "^$${name#func }\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 100x $$(dirname $$file) || exit 1; done

# Correct receivers of many kinds, with the databases that they need, where these
# are installed: what the suite says of each. It takes long.
receivers: build
	@e2e/receivers/judge.sh all $(ARGS)

# Kills a cloud with two endpoints twenty times, and shows when an endpoint is
# notified beside one that hangs and beside a dead one; a shorter form is among
# the tests.
endpoints: ENDPOINT_ROUNDS ?= 20
endpoints:
	ENDPOINT_ROUNDS=$(ENDPOINT_ROUNDS) $(GO) test -count=1 -timeout 1h -v -run '^Test(TwoEndpoints|EndpointBeside)' ./e2e

# The command for each system that releases are made for. Compiling all of them
# anew takes minutes; a test among the others checks their types, which is quick.
TARGETS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
platforms:
	@for target in $(TARGETS); do echo $$target && \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build -o /dev/null ./cmd/scrapehook || exit 1; done

# All files of a release, in bin/release. RELEASE is its version.
release: export TARGETS := $(TARGETS)
release:
	@test -n "$(RELEASE)" || { echo "make release: say which: make release RELEASE=1.2.3" >&2; exit 2; }
	@release/make $(RELEASE) bin/release

# A snapshot of a release, twice, with the same bytes; and the main job from its
# archive, its .deb and its npm packages. TARGETS=linux/amd64 is short.
release-check: export TARGETS := $(TARGETS)
release-check:
	@release/check bin/release-check

clean:
	rm -rf bin
