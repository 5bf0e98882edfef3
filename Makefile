# make train: a robot learns on the screen.  make demo: a trained one is pushed around.
# make test: everything quick.  make setup: what they need.
TASK ?= sawyer_stack
SEED ?= 0
ALGORITHM ?= sql
STEPS ?= 0
RUNS ?= runs
RUN ?=
POLICY ?= sawyer_stack
RESUME ?= 0
ARGS ?=
PYTHON ?= python3
TORCH ?= -r requirements/torch.txt

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# a sourced ROS, or another rclpy on PYTHONPATH, would win over the environment
CLEAN := env -u PYTHONPATH -u PYTHONHOME -u AMENT_PREFIX_PATH -u CMAKE_PREFIX_PATH \
	-u COLCON_PREFIX_PATH -u LD_LIBRARY_PATH -u _ROS_WHEELS_BOOTSTRAP_COMPLETE \
	-u ROS_DISTRO -u RMW_IMPLEMENTATION PIP_DISABLE_PIP_VERSION_CHECK=1 \
	ROS_AUTOMATIC_DISCOVERY_RANGE=$${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST} \
	OMP_NUM_THREADS=1 PATH="$(BIN):$$PATH"
SOFTQ := $(CLEAN) $(BIN)/python -m softq_ros.cli
INTERFACES := $(wildcard msg/*.msg srv/*.srv action/*.action)

# PROOFS_<tier>: scripts of test/prove and their words; a comma stands for a blank
TIER ?= quick
PROOFS_quick := speed sampler soft_value multigoal,--seeds,3 sac,--environments,Pendulum-v1
PROOFS_full := speed kills swaps gate_mutation sampler soft_value multigoal sampler_in_training sac standard_ground sawyer graph minimaze swimmer minitaur pusher avoid recovery softness

# what has the machine to itself, since milliseconds count
TIMED := test/nodes/test_realtime.py test/nodes/test_kills.py

.PHONY: train demo test prove lint setup check clean

train: setup
	@mkdir -p $(RUNS) && touch $(RUNS)/COLCON_IGNORE
	@$(SOFTQ) launch launch/train.launch.xml task:=$(TASK) seed:=$(SEED) \
		algorithm:=$(ALGORITHM) steps:=$(STEPS) runs:=$(RUNS) run:=$(RUN) \
		resume:=$(if $(filter-out 0 false,$(RESUME)),true,false) $(ARGS)

# a window where there is a display, else a film
demo: setup
	@if [ -n "$${DISPLAY}$${WAYLAND_DISPLAY}" ]; then \
		$(SOFTQ) launch launch/evaluate.launch.xml policy:=$(POLICY) perturb:=bully \
			stepping:=realtime viewer:=true runs:=$(RUNS); \
	else $(SOFTQ) evaluate $(POLICY) --perturb bully --episodes 0 --video demo.mp4; fi

test: setup
ifeq ($(strip $(ARGS)),)
	@$(CLEAN) $(BIN)/python -m pytest -q -n 2 --dist worksteal --durations=15 $(TIMED:%=--ignore %)
	@$(CLEAN) $(BIN)/python -m pytest -q --durations=5 $(TIMED)
else
	@$(CLEAN) $(BIN)/python -m pytest -q $(ARGS)
endif

prove: setup $(VENV)/.rivals
	@mkdir -p runs && touch runs/COLCON_IGNORE
	@for proof in $(PROOFS_$(TIER)); do \
		set -- $$(echo $$proof | tr ',' ' '); script=$$1; shift; \
		$(CLEAN) $(BIN)/python test/prove/$$script.py "$$@" || exit 1; done

lint: setup
	@$(CLEAN) $(BIN)/python -m flake8
	@$(CLEAN) $(BIN)/python -m pydocstyle softq_ros

setup: $(VENV)/.packages $(VENV)/.messages

check:
	@PYTHON="$(PYTHON)" sh scripts/check_machine.sh

$(VENV)/.packages: $(wildcard requirements/*.txt) | check
	@echo 'setting up $(VENV): python packages, about two minutes'
	@$(CLEAN) $(PYTHON) -m venv $(VENV)
	@touch $(VENV)/COLCON_IGNORE
	@$(CLEAN) $(BIN)/python -m pip install -q $(TORCH)
	@$(CLEAN) $(BIN)/python -m pip install -q -r requirements/runtime.txt -r requirements/ros.txt \
		-r requirements/test.txt $$(sh scripts/check_machine.sh wheels)
	@$(BIN)/python scripts/link_checkout.py $(CURDIR)
	@touch $@

$(VENV)/.rivals: $(VENV)/.packages requirements/prove.txt
	@$(CLEAN) $(BIN)/python -m pip install -q -r requirements/prove.txt
	@touch $@

$(VENV)/.messages: $(VENV)/.packages CMakeLists.txt package.xml $(INTERFACES)
	@echo 'building the messages'
	@mkdir -p build/make && touch build/COLCON_IGNORE
	@$(CLEAN) cmake -S . -B build/make -G Ninja -Wno-dev -DSOFTQ_INSTALL_PYTHON=OFF \
		-DBUILD_TESTING=OFF -DPython3_EXECUTABLE=$(BIN)/python \
		-DCMAKE_PREFIX_PATH=$(CURDIR)/$(VENV) -DCMAKE_INSTALL_PREFIX=$(CURDIR)/$(VENV) \
		> build/make.log 2>&1 \
		&& $(CLEAN) cmake --build build/make >> build/make.log 2>&1 \
		&& $(CLEAN) cmake --install build/make >> build/make.log 2>&1 \
		|| { tail -n 20 build/make.log; echo 'make: building the messages failed; build/make.log says more'; exit 1; }
	@touch $@

clean:
	rm -rf $(VENV) build
