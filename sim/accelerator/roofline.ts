import { exp, log } from '../kernel/index.ts'
import type { KernelGroup } from './transformer-work.ts'

/** What a card does at one precision. */
export interface RooflineCard {
  /** of its memory, GB/s */
  readonly bandwidthGbS: number
  /** peak at the precision, TFLOP/s */
  readonly tflops: number
  /** time of a kernel that nothing hides, µs */
  readonly launchUs: number
  /** reached share of `tflops` */
  readonly computeEfficiency: number
  /** reached share of `bandwidthGbS` */
  readonly memoryEfficiency: number
  /** tokens of a pass at which kernels reach half of `computeEfficiency`; 0: all passes reach it */
  readonly halfTokens?: number
  /**
   * Sharpness of the knee: the exponent p of (compute^p + memory^p)^(1/p). Infinity is the roofline
   * itself; real kernels overlap less, and those of a group have their knees at different sizes.
   */
  readonly sharpness?: number
}

/** A datasheet at its word: no launch time, peaks reached. */
export const IDEAL = Object.freeze({ launchUs: 0, computeEfficiency: 1, memoryEfficiency: 1 })

/** Time of a pass by what bounds it, ms. */
export interface PassTime {
  readonly ms: number
  readonly launchMs: number
  /** if the other were free */
  readonly computeMs: number
  readonly memoryMs: number
}

/** FLOPs and bytes that a card does in a ms, in a pass of so many tokens. */
const rateOf = ({ tflops, computeEfficiency, halfTokens = 0 }: RooflineCard, tokens: number) =>
  (tflops * 1e9 * computeEfficiency * tokens) / (tokens + halfTokens)
const bandwidthOf = ({ bandwidthGbS, memoryEfficiency }: RooflineCard) =>
  bandwidthGbS * 1e6 * memoryEfficiency

/**
 * Time of a pass, ms: for each group its launch time and the longer of computing and moving bytes
 * (Williams, Waterman and Patterson 2009). `tokens` counts for `halfTokens` alone.
 */
export function passMs(card: RooflineCard, groups: readonly KernelGroup[], tokens: number): number {
  const { launchUs, sharpness = Number.POSITIVE_INFINITY } = card
  const rate = rateOf(card, tokens)
  const bandwidth = bandwidthOf(card)
  let ms = 0
  for (const { flops, bytes, launches } of groups) {
    ms += (launches * launchUs) / 1000 + longer(flops / rate, bytes / bandwidth, sharpness)
  }
  return ms
}

/** The same by what bounds it. */
export function passTime(
  card: RooflineCard,
  groups: readonly KernelGroup[],
  tokens: number,
): PassTime {
  const rate = rateOf(card, tokens)
  const bandwidth = bandwidthOf(card)
  let [launchMs, computeMs, memoryMs] = [0, 0, 0]
  for (const { flops, bytes, launches } of groups) {
    launchMs += (launches * card.launchUs) / 1000
    computeMs += flops / rate
    memoryMs += bytes / bandwidth
  }
  return { ms: passMs(card, groups, tokens), launchMs, computeMs, memoryMs }
}

function longer(a: number, b: number, sharpness: number): number {
  const low = Math.min(a, b)
  const high = Math.max(a, b)
  if (low <= 0 || sharpness === Number.POSITIVE_INFINITY) return high
  return high * exp(log(1 + exp(sharpness * log(low / high))) / sharpness)
}

/** What bounds most of the time of a pass. */
export const REGIONS = ['launch-bound', 'memory-bound', 'compute-bound'] as const
export type Region = (typeof REGIONS)[number]

export function regionOf({ launchMs, computeMs, memoryMs }: PassTime): Region {
  if (launchMs >= computeMs && launchMs >= memoryMs) return 'launch-bound'
  return computeMs > memoryMs ? 'compute-bound' : 'memory-bound'
}

/** An interconnect between cards of tensor parallel. */
export interface Link {
  /** of a card in one direction, GB/s */
  readonly bandwidthGbS: number
  /** of an all-reduce, µs */
  readonly latencyUs: number
}

/**
 * Time of an all-reduce of `bytes` over `cards` by the ring, ms: each card sends 2 (n − 1) / n of
 * the bytes (Thakur, Rabenseifner and Gropp 2005, section 4; the bus bandwidth of nccl-tests).
 */
export function allReduceMs(bytes: number, cards: number, link: Link): number {
  if (cards === 1) return 0
  const sent = (2 * (cards - 1) * bytes) / cards
  return sent / (link.bandwidthGbS * 1e6) + link.latencyUs / 1000
}

/**
 * Time of a pass that exchanges its hidden states, ms: tensor parallel needs an all-reduce after
 * attention and one after the feed-forward network of each layer (Shoeybi et al. 2019).
 */
export function exchangeMs(
  { layers, hidden }: { readonly layers: number; readonly hidden: number },
  {
    tokens,
    bits,
    cards,
  }: { readonly tokens: number; readonly bits: number; readonly cards: number },
  link: Link,
): number {
  return 2 * layers * allReduceMs((tokens * hidden * bits) / 8, cards, link)
}
