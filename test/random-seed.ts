import fc from 'fast-check'

/**
 * Random systems are drawn from one seed, so that a test result depends on the code alone. `npm run
 * fuzz` uses other seeds. So a property does not set a seed; a test that counts how often something
 * occurs among the systems does.
 */
const { FUZZ_SEED = '20261125' } = process.env

fc.configureGlobal({ seed: Number(FUZZ_SEED) })
