import { median } from 'simple-statistics'
import { largest } from '../../../reports/charts/frame.ts'
import { concurrencyChart } from '../../../reports/charts/load/concurrency.ts'
import { estimateText, fixed, signedPercent } from '../../../reports/format.ts'
import type { Result } from '../../../sim/documents/index.ts'
import { type PublishedRow, publishedRows } from '../../articles/published.ts'
import { type Entry, type Group, WIDTH } from '../entry.ts'
import { simulateCommand, simulated } from '../simulated.ts'
import { PUBLISHED_ROWS } from '../sources.ts'

/** Concurrent requests of the shipped scenarios. */
const USERS = 64

interface PublishedSweep {
  readonly scenario: string
  readonly question: string
  /** what was served on which machine */
  readonly subject: string
  /** of each point of the curve, as in the page of published charts */
  readonly replications: number
  readonly isOf: (row: PublishedRow) => boolean
  /** whether the scenario was fitted to a row of the sweep, by its position */
  readonly fitted: (position: number) => boolean
}

function published(sweep: PublishedSweep): Entry {
  const { scenario } = sweep
  return {
    name: scenario,
    scenarios: [scenario],
    systems: [{ scenario }, { scenario, set: [usersOf(USERS)] }],
    question: sweep.question,
    commands: [simulateCommand({ scenario })],
    sources: [PUBLISHED_ROWS],
    show: async () => {
      const rows = publishedRows().filter(sweep.isOf)
      const points: Point[] = []
      for (const [i, row] of rows.entries()) {
        const system = { scenario, set: [usersOf(row.users)] }
        const result = await simulated(system, sweep.replications)
        points.push(pointOf(row, result, sweep.fitted(i)))
      }
      const shipped = await simulated({ scenario })
      const chart = { title: finding(points), subtitle: subtitleOf(sweep), points }
      return {
        chart: concurrencyChart(chart, WIDTH),
        answer: answer(points, shipped),
      }
    },
  }
}

const usersOf = (users: number) => `traffic.clients.arrivals.users=${users}`

type Point = ReturnType<typeof pointOf>

function pointOf(row: PublishedRow, result: Result, fitted: boolean) {
  const { p50, p99 } = result.classes[0]!.latency.percentiles
  return {
    users: row.users,
    simulated: { p50: p50.value!, p99: p99.value! },
    measured: { p50: row.p50Ms, p99: row.p99Ms },
    throughputRps: row.throughputRps,
    fitted,
  }
}

const errorOf = (point: Point) => point.simulated.p99 / point.measured.p99 - 1
/** Points that the scenario was not fitted to. */
const predicted = (points: readonly Point[]) => points.filter(({ fitted }) => !fitted)

function finding(points: readonly Point[]): string {
  const unfitted = predicted(points)
  const middle = median(unfitted.map((point) => Math.abs(errorOf(point))))
  const worst = largest(unfitted, (point) => Math.abs(errorOf(point)))!
  return `Predicted p99 is ${fixed(100 * middle, 0)} % off in the median, at most ${signedPercent(errorOf(worst))}, at ${worst.users} concurrent requests`
}

/** The shipped scenario beside its published row, and the link to all rows. */
function answer(points: readonly Point[], shipped: Result): string {
  const { measured, throughputRps } = points.find(({ users }) => users === USERS)!
  const [figures] = shipped.classes
  const p99 = `p99 is ${estimateText(figures!.latency.percentiles.p99, 'time')}, published ${fixed(measured.p99, 1)} ms`
  const { value, low, high } = figures!.goodput_rps
  const rate = `${fixed(value!, 0)} [${fixed(low!, 0)}, ${fixed(high!, 0)}] requests/s are served, published ${fixed(throughputRps, 0)}`
  return `With ${USERS} concurrent requests ${p99}; ${rate}. [Published charts](../background/articles.md) has all rows, and how the server was fitted.`
}

function subtitleOf({ subject, replications, fitted }: PublishedSweep): string {
  const mean = replications > 1 ? `, mean of ${replications} replications` : ''
  return [
    subject,
    `dots: published, ${fitted(0) ? 'hollow where the server was fitted' : 'none of them fitted'}`,
    `lines: simulated${mean}`,
  ].join(' · ')
}

const resnet50 = (scenario: string, gpu: string, name: string) =>
  published({
    scenario,
    question: `Triton serves ResNet50 on one ${name}. Does a server that is fitted to every other row of the published sweep predict the rows between?`,
    subject: `ResNet50 on Triton, ${name}`,
    replications: 3,
    isOf: ({ online, model, heading }) =>
      online && model === 'ConvNets/resnet50' && heading.startsWith(`${gpu},`),
    fitted: (position) => position % 2 === 0,
  })

const TFT = 'NVIDIA DGX A100 (1x A100 80GB), PyTorch with FP16, Dataset: electricity'

const tft = published({
  scenario: 'tft',
  question:
    'Offline measurements have the time of each batch size. Do they predict what a server with two instances on one GPU does online?',
  subject: 'TFT on Triton, A100, PyTorch',
  replications: 1,
  isOf: ({ online, model, heading }) => online && model === 'TFT' && heading === TFT,
  fitted: () => false,
})

export const publishedCharts: Group = {
  title: 'Published charts',
  entries: [
    resnet50('resnet50-t4', 'NVIDIA T4', 'NVIDIA T4'),
    resnet50('resnet50-a100', 'NVIDIA DGX A100 (1x A100 80GB)', 'NVIDIA A100'),
    tft,
  ],
}
