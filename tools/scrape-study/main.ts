import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure, signedPercent } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import {
  figuresOfScrapes,
  isInside,
  RATE_BAR,
  rateError,
  type ScrapeFigures,
} from '../claims/figures/scrape.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { markdownTable } from '../markdown-table.ts'
import { runStudy } from '../study.ts'
import { CASES } from './cases.ts'
import { type ScrapedServe, scrapedServe } from './scraped-serve.ts'

/** `serve` under load, seen by Prometheus alone: `npm run study:scrape -- --help`. */

const SECONDS = 300
const SMOKE_S = 6

await runStudy<{ seconds: string }>({
  script: 'study:scrape',
  description:
    'Serves models, sends them Poisson traffic, imports a scenario from a Prometheus server that scrapes them, and compares its simulation with what the client measured. Needs npm run build and prometheus. Let nothing else run meanwhile.',
  examples: [
    ['', `${SECONDS} s of each case, and their record`],
    ['-- --seconds 60', 'shorter; keeps no record'],
  ],
  define: (command) =>
    command.option('--seconds <s>', 'length of the window of each case', `${SECONDS}`),
  smoke: async (folder) => {
    const { requests } = await scrapedServe(folder, CASES[0]!, SMOKE_S)
    return `${requests} requests of one case imported`
  },
  run: async ({ seconds: text }) => {
    const seconds = Number(text)
    const begun = beginStudy('scrape')
    const figures = figuresOfScrapes(await studied(seconds), seconds)
    process.stdout.write(`${tableOf(figures)}\n`)
    if (seconds === SECONDS) await writeRecord(begun, figures)
    for (const problem of missed(figures)) {
      process.stderr.write(`missed: ${problem}\n`)
      process.exitCode = 1
    }
  },
})

async function studied(seconds: number): Promise<ScrapedServe[]> {
  const all: ScrapedServe[] = []
  for (const each of CASES) {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-scrape-'))
    try {
      const found = await scrapedServe(folder, each, seconds)
      process.stderr.write(`${each.name}: requests were late by ${figure(found.lateMs)} ms (p99)\n`)
      all.push(found)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return all
}

function tableOf({ cases }: ScrapeFigures): string {
  const rows = cases.flatMap((each) => [
    [
      each.name,
      'rate, requests/s',
      figure(each.sent),
      figure(each.imported),
      '',
      signedPercent(rateError(each)),
    ],
    ...each.percentiles.map((of) => [
      each.name,
      `latency ${percentileLabel(of.p)}, ms`,
      figure(of.measured),
      figure(of.predicted),
      `${figure(of.low)} to ${figure(of.high)}`,
      isInside(of) ? 'inside' : 'outside',
    ]),
  ])
  return markdownTable(
    ['served', 'figure', 'of the client', 'of the import', 'its width', ''],
    rows,
    'llrrrl',
  )
}

function missed({ cases }: ScrapeFigures): string[] {
  return cases.flatMap((each) => [
    ...(Math.abs(rateError(each)) <= RATE_BAR
      ? []
      : [`${each.name}: the rate is off by ${signedPercent(rateError(each))}, bar 2 %`]),
    ...each.percentiles
      .filter((of) => !isInside(of))
      .map((of) => `${each.name}: ${percentileLabel(of.p)} is outside its width`),
  ])
}
