/** What the benchmarks call, and where. */
export const REALM = "org.example.bench";
/** Answers with its argument. */
export const ECHO = "bench.echo";
/** Answers with the length of its argument. */
export const SINK = "bench.sink";
