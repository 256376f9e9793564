import { defineConfig } from "vitest/config";

/** Where the tests of each project stand; everything else under test/ is `unit`. */
const CONTRACT = "test/contract/**/*.test.ts";
const SIM = "test/sim/**/*.test.ts";
const PROCESS = "test/process/**/*.test.ts";
const DOCS = "test/docs/**/*.test.ts";

export default defineConfig({
  test: {
    reporters: ["default"],
    passWithNoTests: false,
    // A test that needs luck is a bug: nothing is ever tried again.
    retry: 0,
    // Left to itself it keeps one core for whoever waits in front of it.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          // This ends what hangs; all but a few take less than a second.
          testTimeout: 60_000,
          include: ["test/**/*.test.ts"],
          exclude: [CONTRACT, SIM, PROCESS, DOCS],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "contract",
          include: [CONTRACT],
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "sim",
          include: [SIM],
          // Virtual time does not pass while it computes: this ends what hangs, on however busy a machine.
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "process",
          include: [PROCESS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file starts several processes of its own; two cores carry one such file at a time.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "docs",
          include: [DOCS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Pages are followed side by side, and each starts processes of its own.
          maxConcurrency: 3,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/{base,wire,identity,seal,transport,peer,routing,dht,nat,rpc,pubsub}/**/*.ts"],
      exclude: ["src/transport/quic/**"],
      reporter: ["text", "json-summary"],
      thresholds: {
        lines: 95,
        // What the delivery promise stands on.
        "src/{routing,seal}/**/*.ts": { lines: 98 },
      },
    },
  },
});
