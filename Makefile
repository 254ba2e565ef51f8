# SPDX-License-Identifier: GPL-2.0
#
# The front door. Outside the toolbox a target enters it and runs there; TOOLBOX=none runs it among the host's own tools.
#
#   SERIES=7.2     the stock kernel of that series     KDIR=/path   one's own prepared kernel tree
#   WHAT=…         what `evidence` measures            SEED=…       the source document of `seed`
#   V=1            show what the steps print

plain = $(if $(filter-out 1,$(words x$2)$(findstring :,$2)$(findstring %,$2)),$(error \
	cannot build $1$2: the kernel's make takes no path with a blank, colon or percent sign. Try: another directory))
$(call plain,in ,$(CURDIR))
build := $(CURDIR)/build
WHAT  ?=
SEED  ?= 004
ifdef KDIR
$(call plain,against KDIR=,$(KDIR))
override KDIR := $(abspath $(KDIR))
export KDIR
endif
ifndef SLOWPATH_BEGAN
SLOWPATH_BEGAN := $(shell date +%s)
endif
export TOOLBOX SERIES WHAT V SLOWPATH_BEGAN

# An unknown name is refused before anything is built for it.
known = $(if $(wildcard scripts/$1/$($2).toml),,$(error \
	cannot find $2=$($2) (allowed: $(basename $(notdir $(wildcard scripts/$1/*.toml))))))
$(if $(and $(WHAT),$(filter evidence,$(MAKECMDGOALS))),$(call known,claims,WHAT))
$(if $(filter seed,$(MAKECMDGOALS)),$(call known,seeds,SEED))

help: ## show this list
	@awk -F ':.*## ' '/^##@ / { print (n++ ? "\n" : "") substr($$0, 5) } \
		/^[a-z-]+:.*## / && $$1 != "help" { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

inside := demo report check torture docs test-report modules tools image image-xen test model explore mistakes hot-check outline \
	outline-costs fmt clippy clippy-tools clippy-modules kernel rust-analyzer
ifeq ($(SLOWPATH_TOOLBOX)$(filter none,$(TOOLBOX)),)

# The tests of the toolbox run outside of it; `check` counts them.
check: export SLOWPATH_TOOLBOX_TESTS := $(build)/log/toolbox-tests.log
$(inside):
	@$(if $(filter check,$@),SLOWPATH_LOGS=$(build)/log scripts/step 'toolbox tests' scripts/toolbox-tests || :)
	@exec env MAKEFLAGS= MFLAGS= $(if $(filter check test-report,$@),scripts/with-browser) scripts/toolbox make --no-print-directory -j"$$(nproc)" $@ $(MAKEOVERRIDES)

else

export SLOWPATH_LOGS    := $(build)/log
export CARGO_TARGET_DIR := $(build)/cargo
export PATH             := $(build)/bin:$(PATH)
step   := scripts/step
cargo  := cd userspace-tools && cargo
# Finds the kernel tree, refuses an unusable one, and runs the kernel's own make in it, one at a time.
kbuild  = kdir=$$(scripts/kernel) && flags=$$(scripts/kernel-arguments "$$kdir") && mkdir -p $(build) && \
	$(1) flock $(build)/kbuild.lock $(MAKE) -C "$$kdir" $$flags M=$(CURDIR)

##@ Use
demo: image ## what overcommitted vCPUs do to locks, counters and jobs: three tables
	@sweep run scripts/experiments/demo.toml

modules: kernel ## build the kernel modules for the stock kernel, or for KDIR=/path
	+@$(call kbuild,$(step) modules) MO=$(build)/kernel modules

tools: ## build the tools, static, into build/bin
	@$(step) tools sh -ec '$(cargo) build --locked --release --workspace --bins && cd .. && scripts/install-tools'

image: modules tools ## pack kernel, modules and tools into build/image
	@boot=$$(scripts/kernel boot) && kvm=$$(scripts/kernel kvm || :) && DEVICES=$$(scripts/kernel devices || :) \
		$(step) image scripts/initramfs "$$boot" $$kvm

# The modules of the generic kernel, which can be Xen's first domain: the cloud kernel cannot.
image-xen: export FLAVOUR := amd64
image-xen: tools ## the same with Xen and the generic kernel, for --tier xen: 26 MB to fetch, three minutes at first
	+@$(call kbuild,$(step) 'modules for Xen') MO=$(build)/kernel-xen modules
	@boot=$$(scripts/kernel boot) && xen=$$(scripts/kernel xen) && IMAGE=$(build)/image-xen \
		MODULES=$(build)/kernel-xen/rust_modules XEN=$$xen $(step) 'image with Xen' scripts/initramfs "$$boot"

docs: ## write man pages and shell completions of all tools into build/docs
	@$(step) docs sh -ec '$(cargo) test --locked --workspace --bins man_page_and_completions_are_written'
	@echo "man pages and completions: build/docs"
docs: export SLOWPATH_DOCS := $(build)/docs

##@ Measure
report: image ## the standard experiment (ten minutes), its verdict and an HTML report
	@sweep run --report scripts/experiments/standard.toml

endif

# Outside the toolbox, since a claim is measured by commands as a user gives them.
evidence: image ## measure every claim, or those of WHAT=foundation, a verdict each; COLD=1 those of a fresh clone too
	@$(if $(filter xen,$(WHAT)),XEN=1) $(build)/bin/sweep evidence --bundle $(WHAT)
ifneq ($(filter xen,$(WHAT)),)
evidence: image-xen
endif

seed: image ## test the claims of a source document, SEED=000 to 004, one verdict each
	@$(build)/bin/sweep seed $(SEED)

ifneq ($(SLOWPATH_TOOLBOX)$(filter none,$(TOOLBOX)),)

##@ Develop
check: ## run all tests and checks
	+@scripts/with-browser scripts/check

torture: image ## attack the modules on stock and lab kernels: hours, resumable; QUICK=1 minutes
	+@scripts/torture $(FLAVOURS)

test: ## run the host tests
	@$(cargo) test --locked --workspace --no-fail-fast

test-report: ## test the HTML report in this host's Chromium
	@$(cargo) test --locked -p sweep --test browser -- --ignored --test-threads=1

model: ## explore every interleaving of the algorithms with loom
	@$(cargo) --config build.rustflags='["--cfg","loom"]' test --locked --profile model --target-dir $(build)/loom --no-fail-fast -p algo

explore: tools ## look for mistakes of the algorithms under schedules at random, on 64 simulated vCPUs: a minute
	@$(build)/bin/simulate explore

mistakes: image ## plant mistakes in the algorithms, each must make a test fail, and two instructions in a lock
	@scripts/mistakes
	@scripts/costs-of planted
	@scripts/costs-of planted-unlock

outline-costs: image ## the instructions that atomics out of line cost, beside inline ones
	@scripts/costs-of outline

hot-check: modules ## look for calls in the measured loops of the modules
	@scripts/hot-check

outline: kernel ## compile the algorithms with the kernel's own atomics, as OUTLINE=1 does
	+@$(call kbuild,$(step) outline) MO=$(build)/outline OUTLINE=1 rust_modules/rig/rig.o

fmt: ## format the Rust sources
	@scripts/format

clippy: clippy-tools clippy-modules ## lint tools and modules; a warning is an error
clippy-tools:
	@$(cargo) clippy --locked --workspace --all-targets -- -D warnings
clippy-modules: kernel
	+@$(call kbuild,) MO=$(build)/clippy CLIPPY=1 KRUSTFLAGS=-Dwarnings KCFLAGS=-Werror modules

kernel: ## fetch and prepare the stock kernel, if it is missing
	@kdir=$$(scripts/kernel) && scripts/kernel-arguments "$$kdir" >/dev/null
ifdef KDIR
tools: kernel # An unusable tree is refused before anything compiles.
endif

rust-analyzer: modules ## write build/kernel/rust-project.json for editors
	+@$(call kbuild,$(step) rust-analyzer) MO=$(build)/kernel rust-analyzer

endif

toolbox: ## make the toolbox, if it is missing (1.3 GB in the cache)
	@scripts/toolbox true

shell: ## a shell in the toolbox
	@scripts/toolbox bash

clean: ## remove build/: what was built, results included
	@scripts/remove $(build)

distclean: ## the same, and the cache: toolbox, kernels, crates
	@scripts/remove $(build) "$$(scripts/cache-dir)"

.PHONY: help evidence seed toolbox shell clean distclean $(inside)
