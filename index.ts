#!/usr/bin/env -S bun --config=/dev/null --no-env-file
import "./src/supported.ts";
import { main } from "./src/main.ts";

await main(process.argv.slice(2), process.env);
