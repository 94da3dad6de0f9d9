import { expect, test } from 'vitest'
import type { Result } from '../../../sim/documents/index.ts'
import { sampleResult } from '../../sample-documents.test-helper.ts'
import { NARROW, WIDE } from '../frame.ts'
import { toSvg } from '../render.ts'
import { LIGHT } from '../theme.ts'
import { tunedSettings } from './tuned-settings.ts'

type Setting = NonNullable<Result['tuning']>[number]

const change = (at_s: number, to: number) => ({ at_s, to, measured: 9, reason: 'because' })
const LIMIT: Setting = {
  setting: 'pools.central.admission.concurrency.limit',
  start: 30,
  changes: [change(7.5, 10), change(22.5, 50)],
}
const THRESHOLD: Setting = { setting: 'router.threshold_tokens', start: 512, changes: [] }

/** Of a run of 30 s. */
const chart = (tuning: Setting[] | undefined, width = WIDE) => {
  const { tuning: _, ...rest } = sampleResult('simulated', {})
  const result = { ...rest, ...(tuning && { tuning }) }
  return tunedSettings([{ name: 'simulated', color: LIGHT.simulated, result }], width)
}

const titleOf = (spec: ReturnType<typeof chart>) =>
  (spec!.title as { text: string[] }).text.join(' ')

/** The points of the first panel. */
const pointsOf = (spec: ReturnType<typeof chart>) => {
  const [panel] = (spec as unknown as { vconcat: { layer: { data: { values: object[] } }[] }[] })
    .vconcat
  return panel!.layer[0]!.data.values
}

test('nothing is drawn where no setting is tuned', () => {
  expect(chart(undefined)).toBeNull()
  expect(chart([])).toBeNull()
})

test('a setting keeps its value until the next change, and the last one until the end', () => {
  expect(pointsOf(chart([LIMIT]))).toEqual([
    { x: 0, y: 30 },
    { x: 7.5, y: 10 },
    { x: 22.5, y: 50 },
    { x: 30, y: 50 },
  ])
})

test('a change after the traffic is left out, and a list that is cut short has no end', () => {
  const late = { ...LIMIT, changes: [change(31, 10)] }
  expect(pointsOf(chart([late]))).toEqual([
    { x: 0, y: 30 },
    { x: 30, y: 30 },
  ])
  const full = { ...LIMIT, changes: Array.from({ length: 10_000 }, (_, i) => change(i / 1000, i)) }
  expect(pointsOf(chart([full])).at(-1)).toEqual({ x: 9.999, y: 9999 })
})

test('the title has the range and the mean over time', () => {
  // (7.5 × 30 + 15 × 10 + 7.5 × 50) / 30
  expect(titleOf(chart([LIMIT]))).toBe(
    'The concurrency limit of central is 10 to 50, on average 25',
  )
  expect(titleOf(chart([THRESHOLD]))).toBe('The router threshold stays 512')
})

test('each of several settings is named in its panel, up to three of them', async () => {
  for (const width of [WIDE, NARROW]) {
    const svg = await toSvg(chart([LIMIT, THRESHOLD], width)!)
    expect(svg).toContain('>concurrency limit of central<')
    expect(svg).toContain('>router threshold<')
  }
  const many = chart([LIMIT, THRESHOLD, LIMIT, THRESHOLD])
  expect((many as unknown as { vconcat: unknown[] }).vconcat).toHaveLength(5)
  expect(JSON.stringify(many!.title)).toContain('3 of 4 tuned settings')
})
