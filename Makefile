# Tiếp Sức. On a fresh machine with Python 3.11-3.13 and make, two commands are enough:
#   make run     make test
# A target prepares what it needs: .venv is made from the lock files, and brought up to date when they change.

VENV    ?= .venv
PYTHON  ?= python3.13 python3.12 python3.11 python3 python
WORKERS ?= 2
FULL    ?= 1
ARGS    ?=

bin     := $(VENV)/bin
pip     := $(bin)/python -m pip --disable-pip-version-check --quiet
locks   := requirements.lock requirements-embedded.lock
run     := $(VENV)/.ready-to-run
dev     := $(VENV)/.ready-to-develop
uv      := $(bin)/uv
uv_pin  := uv==0.13.9

MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help run test compose-test check faults bench format contracts lock clean

help: ## Các lệnh / this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(run) ## Chạy thử cả hệ thống, Ctrl-C để dừng / the whole system on this machine
	@exec $(bin)/tiepsuc demo $(ARGS)

# In the order of folders: the short files of tests/unit come last and leave no processor idle, where xdist's own order
# (files of many tests first) would end with the long stories of a few tests.
test: $(dev) ## Kiểm thử, PostgreSQL và NATS thật / every test but faults, on real servers
	@exec $(bin)/python -m pytest tests --ignore tests/faults --ignore tests/benchmarks --ignore tests/compose \
	  --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

compose-test: $(dev) ## Thử docker compose, cần Docker / the containers' story; needs a container engine
	@exec $(bin)/python -m pytest tests/compose $(ARGS)

check: $(dev) ## Kiểm tra mã nguồn / style, types, architecture, contracts
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	$(bin)/tiepsuc contracts check
	$(bin)/python -m pip check

faults: $(dev) ## Thử sự cố; FULL= cho cỡ nhỏ / faults injected under load; FULL= for the small size
	@TIEPSUC_FULL=$(FULL) exec $(bin)/python -m pytest tests/faults --numprocesses $(WORKERS) $(ARGS)

bench: $(dev) ## Đo hiệu năng; FULL= cho cỡ nhỏ / benchmarks; FULL= for the small size
	@TIEPSUC_FULL=$(FULL) exec $(bin)/python -m tests.benchmarks $(ARGS)

format: $(dev) ## Định dạng mã / format the code
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

contracts: $(dev) ## Xuất lược đồ hợp đồng / export JSON Schema and AsyncAPI
	@exec $(bin)/tiepsuc contracts export

# --- the environment -----------------------------------------------------------------------------------
# A stamp is written last, so that an interrupted installation is simply done again.

# Some interpreters on PATH are only shims, too old, or come without ensurepip: the first that works is taken.
usable := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

define make_venv
@$(bin)/python -c '$(usable); import pip' >/dev/null 2>&1 || { \
	for python in $(PYTHON); do \
	  if $$python -c '$(usable)' >/dev/null 2>&1; then \
	    echo "→ $(VENV): $$($$python --version)"; exec $$python -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "Cần Python 3.11-3.13 có ensurepip / Python 3.11 to 3.13 with ensurepip is needed; tried: $(PYTHON)." >&2; \
	echo "Debian, Ubuntu: apt install python3-venv. Hoặc / or: make PYTHON=/path/to/python3" >&2; \
	exit 1; }
endef

$(run): $(locks) pyproject.toml
	$(make_venv)
	@echo "→ cài đặt gói / installing packages"
	@$(pip) install --require-hashes --only-binary :all: --no-binary nkeys $(locks:%=-r %)
	@$(pip) install --no-build-isolation --no-deps -e .
	@touch $@

$(dev): $(run) requirements-dev.lock
	@echo "→ cài đặt công cụ phát triển / installing development tools"
	@$(pip) install --require-hashes --only-binary :all: --no-binary nkeys $(locks:%=-r %) -r requirements-dev.lock
	@touch $@

# Each lock adds to the one before: what every service needs; NATS and PostgreSQL as child processes; the tools.
# Pins stay unless pyproject.toml rules them out: `make lock ARGS=--upgrade` takes what is newest.
compile = $(uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command "make lock" pyproject.toml $(ARGS)
without = $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $(1))

lock: $(run) ## Khoá lại phiên bản các gói / pin what pyproject.toml asks for
	@$(pip) install '$(uv_pin)'
	$(compile) --group build -o requirements.lock
	$(compile) --extra embedded -c requirements.lock $(call without,requirements.lock) -o requirements-embedded.lock
	$(compile) --extra dev $(locks:%=-c %) $(call without,$(locks)) -o requirements-dev.lock

clean: ## Xoá môi trường và bộ đệm, giữ dữ liệu .tiepsuc / remove environment and caches, keep the data
	rm -rf $(VENV) build contracts/build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name '*.egg-info' -prune -exec rm -rf {} +
