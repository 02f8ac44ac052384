# Makefile - a thin face over CMake: see CMakePresets.json for what is built.
#
#   make          builds the release preset      make demo   runs the demo
#   make install  installs it below PREFIX       make test   runs every test
#   make setup    installs what the build needs  make clean  removes build/
#   make matrix   runs the conformance suite on every implementation
#   make bench    measures, and its peers with it: see tests/bench/README.md
#
# demo, test, matrix and bench do the set-up themselves.

PREFIX ?= /usr/local

.PHONY: all setup demo test matrix bench install clean

all:
	@command -v cmake >/dev/null || { echo "run 'make setup' first" >&2; exit 1; }
	cmake --preset release -DCMAKE_INSTALL_PREFIX='$(PREFIX)'
	cmake --build --preset release

setup:
	.ci/setup demo test

demo:
	.ci/setup demo
	@$(MAKE) --no-print-directory all
	PTG='$(CURDIR)/build/release/bin/ptg' luahost/examples/orders-demo

test:
	.ci/setup demo test bindings
	.ci/test

matrix:
	spec/matrix/make

# QUICK=1: a look, in minutes; KEEP=1: the results into tests/bench/results/;
# ONLY=tokio,S1: some of it; RUNS=7.
bench:
	.ci/setup demo bench
	@$(MAKE) --no-print-directory all
	cmake --build --preset release --target bench
	tests/bench/peers/build
	/usr/bin/python3 tests/bench/run $(if $(QUICK),--quick) $(if $(KEEP),--keep) \
	  $(if $(ONLY),--only '$(ONLY)') $(if $(RUNS),--runs '$(RUNS)')

install: all
	cmake --install build/release

clean:
	rm -rf build
