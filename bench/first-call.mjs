/*
 * A cold process that makes one call and ends: `first-call.mjs <address> <realm> <procedure>`. It prints when
 * its phases ended, in milliseconds of the wall clock.
 */
const now = () => performance.timeOrigin + performance.now();

const times = { node: now() };
const [address, realm, procedure] = process.argv.slice(2);
const { createNode } = await import("../dist/index.js");
times.import = now();
const node = await createNode({ realm, bootstrap: [address], links: "static" });
times.createNode = now();
await node.ready();
times.ready = now();
const answer = await node.call(procedure, new Uint8Array(100));
times.call = now();
if (answer.length !== 100) throw new Error("the echo has another length");
process.stdout.write(JSON.stringify(times));
await node.close();
