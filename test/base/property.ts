import fc from "fast-check";

// Equal on every run, so that a red test is a change and not chance; another seed searches elsewhere.
fc.configureGlobal({ seed: Number(process.env.MACULA_TEST_SEED ?? 1) });

export default fc;
