import { describe, expect, test } from 'vitest'
import { CONTINUOUS, planOf, requestsOf } from '../../../test/small-system.ts'
import { runWorld } from '../../experiment/index.ts'
import { type Ms, type PoolPlan, type StepRun, topologyOf } from '../../serving/index.ts'
import { RowRecorder, Rows } from '../../stats/index.ts'
import { ListSource, type RequestList } from '../../traffic/index.ts'
import { IDEAL_MACHINE, type Machine, machineOf } from '../machine/machine.ts'
import { type MeasuredSteps, measuredLaw, timeOf } from '../machine/measured-steps.ts'
import { Overheads } from '../machine/overheads.ts'
import { NEVER } from '../machine/stalls.ts'
import { declaredWork, NO_WAKE } from '../machine/work.ts'

const STEPS: MeasuredSteps = {
  ...{ runs: 'together', rows: [2, 3, 9, 100] },
  ms: [1, 1.5, 3, 12],
  ...{ sequenceMs: 0, contextMs: 0.001, longestMs: 0.002, pastMs: 0.003, pairMs: 0.0004 },
}
const [DISPATCH_MS, COMPLETION_MS] = [0.3, 0.2]

const overheads = new Overheads({
  lag: [0],
  timer: [0],
  completion: [{ atMs: 0, table: [COMPLETION_MS] }],
  dispatch: [{ atMs: 0, table: [DISPATCH_MS] }],
})

/** A machine of this speed, whose dispatcher stalls in these intervals. */
const machineAt = (speed: number, dispatcher = NEVER): Machine =>
  machineOf({ executors: [{ times: [0], speeds: [speed] }], dispatcher, intake: NEVER })

interface Ran extends Omit<StepRun, 'stepEnds'> {
  readonly seen: Ms
  readonly ends: readonly Ms[]
}

const KV = { blocks: 200, blockTokens: 16, watermark: 0, contiguous: false, prefixCache: false }
const POOL: Partial<PoolPlan> = {
  generation: { ...CONTINUOUS, maxSequences: 8, tokenBudget: 64, kv: KV, padsContexts: true },
}

/** The runs of an engine whose steps are measured, and when tokens came. */
function runsOf(
  requests: RequestList,
  {
    machine = IDEAL_MACHINE,
    varied = (meanMs: Ms) => meanMs,
  }: { readonly machine?: Machine; readonly varied?: (meanMs: Ms) => Ms } = {},
) {
  const plan = planOf([POOL])
  const runs: Ran[] = []
  const rows = Rows.allocate(requests.count)
  runWorld({
    plan,
    source: new ListSource(requests),
    hardware: topologyOf(plan).poolOf.map(() => ({
      work: declaredWork({ law: 'constant', ms: 1 }),
      wake: NO_WAKE,
      overheads,
      steps: { ...measuredLaw(STEPS), varied },
    })),
    machine,
    sendDelay: null,
    timer: null,
    seed: 1,
    replication: 0,
    observe: (slots) => [
      {
        stepped: (seen, { stepEnds, ...run }) => {
          const { beganMs, endedMs } = run.ran!
          expect(beganMs).toBeCloseTo(DISPATCH_MS, 9)
          // answers of the last step come when the dispatcher sees its end
          expect(run.started + stepEnds![run.steps - 1]!).toBeCloseTo(seen, 9)
          const ends = [...stepEnds!.subarray(0, run.steps - 1), endedMs]
          runs.push({ ...run, seen, ends })
        },
      },
      new RowRecorder(rows, slots),
    ],
  })
  return { runs, firstToken: rows.columns.firstToken[0]! }
}

/** What the steps of a run take at speed 1, ms. */
const lawOf = ({ decodes, longest, prefills, promptTokens, promptPast, steps }: Ran): Ms[] =>
  Array.from({ length: steps }, (_, i) => {
    const most = decodes > 0 ? longest + i + 1 : 0
    return timeOf(STEPS, {
      ...{ decodes, longest: most, prompts: prefills, promptTokens, promptPast },
    })
  })

const gaps = (ends: readonly Ms[]) => ends.map((end, i) => end - (ends[i - 1] ?? DISPATCH_MS))

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 9))

const BUSY = requestsOf(
  Array.from({ length: 30 }, (_, i) => 7 * i),
  {
    lengths: Array.from({ length: 30 }, (_, i) => 5 + 11 * (i % 9)),
    outputs: Array.from({ length: 30 }, (_, i) => 2 + 5 * (i % 7)),
  },
)

describe('a run whose steps are measured', () => {
  test.each([1, 0.5])('takes its overheads, and its law over the speed %d', (speed) => {
    const { runs } = runsOf(BUSY, { machine: machineAt(speed) })
    expect(runs.length).toBeGreaterThan(50)
    for (const run of runs) {
      expect(gaps(run.ends)).toEqual(close(lawOf(run).map((ms) => ms / speed)))
      expect(run.seen - run.started).toBeCloseTo(run.ends.at(-1)! + COMPLETION_MS, 9)
    }
    // several prompts and contexts together
    expect(runs.some(({ decodes, prefills }) => decodes > 2 && prefills > 0)).toBe(true)
    expect(runs.some(({ promptPast }) => promptPast > 0)).toBe(true)
  })

  test('has the first token when the dispatcher sees it', () => {
    const { firstToken, runs } = runsOf(requestsOf([0], { lengths: [40], outputs: [3] }))
    const prompt = { decodes: 0, longest: 0, prompts: 1, promptTokens: 40, promptPast: 0 }
    const first = DISPATCH_MS + timeOf(STEPS, prompt) + COMPLETION_MS
    expect(firstToken).toBeCloseTo(first, 9)
    expect(runs.map(({ steps }) => steps)).toEqual([1, 2])
  })

  test('ends with the step under way when a request comes', () => {
    const options = { lengths: [20, 20], outputs: [40, 2] }
    const alone = runsOf(requestsOf([0, 1000], options)).runs[1]!
    expect(alone.steps).toBe(39)
    const at = alone.started + alone.ends[4]! + 0.01
    const cut = runsOf(requestsOf([0, at], options)).runs
    expect(cut[1]!.ends).toEqual(close(alone.ends.slice(0, 6)))
    expect(cut[2]!.started).toBeCloseTo(alone.started + alone.ends[5]! + COMPLETION_MS, 9)
    expect(cut[2]!.prefills).toBe(1)
  })

  test('is seen when the stall of a dispatcher ends', () => {
    const dispatcher = { from: [2], to: [50] }
    const requests = requestsOf([0], { lengths: [40], outputs: [1] })
    expect(runsOf(requests, { machine: machineAt(1, dispatcher) }).runs[0]!.seen).toBe(50)
  })

  test('has steps that vary', () => {
    const { runs } = runsOf(BUSY, { varied: (meanMs) => 3 * meanMs })
    for (const run of runs) expect(gaps(run.ends)).toEqual(close(lawOf(run).map((ms) => 3 * ms)))
  })
})
