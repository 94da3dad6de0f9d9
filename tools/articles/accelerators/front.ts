import {
  type CardFrontChart,
  cardFrontChart,
  frontOf,
  LEAST_GAIN,
} from '../../../reports/charts/accelerator/card-front.ts'
import { count, fixed, percent } from '../../../reports/format.ts'
import { parseScenario } from '../../../scenarios/index.ts'
import { resolveSystem, runReplication, withoutFiles } from '../../../sim/experiment/index.ts'
import { PERCENTILES } from '../../../sim/stats/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { accelerator, BERT_WORK } from './bert.ts'
import { type EncoderFit, shortName } from './encoder-fits.ts'

const LEAST_GAIN_TEXT = `${fixed(100 * LEAST_GAIN, 0)} %`
const IMAGE = 'accelerators-front.png'

const CARDS = ['t4', 'l4', 'a10g', 'l40s', 'a100-sxm-40', 'h100-sxm'] as const
const PRECISIONS = ['fp16', 'int8'] as const
type Precision = (typeof PRECISIONS)[number]

/** Requests/s, as a Poisson process. */
const RATE_RPS = 3000
/** The fewest cards keep at most this share of their capacity busy. */
const MOST_LOAD = 0.9
/** Numbers of cards from the fewest on. */
const COUNTS = 3

/** Whose on-demand prices are compared. */
const PROVIDER = 'AWS'

/** The on-demand price of one card an hour, USD. */
function priceOf(card: string): number {
  const { prices = [] } = accelerator(card)
  const price = prices.find(({ tier, provider }) => tier === 'on-demand' && provider === PROVIDER)
  if (price === undefined) throw new Error(`Expected an on-demand price of ${PROVIDER} for ${card}`)
  return price.usd_per_hour
}

/** A number of cards at a precision. */
interface PricedCards {
  readonly card: string
  readonly precision: Precision
  readonly replicas: number
  readonly usdPerHour: number
  readonly p99Ms: number
  readonly fitted: boolean
}

/** Simulates BERT-base at one rate on cards of the catalogue: cost, and p99. */
function pricedCards(fits: readonly EncoderFit[]): PricedCards[] {
  const priced: PricedCards[] = []
  for (const card of CARDS) {
    const price = priceOf(card)
    for (const precision of PRECISIONS) {
      const fit = fits.find((of) => of.card === card && of.precision === precision)
      const system = (replicas: number) => systemOf(card, precision, replicas, fit)
      const fewest = Math.ceil(RATE_RPS / (MOST_LOAD * system(1).capacityRps!))
      for (let replicas = fewest; replicas < fewest + COUNTS; replicas++) {
        const { all } = runReplication(system(replicas), 0)
        const p99Ms = all.percentiles[PERCENTILES.indexOf(0.99)]!
        const usdPerHour = replicas * price
        priced.push({ card, precision, replicas, usdPerHour, p99Ms, fitted: fit !== undefined })
      }
    }
  }
  return priced
}

function systemOf(
  card: string,
  precision: Precision,
  replicas: number,
  fit: EncoderFit | undefined,
) {
  const { cv: _, ...encoder } = BERT_WORK
  const work = { ...encoder, ...(fit && { efficiency: fit.efficiency }) }
  const lengths = { distribution: 'lognormal', median: 64, p99: 256, max: 384 }
  const stated = {
    spillway: 1,
    name: 'front',
    seed: 7,
    duration_s: 40,
    warmup_s: 2,
    models: { encoder: { work } },
    traffic: [
      {
        class: 'text',
        arrivals: { process: 'poisson', rate_rps: RATE_RPS },
        input_tokens: lengths,
      },
    ],
    pools: [
      {
        name: 'gpu',
        model: 'encoder',
        accelerator: accelerator(card),
        precision,
        replicas,
        batching: { policy: 'dynamic', max_batch: 32, max_delay_ms: 2 },
      },
    ],
  }
  const file = 'front.yaml'
  // JSON is YAML, too
  const parsed = parseScenario(JSON.stringify(stated), { file })
  return resolveSystem(withoutFiles({ ...parsed, file }), null)
}

export function frontSection(fits: readonly EncoderFit[]): Section {
  const priced = pricedCards(fits)
  const front = frontOf(priced)
  const cheapest = CARDS.flatMap((card) =>
    PRECISIONS.map((precision) => {
      const ofKind = priced.filter((of) => of.card === card && of.precision === precision)
      return ofKind.reduce((a, b) => (b.usdPerHour < a.usdPerHour ? b : a))
    }),
  )
  const text = `## Cost and p99 of cards and precisions

BERT-base at ${count(RATE_RPS)} requests/s (Poisson, lengths with a median of 64 tokens and p99 of 256; batches of up to 32 within 2 ms; a common queue), on the fewest cards with a
load of at most ${fixed(100 * MOST_LOAD, 0)} %, and on one and two more. Prices of one card are on-demand prices of ${PROVIDER} in the catalogue. Each point is one simulated run of 40 s. **No point was compared with
a measurement**, and points of uncalibrated cards move with their assumed efficiencies: a true compute efficiency of a third rather than a half needs half as many
cards again.

![Cost and p99 by card and precision](../images/${IMAGE})

A point is on the front if its p99 is at least ${LEAST_GAIN_TEXT} below that of each cheaper one:

${cardTable('front', front)}

The fewest cards of each kind:

${cardTable('cards', cheapest)}

int8 is not measured by its accuracy here: [choose a precision](../guides/precision.md) shows how.`
  return { text, images: [[IMAGE, cardFrontChart(chartOf(priced, front, cheapest))]], missed: [] }
}

const cardTable = (head: string, points: readonly PricedCards[]) =>
  markdownTable(
    [head, '$ an hour', 'p99', 'efficiencies'],
    points.map((point) => [
      nameOf(point),
      fixed(point.usdPerHour, 2),
      `${fixed(point.p99Ms, 1)} ms`,
      point.fitted ? 'fitted' : 'uncalibrated',
    ]),
  )

const nameOf = ({ replicas, card, precision }: PricedCards) => `${replicas} × ${card}, ${precision}`

function chartOf(
  priced: readonly PricedCards[],
  front: readonly PricedCards[],
  cheapest: readonly PricedCards[],
): CardFrontChart {
  const [first, last] = [front[0]!, front.at(-1)!]
  const cost = fixed(last.usdPerHour / first.usdPerHour, 1)
  const share = percent(last.p99Ms / first.p99Ms)
  return {
    title: `${nameOf(last)}, costs ${cost} times as much as ${nameOf(first)}, and has ${share} of its p99`,
    subtitle: `simulated: BERT-base at ${count(RATE_RPS)} requests/s · on-demand prices of ${PROVIDER} · filled: efficiencies fitted to this card, hollow: uncalibrated · line: the front, without gains under ${LEAST_GAIN_TEXT}`,
    points: priced.map((point) => ({
      name: nameOf({ ...point, card: shortName(point.card) }),
      short: cheapest.includes(point) ? `${point.replicas} × ${shortName(point.card)}` : null,
      kind: point.precision,
      usdPerHour: point.usdPerHour,
      p99Ms: point.p99Ms,
      fitted: point.fitted,
    })),
  }
}
