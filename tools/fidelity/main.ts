import { join } from 'node:path'
import { recordSuite } from './record.ts'
import { quickSuite, wholeSuite } from './suite.ts'

/** Seconds of calibration for each model. */
const CALIBRATION_S = 40

const quick = process.argv.includes('--quick')
const suite = quick ? quickSuite() : wholeSuite()
const out = join('runs', quick ? 'fidelity-quick' : 'fidelity')
await recordSuite(out, suite, CALIBRATION_S)
