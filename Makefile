# Short names for the package's scripts.
.PHONY: build check fix test test-long bench samples explore explore-stop

build check fix test bench samples explore explore-stop: node_modules
	npm run --silent $@

test-long: node_modules
	npm run --silent test:long

node_modules: package.json
	npm install
	@touch node_modules
