import { describe, expect, test } from 'vitest'
import { reportHtml } from '../page/page.ts'
import { sampleResult } from '../sample-documents.test-helper.ts'
import type { Sample } from '../sample-figures.test-helper.ts'
import { resultText } from '../terminal/result-text.ts'
import { ENERGY_TABLES, poweredPools, uncalibratedNote } from './energy-tables.ts'
import { resultCostText } from './summary.ts'

type Energy = NonNullable<Sample['energy']>

const resultOf = (energy: Energy | undefined, pools = ['cards']) =>
  sampleResult('simulated', { pools, ...(energy && { energy }) })

type Table = (typeof ENERGY_TABLES)[0]
const [ENERGY, HEAT, LOST] = ENERGY_TABLES as [Table, Table, Table]

describe('the tables of energy and heat', () => {
  test('have power, energy and carbon in units that are easy to read', () => {
    expect(ENERGY.rows(resultOf({ heat: null, tokens: true }))).toEqual([
      [
        ...['cards', '812 [804, 820] W†', '1.02 [1.01, 1.03] J†', '0.260 [0.257, 0.263] J†'],
        '0.110 [0.109, 0.111] mg†',
      ],
    ])
  })

  test('have the warmest temperature, the lowest clock and the time below the full one', () => {
    expect(HEAT.rows(resultOf({ heat: 'throttled' }))).toEqual([
      ['cards', '88 °C†', '80 %†', '6 s†'],
    ])
    expect(HEAT.rows(resultOf({ heat: 'cool' }))).toEqual([['cards', '88 °C†', '100 %†', '0 s†']])
    expect(HEAT.rows(resultOf({ heat: null }))).toEqual([])
  })

  test('have the replicas that are lost to heat, where any can be', () => {
    expect(LOST.rows(resultOf({ heat: 'stopped' }))).toEqual([
      ['cards', '2†', '0.40 [0.36, 0.44]†', '1.8†'],
    ])
    expect(LOST.rows(resultOf({ heat: 'throttled' }))).toEqual([])
  })

  test('mark what is assumed, and only that', () => {
    const measured = resultOf({ heat: 'throttled' }, ['cards', 'others'])
    measured.pools[1]!.energy!.uncalibrated = []
    const [cards, others] = ENERGY.rows(measured)
    expect(
      cards!
        .slice(1)
        .filter((text) => text !== '–')
        .every((text) => text.endsWith('†')),
    ).toBe(true)
    expect(others!.join()).not.toContain('†')
    expect(uncalibratedNote(poweredPools(measured))).toBe(
      '† uncalibrated: cards: power (no source); heat (no source)',
    )
    measured.pools[0]!.energy!.uncalibrated = []
    expect(uncalibratedNote(poweredPools(measured))).toBeNull()
    expect(resultText(measured)).not.toContain('†')
  })

  test('are in texts and pages only where the power is known, with one line for the mark', async () => {
    const page = async (energy?: Energy) =>
      (
        await reportHtml({
          simulated: resultOf(energy),
          measured: null,
          comparison: null,
          command: 'none',
        })
      ).replaceAll('\u00a0', ' ')
    const tables = (text: string) => text.split('† uncalibrated').length - 1
    for (const heat of ['throttled', null] as const) {
      expect(resultText(resultOf({ heat }))).toContain('812 [804, 820] W†')
      expect(tables(resultText(resultOf({ heat })))).toBe(1)
    }
    expect(await page({ heat: 'throttled' })).toContain('<h2>Power, heat and energy</h2>')
    expect(await page({ heat: null })).toContain('<h2>Power and energy</h2>')
    for (const text of [resultText(resultOf(undefined)), await page()]) {
      expect(text).not.toMatch(/†|mean power/)
    }
  })
})

test('the cost is that of an hour, a million requests, and a million tokens where there are any', () => {
  expect(resultCostText(resultOf({ heat: null, tokens: true }))).toBe(
    '$2.40 an hour, $1.21 [1.17, 1.25] a million served requests, $0.310 [0.301, 0.319] a million generated tokens',
  )
  expect(resultCostText(resultOf(undefined))).not.toContain('tokens')
})
