import fc from 'fast-check'

/**
 * Random systems are drawn from one seed, so that a run of the tests says something of the code
 * alone. `npm run fuzz` draws others. So a property names no seed of its own; what counts how often
 * something is among the systems does.
 */
const { FUZZ_SEED = '20261125' } = process.env

fc.configureGlobal({ seed: Number(FUZZ_SEED) })
