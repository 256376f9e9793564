/*
 * Module hooks of processes that leave calls through others readable, to measure what sealing costs. No node does so by
 * any option: nodes that seal drop what is not.
 */
const SEALER = "/dist/seal/sealer.js";

export async function load(url, context, next) {
  if (!url.endsWith(SEALER)) return await next(url, context);
  const original = JSON.stringify(`${url}?sealing`);
  const source = `export * from ${original};\nexport const isSealed = () => false;\n`;
  return { format: "module", shortCircuit: true, source };
}
