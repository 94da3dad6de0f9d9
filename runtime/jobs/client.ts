import { Failure } from '../../scenarios/index.ts'
import { notCounted } from '../../sim/experiment/index.ts'
import { OUTCOME } from '../../sim/serving/index.ts'
import { percentile, type Rows } from '../../sim/stats/index.ts'
import { cacheDirectory } from '../folders/profile-paths.ts'
import { hostFingerprint } from '../live/host.ts'
import { LiveSession } from '../live/live-session.ts'
import { materialise, sessionOptions } from '../models/index.ts'
import { NullServer } from '../targets/null-server.ts'
import { build } from '../version.ts'
import { CLIENT_RPS, CLIENT_SECONDS } from './defaults.ts'
import type { JobOptions } from './options.ts'
import { loadSystem } from './prepare.ts'
import { requestsOf } from './requests.ts'

export interface ClientOptions extends JobOptions {
  /** requests/s in the mean, as a Poisson process; default 1,000 */
  readonly rps?: number | undefined
  /** default 10 */
  readonly seconds?: number | undefined
}

/** The client of this machine at a rate, against a server that takes no time. */
export type ClientReport = Awaited<ReturnType<typeof measureClient>>

/** Enough for a stall of 0.1 s at 5,000 requests/s. */
const CONNECTIONS = 512
const WARM_UP_MS = 1000
const MODEL = { builtin: 'mlp', layers: 1, width: 64, seed: 1 } as const

/** Nothing of it is simulated: a plan only needs some work. */
const scenarioText = (rps: number, seconds: number) => `spillway: 1
name: client
duration_s: ${seconds}
models:
  net: { work: { law: constant, ms: 1 } }
traffic:
  - class: all
    arrivals: { process: poisson, rate_rps: ${rps} }
pools:
  - { name: central, model: net, replicas: ${CONNECTIONS} }
`

/**
 * How late the client of this machine is. Throws `Failure` where a process or the network refuses.
 * Latencies are ms.
 */
export async function measureClient(options: ClientOptions = {}) {
  const { rps = CLIENT_RPS, seconds = CLIENT_SECONDS, onProgress = () => {} } = options
  const { signal = new AbortController().signal } = options
  const source = { file: 'client', text: scenarioText(rps, seconds), directory: '.' }
  const system = await loadSystem(source, { profile: null, signal })
  const requests = await requestsOf(system, null)
  const places = { directory: '.', cacheDirectory: cacheDirectory(), signal }
  const file = await materialise(MODEL, 'fp32', places)
  const input = { name: file.inputs[0]!.name, width: MODEL.width }
  const server = await NullServer.start({ input }, signal)
  const session = new LiveSession({ signal, onProgress })
  try {
    const { plan, scenario } = system
    const { target } = server
    const engine = { file, session: sessionOptions(scenario.pools[0]!), warmUp: [], target }
    const [opened] = await session.open([{ plan, engines: [engine] }])
    await opened!.fleet.replay(plan, requests.until(WARM_UP_MS))
    const show = (done: number, of: number) => onProgress('requests to a null server', done, of)
    const run = await opened!.fleet.replay(plan, requests, { onProgress: show })
    const [late] = notCounted([run])
    return {
      ...build(),
      host: hostFingerprint(),
      ...{ rate_rps: rps, seconds, requests: run.rows.count },
      ...lateness(run.rows),
      not_counted: late === undefined ? null : { reason: late.reason, figure: late.figure },
    }
  } finally {
    await session.close()
    server.close()
  }
}

/** Of requests that were answered: how long each part took, ms. */
function lateness({ columns }: Rows) {
  const { at, started, ended, done, outcome } = columns
  const keys = [...outcome.keys()].filter((key) => outcome[key] === OUTCOME.served)
  if (keys.length === 0) throw new Failure('the server of the measurement answered nothing')
  const part = (of: (key: number) => number) => {
    const sorted = Float64Array.from(keys, of).sort()
    const [p50, p99, longest] = [0.5, 0.99, 1].map((p) => percentile(sorted, p))
    return { p50_ms: p50!, p99_ms: p99!, longest_ms: longest! }
  }
  return {
    failed: outcome.length - keys.length,
    /** from when a request is due to when it is sent */
    sent_late: part((key) => started[key]! - at[key]!),
    /** from when it is sent to when its answer has come, which no client can be faster than */
    answered: part((key) => ended[key]! - started[key]!),
    /** from when its answer arrives until it counts as answered */
    taken_late: part((key) => done[key]! - ended[key]!),
  }
}
