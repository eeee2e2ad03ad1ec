# Shared by layers/*/Makefile. `sam build` runs `make build-<LogicalId>` with ARTIFACTS_DIR set
# and layers/platforms/<platform> as the working folder (template.yaml, Metadata.WorkingDirectory):
# that is how a recipe learns for which platform it builds. RINGLAKE_ARCH overrides it.
ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
PYTHON := $(firstword $(wildcard $(ROOT)/.venv/bin/python) python3.13)
BUILD = $(PYTHON) $(ROOT)/tools/layers.py $(1) "$(ARTIFACTS_DIR)" "$(notdir $(CURDIR))"
