import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT, Failure, hashOf, type Scenario } from '../../scenarios/index.ts'
import { clientSystem, withEngines } from '../../sim/experiment/index.ts'
import { filesOf, type RequestList } from '../../sim/traffic/index.ts'
import { keptProfile, loadProfile, refuseOtherModels } from '../folders/profile-file.ts'
import {
  AGAINST_FOLDER,
  type KeptRun,
  readDecoders,
  readRequests,
  readScenario,
  SCENARIO_FILE,
  settleRuns,
} from '../folders/run-folder.ts'
import { type KeptReplays, keptReplays } from './kept-replays.ts'
import { type Prepared, resolveSystem, type System } from './prepare.ts'
import { refuseComparison } from './refuse.ts'

type KeptSide = KeptReplays & { readonly system: System }

/**
 * What a folder of replays holds, as `compare` takes it: a side, and in a what-if its second one.
 * They are resolved with the profile that the replays were made with, or with another. Nothing
 * outside of the folder is read but that. Throws `Failure` where the parts are not of one run.
 */
export async function keptSides(
  directory: string,
  options: { readonly profile?: string | undefined } = {},
): Promise<readonly [KeptSide, KeptSide | null]> {
  await settleRuns(directory)
  if (!existsSync(join(directory, SCENARIO_FILE))) throw withoutReplays(directory)
  const against = join(directory, AGAINST_FOLDER)
  const folders = existsSync(join(against, SCENARIO_FILE)) ? [directory, against] : [directory]
  const kept = []
  for (const folder of folders) {
    const prepared = await keptScenario(folder)
    refuseComparison([prepared])
    kept.push({ prepared, ...(await keptReplays(folder, prepared)) })
  }
  const [{ result }, second] = kept as [(typeof kept)[number], (typeof kept)[number] | undefined]
  if (second !== undefined && second.result.runs !== result.runs) {
    const text = `has ${second.result.runs} replays, but ${directory} has ${result.runs}`
    throw new Failure(`${against}: ${text}; replay both sides again`, EXIT.notComparable)
  }
  const { profile: path } = options
  const profile = await (path === undefined ? keptProfile(directory, result) : loadProfile(path))
  const contents = new Map(profile.models.map(({ key, content }) => [key, content]))
  await refuseOtherModels(directory, contents)
  const [a, b = null] = kept.map(({ prepared, ...replayed }) => {
    const system = resolveSystem(prepared, profile)
    const { plan } = clientSystem(system)
    const seen = (run: KeptRun) => withEngines(plan, replayed.requests, run)
    return { ...replayed, system, replays: { runs: replayed.replays.runs.map(seen) } }
  })
  return [a!, b]
}

function withoutReplays(directory: string): Failure {
  if (!existsSync(directory)) return new Failure(`${directory}: no such folder`)
  const options = 'run, or replay --out DIR'
  return new Failure(`${directory}: has no rows of replays; keep them with ${options}`)
}

/** The scenario of kept replays. What its files had of traffic is taken from the requests. */
export async function keptScenario(folder: string): Promise<Prepared> {
  const scenario = await readScenario(folder)
  const requests = await readRequests(folder, scenario)
  // only answers of decoders need a file from outside
  const decoders = await readDecoders(folder)
  return {
    scenario,
    hash: hashOf(scenario),
    file: join(folder, SCENARIO_FILE),
    directory: decoders?.directory ?? folder,
    notes: [],
    variants: [],
    ...recordedTraffic(scenario, requests),
    contents: decoders?.contents ?? scenario.pools.map(() => null),
  }
}

/** The traces and recorded clients of a scenario, as its requests show them. */
function recordedTraffic(
  { traffic, duration_s }: Scenario,
  { columns }: RequestList,
): Pick<Prepared, 'traces' | 'clients'> {
  const traces: [number, NonNullable<ReturnType<Prepared['traces']['get']>>][] = []
  const clients: [number, NonNullable<ReturnType<Prepared['clients']['get']>>][] = []
  for (const [index, { arrivals }] of traffic.entries()) {
    const keys = Array.from(columns.class.keys()).filter((key) => columns.class[key] === index)
    const times = Float64Array.from(keys, (key) => columns.at[key]!)
    const lengths = Int32Array.from(keys, (key) => columns.inputTokens[key]!)
    const outputs = Int32Array.from(keys, (key) => columns.outputTokens[key]!)
    const taken = keys.length
    const files = filesOf(arrivals)
    if (files === 'trace') {
      const survey = {
        window: { startMs: 0, endMs: Number.POSITIVE_INFINITY },
        spanMs: 1000 * duration_s,
        rows: taken,
        taken,
        bad: 0,
        clamped: 0,
        lengthSample: lengths,
        outputSample: outputs,
        kinds: [],
        held: { times, lengths, outputs, prefixes: null },
      }
      traces.push([index, survey])
    }
    if (files === 'clients') {
      const at_s = 'from_s' in arrivals ? arrivals.from_s : 0
      const row = { at_s, rate_rps: taken / duration_s, family: 'Gamma' as const, shape: 1 }
      clients.push([index, [[row]]])
    }
  }
  return { traces: new Map(traces), clients: new Map(clients) }
}
