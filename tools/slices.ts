import { parseArgs } from 'node:util'
import { median } from 'simple-statistics'
import { figure, signedPercent } from '../reports/format.ts'
import { measuredText } from '../reports/what-if-text.ts'
import { ProgressDisplay } from '../runtime/commands/progress.ts'
import { calibrate } from '../runtime/jobs/calibrate.ts'
import { type Player, playRound } from '../runtime/jobs/play-round.ts'
import { prepare, resolveSystem } from '../runtime/jobs/prepare.ts'
import { requestsOf } from '../runtime/jobs/requests.ts'
import { openFleet } from '../runtime/jobs/warm-fleet.ts'
import type { Replayed } from '../runtime/live/fleet.ts'
import { type Block, blocksOf, inSlices, type Slicing, slicingOf } from '../sim/experiment/index.ts'
import { stream } from '../sim/kernel/index.ts'
import { blockRatios, percentileLabel } from '../sim/stats/index.ts'
import { markdownTable } from './markdown-table.ts'

/**
 * Measures one change on this machine in slices and in whole replays, in turn and for the same
 * total time, and prints both intervals of the ratio: `npx tsx tools/slices.ts SCENARIO
 * --against-set PATH=VALUE [--set PATH=VALUE …] [--rounds N] [--seconds S]`. Let nothing else run.
 */

const LEVELS = [0.5, 0.95]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'against-set': { type: 'string', multiple: true, default: [] },
    set: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '20' },
  },
})
const path = positionals[0]
if (path === undefined) throw new Error('Expected the path of a scenario')
const rounds = Number(values.rounds)
const { signal } = new AbortController()
const progress = new ProgressDisplay()
const onProgress = progress.update
const prepared = [
  await prepare(path, { set: values.set }),
  await prepare(path, { set: [...values.set, ...values['against-set']] }),
] as const
const profile = await calibrate(prepared, {
  seconds: Number(values.seconds),
  rehearsals: 0,
  signal,
  onProgress,
})
const systems = prepared.map((side) => resolveSystem(side, profile))
const { capacityRps } = systems[0]!
const sides = await Promise.all(
  systems.map(async (system) => ({ system, requests: await requestsOf(system, capacityRps) })),
)
const slicing = slicingOf(sides.map(({ system, requests }) => ({ ...system, requests })))
if ('whole' in slicing) throw new Error(`Expected a change to slice, but ${slicing.whole}`)

const players: Player[] = []
for (const { system, requests } of sides) {
  const side = { system, traffic: requests }
  players.push({ ...side, fleet: (await openFleet(side, { signal, onProgress: () => {} })).fleet })
}
const methods = [
  { slicing: null, blocks: [] as Block[] },
  { slicing, blocks: [] as Block[] },
]
for (let round = 0; round < rounds; round++) {
  for (const method of round % 2 === 0 ? methods : [...methods].reverse()) {
    method.blocks.push(...(await blocksFrom(round, method.slicing)))
  }
}
await Promise.all(players.map(({ fleet }) => fleet.close()))
progress.stop()

/** One round of both sides. */
async function blocksFrom(round: number, cut: Slicing | null): Promise<Block[]> {
  const playing = players.map((player, i) => {
    const { requests } = sides[i]!
    return { ...player, traffic: cut === null ? requests : inSlices(requests, cut) }
  })
  const options = { slicing: cut, replays: rounds, decisionLog: false, onProgress }
  const [a, b] = await playRound(playing, round, options)
  const side = (run: Replayed, i: number) => {
    return { run, warmupMs: 1000 * systems[i]!.scenario.warmup_s }
  }
  return blocksOf(side(a!, 0), side(b!, 1))
}

const rows = methods.flatMap(({ blocks, ...method }) => {
  const random = stream(1, 0, 'resamples')
  const slice_ms = method.slicing?.sliceMs ?? null
  const text = measuredText({ rounds, not_counted: [], blocks: blocks.length, slice_ms })
  return blockRatios(blocks, LEVELS, () => random.uniform()).map(({ ratio, low, high }, i) => {
    const half = low === null || high === null ? null : Math.log(high / low) / 2
    const control = Math.exp(median(blocks.map((block) => block.control ?? 0))) - 1
    return [
      ...[text, percentileLabel(LEVELS[i]!), figure(ratio, half === null ? null : ratio * half)],
      half === null ? '–' : `± ${signedPercent(Math.exp(half) - 1).slice(1)}`,
      signedPercent(control),
    ]
  })
})
const heads = ['measured in', 'percentile', 'B/A', '95 %', 'control kernel']
process.stdout.write(`${markdownTable(heads, rows, 'llrrr')}\n`)
process.exit(0)
