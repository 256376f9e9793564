/*
 * node scripts/acceptance.mjs demo|sim
 *
 * Runs what the README promises from the command line, the way a user does, and checks what it prints.
 * Exits with 0 where every check holds, else with 1 after saying which does not.
 */
import { spawnSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { ROOT } from "./build.mjs";

const DEADLINE = 120_000;

/** The one object that an npm script prints. Throws where it prints anything else, or fails. */
function json(script, ...args) {
  const result = spawnSync("npm", ["run", "-s", script, "--", ...args, "--json"], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout: DEADLINE,
  });
  const command = `npm run -s ${script} -- ${args.join(" ")} --json`;
  if (result.status !== 0) {
    throw new Error(`${command} ended with ${result.status ?? result.signal}: ${result.stdout}`);
  }
  return JSON.parse(result.stdout);
}

function holds(what, condition, found) {
  if (!condition) throw new Error(`${what}; found ${JSON.stringify(found)}`);
  process.stdout.write(`ok: ${what}\n`);
}

function checkDemo() {
  const report = json("demo");
  holds("the demo is ok", report.ok === true, report);
  holds("it makes 1,000 calls or more", report.calls >= 1_000, report.calls);
  holds("no call fails", report.failures === 0, report.failures);
  holds("three nodes forward", report.forwarders === 3, report.forwarders);
  holds(
    "no process gains or loses a link",
    Object.keys(report.linksBefore).length === 5 &&
      isDeepStrictEqual(report.linksBefore, report.linksAfter),
    [report.linksBefore, report.linksAfter],
  );
}

function checkSim() {
  const run = (nodes, seed) => json("sim", "chain", "--nodes", nodes, "--seed", seed);
  const [first, again, other] = [run("5", "1"), run("5", "1"), run("5", "2")];
  holds("a trace has a hash", typeof first.traceHash === "string", first);
  holds("one seed gives one trace", first.traceHash === again.traceHash, [first, again]);
  holds("another seed gives another", first.traceHash !== other.traceHash, [first, other]);
  const long = run("9", "1");
  holds("nine nodes deliver over seven forwarders", long.ok && long.forwarders === 7, long);
}

const checks = { demo: checkDemo, sim: checkSim };

try {
  const check = checks[process.argv[2]];
  if (check === undefined) throw new Error(`name one of ${Object.keys(checks).join(", ")}`);
  check();
} catch (error) {
  process.stderr.write(`acceptance: ${error.message}\n`);
  process.exitCode = 1;
}
