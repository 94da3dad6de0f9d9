import { dirname } from 'node:path'
import { Failure, isOnnxDecoder, parseScenario, type Scenario } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { cacheDirectory } from '../folders/profile-paths.ts'
import { openProcessEngine } from '../live/process-engine.ts'
import { materialise, sessionOptions } from '../models/index.ts'
import type { JobOptions } from './options.ts'
import { starterForModel } from './starter-for-model.ts'

/** Runs of a request alone; the fastest counts. */
const RUNS = 5
/** Time after which no other run begins, ms. */
const LONGEST_MS = 1000

/**
 * The starter of a model, with a rate that fits the time of a request alone on this machine. The
 * rate is a load where the model does not run as written, which `onWarning` gets.
 */
export async function measuredStarter(
  model: string,
  file: string,
  { signal, onProgress, onWarning }: MeasuredStarterOptions,
): Promise<string> {
  const unmeasured = await starterForModel(model, file, null)
  const { scenario } = parseScenario(unmeasured, { file })
  // steps are measured by calibration
  if (Object.values(scenario.models).some(isOnnxDecoder)) return unmeasured
  onProgress?.('running a request', 0, 1)
  try {
    return await starterForModel(model, file, await aloneMs(scenario, dirname(file), signal))
  } catch (error) {
    if (!(error instanceof Failure) || signal?.aborted) throw error
    const text = 'the model did not run with the inputs as written, so its rate is a load'
    onWarning(`${text}; change the inputs, or the rate: ${error.problems.join('; ')}`)
    return unmeasured
  }
}

interface MeasuredStarterOptions extends JobOptions {
  readonly onWarning: (text: string) => void
}

/** Time of a request of a usual length, ms, in a separate process: a model may crash it. */
async function aloneMs(
  { models, pools, traffic }: Scenario,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [pool] = pools
  const places = { directory, cacheDirectory: cacheDirectory(), signal }
  const file = await materialise(models[pool!.model]!, pool!.precision, places)
  const lengths = traffic[0]!.input_tokens
  const length =
    lengths.distribution === 'lognormal'
      ? lengths.median
      : lengths.distribution === 'fixed'
        ? lengths.value
        : 1
  const options = { file, session: sessionOptions(pool!), warmUp: [[1, length]] as const }
  const engine = await openProcessEngine(options, process.hrtime.bigint(), signal)
  try {
    const began = performance.now()
    let fastest = Number.POSITIVE_INFINITY
    for (let i = 0; i < RUNS && (i === 0 || performance.now() - began < LONGEST_MS); i++) {
      const ran = await engine.run(1, length, Int32Array.of(length), Uint32Array.of(i))
      if (ran.status !== STATUS.ok) throw new Failure('its process ended, or memory ran out')
      fastest = Math.min(fastest, ran.ended - ran.started)
    }
    return fastest
  } finally {
    await engine.close()
  }
}
