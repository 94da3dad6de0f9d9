import { expect, test } from 'vitest'
import { sampleInput } from '../sample-documents.test-helper.ts'
import { allCharts, drawCharts } from './index.ts'
import { toPng, toSvg } from './render.ts'
import { DARK, darkRules, LIGHT } from './theme.ts'

test('the same documents give the same bytes', async () => {
  const draw = () => toSvg(allCharts(sampleInput())[0]!.spec)
  expect(await draw()).toBe(await draw())
})

test('every colour of every chart has a dark counterpart', async () => {
  const known = new Set([...Object.values(LIGHT), 'none', 'transparent'])
  expect(Object.keys(DARK)).toEqual(Object.keys(LIGHT))
  expect(new Set(Object.values(LIGHT)).size).toBe(Object.keys(LIGHT).length)
  for (const { name, spec } of allCharts(sampleInput({ memory: true }))) {
    for (const [, colour] of (await toSvg(spec)).matchAll(/(?:fill|stroke)="([^"]+)"/g)) {
      expect(known, name).toContain(colour)
    }
  }
  expect(darkRules('svg')).toContain(`svg [fill="${LIGHT.ink}"]{fill:${DARK.ink}}`)
})

test('a PNG has the size of the drawing times the scale', async () => {
  const { spec } = allCharts(sampleInput())[0]!
  const svg = await toSvg(spec)
  const png = Buffer.from(await toPng(spec))
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  expect(png.readUInt32BE(16)).toBe(2 * Number(/width="(\d+)"/.exec(svg)?.[1]))
})

test('names with any characters are drawn, although XML forbids some', async () => {
  const name = 'a\u0000\u0008\u001b[31m\u202eb\ud800\ufffe\uffff \u{1f600} שלום'
  const input = sampleInput({ name, pools: [name, 'edge'], memory: true })
  for (const { classes } of [input.simulated, input.measured]) classes[0]!.name = name
  for (const space of input.simulated.memory) space.name = name
  const drawn = await drawCharts(['svg', 'png'], allCharts(input))
  expect(drawn.length).toBeGreaterThan(10)
  const drawings = drawn.filter(({ file }) => file.endsWith('.svg')).map(({ content }) => content)
  for (const svg of drawings) expect(svg).not.toMatch(/[\p{Cs}\p{Cf}\ufffe\uffff]|(?!\n)\p{Cc}/u)
  expect(drawings.join('')).toContain('a\\u{0}\\u{8}\\u{1b}[31m\\u{202e}b')
})

test('charts are drawn in every requested format', async () => {
  const { simulated } = sampleInput({ memory: true })
  const input = { simulated, measured: null, comparison: null }
  const drawn = await drawCharts(['svg', 'png'], allCharts(input))
  const files = allCharts(input).flatMap(({ name }) => [`${name}.svg`, `${name}.png`])
  expect(drawn.map(({ file }) => file)).toEqual(files)
  expect(files).toContain('memory-map-2.png')
  expect(String(drawn.find(({ file }) => file === 'tail.svg')?.content)).toMatch(/^<svg/)
})
