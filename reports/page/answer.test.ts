import { describe, expect, test } from 'vitest'
import type { Result } from '../../sim/documents/index.ts'
import { sampleInput, sampleResult } from '../sample-documents.test-helper.ts'
import { answer } from './answer.ts'
import { assumptionsSection } from './assumptions-section.ts'

const only = (simulated: Result) => ({ simulated, measured: null, comparison: null })
const textOf = (page: string) => page.replace(/<[^>]+>/g, '')

describe('the first screen', () => {
  test('has a single objective in the box, of the replays where there are any', () => {
    const input = { ...sampleInput(), comparison: null }
    for (const side of [input.simulated, input.measured]) side.objectives.length = 1
    const page = answer(input).html
    expect(textOf(/<p class="verdict PASS">.*<\/p>/.exec(page)![0])).toMatch(
      /^PASS – measured, interactive: p99 latency is .* ms, below the limit of 10 ms$/,
    )
    expect(page).toMatch(/<li><b class="PASS">PASS<\/b> <span class="simulated">simulated<\/span>/)
  })

  test('has the latency of each class where no objective is stated', () => {
    const result = { ...sampleResult('simulated'), objectives: [] }
    const text = textOf(answer(only(result)).html)
    expect(text).toContain('No verdict – the scenario states no objective; add one under slo')
    expect(text).toContain(
      'simulated, interactive: p50 1.40 [1.39, 1.41] ms, p99 3.3 [3.0, 3.6] ms',
    )
  })

  test('has checks under a heading of their own, only after a comparison', () => {
    const heading = '<h2>Can the simulation be trusted?'
    expect(answer(sampleInput()).html).toContain(heading)
    expect(answer(only(sampleResult('simulated'))).html).not.toContain(heading)
  })
})

describe('assumptions', () => {
  test('state each value of a class, pool and model, with defaults in a column of their own', () => {
    const page = assumptionsSection(only(sampleResult('simulated')), []).html
    const rowOf = (name: string) =>
      [
        ...new RegExp(`<th scope="row">${name}</th>(.*?)</tr>`)
          .exec(page)![1]!
          .matchAll(/<td>(.*?)<\/td>/g),
      ].map(([, cell]) => textOf(cell!))
    expect(rowOf('arrivals')).toEqual(['process: poisson, surges: (at_s: 12, factor: 3)', ''])
    expect(rowOf('batching')).toEqual(['policy: dynamic, max_batch: 8', ''])
    expect(rowOf('queue')).toEqual(['', 'discipline: fifo'])
    for (const caption of ['Traffic interactive', 'Pool central', 'Model encoder']) {
      expect(page).toContain(`<caption>${caption}</caption>`)
    }
  })

  test('of very many classes are counted, not listed', () => {
    const result = sampleResult('simulated')
    const names = Array.from({ length: 20 }, (_, i) => `class-${i}`)
    result.classes = names.map((name) => ({ ...result.classes[0]!, name }))
    const values = names.map((name) => ({
      path: `traffic.${name}.priority`,
      value: '1',
      by_default: true,
    }))
    result.assumptions = { ...result.assumptions, values }
    const page = assumptionsSection(only(result), []).html
    expect(page).toContain('Traffic class-11<')
    expect(page).not.toContain('Traffic class-12<')
    expect(page).toContain('8 further classes in the JSON document only.')
  })

  test('long values are cut', () => {
    const result = sampleResult('simulated')
    const long = JSON.stringify(Array.from({ length: 500 }, (_, i) => [i, i]))
    const values = [{ path: 'slo.web', value: long, by_default: false }]
    result.assumptions = { ...result.assumptions, values }
    expect(assumptionsSection(only(result), []).html).toMatch(/web: 0, 0, 1, 1,.{100,160}…/)
  })
})
