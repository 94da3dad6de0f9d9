import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Result, resultSchema } from '../../sim/documents/index.ts'
import { Random } from '../../sim/kernel/index.ts'
import { commandsIn, processesWith, send } from '../../test/command-line.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { words } from './choose.ts'

/** Replays whose executor is killed repeatedly: every request must be accounted for. */

const RATE_RPS = 4000
const LEAST_S = 1
const MOST_S = 5

const scenarioOf = (requests: number) => `spillway: 1
name: deaths
seed: 3
duration_s: ${(requests + 1) / RATE_RPS}
models:
  net: { builtin: mlp, layers: 1, width: 16 }
traffic:
  - class: web
    arrivals: { process: deterministic, rate_rps: ${RATE_RPS} }
    timeout_ms: 3000
pools:
  - name: gpu
    model: net
    execution_provider: webgpu
    queue: { max_length: 8000 }
    batching: { policy: dynamic, max_batch: 512, max_delay_ms: 5 }
`

export interface Deaths {
  readonly kills: number
  readonly result: Result | null
  readonly stderr: string
  readonly audit: string
  /** problems found */
  readonly faults: readonly string[]
}

/** Replays `requests` on webgpu while its process is killed every few seconds. */
export async function deaths(requests: number, seed: number): Promise<Deaths> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-deaths-'))
  try {
    const scenario = scenarioOf(requests)
    writeFileSync(join(folder, 'deaths.yaml'), scenario)
    writeFileSync(join(folder, 'profile.json'), JSON.stringify(madeUpProfile(scenario)))
    const random = new Random(`deaths/${seed}`)
    const { start, runProcess } = commandsIn(folder)
    const replay = start(
      words('replay deaths.yaml --profile profile.json --replays 1 --out out --json'),
    )
    let kills = 0
    let timer: NodeJS.Timeout
    const kill = () => {
      // the first 4 s of traffic are warm-up; kills start with the replay
      if (/replay 1 of 1/.test(replay.text.stderr)) kills += killEngines(folder)
      timer = setTimeout(kill, 1000 * (LEAST_S + (MOST_S - LEAST_S) * random.uniform()))
    }
    kill()
    const { code, stdout, stderr } = await replay.ended
    clearTimeout(timer!)
    const audit = await runProcess('audit', 'out')
    const result = code === 0 ? resultSchema.parse(JSON.parse(stdout)) : null
    const faults = [
      ...(code === 0 ? [] : [`the replay ended with ${code}`]),
      ...(audit.code === 0 ? [] : [`the audit ended with ${audit.code}`]),
      ...(result === null ? [] : faultsOf(result, requests, kills)),
    ]
    return { kills, result, stderr, audit: audit.stdout + audit.stderr, faults }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function faultsOf({ classes, valid, warnings }: Result, requests: number, kills: number): string[] {
  const { arrived, ...ends } = classes[0]!.counts
  const ended = Object.values(ends).reduce((sum, count) => sum + count, 0)
  return [
    ...(arrived === requests ? [] : [`${arrived} of ${requests} requests arrived`]),
    ...(ended === arrived ? [] : [`of ${arrived} requests ${ended} are accounted for`]),
    ...(kills > 0 && valid ? ['the replay counts as valid'] : []),
    ...(kills > 0 && !/ended \d+ times?/.test(warnings.join()) ? ['no warning reports it'] : []),
  ]
}

/** Kills the executor processes of the replay in a folder; returns their number. */
function killEngines(folder: string): number {
  const all = processesWith(`SPILLWAY_CACHE=${join(folder, 'cache')}`)
  const engines = all.filter(({ command }) => command.includes('engine-process'))
  return engines.filter(({ pid }) => send(pid, 'SIGKILL')).length
}

/** The result, a line for each aspect. */
export function deathsText({ kills, result, stderr, audit, faults }: Deaths): string {
  const counts = result === null ? '' : JSON.stringify(result.classes[0]!.counts)
  const warnings = result?.warnings ?? [stderr.trim()]
  const lines = [`killed ${kills} times`, counts, ...warnings, audit.trim().split('\n')[0]!]
  return [...lines, ...faults.map((fault) => `FAULT: ${fault}`)].join('\n')
}
