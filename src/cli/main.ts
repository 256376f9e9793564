#!/usr/bin/env node
import { EXIT } from "./exit-code.ts";
import { runCommand } from "./run-command.ts";

// A reader that went away (macula … | head) is no failure of ours.
process.stdout.on("error", () => process.exit(EXIT.ok));

const code = await runCommand(process.argv.slice(2));
// Not left to the event loop: a served module may hold timers and sockets of its own.
process.exit(code);
