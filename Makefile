# Each of these is a few lines of Scripts/. Pass arguments with ARGS: make run ARGS="--port 9000"
.PHONY: help setup build run test check faults fuzz-command clients schemathesis fuzz-api bench bench-scale docs clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\): ## /  make \1	/p' Makefile | expand -t 20

setup: ## install what this machine lacks
	@Scripts/setup

build: ## build the errand command (release)
	@Scripts/setup
	@Scripts/build $(ARGS)

run: ## build, then start the server with a sample configuration
	@Scripts/run $(ARGS)

test: ## run every test
	@Scripts/test $(ARGS)

check: ## format, core on its own, every test: what a change must pass
	@Scripts/check

faults: ## kill, stop and flood it for ten minutes: nothing may be lost (ARGS=short: two)
	@Scripts/setup
	@Scripts/build
	@Scripts/faults/all.py $(ARGS)

fuzz-command: ## run programs with hostile output in the server (MINUTES=30; SEED=4711 repeats one)
	@Scripts/setup
	@Scripts/build
	@Scripts/fuzz/command_output.py

clients: ## hold the clients for other languages to the protocol, on both stores: about fifteen minutes
	@Scripts/clients

schemathesis: ## hold the server to the description it serves, on both stores (ARGS=sqlite: one)
	@Scripts/setup
	@Scripts/build
	@Scripts/schemathesis/run.py $(ARGS)

fuzz-api: ## ask every operation with extreme values, ten minutes a store (ARGS="sqlite --minutes 30")
	@Scripts/setup
	@Scripts/build
	@Scripts/fuzz/api.py $(ARGS)

bench: ## measure beside the raw limits and other job systems
	@Scripts/bench $(ARGS)

bench-scale: ## measure with millions of records stored (PostgreSQL)
	@Scripts/bench-scale

docs: ## build the core's documentation
	@Scripts/docs

clean: ## remove what was built
	@Scripts/clean
