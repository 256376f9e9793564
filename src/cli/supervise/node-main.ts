/** The process of a node that has a supervisor: the same command, without another one above it. */
import { EXIT } from "../exit-code.ts";
import { runCommand } from "../run-command.ts";
import { beSupervised } from "./supervised.ts";

process.stdout.on("error", () => process.exit(EXIT.ok));

await beSupervised();
process.exit(await runCommand(process.argv.slice(2)));
