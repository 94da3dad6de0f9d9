import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Estimate, Evidence, Result } from '../../sim/documents/index.ts'
import { percentile } from '../../sim/stats/index.ts'
import { commandsIn, type Started } from '../../test/command-line.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { prometheusOf } from '../../test/prometheus.ts'
import { type SentRequest, sentRequests } from './client.ts'

/** `spillway serve` under load, scraped by Prometheus, imported from there and simulated. */

export interface ScrapedCase {
  readonly name: string
  readonly scenario: string
  /** of the request with this number; the model of the scenario is `m` */
  readonly bodyOf: (request: number) => string
  readonly rateRps: number
}

/** A percentile that the client has measured, and its prediction, ms. */
export interface PredictedPercentile {
  readonly p: 0.5 | 0.95
  readonly measured: number
  readonly predicted: number
  readonly low: number
  readonly high: number
}

export interface ScrapedServe {
  readonly name: string
  readonly seconds: number
  readonly requests: number
  /** requests/s that the client sent in the window of the import, and what was imported */
  readonly sentRps: number
  readonly importedRps: number
  readonly percentiles: readonly PredictedPercentile[]
  /** p99 of how late the client was, ms */
  readonly lateMs: number
  readonly evidence: Evidence
}

const PATH = '/v2/models/m/infer'
const EVERY_S = 1
/** Requests before the window, and after it: by then counters and connections are there. */
const LEAD_S = 5
const SEED = 7

/** Throws where a command or a request fails. */
export async function scrapedServe(
  folder: string,
  { name, scenario, bodyOf, rateRps }: ScrapedCase,
  seconds: number,
): Promise<ScrapedServe> {
  const { start, run } = commandsIn(folder)
  writeFileSync(join(folder, 'served.yaml'), scenario)
  writeFileSync(join(folder, 'served.json'), JSON.stringify(madeUpProfile(scenario)))
  const command = start(['serve', 'served.yaml', '--profile', 'served.json', '--port', '0'])
  try {
    const url = await addressOf(command)
    const prometheus = await prometheusOf(new URL(url).host, EVERY_S)
    try {
      const load = { url, path: PATH, bodyOf, rateRps, seed: SEED, seconds: seconds + 2 * LEAD_S }
      const begin = Date.now() / 1000
      const sent = await sentRequests(load)
      const window = ['--from', `${begin + LEAD_S}`, '--to', `${begin + LEAD_S + seconds}`]
      const words = ['--server', 'spillway', ...window, '--out', 'imported', '--json']
      const evidence = JSON.parse(
        await succeeded(run('import', 'prometheus', prometheus.url, ...words)),
      ) as Evidence
      const result = JSON.parse(
        await succeeded(run('simulate', 'imported/scenario.yaml', '--json')),
      ) as Result
      return compared(name, sent, evidence, result)
    } finally {
      await prometheus.stop()
    }
  } finally {
    command.child.kill('SIGTERM')
    await command.ended
  }
}

async function addressOf({ child, text }: Started): Promise<string> {
  for (;;) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text.stdout)?.[0]
    if (url !== undefined) return url
    if (child.exitCode !== null) throw new Error(`expected a server, got ${text.stderr}`)
    await sleep(20)
  }
}

async function succeeded(ended: ReturnType<ReturnType<typeof commandsIn>['run']>): Promise<string> {
  const { code, stdout, stderr } = await ended
  if (code !== 0) throw new Error(`expected exit code 0, got ${code}: ${stderr}`)
  return stdout
}

function compared(
  name: string,
  all: readonly SentRequest[],
  evidence: Evidence,
  result: Result,
): ScrapedServe {
  const from = Date.parse(evidence.first_at!)
  const until = from + 1000 * evidence.duration_s
  const sent = all.filter(({ sentMs }) => sentMs >= from && sentMs < until)
  const failed = sent.find(({ status }) => status !== 200)
  if (failed !== undefined) throw new Error(`expected status 200, got ${failed.status}`)
  const sorted = (of: (request: SentRequest) => number) => Float64Array.from(sent, of).sort()
  const latencies = sorted(({ latencyMs }) => latencyMs)
  const seconds = evidence.duration_s
  return {
    ...{ name, seconds, requests: sent.length, evidence },
    sentRps: sent.length / seconds,
    importedRps: evidence.requests.arrived / seconds,
    percentiles: ([0.5, 0.95] as const).map((p) => {
      const { value, low, high } = predictedOf(result, p)
      return { p, measured: percentile(latencies, p), predicted: value!, low: low!, high: high! }
    }),
    lateMs: percentile(
      sorted(({ lateMs }) => lateMs),
      0.99,
    ),
  }
}

/** With what is not known of the inputs. */
function predictedOf(result: Result, p: number): Pick<Estimate, 'value' | 'low' | 'high'> {
  const figure = result.uncertainty!.figures.find((each) => {
    return each.class === 'requests' && each.metric === 'latency' && each.p === p
  })!
  return { value: figure.draws.value, low: figure.low, high: figure.high }
}
