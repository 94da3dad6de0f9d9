import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { sourceFiles } from '../../../test/source-files.ts'
import type { Requests } from '../../serving/index.ts'
import { playBack } from '../../stats/index.ts'
import { RequestList, trafficSource } from '../../traffic/index.ts'
import { runWorld } from '../simulation/run-world.ts'
import { keptReplication, recordedWorld } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { FAMILIES } from './families.ts'
import type { DocumentedRuns, Recorded, RecordedRun } from './family.ts'
import { documented, recordRun, recordWith } from './run-summary.ts'

/** The largest batch of each pool. */
const largestBatches = {
  start({ plan, poolOf }: RecordedRun): Recorded<number[]> {
    const sizes = plan.pools.map(() => 0)
    const batch = (_now: number, of: { readonly executor: number; readonly size: number }) => {
      const pool = poolOf[of.executor]!
      sizes[pool] = Math.max(sizes[pool]!, of.size)
    }
    return { observers: [{ batch }], summary: () => sizes }
  },

  ofPool(
    summaries: readonly number[][],
    _of: DocumentedRuns,
    index: number,
  ): { readonly largest_batch: number } {
    return { largest_batch: Math.max(...summaries.map((sizes) => sizes[index]!)) }
  },
}

test('a family that joins the table has figures of simulations and of replays', () => {
  const scenario = scenarioOf({
    duration_s: 2,
    pools: [
      {
        ...{ name: 'central', model: 'm' },
        batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 20 },
      },
    ],
  })
  const drawn = simulationInput(scenario)
  const traffic = { ...drawn, seed: scenario.seed, replication: 0 }
  const input = { ...drawn, requests: RequestList.collect(trafficSource(scenario, traffic)) }
  const families = { ...FAMILIES, largestBatches }
  const record = (requests: Requests) =>
    recordWith(families, { ...input, requests, expected: null, replication: 0, simulated: null })
  const recordings: ReturnType<typeof record>[] = []
  const observe = (requests: Requests) => {
    const recording = record(requests)
    recordings.push(recording)
    return recording.observers
  }
  runWorld({ ...recordedWorld(input, 0, recordRun).parts, observe })
  recordings.push(playBack(keptReplication(input, 0), record))
  const runs = recordings.map(({ summary }) => summary(input.requests.hash()))
  const [simulated, replayed] = runs
  expect(replayed).toEqual(simulated)
  const of = { scenario, plan: input.plan, capacitiesRps: [null], runs }
  const { largest_batch, availability } = documented(families, of).ofPool(0)
  const sizes = runs[0]!.batchSizes[0]!
  expect(largest_batch).toBe(1 + sizes.findLastIndex((count) => count > 0))
  expect(availability).toBe(null)
})

test('a family is named in its file and in the table only', () => {
  const forms = /import (?:type )?\{([^}]*)\} from '([^']+)'/g
  const naming = sourceFiles().filter(({ path, code, isTest }) => {
    const names = [...code.matchAll(forms)].flatMap(([, all, from]) => {
      const file = join(dirname(path), from!)
      return file.startsWith('sim/experiment/figures/') ? all!.split(',') : []
    })
    return !isTest && names.some((name) => name.trim() in FAMILIES)
  })
  expect(naming.map(({ path }) => path)).toEqual(['sim/experiment/figures/families.ts'])
})
