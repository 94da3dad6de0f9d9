import { describe, expect, test } from 'vitest'
import { stream } from '../kernel/index.ts'
import { chooseShape, efficienciesOf, SHAPE_NAMES, tryShape } from './choose-shape.ts'
import { type MeasuredPass, predictPass, type RooflineFit } from './fit-roofline.ts'
import { BERT_BASE } from './models.test-helper.ts'
import { resampledFit } from './resampled-fits.ts'
import { passTime, type RooflineCard } from './roofline.ts'
import { passWork } from './transformer-work.ts'

/** Machines of known truth: cards whose law is known, and tables of a few noisy rows of them. */

const SHEET = { bandwidthGbS: 1555, tflops: 312 }

const passOf = (card: RooflineCard, batch: number, length: number): MeasuredPass => {
  const bits = { weightBits: 16, activationBits: 16, fusedAttention: true }
  const groups = passWork(BERT_BASE, { ...bits, sequences: batch, tokens: length })
  const tokens = batch * length
  const { ms } = passTime(card, groups, tokens)
  const names = { precision: 'fp16', kernels: 'all', at: { batch, length } }
  return { ...SHEET, ...names, groups, tokens, ms }
}

/** A card with efficiencies as far off the usual ones as cards are. */
function drawnCard(machine: number): RooflineCard {
  const random = stream(3, machine, 'card')
  const around = (usual: number, scatter: number) => usual * Math.exp(scatter * random.normal())
  return {
    ...SHEET,
    launchUs: around(5, 1),
    computeEfficiency: Math.min(0.95, around(0.5, 0.4)),
    memoryEfficiency: Math.min(0.95, around(0.7, 0.2)),
  }
}

type Sizes = readonly (readonly [batch: number, length: number])[]

/** Rows of small batches: the launch time and the bandwidth decide most of their times. */
const SMALL: Sizes = [1, 2, 4].flatMap((batch) => [16, 32, 64].map((n) => [batch, n] as const))

function measuredRows(card: RooflineCard, sizes: Sizes, machine: number, noise: number) {
  const random = stream(4, machine, 'noise')
  return sizes.map(([batch, length]) => {
    const pass = passOf(card, batch, length)
    return { ...pass, ms: pass.ms * Math.exp(noise * random.normal()) }
  })
}

const FITS = 39

/** The law that is fitted to rows, and those of resampled rows. */
function lawsOf(rows: readonly MeasuredPass[], fits = FITS) {
  const trials = SHAPE_NAMES.map((name) => tryShape(name, rows))
  const resampled = Array.from({ length: fits }, (_, i) => resampledFit(rows, trials, i))
  return { chosen: chooseShape(trials).fit, resampled }
}

/** Whether a time is between the least and the most that laws predict: of 40 in 39 of 41. */
function holds(laws: readonly RooflineFit[], pass: MeasuredPass): boolean {
  const sorted = laws.map((law) => predictPass(law, pass).ms).sort((a, b) => a - b)
  return sorted[0]! <= pass.ms && pass.ms <= sorted.at(-1)!
}

describe('laws of resampled rows', () => {
  test('hold the true times at measured sizes, and at sizes that are far beyond', () => {
    const far: Sizes = [
      [32, 256],
      [64, 384],
    ]
    const machines = 16
    const held = { near: 0, far: 0, chosen: 0 }
    let tried = 0
    for (let machine = 0; machine < machines; machine++) {
      const card = drawnCard(machine)
      const { chosen, resampled } = lawsOf(measuredRows(card, SMALL, machine, 0.03))
      const laws = [chosen, ...resampled.map(({ fit }) => fit)]
      for (const [batch, length] of far) {
        const pass = passOf(card, batch, length)
        if (holds(laws, pass)) held.far++
        // what one law misses by, if it is taken to be as sure as at the sizes of its rows
        if (Math.abs(Math.log(predictPass(chosen, pass).ms / pass.ms)) < 0.1) held.chosen++
        tried++
      }
      if (holds(laws, passOf(card, 3, 48))) held.near++
    }
    expect(held.far / tried).toBeGreaterThanOrEqual(0.9)
    expect(held.near / machines).toBeGreaterThanOrEqual(0.85)
    // negative control
    expect(held.chosen / tried).toBeLessThan(0.6)
  })

  test('are close together where rows without noise determine them', () => {
    const sizes: Sizes = [1, 2, 4, 8, 16, 32].flatMap((batch) =>
      [32, 128, 384].map((length) => [batch, length] as const),
    )
    const card = { ...SHEET, launchUs: 7, computeEfficiency: 0.5, memoryEfficiency: 0.65 }
    const { resampled } = lawsOf(measuredRows(card, sizes, 0, 0), 9)
    for (const { fit } of resampled) {
      expect(Math.abs(efficienciesOf(fit).compute / 0.5 - 1)).toBeLessThan(0.08)
      const between = passOf(card, 24, 200)
      expect(Math.abs(predictPass(fit, between).ms / between.ms - 1)).toBeLessThan(0.03)
    }
  })

  test('leave a value open that no row depends on, though each fit to all rows is alike', () => {
    const card = { ...SHEET, launchUs: 30, computeEfficiency: 0.5, memoryEfficiency: 0.65 }
    const { resampled } = lawsOf(measuredRows(card, SMALL, 0, 0.01))
    const compute = resampled.map(({ fit }) => efficienciesOf(fit).compute)
    expect(Math.max(...compute) / Math.min(...compute)).toBeGreaterThan(3)
  })

  test('are the same again, and differ from replicate to replicate', () => {
    const rows = measuredRows(drawnCard(0), SMALL, 0, 0.03)
    const [first, again] = [lawsOf(rows, 3).resampled, lawsOf(rows, 3).resampled]
    expect(again).toEqual(first)
    const launches = first.map(({ fit }) => efficienciesOf(fit).launchUs)
    expect(new Set(launches).size).toBe(3)
  })
})
