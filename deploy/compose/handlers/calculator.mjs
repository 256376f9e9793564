/** Procedures by name, as `macula serve` registers them. */
export default {
  "calculator.add": ({ a, b }) => a + b,
  "calculator.multiply": ({ a, b }) => a * b,
};
